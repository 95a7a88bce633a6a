/* SPDX-License-Identifier: MIT */
/*
 * number.h - the numbers that people write and read: sizes (64K, 1.5G), counts, permission bits, seconds.
 * All arithmetic is in integers; a number that does not fit is refused, never wrapped or rounded.
 *
 * Every parser returns NULL and stores the number, or returns a text that says what is wrong and stores nothing. The
 * text follows the words that the user wrote (`"12Q" is not a size: ...`).
 */
#ifndef UI_NUMBER_H
#define UI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Parses 4096, 64K, 1.5G, 2MiB: digits; optionally a point and up to 6 more digits, after which a unit must follow;
 * optionally a unit, which is B, or K M G T of 1024 each in either case, alone or followed by iB. A fraction of a byte
 * is dropped.
 */
const char *ui_number_size(const char *text, uint64_t *bytes);

/* Parses decimal digits, 0 to 2^64 - 1. */
const char *ui_number_count(const char *text, uint64_t *count);

/* Parses permission bits in octal, 0 to 0777, none of which may let others write. */
const char *ui_number_mode(const char *text, uint64_t *mode);

/* Parses seconds with up to 3 digits after the point, at most 10^9, into milliseconds. */
const char *ui_number_seconds(const char *text, int64_t *milliseconds);

#define UI_NUMBER_TEXT 24 /* bytes that the functions below need */

/*
 * Writes a size into `to`: `64K` if that is the exact number, `1.0G` with one digit after the point if it is rounded;
 * with `exact` all its digits. Returns `to`.
 */
const char *ui_number_text(uint64_t bytes, bool exact, char *to);

/* Writes all digits of a number into `to`. Returns `to`. */
const char *ui_number_digits(uint64_t number, char *to);

#endif
