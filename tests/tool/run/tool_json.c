/* SPDX-License-Identifier: MIT */
/*
 * tool_json.c - see tool_json.h.
 */
#include "tool_json.h"

#include "test.h"
#include "tool_run.h"

json_t *tool_json(void)
{
    json_error_t error;
    json_t *root;

    json_object_seed(1); /* a random seed would open handles for good */
    root = json_loads(tool_last.out, JSON_REJECT_DUPLICATES, &error);

    if (root == NULL)
        T_FAIL("no JSON: %s, in line %d of:\n%.2000s", error.text, error.line, tool_last.out);
    return root;
}

uint64_t tool_number(const json_t *object, const char *key)
{
    const json_t *member = json_object_get(object, key);

    if (!json_is_integer(member))
        T_FAIL("\"%s\" is not an integer in:\n%.2000s", key, tool_last.out);
    return (uint64_t)json_integer_value(member);
}

const char *tool_string(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    if (text == NULL)
        T_FAIL("\"%s\" is not a string in:\n%.2000s", key, tool_last.out);
    return text;
}

const json_t *tool_by_name(const json_t *array, const char *name)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (strcmp(tool_string(json_array_get(array, i), "name"), name) == 0)
            return json_array_get(array, i);
    T_FAIL("%s is not in:\n%.2000s", name, tool_last.out);
}
