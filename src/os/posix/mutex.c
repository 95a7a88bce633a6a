/* SPDX-License-Identifier: MIT */
/* mutex.c - mutexes between threads: those of pthread. */
#include <assert.h>
#include <pthread.h>

#include "os/os.h"
#include "os/posix/fail.h"

static_assert(sizeof(pthread_mutex_t) <= sizeof(st_os_mutex), "storage for a mutex");

static pthread_mutex_t *mutex_of(st_os_mutex *mutex)
{
    return (pthread_mutex_t *)(void *)mutex->storage;
}

int st_os_mutex_open(st_os_mutex *mutex)
{
    int error = pthread_mutex_init(mutex_of(mutex), NULL);

    return error ? st_posix_fail(error) : 0;
}

void st_os_mutex_close(st_os_mutex *mutex)
{
    pthread_mutex_destroy(mutex_of(mutex));
}

void st_os_mutex_lock(st_os_mutex *mutex)
{
    pthread_mutex_lock(mutex_of(mutex));
}

bool st_os_mutex_try(st_os_mutex *mutex)
{
    return pthread_mutex_trylock(mutex_of(mutex)) == 0;
}

void st_os_mutex_unlock(st_os_mutex *mutex)
{
    pthread_mutex_unlock(mutex_of(mutex));
}
