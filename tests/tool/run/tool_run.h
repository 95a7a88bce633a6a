/* SPDX-License-Identifier: MIT */
/*
 * tool_run.h - run the real commands as a user would, and look at what they wrote.
 *
 * A command is a line: `stitch`, `producer`, `consumer`, `grow` or `oldnewthing`, which are the programs just built,
 * and its arguments, separated by blanks. '...' holds an argument with blanks together; nothing else is special. A word
 * `<NAME` gives the command a file of the scratch folder to read (without it, nothing), `>NAME` such a file to write.
 * Several commands in one text are lines of their own; they run one behind the other, and what they write is collected.
 *
 * `@r` is a region's name of this test's own: where all tests share one name space it has the process's number in
 * front. It stands for the same in all texts here, also in those that are expected; tool_text gives the text itself.
 *
 * How lines end is the system's affair: in tool_last it is always "\n". In files all bytes are as they were written.
 */
#ifndef TOOL_RUN_H
#define TOOL_RUN_H

#include <stddef.h>

#include "test.h"

/* What the last commands wrote; each ends in NUL, and is good until the next. */
typedef struct tool_output {
    char *out, *err;
    size_t out_size, err_size;
} tool_output;
extern tool_output tool_last;

/* Run commands. Returns the exit status of the first that fails, at which they stop, or 0. */
int tool_run(const char *format, ...) T_PRINTF(1, 2);

/* They must end with this status; with nothing on standard error if the status is 0, and something if not. */
#define TOOL_GIVES(status, ...) tool_gives(__FILE__, __LINE__, (status), __VA_ARGS__)
#define TOOL_OK(...) TOOL_GIVES(0, __VA_ARGS__)
void tool_gives(const char *file, int line, int status, const char *format, ...) T_PRINTF(4, 5);

/* The text must be in what the last commands wrote on standard output; on standard error. */
#define TOOL_SAYS(text) tool_says(__FILE__, __LINE__, tool_last.out, (text))
#define TOOL_COMPLAINS(text) tool_says(__FILE__, __LINE__, tool_last.err, (text))
void tool_says(const char *file, int line, const char *where, const char *text);

/* A shell's script, which must end with 0; for what only a shell can do, on systems that have one (T_FOLDERS). */
void tool_shell(const char *script);

/* ------------------------------------------------------------------------------------------ at the same time --- */

/* A command that runs while the test goes on. Its input is a pipe from the test, unless it has a `<NAME`. */
typedef struct tool_process tool_process;

tool_process *tool_start(const char *format, ...) T_PRINTF(1, 2);

/* The same, its standard output a pipe to the test. tool_read: 0 at the end. */
tool_process *tool_start_piped(const char *format, ...) T_PRINTF(1, 2);
size_t tool_read(tool_process *process, void *to, size_t size);
void tool_close_output(tool_process *process); /* nobody reads it any more */

void tool_write(tool_process *process, const void *bytes, size_t size);
void tool_close_input(tool_process *process); /* that was all */

/* Until it ends (its input ended before): what it wrote is in tool_last. Returns its exit status, or T_END_KILLED. */
int tool_end(tool_process *process);
void tool_interrupt(tool_process *process); /* ask it to stop: SIGTERM, Ctrl-C */
void tool_kill(tool_process *process);      /* at once; tool_end still has to follow */
void tool_pause(tool_process *process);     /* it stands until tool_continue */
void tool_continue(tool_process *process);

/* Until it has written so much to standard output, or to its `>NAME`; for 20 seconds at most. */
void tool_wait_for_output(tool_process *process, uint64_t bytes);
/* Until this is in what it has written to standard error. */
void tool_wait_for_complaint(tool_process *process, const char *text);

/*
 * A region that stays until tool_remove: `stitch create` where there is such a thing; elsewhere somebody has to be
 * attached to it between the commands, which is `stitch hold`, in the background. `arguments` are for either.
 */
void tool_make(const char *name, const char *arguments);
void tool_remove(const char *name);

/* ---------------------------------------------------------------------------------------------------- files --- */

/* A file in the scratch folder of so many bytes, no two pieces of which are alike; with this content. */
void tool_make_file(const char *name, uint64_t size);
void tool_write_file(const char *name, const void *bytes, size_t size);

/* A whole file of the scratch folder, with a NUL behind it; to be freed. */
char *tool_read_file(const char *name, size_t *size);
uint64_t tool_file_size(const char *name); /* 0 also if there is none */

/* The file must be `length` bytes of the other from `offset` on; TOOL_ALL: all from there to its end. */
void tool_same_file(const char *name, const char *as, uint64_t offset, uint64_t length);
#define TOOL_ALL UINT64_MAX

/* Around every test that runs commands: makes the scratch folder, removes it. Skips the test if there is none. */
void tool_begin(void);
void tool_finish(void);

/*
 * Let commands write names for a terminal that shows UTF-8, or for one that does not. True if they now write UTF-8: not
 * every machine has the locale for it, and there are systems where they always do.
 */
bool tool_utf8(bool wanted);

/* For T_MAIN: what a test that includes this needs of helper processes. */
extern const t_helper tool_helpers[];

/* "stitched", or "single" where there are no segments side by side: what a region is if nothing else is said. */
const char *tool_backend(void);

/* The text with each `@` replaced; good until the fourth call after this. */
const char *tool_text(const char *text);

#endif
