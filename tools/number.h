/* SPDX-License-Identifier: MIT */
/*
 * number.h - the numbers that people write and read: sizes (64K, 1.5G), counts, permission bits, seconds.
 * Integer arithmetic only; what does not fit is refused, never wrapped or rounded away.
 *
 * Every parser returns NULL and stores the number, or returns what is wrong, worded to follow the text that was given
 * (`"12Q" is not a size: ...`), and stores nothing.
 */
#ifndef ST_NUMBER_H
#define ST_NUMBER_H

#include <stdint.h>

/*
 * 4096, 64K, 1.5G, 2MiB: digits, perhaps a point and up to 6 more (then a unit must follow), perhaps a unit: B, or
 * K M G T of 1024 each in either case, alone or with iB. A part of a byte is dropped.
 */
const char *st_number_size(const char *text, uint64_t *bytes);

/* Decimal digits: 0 ... 2^64 - 1. */
const char *st_number_count(const char *text, uint64_t *count);

/* Permission bits in octal, 0 ... 0777, of which none may let others write. */
const char *st_number_mode(const char *text, uint64_t *mode);

/* Seconds with up to 3 digits behind the point, into milliseconds; at most 10^9 seconds. */
const char *st_number_seconds(const char *text, int64_t *milliseconds);

#define ST_NUMBER_TEXT 24 /* bytes that st_number_text needs */

/*
 * A size for people: `64K` if that is the exact number, `1.0G` with one digit behind the point if rounded; with `exact`
 * all its digits. Returns `to`.
 */
const char *st_number_text(uint64_t bytes, int exact, char *to);

#endif
