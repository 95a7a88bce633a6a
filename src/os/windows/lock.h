/* SPDX-License-Identifier: MIT */
/* lock.h - the named objects that the locks of a region are, for lock.c and wait.c. */
#ifndef ST_WIN_LOCK_H
#define ST_WIN_LOCK_H

#include "os/windows/sys.h"

enum st_win_lock {
    ST_WIN_WRITER,         /* mutex: the writer lock */
    ST_WIN_MAY_WRITE,      /* event: every handle that may write keeps it open */
    ST_WIN_PUBLISHED_EVEN, /* event: set when an even generation is published */
    ST_WIN_PUBLISHED_ODD,  /* event: set when an odd generation is published */
    ST_WIN_EXCLUSIVE       /* event: the exclusive handle keeps it open */
};

/* The handle that these locks keep open, or NULL. */
static inline HANDLE st_win_lock_handle(const st_os_locks *locks, enum st_win_lock which)
{
    return locks->handle[which] == -1 ? NULL : (HANDLE)locks->handle[which];
}

/* Opens an event of this region for the moment; NULL: see GetLastError. */
HANDLE st_win_lock_open_event(const st_os_locks *locks, enum st_win_lock which, DWORD rights);

#endif
