/* SPDX-License-Identifier: MIT */
/*
 * intercept_linux.h - counts the system calls that the library makes through its table, one by one, and lets a test be
 * there before each of them. For tests that say what a thing costs, or that end a process between two calls.
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
    T_CALL_TABLE, /* so many are in the table; from malloc on, only where a test is linked with c_library_linux.c */
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
 * Count from 0 on; `before` (may be NULL) runs before every call, with how many there were until then. One thread only
 * may be in the library meanwhile.
 */
void t_calls_begin(void (*before)(enum t_call call, uint64_t number));
void t_calls_end(void);

uint64_t t_calls(void); /* in all, since t_calls_begin */
uint64_t t_calls_of(enum t_call call);
uint64_t t_calls_waking(void); /* of the futex calls, those that wake */

/*
 * The nth use (from 1) of this kind of call from now on fails so, and is not made; with `for_good` all later ones too.
 * What gives something back (close, closedir, munmap, fcntl that unlocks) is done, and then said to have failed: the
 * kernel never leaves it undone, and here it would be the injection that leaks. fallocate for good: it has no room, and
 * still can punch holes.
 */
#define T_CALLS_SHORT (-1) /* as error of pread and getrandom: it succeeds, and gives half of what there is */
void t_calls_fail_nth(enum t_call call, uint64_t nth, int error, bool for_good);
void t_calls_fail(enum t_call call, int error); /* the next one */
void t_calls_keep_views(bool keep);             /* a munmap that fails leaves the view */
bool t_calls_over(void);                        /* back to undisturbed; did one fail? */

/* For c_library_linux.c: false if this one is to fail, and errno is set. */
bool t_calls_allow(enum t_call call);

/*
 * What becomes of futex calls: as the system has them; sleeps end by a wake-up only, whatever time was given; nobody is
 * woken.
 */
enum t_futex { T_FUTEX_PLAIN, T_FUTEX_ONLY_WAKES, T_FUTEX_NO_WAKES };
void t_calls_futex(enum t_futex how);

/* Milliseconds given to the last sleep. */
uint64_t t_calls_last_sleep(void);

/* Wait until this process (a thread of it, at least) sleeps on a futex. */
void t_until_it_sleeps(uint64_t process);

#endif
