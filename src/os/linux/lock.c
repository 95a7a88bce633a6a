/* SPDX-License-Identifier: MIT */
/*
 * linux_lock.c - the locks: pthread mutexes between threads, open-file-description locks between processes.
 *
 * OFD locks belong to the open file description, not to the process: two handles in one process exclude each other,
 * closing some other descriptor of the file drops nothing, and the kernel releases them when the last descriptor goes,
 * however its holder died. A forked child shares its parent's description, so it must open the object again before it
 * writes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "os/linux/sys.h"
#include "os/os.h"

/* Bytes of the directory object that are locked; what they hold is of no interest. */
enum { WRITER_BYTE, ATTENDED_BYTE, MAY_WRITE_BYTE, NAME_BYTE };

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

int st_os_locks_open(const st_os_folder *folder, const st_os_object *directory, uint64_t tag, bool readonly,
                     st_os_locks *out)
{
    (void)folder;
    (void)tag; /* for systems whose locks have names */
    (void)readonly;
    *out = ST_OS_LOCKS_CLOSED;
    out->handle[0] = directory->handle;
    return 0;
}

void st_os_locks_close(st_os_locks *locks)
{
    *locks = ST_OS_LOCKS_CLOSED; /* the kernel's locks go with the directory's descriptor */
}

static int lock(const st_os_locks *locks, int command, int byte, int type)
{
    struct flock what = { .l_type = (short)type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
    int result;

    do
        result = st_sys.fcntl((int)locks->handle[0], command, &what);
    while (result != 0 && errno == EINTR);
    if (result == 0)
        return 0;
    return errno == EAGAIN || errno == EACCES ? STITCH_EBUSY : st_posix_fail(errno);
}

/* Is the byte locked through another description than this one? */
static int is_locked(const st_os_locks *locks, int byte)
{
    struct flock what = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

    if (st_sys.fcntl((int)locks->handle[0], F_OFD_GETLK, &what) != 0)
        return st_posix_fail(errno);
    return what.l_type != F_UNLCK;
}

int st_os_writer_lock(const st_os_locks *locks, bool wait)
{
    return lock(locks, wait ? F_OFD_SETLKW : F_OFD_SETLK, WRITER_BYTE, F_WRLCK);
}

int st_os_writer_make_exclusive(st_os_locks *locks)
{
    (void)locks;
    return 0; /* the lock is the handle's, not the thread's: it is just not left */
}

int st_os_writer_is_exclusive(const st_os_locks *locks)
{
    (void)locks;
    return 0; /* nobody else could have entered */
}

void st_os_writer_unlock(const st_os_locks *locks)
{
    lock(locks, F_OFD_SETLK, WRITER_BYTE, F_UNLCK);
}

int st_os_in_use_lock_shared(st_os_locks *locks, bool readonly)
{
    int e = lock(locks, F_OFD_SETLK, ATTENDED_BYTE, F_RDLCK);

    if (!e && !readonly)
        e = lock(locks, F_OFD_SETLK, MAY_WRITE_BYTE, F_RDLCK);
    return e;
}

int st_os_in_use_lock_sole(const st_os_locks *locks)
{
    int e = lock(locks, F_OFD_SETLK, ATTENDED_BYTE, F_WRLCK);

    return e == STITCH_EBUSY ? 0 : e ? e : 1;
}

int st_os_in_use_is_locked(const st_os_locks *locks)
{
    return is_locked(locks, ATTENDED_BYTE);
}

int st_os_has_writer(const st_os_locks *locks)
{
    return is_locked(locks, MAY_WRITE_BYTE);
}

int st_os_name_lock(const st_os_locks *locks)
{
    return lock(locks, F_OFD_SETLK, NAME_BYTE, F_WRLCK);
}

void st_os_name_unlock(const st_os_locks *locks)
{
    lock(locks, F_OFD_SETLK, NAME_BYTE, F_UNLCK);
}
