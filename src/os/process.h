/* SPDX-License-Identifier: MIT */
/* process.h - the porting contract, chapter 5: this process and others, the clock, random numbers. Rules: os.h. */
#ifndef ST_OS_PROCESS_H
#define ST_OS_PROCESS_H

#include <stdint.h>

#include "base/atomic.h"

/* ------------------------------------------------------------------------------------------------- environment --- */

/*
 * Returns the value of an environment variable. NULL: it is not set, is empty, or must not be trusted, because the
 * program has rights that its caller lacks (setuid).
 */
const char *st_os_setting(const char *name);

/* Returns the user for whom this process acts; 0 where access is not decided by users. */
uint64_t st_os_user(void);

/* Fills `length` bytes with unpredictable ones. Returns: 0 or STITCH_ESYS. */
int st_os_random(void *out, uint64_t length);

/* Returns a monotonic clock's milliseconds since some moment in the past. */
uint64_t st_os_milliseconds(void);

/* Sleeps for about that long, or somewhat longer. */
void st_os_sleep(uint64_t milliseconds);

/* --------------------------------------------------------------------------------------------------- processes --- */

typedef struct st_os_process {
    uint64_t id;
    uint64_t started; /* tells the process from a later one with the same id */
    uint64_t space;   /* ids of different spaces cannot be compared */
} st_os_process;

/* Identifies this process. Returns: 0, STITCH_ESYS, _EMFILE, _ENOTSUP. */
int st_os_process_self(st_os_process *out);

/* Tells whether a process is alive. Returns: 1 yes, 0 no, -1 unknown. */
int st_os_process_lives(const st_os_process *process);

/* -------------------------------------------------------------------------------------------------------- fork --- */

/* How many marks there are. Each is for one thing that a forked child must make anew; the caller says which. */
#define ST_OS_FORK_MARKS 2

/*
 * Makes ST_OS_FORK_MARKS words that are 1, and that read 0 in every child forked from now on. The caller may store 1
 * again. Where there is no fork they stay 1.
 *   Returns: 0, STITCH_ENOMEM, _EMAPS, _EADDRSPACE, _ENOTSUP.
 */
int st_os_fork_mark_open(st_word **out);

/* Closes the marks; NULL is permitted. */
void st_os_fork_mark_close(st_word *mark);

#endif
