/* SPDX-License-Identifier: MIT */
/*
 * json.c - JSON to standard output. Numbers keep all their digits: one beyond what a JSON library takes for an integer
 * (2^63) becomes a string of its digits.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void st_json_member(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0) {
        exit(st_cli_fail(ST_STATUS_RESOURCES, NULL, "no memory left"));
    }
}

void st_json_number(json_t *object, const char *key, uint64_t value)
{
    char digits[ST_NUMBER_TEXT];
    if (value <= INT64_MAX) {
        st_json_member(object, key, json_integer((json_int_t)value));
    } else {
        st_json_member(object, key, json_string(st_number_text(value, 1, digits)));
    }
}

void st_json_text(json_t *object, const char *key, const char *text)
{
    st_json_member(object, key, json_string(text));
}

void st_json_name(json_t *object, const char *name)
{
    if (st_text_is_utf8(name)) {
        st_json_text(object, "name", name);
        return;
    }
    char *safe = st_text_safe(name);
    char *hex = st_text_memory(strlen(name) * 2 + 1);
    for (size_t i = 0; name[i] != '\0'; i++) {
        sprintf(hex + 2 * i, "%02x", (unsigned)(unsigned char)name[i]);
    }
    st_json_text(object, "name", safe);
    st_json_text(object, "name_hex", hex);
    free(hex);
    free(safe);
}

static int print(json_t *root, size_t flags)
{
    int failed = json_dumpf(root, stdout, flags);
    json_decref(root);
    fputc('\n', stdout);
    return failed && !ferror(stdout) ? st_cli_fail(ST_STATUS_RESOURCES, NULL, "no memory left") : ST_STATUS_OK;
}

int st_json_print(json_t *root)
{
    return print(root, JSON_INDENT(2));
}

int st_json_print_line(json_t *root)
{
    return st_cli_finish(print(root, JSON_COMPACT));
}
