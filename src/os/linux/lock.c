/* SPDX-License-Identifier: MIT */
/*
 * lock.c - the locks of a region: open-file-description locks on bytes of the directory object.
 *
 * OFD locks belong to the open file description, not to the process. So two handles in one process exclude each other,
 * closing another descriptor of the file releases nothing, and the kernel releases the locks when the last descriptor
 * is closed, however the holder died. A forked child shares its parent's description, so it must open the object again
 * before it writes.
 */
#define _GNU_SOURCE
#include <errno.h>

#include "os/linux/sys.h"
#include "os/os.h"
#include "os/posix/fail.h"

/* The bytes of the directory object that are locked. Their contents do not matter. */
enum { WRITER_BYTE, IN_USE_BYTE, MAY_WRITE_BYTE, NAME_BYTE };

int st_os_locks_open(const st_os_folder *folder, const st_os_object *directory, uint64_t tag, enum st_os_access access,
                     st_os_locks *out)
{
    (void)folder;
    (void)tag; /* for systems whose locks have names */
    (void)access;
    *out = ST_OS_LOCKS_CLOSED;
    out->handle[0] = directory->handle;
    return 0;
}

void st_os_locks_close(st_os_locks *locks)
{
    *locks = ST_OS_LOCKS_CLOSED; /* the kernel releases the locks when the directory's descriptor is closed */
}

static int lock(const st_os_locks *locks, int command, int byte, int type)
{
    struct flock range = { .l_type = (short)type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
    int result;

    do
        result = st_sys.fcntl((int)locks->handle[0], command, &range);
    while (result != 0 && errno == EINTR);
    if (result == 0)
        return 0;
    return errno == EAGAIN || errno == EACCES ? STITCH_EBUSY : st_posix_fail(errno);
}

/* Tells whether the byte is locked through another description than this one: 1, 0 or an error. */
static int is_locked(const st_os_locks *locks, int byte)
{
    struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

    if (st_sys.fcntl((int)locks->handle[0], F_OFD_GETLK, &range) != 0)
        return st_posix_fail(errno);
    return range.l_type != F_UNLCK;
}

int st_os_writer_lock(const st_os_locks *locks, enum st_os_patience patience)
{
    return lock(locks, patience == ST_OS_WAIT ? F_OFD_SETLKW : F_OFD_SETLK, WRITER_BYTE, F_WRLCK);
}

void st_os_writer_unlock(const st_os_locks *locks)
{
    lock(locks, F_OFD_SETLK, WRITER_BYTE, F_UNLCK);
}

int st_os_writer_make_exclusive(st_os_locks *locks)
{
    (void)locks;
    return 0; /* the lock belongs to the handle, not to the thread: it just stays locked */
}

int st_os_writer_is_exclusive(const st_os_locks *locks)
{
    (void)locks;
    return 0; /* otherwise this handle could not have the lock */
}

int st_os_in_use_lock_shared(st_os_locks *locks, enum st_os_access access)
{
    int err = lock(locks, F_OFD_SETLK, IN_USE_BYTE, F_RDLCK);

    if (!err && access == ST_OS_READWRITE)
        err = lock(locks, F_OFD_SETLK, MAY_WRITE_BYTE, F_RDLCK);
    return err;
}

int st_os_in_use_lock_sole(const st_os_locks *locks)
{
    int err = lock(locks, F_OFD_SETLK, IN_USE_BYTE, F_WRLCK);

    if (err == STITCH_EBUSY)
        return 0;
    return err ? err : 1;
}

int st_os_in_use_is_locked(const st_os_locks *locks)
{
    return is_locked(locks, IN_USE_BYTE);
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
