/* SPDX-License-Identifier: MIT */
/*
 * number.c - parse and print the numbers of number.h. Standard C, no state, no allocation.
 */
#include "number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FRACTION_DIGITS 6 /* 10^6 * 2^40 fits into 64 bits */

static const char units[] = "KMGTPE"; /* the parser takes the first four, the printer all */

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits at *text into *value, moving *text behind them. Returns their number, or -1 if the value passes 2^64. */
static int take_digits(const char **text, uint64_t *value)
{
    int count = 0;
    *value = 0;
    for (; is_digit(**text); (*text)++, count++) {
        uint64_t digit = (uint64_t)(**text - '0');
        if (*value > (UINT64_MAX - digit) / 10) {
            return -1;
        }
        *value = *value * 10 + digit;
    }
    return count;
}

/* The unit at the end of a size: its shift in *shift. Returns 0 if it is none. */
static int take_unit(const char *text, unsigned *shift)
{
    *shift = 0;
    if (text[0] == '\0' || strcmp(text, "B") == 0) {
        return 1;
    }
    char upper = text[0] >= 'a' && text[0] <= 'z' ? (char)(text[0] - 'a' + 'A') : text[0];
    for (unsigned i = 0; i < 4; i++) {
        if (upper == units[i]) {
            *shift = 10 * (i + 1);
            return text[1] == '\0' || strcmp(text + 1, "iB") == 0;
        }
    }
    return 0;
}

const char *st_number_size(const char *text, uint64_t *bytes)
{
    static const char too_large[] = "is larger than any size can be (2^64 bytes)";
    uint64_t whole, fraction = 0, scale = 1;
    unsigned shift;
    int digits = take_digits(&text, &whole);
    int behind = 0;
    if (digits < 0) {
        return too_large;
    }
    if (digits > 0 && text[0] == '.' && is_digit(text[1])) {
        text++;
        behind = take_digits(&text, &fraction);
    }
    if (digits == 0 || !take_unit(text, &shift)) {
        return "is not a size: write 4096, 64K, 1.5G or 2MiB (B, or K M G T of 1024 each)";
    }
    if (behind < 0 || behind > FRACTION_DIGITS) {
        return "has too many digits behind the point (6 are enough)";
    }
    if (behind > 0 && shift == 0) {
        return "is a part of a byte: a size with a point needs a unit, as in 1.5G";
    }
    if (whole > UINT64_MAX >> shift) {
        return too_large;
    }
    for (int i = 0; i < behind; i++) {
        scale *= 10;
    }
    *bytes = (whole << shift) + (fraction << shift) / scale; /* the second is less than 2^shift: no carry beyond */
    return NULL;
}

const char *st_number_count(const char *text, uint64_t *count)
{
    uint64_t value;
    int digits = take_digits(&text, &value);
    if (digits <= 0 || *text != '\0') {
        return digits < 0 ? "is too large" : "is not a whole number";
    }
    *count = value;
    return NULL;
}

const char *st_number_mode(const char *text, uint64_t *mode)
{
    uint64_t value = 0;
    size_t length = strlen(text);
    if (length == 0 || length > 4 || strspn(text, "01234567") != length) {
        return "is not a mode: write permission bits in octal, as in 0644";
    }
    for (; *text != '\0'; text++) {
        value = value * 8 + (uint64_t)(*text - '0');
    }
    if (value > 0777) {
        return "is not a mode: it has more than the nine permission bits";
    }
    if ((value & 0022) != 0) {
        return "would let others write: only the owner of a region may, so leave out the bits of 0022";
    }
    if ((value & 0600) != 0600) {
        return "would lock out the owner: a mode needs the bits of 0600";
    }
    *mode = value;
    return NULL;
}

const char *st_number_seconds(const char *text, int64_t *milliseconds)
{
    uint64_t whole, fraction = 0;
    int behind = 0;
    int digits = take_digits(&text, &whole);
    if (digits > 0 && text[0] == '.' && is_digit(text[1])) {
        text++;
        behind = take_digits(&text, &fraction);
    }
    if (digits <= 0 || whole > 1000000000 || behind < 0 || behind > 3 || *text != '\0') {
        return "is not a number of seconds: write 5 or 0.25";
    }
    for (; behind < 3; behind++) {
        fraction *= 10;
    }
    *milliseconds = (int64_t)(whole * 1000 + fraction);
    return NULL;
}

const char *st_number_text(uint64_t bytes, int exact, char *to)
{
    unsigned unit = 0;
    while (unit < strlen(units) && bytes >> (10 * unit) >= 1024) {
        unit++;
    }
    if (exact || unit == 0) {
        snprintf(to, ST_NUMBER_TEXT, "%" PRIu64, bytes);
        return to;
    }
    unsigned shift = 10 * unit;
    uint64_t whole = bytes >> shift;
    uint64_t rest = bytes & ((UINT64_C(1) << shift) - 1);
    if (rest == 0) {
        snprintf(to, ST_NUMBER_TEXT, "%" PRIu64 "%c", whole, units[unit - 1]);
        return to;
    }
    uint64_t tenths = whole * 10 + ((rest * 10 + (UINT64_C(1) << (shift - 1))) >> shift);
    if (tenths >= 10240 && unit < strlen(units)) { /* rounded up to the next unit */
        tenths = 10;
        unit++;
    }
    snprintf(to, ST_NUMBER_TEXT, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10, units[unit - 1]);
    return to;
}
