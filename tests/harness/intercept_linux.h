/* SPDX-License-Identifier: MIT */
/*
 * intercept_linux.h - counts the system calls that the library makes through its table, one by one, lets a test act
 * before each of them, and makes them fail. For tests of what a call costs, and of what happens between two calls.
 */
#ifndef T_INTERCEPT_LINUX_H
#define T_INTERCEPT_LINUX_H

#include <stdbool.h>
#include <stdint.h>

#include "os/linux/sys.h"

enum t_call {
    T_CALL_openat,
    T_CALL_close,
    T_CALL_fstat,
    T_CALL_fstatat,
    T_CALL_fstatfs,
    T_CALL_fchmod,
    T_CALL_ftruncate,
    T_CALL_fallocate,
    T_CALL_linkat,
    T_CALL_unlinkat,
    T_CALL_renameat2,
    T_CALL_pread,
    T_CALL_pwrite,
    T_CALL_lseek,
    T_CALL_fcntl,
    T_CALL_getrlimit,
    T_CALL_mmap,
    T_CALL_mremap,
    T_CALL_munmap,
    T_CALL_mprotect,
    T_CALL_madvise,
    T_CALL_getrandom,
    T_CALL_syscall, /* futex */
    T_CALL_fdopendir,
    T_CALL_readdir,
    T_CALL_closedir,
    T_CALL_TABLE, /* how many are in the table; those from malloc on need a test linked with c_library_linux.c */
    T_CALL_tmpfile = T_CALL_TABLE, /* openat that makes a file; the other openat only open one */
    T_CALL_malloc,
    T_CALL_calloc,
    T_CALL_realloc,
    T_CALL_readlink,
    T_CALL_fdopen,
    T_CALL_getline,
    T_CALL_pthread_mutex_init,
    T_CALL_COUNT
};

const char *t_call_name(enum t_call call);

/*
 * Counts calls from 0; `before` (may be NULL) runs before every call and gets the number of calls so far. Requires that
 * only one thread is in the library meanwhile.
 */
void t_calls_begin(void (*before)(enum t_call call, uint64_t number));
void t_calls_end(void);

/* Return how many calls there were since t_calls_begin: in all, of this kind, and futex calls that wake. */
uint64_t t_calls(void);
uint64_t t_calls_of(enum t_call call);
uint64_t t_calls_waking(void);

/*
 * Makes the nth use (from 1) of this kind of call fail with `error`, and with `for_good` all later ones too. The call
 * is not made. But one that gives something back (close, closedir, munmap, fcntl that unlocks) is made and then
 * reported as failed: the kernel never leaves it undone, and otherwise the injection would leak. A fallocate that fails
 * for good has no room, and can still punch holes.
 */
#define T_CALLS_SHORT (-1) /* an error of pread and getrandom: the call succeeds and returns half of the bytes */
void t_calls_fail_nth(enum t_call call, uint64_t nth, int error, bool for_good);
void t_calls_fail(enum t_call call, int error); /* the next call of this kind fails */
void t_calls_keep_views(bool keep);             /* a munmap that fails leaves the view */
bool t_calls_over(void);                        /* no call fails any more; returns whether one has */

/* For c_library_linux.c: returns false and sets errno if this call must fail. */
bool t_calls_allow(enum t_call call);

/* Futex calls are made as they are; sleeps end by a wake-up only, whatever their time limit; nobody is woken. */
enum t_futex { T_FUTEX_PLAIN, T_FUTEX_ONLY_WAKES, T_FUTEX_NO_WAKES };
void t_calls_futex(enum t_futex how);

/* Returns the time limit of the last sleep, in milliseconds. */
uint64_t t_calls_last_sleep(void);

/* Waits until at least one thread of this process sleeps on a futex. */
void t_until_it_sleeps(uint64_t process);

#endif
