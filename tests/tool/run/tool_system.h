/* SPDX-License-Identifier: MIT */
/*
 * tool_system.h - what tool_run.c needs of a system: a child process with its standard streams, and a folder for files.
 * tool_system_linux.c and tool_system_windows.c implement it. A call that the system refuses fails the test.
 */
#ifndef TOOL_SYSTEM_H
#define TOOL_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tool_child {
    intptr_t process;
    intptr_t to, from; /* the test's ends of its standard input and output; -1: closed, or no pipe */
} tool_child;

#define TOOL_NOTHING "" /* as a path: no input at all */

/* `words` end in NULL, the first is the program's path. A path NULL: a pipe (not for `err`). */
void tool_child_start(tool_child *child, char *const *words, const char *in, const char *out, const char *err);

size_t tool_child_read(tool_child *child, void *to, size_t size); /* 0: the end */
void tool_child_write(tool_child *child, const void *bytes, size_t size);
void tool_child_close(intptr_t *end);

void tool_child_interrupt(tool_child *child);
void tool_child_kill(tool_child *child);
void tool_child_pause(tool_child *child, bool pause); /* false: lets it go on */

/* Returns whether it ends within the time; then *end is its exit status or T_END_KILLED, and it is freed. */
bool tool_child_wait(tool_child *child, uint64_t milliseconds, int *end);

/* In tool_files.c: the scratch folder; the path of a file in it, in `path` of TOOL_PATH_SIZE bytes. */
#define TOOL_PATH_SIZE 512
void tool_files_begin(void);
void tool_files_end(void);
const char *tool_path(char *path, const char *name);

/* Makes an empty folder for this case, whose path ends without a separator; removes it with the files in it. */
void tool_folder_make(char *path, size_t size);
void tool_folder_remove(const char *path);

#endif
