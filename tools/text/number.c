/* SPDX-License-Identifier: MIT */
/*
 * number.c - parses and prints the numbers of number.h, in standard C, without state and without allocation.
 */
#include "text/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FRACTION_DIGITS 6 /* 10^6 * 2^40 fits into 64 bits */

static const char units[] = "KMGTPE"; /* the parser accepts the first four; the printer uses all */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads the digits at *text into *value and moves *text past them. Returns how many, or -1 if *value passes 2^64. */
static int take_digits(const char **text, uint64_t *value)
{
    int count = 0;

    *value = 0;
    for (; is_digit(**text); (*text)++, count++) {
        uint64_t digit = (uint64_t)(**text - '0');

        if (*value > (UINT64_MAX - digit) / 10)
            return -1;
        *value = *value * 10 + digit;
    }
    return count;
}

/*
 * Reads a point and the digits after it, if a digit was read before. Returns how many digits, or -1 as take_digits.
 */
static int take_fraction(const char **text, int digits, uint64_t *fraction)
{
    *fraction = 0;
    if (digits <= 0 || (*text)[0] != '.' || !is_digit((*text)[1]))
        return 0;
    (*text)++;
    return take_digits(text, fraction);
}

/* Reads the unit at the end of a size, as its shift. Returns false if the text is no unit. */
static bool take_unit(const char *text, unsigned *shift)
{
    char upper = text[0] >= 'a' && text[0] <= 'z' ? (char)(text[0] - 'a' + 'A') : text[0];

    *shift = 0;
    if (!text[0] || strcmp(text, "B") == 0)
        return true;
    for (unsigned i = 0; i < 4; i++)
        if (upper == units[i]) {
            *shift = 10 * (i + 1);
            return !text[1] || strcmp(text + 1, "iB") == 0;
        }
    return false;
}

const char *ui_number_size(const char *text, uint64_t *bytes)
{
    static const char too_large[] = "is larger than any size can be (2^64 bytes)";
    uint64_t whole, fraction, scale = 1;
    unsigned shift;
    int digits = take_digits(&text, &whole);
    int after = take_fraction(&text, digits, &fraction);

    if (digits < 0)
        return too_large;
    if (digits == 0 || !take_unit(text, &shift))
        return "is not a size: write 4096, 64K, 1.5G or 2MiB (B, or K M G T of 1024 each)";
    if (after < 0 || after > FRACTION_DIGITS)
        return "has too many digits after the point (6 are enough)";
    if (after > 0 && shift == 0)
        return "is a fraction of a byte: a size with a point needs a unit, as in 1.5G";
    if (whole > UINT64_MAX >> shift)
        return too_large;
    for (int i = 0; i < after; i++)
        scale *= 10;
    *bytes = (whole << shift) + (fraction << shift) / scale; /* the second term is less than 2^shift: no overflow */
    return NULL;
}

const char *ui_number_count(const char *text, uint64_t *count)
{
    uint64_t value;
    int digits = take_digits(&text, &value);

    if (digits < 0)
        return "is too large";
    if (digits == 0 || *text)
        return "is not a whole number";
    *count = value;
    return NULL;
}

const char *ui_number_mode(const char *text, uint64_t *mode)
{
    uint64_t value = 0;
    size_t length = strlen(text);

    if (length == 0 || length > 4 || strspn(text, "01234567") != length)
        return "is not a mode: write permission bits in octal, as in 0644";
    for (; *text; text++)
        value = value * 8 + (uint64_t)(*text - '0');
    if (value > 0777)
        return "is not a mode: it has more than the nine permission bits";
    if ((value & 0022) != 0)
        return "would let others write: only the owner of a region may, so leave out the bits of 0022";
    if ((value & 0600) != 0600)
        return "would lock out the owner: a mode needs the bits of 0600";
    *mode = value;
    return NULL;
}

const char *ui_number_seconds(const char *text, int64_t *milliseconds)
{
    uint64_t whole, fraction;
    int digits = take_digits(&text, &whole);
    int after = take_fraction(&text, digits, &fraction);

    if (digits <= 0 || whole > 1000000000 || after < 0 || after > 3 || *text)
        return "is not a number of seconds: write 5 or 0.25";
    for (; after < 3; after++)
        fraction *= 10;
    *milliseconds = (int64_t)(whole * 1000 + fraction);
    return NULL;
}

const char *ui_number_digits(uint64_t number, char *to)
{
    snprintf(to, UI_NUMBER_TEXT, "%" PRIu64, number);
    return to;
}

const char *ui_number_text(uint64_t bytes, bool exact, char *to)
{
    unsigned unit = 0, shift;
    uint64_t whole, rest, tenths;

    while (unit < strlen(units) && bytes >> (10 * unit) >= 1024)
        unit++;
    if (exact || unit == 0)
        return ui_number_digits(bytes, to);
    shift = 10 * unit;
    whole = bytes >> shift;
    rest = bytes & ((UINT64_C(1) << shift) - 1);
    if (rest == 0) {
        snprintf(to, UI_NUMBER_TEXT, "%" PRIu64 "%c", whole, units[unit - 1]);
        return to;
    }
    tenths = whole * 10 + ((rest * 10 + (UINT64_C(1) << (shift - 1))) >> shift);
    if (tenths >= 10240 && unit < strlen(units)) { /* rounded up to the next unit */
        tenths = 10;
        unit++;
    }
    snprintf(to, UI_NUMBER_TEXT, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10, units[unit - 1]);
    return to;
}
