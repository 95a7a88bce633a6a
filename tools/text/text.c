/* SPDX-License-Identifier: MIT */
/*
 * text.c - text made safe for a terminal. A region's name may hold every byte from 0x20 on except DEL, slash and
 * backslash. So it can hold control sequences (C1 controls), marks that reverse the direction of writing, and bytes
 * that are not UTF-8.
 */
#include "text/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text/memory.h"

struct range {
    uint32_t from, to;
};

/* These characters act on the text around them, or are invisible. */
static const struct range unsafe[] = {
    { 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad },   { 0x061c, 0x061c },
    { 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },   { 0x2060, 0x206f },
    { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xe0000, 0xe0fff },
};

/* These characters take two columns. */
static const struct range wide[] = {
    { 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },   { 0xac00, 0xd7a3 },
    { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },
    { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1faff }, { 0x20000, 0x3fffd },
};

/* These characters take no column of their own. */
static const struct range combining[] = {
    { 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x064b, 0x065f }, { 0x1ab0, 0x1aff },
    { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
};

static bool output_is_utf8;

#define IN(ranges, character) is_in(ranges, sizeof(ranges) / sizeof((ranges)[0]), character)

static bool is_in(const struct range *ranges, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++)
        if (character >= ranges[i].from && character <= ranges[i].to)
            return true;
    return false;
}

void ui_text_set_utf8(bool utf8)
{
    output_is_utf8 = utf8;
}

bool ui_text_utf8(void)
{
    return output_is_utf8;
}

/*
 * Decodes the character at `text`. Returns its number of bytes, or 0 if it is not UTF-8: a stray or missing
 * continuation byte, a longer form than needed, half of a surrogate pair, or a value beyond U+10FFFF.
 */
static size_t decode(const char *text, uint32_t *character)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *byte = (const unsigned char *)text;
    size_t length = byte[0] < 0x80 ? 1 : byte[0] >> 5 == 6 ? 2 : byte[0] >> 4 == 14 ? 3 : byte[0] >> 3 == 30 ? 4 : 0;
    uint32_t value;

    *character = byte[0];
    if (length <= 1)
        return length;
    value = byte[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (byte[i] >> 6 != 2) /* true of the byte that ends the text, too */
            return 0;
        value = value << 6 | (byte[i] & 0x3f);
    }
    *character = value;
    return value < least[length] || (value >> 11) == 0x1b || value > 0x10ffff ? 0 : length;
}

char *ui_text_safe(const char *text)
{
    char *safe = ui_memory(strlen(text) * 4 + 1);
    char *to = safe;

    while (*text) {
        uint32_t character;
        size_t length = decode(text, &character);
        bool show = length > 0 && !IN(unsafe, character) && (output_is_utf8 || length == 1);

        for (size_t i = 0; i < (length > 0 ? length : 1); i++, text++)
            if (show)
                *to++ = *text;
            else
                to += sprintf(to, "\\x%02x", (unsigned)(unsigned char)*text);
    }
    *to = '\0';
    return safe;
}

bool ui_text_is_utf8(const char *text)
{
    uint32_t character;

    for (size_t length; *text; text += length) {
        length = decode(text, &character);
        if (length == 0)
            return false;
    }
    return true;
}

/* Steps over one character, and adds its columns to *width. */
static const char *step(const char *text, size_t *width)
{
    uint32_t character;
    size_t length = decode(text, &character);

    *width += length > 0 && IN(combining, character) ? 0 : length > 0 && IN(wide, character) ? 2 : 1;
    return text + (length > 0 ? length : 1);
}

size_t ui_text_width(const char *text)
{
    size_t width = 0;

    while (*text)
        text = step(text, &width);
    return width;
}

size_t ui_text_clip(const char *text, size_t columns)
{
    const char *end = text;
    size_t width = 0;

    while (*end) {
        const char *next = step(end, &width);

        if (width > columns)
            break;
        end = next;
    }
    return (size_t)(end - text);
}
