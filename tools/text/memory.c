/* SPDX-License-Identifier: MIT */
/*
 * memory.c - memory or the end of the process.
 */
#include "text/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/status.h"

void ui_memory_none(void)
{
    fputs("stitch: no memory left\n", stderr);
    exit(UI_STATUS_RESOURCES);
}

void *ui_memory(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);

    if (!memory)
        ui_memory_none();
    return memory;
}

char *ui_memory_copy(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(ui_memory(size), text, size);
}

void *ui_memory_grow(void *array, size_t count, size_t *room, size_t size)
{
    void *larger;

    if (count < *room)
        return array;
    *room = *room * 2 + 16;
    larger = realloc(array, *room * size);
    if (!larger)
        ui_memory_none();
    return larger;
}
