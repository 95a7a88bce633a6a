/* SPDX-License-Identifier: MIT */
/*
 * tool_run.h - run the real command as a user would, by a shell, and look at what it wrote.
 *
 * In a script `stitch`, `producer`, `consumer` and `grow` are the programs just built, and the test's folder is where
 * the regions are. $SCRATCH is for the script's own files. `soon CONDITION` waits for it, up to 10 seconds.
 */
#ifndef TOOL_RUN_H
#define TOOL_RUN_H

#include <stddef.h>

#include "test.h"

/* What the last script wrote; each ends in NUL, and is good until the next. */
typedef struct tool_output {
    char *out, *err;
    size_t out_size, err_size;
} tool_output;
extern tool_output tool_last;

/* Run a shell script. Returns its exit status. */
int tool_run(const char *format, ...) T_PRINTF(1, 2);

/* The script must end with this status; with nothing on standard error if the status is 0, and something if not. */
#define TOOL_GIVES(status, ...) tool_gives(__FILE__, __LINE__, (status), __VA_ARGS__)
#define TOOL_OK(...) TOOL_GIVES(0, __VA_ARGS__)
void tool_gives(const char *file, int line, int status, const char *format, ...) T_PRINTF(4, 5);

/* The text must be in what the last script wrote on standard output; on standard error. */
#define TOOL_SAYS(text) tool_says(__FILE__, __LINE__, tool_last.out, (text))
#define TOOL_COMPLAINS(text) tool_says(__FILE__, __LINE__, tool_last.err, (text))
void tool_says(const char *file, int line, const char *where, const char *text);

/* A file in $SCRATCH of so many bytes, no two pieces of which are alike. */
void tool_make_file(const char *name, uint64_t size);

/* Around every test that runs scripts: makes $SCRATCH, removes it. Skips the test if there is no command to test. */
void tool_begin(void);
void tool_end(void);

#endif
