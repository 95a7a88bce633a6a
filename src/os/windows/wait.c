/* SPDX-License-Identifier: MIT */
/*
 * wait.c - sleeping until a shared word changes: on one of two manual-reset events, by the parity of the value that the
 * sleeper waits for. The word itself is the truth.
 */
#include "os/windows/lock.h"

#define UNTOLD_LOOK_MS 5

/*
 * The event may still be set since the value before last. A waiter that finds it so resets it and looks at the word
 * again (the caller does, before it sleeps again): a writer that sets it meanwhile has changed the word before.
 *
 * A read-only handle keeps no event open, since a region's writers come and go. If no writer has one open, or this
 * process may not open it, a short sleep must do.
 */
void st_os_wait(const st_os_locks *locks, const st_word *word, uint64_t seen, uint64_t milliseconds)
{
    enum st_win_lock which = (seen + 1) & 1 ? ST_WIN_PUBLISHED_ODD : ST_WIN_PUBLISHED_EVEN;
    HANDLE own = st_win_lock_handle(locks, which), event = own;
    DWORD time = milliseconds < INFINITE - 1 ? (DWORD)milliseconds : INFINITE - 1;

    if (!event)
        event = st_win_lock_open_event(locks, which, SYNCHRONIZE | EVENT_MODIFY_STATE);
    if (!event)
        Sleep(time < UNTOLD_LOOK_MS ? time : UNTOLD_LOOK_MS);
    else if (st_load(word) == seen && st_win.WaitForSingleObject(event, time) == WAIT_OBJECT_0 && st_load(word) == seen)
        st_win.ResetEvent(event);
    if (event && !own)
        st_win.CloseHandle(event);
}

void st_os_wake(const st_os_locks *locks, st_word *word)
{
    bool odd = st_load(word) & 1;

    st_win.ResetEvent(st_win_lock_handle(locks, odd ? ST_WIN_PUBLISHED_EVEN : ST_WIN_PUBLISHED_ODD));
    st_win.SetEvent(st_win_lock_handle(locks, odd ? ST_WIN_PUBLISHED_ODD : ST_WIN_PUBLISHED_EVEN));
}
