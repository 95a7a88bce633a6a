/* SPDX-License-Identifier: MIT */
/*
 * text.c - names made safe for a terminal, and small words. A region's name may hold any byte from 0x20 on, so also
 * escape sequences of one character (C1 controls), marks that reverse the direction, and bytes that are not UTF-8.
 */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stitch/stitch.h"
#include "term.h"

struct range {
    uint32_t from, to;
};

/* Characters that act on the text around them, or hide. */
static const struct range unsafe[] = {
    { 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad }, { 0x061c, 0x061c }, { 0x180e, 0x180e },
    { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb },
    { 0xe0000, 0xe0fff },
};

static const struct range wide[] = {
    { 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },
    { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff },
    { 0x1f900, 0x1faff }, { 0x20000, 0x3fffd },
};

static const struct range combining[] = {
    { 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x064b, 0x065f }, { 0x1ab0, 0x1aff },
    { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
};

#define IN(ranges, character) is_in(ranges, sizeof(ranges) / sizeof((ranges)[0]), character)

static int is_in(const struct range *ranges, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++) {
        if (character >= ranges[i].from && character <= ranges[i].to) {
            return 1;
        }
    }
    return 0;
}

/*
 * The character at `text` in *character. Returns its bytes, or 0 if it is not UTF-8: a stray or missing continuation,
 * a longer form than needed, half of a surrogate pair, or beyond U+10FFFF.
 */
static size_t decode(const char *text, uint32_t *character)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *byte = (const unsigned char *)text;
    size_t length = byte[0] < 0x80 ? 1 : byte[0] >> 5 == 6 ? 2 : byte[0] >> 4 == 14 ? 3 : byte[0] >> 3 == 30 ? 4 : 0;
    if (length <= 1) {
        *character = byte[0];
        return length;
    }
    uint32_t value = byte[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (byte[i] >> 6 != 2) {
            return 0; /* also where the text ends */
        }
        value = value << 6 | (byte[i] & 0x3f);
    }
    *character = value;
    return value < least[length] || (value >> 11) == 0x1b || value > 0x10ffff ? 0 : length;
}

char *st_text_safe(const char *text)
{
    int utf8 = st_term_utf8();
    char *safe = st_text_memory(strlen(text) * 4 + 1);
    char *to = safe;
    while (*text != '\0') {
        uint32_t character;
        size_t length = decode(text, &character);
        int show = length > 0 && !IN(unsafe, character) && (utf8 || length == 1);
        for (size_t i = 0; i < (length > 0 ? length : 1); i++, text++) {
            if (show) {
                *to++ = *text;
            } else {
                to += sprintf(to, "\\x%02x", (unsigned)(unsigned char)*text);
            }
        }
    }
    *to = '\0';
    return safe;
}

int st_text_is_utf8(const char *text)
{
    uint32_t character;
    for (size_t length; *text != '\0'; text += length) {
        length = decode(text, &character);
        if (length == 0) {
            return 0;
        }
    }
    return 1;
}

/* Step over one character, and add its columns. */
static const char *step(const char *text, size_t *width)
{
    uint32_t character;
    size_t length = decode(text, &character);
    *width += length > 0 && IN(combining, character) ? 0 : length > 0 && IN(wide, character) ? 2 : 1;
    return text + (length > 0 ? length : 1);
}

size_t st_text_width(const char *text)
{
    size_t width = 0;
    while (*text != '\0') {
        text = step(text, &width);
    }
    return width;
}

size_t st_text_clip(const char *text, size_t columns)
{
    const char *end = text;
    size_t width = 0;
    while (*end != '\0') {
        const char *next = step(end, &width);
        if (width > columns) {
            break;
        }
        end = next;
    }
    return (size_t)(end - text);
}

static const struct {
    uint64_t backend;
    const char *name;
} backends[] = {
    { STITCH_BACKEND_AUTO, "auto" },
    { STITCH_BACKEND_STITCHED, "stitched" },
    { STITCH_BACKEND_SINGLE, "single" },
    { STITCH_BACKEND_FIXED, "fixed" },
    { STITCH_BACKEND_REMAP, "remap" },
};

const char *st_text_backend(uint64_t backend)
{
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
        if (backends[i].backend == backend) {
            return backends[i].name;
        }
    }
    return "other";
}

int st_text_backend_from(const char *name, uint64_t *backend)
{
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
        if (strcmp(backends[i].name, name) == 0) {
            *backend = backends[i].backend;
            return 1;
        }
    }
    return 0;
}

const char *st_text_flags(uint64_t flags)
{
    static const char *const texts[] = { "-",     "lazy",       "keep",       "lazy,keep",
                                         "small", "lazy,small", "keep,small", "lazy,keep,small" };
    return texts[((flags & STITCH_LAZY) != 0) + ((flags & STITCH_KEEP) != 0) * 2 +
                 ((flags & STITCH_SMALL_PAGES) != 0) * 4];
}

const char *st_text_time(uint64_t seconds, int to_the_second, char *to)
{
    time_t moment = (time_t)seconds;
    const struct tm *local = seconds > INT64_C(253402300799) ? NULL : localtime(&moment); /* the year 9999 */
    const char *format = to_the_second ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M";
    if (local == NULL || strftime(to, ST_TEXT_TIME, format, local) == 0) {
        snprintf(to, ST_TEXT_TIME, "-");
    }
    return to;
}

void *st_text_memory(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);
    if (memory == NULL) {
        fputs("stitch: no memory left\n", stderr);
        exit(5); /* ST_STATUS_RESOURCES */
    }
    return memory;
}

char *st_text_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(st_text_memory(size), text, size);
}
