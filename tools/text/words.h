/* SPDX-License-Identifier: MIT */
/*
 * words.h - the library's values in words: backends, flags, errors, times.
 */
#ifndef UI_WORDS_H
#define UI_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* Returns "stitched", "single", ...; "other" for a backend that this version of the command does not know. */
const char *ui_backend_text(uint64_t backend);

/* Stores the backend of that name in *backend. Returns false if there is none. */
bool ui_backend_parse(const char *name, uint64_t *backend);

/* Returns "keep", "lazy,keep", ...; "-" for no flag. */
const char *ui_flags_text(uint64_t flags);

/*
 * Returns the sentence for an error of the library, in terms of commands and options. stitch_strerror has the one for
 * programs, which may name functions and constants of C.
 */
const char *ui_error_text(int err);

#define UI_TIME_TEXT 24 /* bytes that ui_time_text needs */

/* Writes local time, to the second or to the minute, into `to`. Returns `to`. */
const char *ui_time_text(uint64_t time, bool seconds, char *to);

/* Returns the "s" of a plural, or "" if `count` is 1. */
const char *ui_plural(uint64_t count);

#endif
