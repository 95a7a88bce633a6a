/* SPDX-License-Identifier: MIT */
/*
 * term.h - the terminal, the standard streams as bytes, and interruption by the user. One file per operating system
 * implements it (term_posix.c, term_windows.c); the build picks the file.
 */
#ifndef UI_TERM_H
#define UI_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Converts the words of the command line to UTF-8 if the operating system passes them in another form. The words live
 * as long as the process.
 */
void ui_term_arguments(int *argc, char ***argv);

/*
 * Must be the first call of main. Opens standard streams that are closed (otherwise an object of a region could get
 * such a descriptor, and be written to), turns a broken pipe into an error of the write, and sets up the user's
 * character set.
 */
void ui_term_init(void);

/* Return true if the stream is a terminal. */
bool ui_term_in_is_terminal(void);
bool ui_term_out_is_terminal(void);
bool ui_term_error_is_terminal(void);

/* Returns the columns of the terminal on standard output; 80 if it is no terminal. */
unsigned ui_term_width(void);

/* From now on, an interruption (Ctrl-C, SIGTERM) ends ui_term_read, and ui_term_interrupted reports it. */
void ui_term_catch_interrupt(void);

/* Returns the exit status for the interruption that came; 0 if none did. */
int ui_term_interrupted(void);

#define UI_TERM_END         INT64_C(0)  /* ui_term_read: the end of the input */
#define UI_TERM_NOTHING     INT64_C(-1) /* ui_term_read without `wait`: no input is available now */
#define UI_TERM_INTERRUPTED INT64_MIN   /* ui_term_read: the user interrupted */

/*
 * Reads up to `size` bytes from standard input; without `wait` only bytes that are available now.
 * Returns a number of bytes, one of the values above, or another negative value: ui_term_code tells its error code.
 */
int64_t ui_term_read(void *to, size_t size, bool wait);

/* Returns the operating system's error code in a result of ui_term_read. */
int ui_term_code(int64_t result);

/* Returns the bytes that remain in standard input if it is a file; 0 if the number is not known. */
uint64_t ui_term_input_size(void);

/* Writes all bytes to standard output. Returns 0, or the operating system's error code. */
int ui_term_write(const void *from, size_t size);

/* Returns true if standard output is a pipe whose reader has gone, which explains why a write failed. */
bool ui_term_reader_gone(void);

#endif
