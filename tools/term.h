/* SPDX-License-Identifier: MIT */
/*
 * term.h - what the tool asks of the operating system beyond the C library and stitch: terminal, clock, standard
 * streams as bytes, interruption. One file per system implements it (term_posix.c, term_win32.c); the build picks.
 */
#ifndef ST_TERM_H
#define ST_TERM_H

#include <stddef.h>
#include <stdint.h>

#define ST_TERM_END         INT64_C(0) /* st_term_read: no more input will come */
#define ST_TERM_INTERRUPTED INT64_MIN  /* st_term_read: the user asked to stop */

/*
 * The words of the command line as UTF-8, where the system has them in another form; else they stay. They live as long
 * as the process.
 */
void st_term_arguments(int *argc, char ***argv);

/*
 * First call of main. Afterwards the three standard streams are open (a closed one could otherwise become the
 * descriptor of a region, and be written to), a broken pipe is an error of the write, and characters are the user's.
 */
void st_term_init(void);

/* 1 if the stream is a terminal. */
int st_term_in_is_terminal(void);
int st_term_out_is_terminal(void);
int st_term_error_is_terminal(void);

/* Columns of the terminal on standard output; 80 if there is none. */
unsigned st_term_width(void);

/* 1 if the user's locale is UTF-8. */
int st_term_utf8(void);

/* Milliseconds of a clock that only goes forward. */
uint64_t st_term_now(void);

void st_term_sleep(unsigned milliseconds);

/* From now on the user's wish to stop (Ctrl-C, SIGTERM) ends st_term_read and is told by st_term_interrupted. */
void st_term_catch_interrupt(void);

/* The exit status that says which interruption came; 0 if none did. */
int st_term_interrupted(void);

/*
 * Read standard input, up to `size` bytes. With `wait` 0 only what can be had at once.
 *   Returns  bytes; ST_TERM_END; ST_TERM_INTERRUPTED; -1 if nothing is there at once; another negative number: minus
 *            the system's error code, less 1 (see st_term_code).
 */
int64_t st_term_read(void *to, size_t size, int wait);

/* The system's error code in a result of st_term_read. */
int st_term_code(int64_t result);

/* Bytes that standard input will still give if it is a file; 0 if that is not known. */
uint64_t st_term_input_size(void);

/* Write all of it to standard output. Returns 0, or the system's error code. */
int st_term_write(const void *from, size_t size);

/* 1 if standard output is a pipe that nobody reads any more: why a write to it has failed. */
int st_term_reader_gone(void);

/* The system's sentence for an error code. */
const char *st_term_error_text(int code);

/* The folder of regions if no option names one: STITCH_DIR, or the system's. */
const char *st_term_folder(void);

/* 1 if a region can outlive its last user here, so that it stays until it is removed. */
int st_term_regions_stay(void);

/* The name of a user id, or its number, in `to`. Returns `to`. */
const char *st_term_user(uint64_t id, char *to, size_t size);

/*
 * The command that a process of the roster runs, in `to`; "" if it may not be asked, or another one has got its number
 * since. `started` and `space` as in struct stitch_member. Returns `to`. What it says is the process's own choice.
 */
const char *st_term_process(uint64_t id, uint64_t started, uint64_t space, char *to, size_t size);

#endif
