/* SPDX-License-Identifier: MIT */
/* names.c - builds and reads the names of objects. Pure text. */
#include "handle/names.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <stitch/stitch.h>

static_assert(sizeof ST_NAMES_REGION + STITCH_NAME_MAX <= ST_NAME_SIZE, "the longest name must fit");

bool st_names_valid(const char *name)
{
    size_t length = 0;

    for (; name[length]; length++) {
        unsigned char byte = (unsigned char)name[length];

        if (length == STITCH_NAME_MAX || byte < 0x20 || byte == 0x7f || byte == '/' || byte == '\\')
            return false;
    }
    return length > 0;
}

void st_names_region(char out[ST_NAME_SIZE], const char *name)
{
    snprintf(out, ST_NAME_SIZE, ST_NAMES_REGION "%s", name);
}

void st_names_unlinked(char out[ST_NAME_SIZE], uint64_t tag, uint64_t nonce)
{
    if (nonce == 0)
        snprintf(out, ST_NAME_SIZE, ST_NAMES_UNLINKED "%016" PRIx64, tag);
    else
        snprintf(out, ST_NAME_SIZE, ST_NAMES_UNLINKED "%016" PRIx64 ".%016" PRIx64, tag, nonce);
}

static char *put_hex(char *to, uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        *to++ = "0123456789abcdef"[value >> shift & 15];
    return to;
}

/* snprintf would take ten times as long, and attaching does this for each segment. */
void st_names_segment(char out[ST_NAME_SIZE], uint64_t tag, uint64_t id)
{
    memcpy(out, ST_NAMES_SEGMENT, sizeof ST_NAMES_SEGMENT - 1);
    out = put_hex(out + sizeof ST_NAMES_SEGMENT - 1, tag);
    *out++ = '.';
    *put_hex(out, id) = '\0';
}

void st_names_roster(char out[ST_NAME_SIZE], uint64_t tag)
{
    snprintf(out, ST_NAME_SIZE, ST_NAMES_ROSTER "%016" PRIx64, tag);
}

/* Reads exactly 16 lower-case hexadecimal digits, followed by `end`. */
static bool read_hex(const char *text, char end, uint64_t *out)
{
    uint64_t value = 0;

    for (int i = 0; i < 16; i++) {
        const char *digits = "0123456789abcdef";
        const char *at = text[i] ? strchr(digits, text[i]) : NULL;

        if (!at)
            return false;
        value = value << 4 | (uint64_t)(at - digits);
    }
    *out = value;
    return text[16] == end;
}

bool st_names_is_segment(const char *object, uint64_t tag, uint64_t *id)
{
    size_t prefix = sizeof ST_NAMES_SEGMENT - 1;
    uint64_t found;

    return strncmp(object, ST_NAMES_SEGMENT, prefix) == 0 && read_hex(object + prefix, '.', &found) && found == tag &&
           read_hex(object + prefix + 17, '\0', id);
}

const char *st_names_of_region(const char *object)
{
    const char *name = object + sizeof ST_NAMES_REGION - 1;

    if (strncmp(object, ST_NAMES_REGION, sizeof ST_NAMES_REGION - 1) != 0 || !st_names_valid(name))
        return NULL;
    return name;
}

bool st_names_is_unlinked(const char *object, uint64_t *tag)
{
    size_t prefix = sizeof ST_NAMES_UNLINKED - 1;
    uint64_t nonce;

    return strncmp(object, ST_NAMES_UNLINKED, prefix) == 0 &&
           (read_hex(object + prefix, '\0', tag) ||
            (read_hex(object + prefix, '.', tag) && read_hex(object + prefix + 17, '\0', &nonce)));
}
