/* SPDX-License-Identifier: MIT */
/* mutex.c - mutexes between threads: slim reader/writer locks. */
#include "os/windows/sys.h"

static_assert(sizeof(SRWLOCK) <= sizeof(st_os_mutex), "storage for a mutex");

static SRWLOCK *lock_of(st_os_mutex *mutex)
{
    return (SRWLOCK *)(void *)mutex->storage;
}

int st_os_mutex_open(st_os_mutex *mutex)
{
    InitializeSRWLock(lock_of(mutex));
    return 0;
}

void st_os_mutex_close(st_os_mutex *mutex)
{
    (void)mutex;
}

void st_os_mutex_lock(st_os_mutex *mutex)
{
    AcquireSRWLockExclusive(lock_of(mutex));
}

bool st_os_mutex_try(st_os_mutex *mutex)
{
    return TryAcquireSRWLockExclusive(lock_of(mutex));
}

void st_os_mutex_unlock(st_os_mutex *mutex)
{
    ReleaseSRWLockExclusive(lock_of(mutex));
}
