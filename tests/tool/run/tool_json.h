/* SPDX-License-Identifier: MIT */
/*
 * tool_json.h - reads the last command's output as JSON. A value that is missing, or of another type, fails the test.
 */
#ifndef TOOL_JSON_H
#define TOOL_JSON_H

#include <stdint.h>

#include <jansson.h>

json_t *tool_json(void); /* to be freed with json_decref */
uint64_t tool_number(const json_t *object, const char *key);
const char *tool_string(const json_t *object, const char *key);
const json_t *tool_by_name(const json_t *array, const char *name); /* the object whose "name" is this */

#endif
