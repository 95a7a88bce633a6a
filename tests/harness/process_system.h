/* SPDX-License-Identifier: MIT */
/*
 * process_system.h - what process.c needs of a system: how a helper process begins and ends, and its two pipes.
 * process_linux.c and process_windows.c implement it. Only these three files include it.
 */
#ifndef T_PROCESS_SYSTEM_H
#define T_PROCESS_SYSTEM_H

#include "process.h"

enum {
    T_PROCESSES = 160,
    T_LINE_SIZE = 4096,
    T_NOT_ENDED = -1000 /* beside the values of t_wait */
};

struct t_process {
    bool used;
    intptr_t to, from; /* descriptors or handles of the two pipes; -1 if closed */
    intptr_t process;  /* the process id, or a handle; -1 if it was not started */
    uint64_t id;
    char line[T_LINE_SIZE];
    size_t filled, taken; /* bytes of `line` read so far; of them, those that the last t_hear gave out */
};

extern t_process t_processes[T_PROCESSES];
extern t_process t_parent_side; /* used in a helper only */

/* Returns a free place of the table, with everything closed. */
t_process *t_process_new(void);

/* Writes some of the bytes and returns how many, 0 for none yet. Fails the test if nobody reads any more. */
size_t t_pipe_write(t_process *to, const char *bytes, size_t length);
/* Returns whether there is something to read, or the end, within so many milliseconds. */
bool t_pipe_readable(const t_process *from, uint64_t milliseconds);
/* Reads what is there: false at the end of the pipe; *count is 0 if the call was interrupted. */
bool t_pipe_read(t_process *from, char *bytes, size_t size, size_t *count);
/* Closes the pipe to the process, unless it is closed. */
void t_pipe_close(t_process *to);

/* Ends the process at once, without waiting. */
void t_process_end(const t_process *process);
/* Returns how the process ended, as t_wait, or T_NOT_ENDED if it runs on for so long. */
int t_process_await(t_process *process, uint64_t milliseconds);
/* Closes all that this process holds of it, and frees its place. */
void t_process_release(t_process *process);

#endif
