/* SPDX-License-Identifier: MIT */
/*
 * win32_lock.c - the locks: slim locks between threads, named objects between processes; and sleeping on a word.
 *
 * The writer's lock is a mutex, which the kernel hands on (WAIT_ABANDONED) when its holder dies: the journal then tells
 * whether anything is to be put right. That somebody may write is an event that every writer keeps open. Waiters sleep
 * on one of two manual-reset events by the parity of the generation that they wait for; the generation itself is the
 * truth.
 */
#include "os/windows/sys.h"

#include <inttypes.h>
#include <stdio.h>

enum { WRITER, MAY_WRITE, PUBLISHED_EVEN, PUBLISHED_ODD, KEPT };

static const char kinds[] = { 'l', 'w', 'e', 'o', 'x' };

#define UNTOLD_LOOK_MS 5

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

static void full_name(intptr_t space, char kind, uint64_t tag, wchar_t out[ST_WIN_NAME_SIZE])
{
    st_os_folder folder = { .handle = space };
    char name[64];

    snprintf(name, sizeof name, "stitch.%c.%016" PRIx64, kind, tag);
    st_win_name(&folder, name, out);
}

static HANDLE handle_of(const st_os_locks *locks, int which)
{
    return locks->handle[which] == -1 ? NULL : (HANDLE)locks->handle[which];
}

static int keep(st_os_locks *locks, int which, HANDLE handle)
{
    if (!handle)
        return st_win_fail(GetLastError());
    locks->handle[which] = (intptr_t)handle;
    return 0;
}

int st_os_locks_open(const st_os_folder *folder, const st_os_object *directory, uint64_t tag, bool readonly,
                     st_os_locks *out)
{
    const DWORD rights = SYNCHRONIZE | EVENT_MODIFY_STATE;
    SECURITY_ATTRIBUTES attributes, *security = st_win_security(folder, &attributes);
    wchar_t name[ST_WIN_NAME_SIZE];
    int e = 0;

    (void)directory;
    *out = ST_OS_LOCKS_CLOSED;
    out->space = folder->handle;
    out->tag = tag;
    for (int which = WRITER; !e && !readonly && which <= PUBLISHED_ODD; which++) {
        full_name(out->space, kinds[which], tag, name);
        e = keep(out, which,
                 which == WRITER ? st_win.CreateMutexExW(security, name, 0, SYNCHRONIZE | MUTEX_MODIFY_STATE)
                                 : st_win.CreateEventExW(security, name, CREATE_EVENT_MANUAL_RESET, rights));
    }
    if (e)
        st_os_locks_close(out);
    return e;
}

void st_os_locks_close(st_os_locks *locks)
{
    for (int which = WRITER; which <= KEPT; which++)
        if (handle_of(locks, which))
            st_win.CloseHandle(handle_of(locks, which));
    *locks = ST_OS_LOCKS_CLOSED;
}

/* Is there an event of this kind? 1 or 0, or an error. One that may not be opened is there. */
static int exists(const st_os_locks *locks, char kind)
{
    wchar_t name[ST_WIN_NAME_SIZE];
    HANDLE found;

    full_name(locks->space, kind, locks->tag, name);
    found = st_win.OpenEventW(SYNCHRONIZE, FALSE, name);
    if (found) {
        st_win.CloseHandle(found);
        return 1;
    }
    if (GetLastError() == ERROR_FILE_NOT_FOUND)
        return 0;
    return GetLastError() == ERROR_ACCESS_DENIED ? 1 : st_win_fail(GetLastError());
}

int st_os_writer_lock(const st_os_locks *locks, bool wait)
{
    DWORD result = st_win.WaitForSingleObject(handle_of(locks, WRITER), wait ? INFINITE : 0);

    if (result == WAIT_OBJECT_0 || result == WAIT_ABANDONED)
        return 0;
    return result == WAIT_TIMEOUT ? STITCH_EBUSY : st_win_fail(GetLastError());
}

/*
 * A mutex belongs to a thread, but to be the one writer for long belongs to a handle. So that is an event that the
 * handle keeps open: it is there or not, and goes with its process. Who has the mutex looks for it.
 */
int st_os_writer_make_exclusive(st_os_locks *locks)
{
    wchar_t name[ST_WIN_NAME_SIZE];
    int e;

    full_name(locks->space, kinds[KEPT], locks->tag, name);
    e = keep(locks, KEPT, st_win.CreateEventExW(NULL, name, CREATE_EVENT_MANUAL_RESET, SYNCHRONIZE));
    if (!e)
        st_os_writer_unlock(locks);
    return e;
}

int st_os_writer_is_exclusive(const st_os_locks *locks)
{
    return exists(locks, kinds[KEPT]);
}

void st_os_writer_unlock(const st_os_locks *locks)
{
    st_win.ReleaseMutex(handle_of(locks, WRITER));
}

int st_os_in_use_lock_shared(st_os_locks *locks, bool readonly)
{
    (void)locks;
    (void)readonly;
    return 0; /* who could open the directory does */
}

int st_os_in_use_lock_sole(const st_os_locks *locks)
{
    (void)locks;
    return 0; /* the kernel ends what nobody uses */
}

int st_os_in_use_is_locked(const st_os_locks *locks)
{
    (void)locks;
    return 1;
}

int st_os_has_writer(const st_os_locks *locks)
{
    return exists(locks, kinds[MAY_WRITE]);
}

int st_os_name_lock(const st_os_locks *locks)
{
    (void)locks;
    return st_win_fail(ERROR_NOT_SUPPORTED); /* a name cannot be taken away from a section */
}

void st_os_name_unlock(const st_os_locks *locks)
{
    (void)locks;
}

/* For a read-only handle, which keeps none open: whose writers may come and go. */
static HANDLE open_event(const st_os_locks *locks, int which)
{
    wchar_t name[ST_WIN_NAME_SIZE];

    full_name(locks->space, kinds[which], locks->tag, name);
    return st_win.OpenEventW(SYNCHRONIZE | EVENT_MODIFY_STATE, FALSE, name);
}

/*
 * The event may still be set from the generation before last. Who finds it so resets it and looks at the word again
 * (our caller does, before it sleeps again): a writer that sets it meanwhile has moved the word before.
 */
void st_os_wait(const st_os_locks *locks, const st_word *word, uint64_t seen, uint64_t milliseconds)
{
    int which = (seen + 1) & 1 ? PUBLISHED_ODD : PUBLISHED_EVEN;
    HANDLE own = handle_of(locks, which), event = own ? own : open_event(locks, which);
    DWORD time = milliseconds < INFINITE - 1 ? (DWORD)milliseconds : INFINITE - 1;

    if (!event)
        Sleep(time < UNTOLD_LOOK_MS ? time : UNTOLD_LOOK_MS); /* nobody who writes is there, or we may not */
    else if (st_load(word) == seen && st_win.WaitForSingleObject(event, time) == WAIT_OBJECT_0 && st_load(word) == seen)
        st_win.ResetEvent(event);
    if (event && !own)
        st_win.CloseHandle(event);
}

void st_os_wake(const st_os_locks *locks, st_word *word)
{
    bool odd = st_load(word) & 1;

    st_win.ResetEvent(handle_of(locks, odd ? PUBLISHED_EVEN : PUBLISHED_ODD));
    st_win.SetEvent(handle_of(locks, odd ? PUBLISHED_ODD : PUBLISHED_EVEN));
}
