/* SPDX-License-Identifier: MIT */
/*
 * lock.c - the locks of a region: named objects, whose names have the region's tag.
 *
 * The writer lock is a mutex. The kernel hands it on (WAIT_ABANDONED) when its holder dies; the journal then tells
 * whether there is anything to recover. Another handle may write if the may-write event exists: every handle that may
 * write keeps it open.
 */
#include "os/windows/lock.h"

#include <inttypes.h>
#include <stdio.h>

static void full_name(intptr_t space, enum st_win_lock which, uint64_t tag, wchar_t out[ST_WIN_NAME_SIZE])
{
    static const char kinds[] = { 'l', 'w', 'e', 'o', 'x' };
    st_os_folder folder = { .handle = space };
    char name[64];

    snprintf(name, sizeof name, "stitch.%c.%016" PRIx64, kinds[which], tag);
    st_win_name(&folder, name, out);
}

HANDLE st_win_lock_open_event(const st_os_locks *locks, enum st_win_lock which, DWORD rights)
{
    wchar_t name[ST_WIN_NAME_SIZE];

    full_name(locks->space, which, locks->tag, name);
    return st_win.OpenEventW(rights, FALSE, name);
}

/* Keeps a handle that was just made open in *locks. */
static int keep_open(st_os_locks *locks, enum st_win_lock which, HANDLE handle)
{
    if (!handle)
        return st_win_fail(GetLastError());
    locks->handle[which] = (intptr_t)handle;
    return 0;
}

int st_os_locks_open(const st_os_folder *folder, const st_os_object *directory, uint64_t tag, enum st_os_access access,
                     st_os_locks *out)
{
    const DWORD rights = SYNCHRONIZE | EVENT_MODIFY_STATE;
    SECURITY_ATTRIBUTES attributes, *security = st_win_security(folder, &attributes);
    wchar_t name[ST_WIN_NAME_SIZE];
    int err = 0;

    (void)directory;
    *out = ST_OS_LOCKS_CLOSED;
    out->space = folder->handle;
    out->tag = tag;
    if (access == ST_OS_READONLY)
        return 0;
    for (enum st_win_lock which = ST_WIN_WRITER; !err && which <= ST_WIN_PUBLISHED_ODD; which++) {
        full_name(out->space, which, tag, name);
        err = keep_open(out, which,
                        which == ST_WIN_WRITER
                            ? st_win.CreateMutexExW(security, name, 0, SYNCHRONIZE | MUTEX_MODIFY_STATE)
                            : st_win.CreateEventExW(security, name, CREATE_EVENT_MANUAL_RESET, rights));
    }
    if (err)
        st_os_locks_close(out);
    return err;
}

void st_os_locks_close(st_os_locks *locks)
{
    for (enum st_win_lock which = ST_WIN_WRITER; which <= ST_WIN_EXCLUSIVE; which++)
        if (st_win_lock_handle(locks, which))
            st_win.CloseHandle(st_win_lock_handle(locks, which));
    *locks = ST_OS_LOCKS_CLOSED;
}

/* Tells whether there is such an event: 1, 0 or an error. An event that this process may not open exists. */
static int exists(const st_os_locks *locks, enum st_win_lock which)
{
    HANDLE found = st_win_lock_open_event(locks, which, SYNCHRONIZE);

    if (found) {
        st_win.CloseHandle(found);
        return 1;
    }
    if (GetLastError() == ERROR_FILE_NOT_FOUND)
        return 0;
    return GetLastError() == ERROR_ACCESS_DENIED ? 1 : st_win_fail(GetLastError());
}

int st_os_writer_lock(const st_os_locks *locks, enum st_os_patience patience)
{
    DWORD time = patience == ST_OS_WAIT ? INFINITE : 0;
    DWORD result = st_win.WaitForSingleObject(st_win_lock_handle(locks, ST_WIN_WRITER), time);

    if (result == WAIT_OBJECT_0 || result == WAIT_ABANDONED)
        return 0;
    return result == WAIT_TIMEOUT ? STITCH_EBUSY : st_win_fail(GetLastError());
}

void st_os_writer_unlock(const st_os_locks *locks)
{
    st_win.ReleaseMutex(st_win_lock_handle(locks, ST_WIN_WRITER));
}

/*
 * A mutex belongs to a thread, but being exclusive belongs to a handle. So an event says that a handle is exclusive:
 * the handle keeps it open, it exists or not, and it ends with the process. The holder of the mutex looks for it.
 */
int st_os_writer_make_exclusive(st_os_locks *locks)
{
    wchar_t name[ST_WIN_NAME_SIZE];
    int err;

    full_name(locks->space, ST_WIN_EXCLUSIVE, locks->tag, name);
    err = keep_open(locks, ST_WIN_EXCLUSIVE, st_win.CreateEventExW(NULL, name, CREATE_EVENT_MANUAL_RESET, SYNCHRONIZE));
    if (!err)
        st_os_writer_unlock(locks);
    return err;
}

int st_os_writer_is_exclusive(const st_os_locks *locks)
{
    return exists(locks, ST_WIN_EXCLUSIVE);
}

int st_os_in_use_lock_shared(st_os_locks *locks, enum st_os_access access)
{
    (void)locks;
    (void)access;
    return 0; /* a process that could open the directory holds it */
}

int st_os_in_use_lock_sole(const st_os_locks *locks)
{
    (void)locks;
    return 0; /* the kernel removes what no process uses */
}

int st_os_in_use_is_locked(const st_os_locks *locks)
{
    (void)locks;
    return 1;
}

int st_os_has_writer(const st_os_locks *locks)
{
    return exists(locks, ST_WIN_MAY_WRITE);
}

int st_os_name_lock(const st_os_locks *locks)
{
    (void)locks;
    return st_win_fail(ERROR_NOT_SUPPORTED); /* a section's name cannot be taken away */
}

void st_os_name_unlock(const st_os_locks *locks)
{
    (void)locks;
}
