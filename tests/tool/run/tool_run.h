/* SPDX-License-Identifier: MIT */
/*
 * tool_run.h - runs the real commands as a user would, and looks at their output.
 *
 * A command is a line: `stitch`, `producer`, `consumer`, `grow` or `oldnewthing`, which are the programs just built,
 * and its arguments, separated by blanks. '...' holds an argument with blanks together; nothing else is special. A word
 * `<NAME` gives the command a file of the scratch folder to read (without it, nothing), `>NAME` such a file to write.
 * Several commands in one text are lines of their own; they run one after the other, and their output is collected.
 *
 * `@r` is a region's name that only this test has: where all tests share one name space it begins with the process's
 * number. It means the same in all texts here, also in expected ones; tool_text returns the text itself.
 *
 * Lines in tool_last always end with "\n", whatever the system uses. In files all bytes are as they were written.
 */
#ifndef TOOL_RUN_H
#define TOOL_RUN_H

#include <stddef.h>

#include "test.h"

/* Output of the last commands; each text ends in NUL, and is valid until the next commands. */
typedef struct tool_output {
    char *out, *err;
    size_t out_size, err_size;
} tool_output;
extern tool_output tool_last;

/* Runs commands up to the first that fails. Returns its exit status, or 0. */
int tool_run(const char *format, ...) T_PRINTF(1, 2);

/* Fail unless they end with this status; standard error must be empty if that is 0, and not empty otherwise. */
#define TOOL_GIVES(status, ...) tool_gives(__FILE__, __LINE__, (status), __VA_ARGS__)
#define TOOL_OK(...)            TOOL_GIVES(0, __VA_ARGS__)
void tool_gives(const char *file, int line, int status, const char *format, ...) T_PRINTF(4, 5);

/* Fail unless the last commands wrote this text to standard output; to standard error. */
#define TOOL_SAYS(text)      tool_says(__FILE__, __LINE__, tool_last.out, (text))
#define TOOL_COMPLAINS(text) tool_says(__FILE__, __LINE__, tool_last.err, (text))
void tool_says(const char *file, int line, const char *where, const char *text);

/* Runs a shell's script, which must end with 0. Requires a system with a shell (T_FOLDERS). */
void tool_shell(const char *script);

/* ------------------------------------------------------------------------------------------ at the same time --- */

/* Starts a command that runs while the test goes on. Its input is a pipe from the test, unless it has a `<NAME`. */
typedef struct tool_process tool_process;

tool_process *tool_start(const char *format, ...) T_PRINTF(1, 2);

/* The same with a pipe as its standard output. tool_read returns 0 at its end. */
tool_process *tool_start_piped(const char *format, ...) T_PRINTF(1, 2);
size_t tool_read(tool_process *process, void *to, size_t size);
void tool_close_output(tool_process *process); /* its output is read no more */

void tool_write(tool_process *process, const void *bytes, size_t size);
void tool_close_input(tool_process *process); /* its input ends */

/*
 * Ends its input and waits until it ends; its output is in tool_last. Returns its exit status, or T_END_KILLED.
 */
int tool_end(tool_process *process);
void tool_interrupt(tool_process *process); /* asks it to stop: SIGTERM, Ctrl-C */
void tool_kill(tool_process *process);      /* kills it; tool_end must follow */
void tool_pause(tool_process *process);     /* stops it until tool_continue */
void tool_continue(tool_process *process);

/* Waits until it has written so much to standard output, or to its `>NAME`. */
void tool_wait_for_output(tool_process *process, uint64_t bytes);
/* Waits until it has written this to standard error. */
void tool_wait_for_complaint(tool_process *process, const char *text);

/*
 * Makes a region that stays until tool_remove: by `stitch create` where regions persist; elsewhere a `stitch hold` in
 * the background stays attached to it between the commands. `arguments` are for either.
 */
void tool_make(const char *name, const char *arguments);
void tool_remove(const char *name);

/* ---------------------------------------------------------------------------------------------------- files --- */

/* Make a file in the scratch folder: of so many bytes, no two parts of which are alike; with this content. */
void tool_make_file(const char *name, uint64_t size);
void tool_write_file(const char *name, const void *bytes, size_t size);

/* Returns a whole file of the scratch folder, and a NUL after it. The caller frees it. */
char *tool_read_file(const char *name, size_t *size);
uint64_t tool_file_size(const char *name); /* 0 also if it does not exist */

/* Fails unless the file is `length` bytes of the other from `offset` on; TOOL_ALL: up to its end. */
void tool_same_file(const char *name, const char *as, uint64_t offset, uint64_t length);
#define TOOL_ALL UINT64_MAX

/* Every case that runs commands calls both: they make and remove the scratch folder. Skips if there can be none. */
void tool_begin(void);
void tool_finish(void);

/*
 * Makes commands write names for a terminal that shows UTF-8, or for one that does not. Returns whether they now write
 * UTF-8: not every machine has the locale for it, and on some systems they always do.
 */
bool tool_utf8(bool wanted);

/* For T_MAIN: the helper processes of a test that includes this. */
extern const t_helper tool_helpers[];

/* Returns the default backend: "stitched", or "single" where there are no segments side by side. */
const char *tool_backend(void);

/* Returns the text with each `@` replaced; it is valid until the fourth call after this. */
const char *tool_text(const char *text);

#endif
