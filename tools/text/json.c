/* SPDX-License-Identifier: MIT */
/*
 * json.c - JSON to standard output. Numbers keep all their digits: a number beyond 2^63, the limit of the JSON
 * library's integers, becomes a string of its digits.
 */
#include "text/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stitch/stitch.h>

#include "text/memory.h"
#include "text/number.h"
#include "text/text.h"

void ui_json_member(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        ui_memory_none();
}

void ui_json_number(json_t *object, const char *key, uint64_t value)
{
    char digits[UI_NUMBER_TEXT];

    if (value <= INT64_MAX)
        ui_json_member(object, key, json_integer((json_int_t)value));
    else
        ui_json_text(object, key, ui_number_digits(value, digits));
}

void ui_json_text(json_t *object, const char *key, const char *text)
{
    ui_json_member(object, key, json_string(text));
}

void ui_json_name(json_t *object, const char *name)
{
    char *safe, *hex;

    if (ui_text_is_utf8(name)) {
        ui_json_text(object, "name", name);
        return;
    }
    safe = ui_text_safe(name);
    hex = ui_memory(strlen(name) * 2 + 1);
    for (size_t i = 0; name[i]; i++)
        sprintf(hex + 2 * i, "%02x", (unsigned)(unsigned char)name[i]);
    ui_json_text(object, "name", safe);
    ui_json_text(object, "name_hex", hex);
    free(hex);
    free(safe);
}

void ui_json_flags(json_t *object, uint64_t flags)
{
    ui_json_member(object, "lazy", json_boolean((flags & STITCH_LAZY) != 0));
    ui_json_member(object, "small_pages", json_boolean((flags & STITCH_SMALL_PAGES) != 0));
    ui_json_member(object, "keep", json_boolean((flags & STITCH_KEEP) != 0));
}

void ui_json_append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        ui_memory_none();
}

static void print(json_t *root, size_t flags)
{
    int failed = json_dumpf(root, stdout, flags);

    json_decref(root);
    fputc('\n', stdout);
    if (failed && !ferror(stdout))
        ui_memory_none();
}

void ui_json_print(json_t *root)
{
    print(root, JSON_INDENT(2));
}

void ui_json_print_line(json_t *root)
{
    print(root, JSON_COMPACT);
}
