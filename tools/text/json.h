/* SPDX-License-Identifier: MIT */
/*
 * json.h - JSON to standard output. Without memory these functions end the process (memory.h).
 */
#ifndef UI_JSON_H
#define UI_JSON_H

#include <stdint.h>

#include <jansson.h>

/* Add a member to an object: a value, which the object takes over; a number with all its digits; a text. */
void ui_json_member(json_t *object, const char *key, json_t *value);
void ui_json_number(json_t *object, const char *key, uint64_t value);
void ui_json_text(json_t *object, const char *key, const char *text);

/* Adds the member "name"; if the name is not UTF-8, in its safe form, with its bytes in "name_hex". */
void ui_json_name(json_t *object, const char *name);

/* Adds the flags of a region as members "lazy", "small_pages" and "keep". */
void ui_json_flags(json_t *object, uint64_t flags);

/* Appends a value to an array, which takes it over. */
void ui_json_append(json_t *array, json_t *value);

/* Print a value, indented or on one line, and free it. A failure to write shows in stdout's error flag. */
void ui_json_print(json_t *root);
void ui_json_print_line(json_t *root);

#endif
