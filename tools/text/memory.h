/* SPDX-License-Identifier: MIT */
/*
 * memory.h - memory from the C library. None of these functions fails: where there is no memory left they say so and
 * end the process with UI_STATUS_RESOURCES. Results are freed with free.
 */
#ifndef UI_MEMORY_H
#define UI_MEMORY_H

#include <stddef.h>

/* Ends the process as described above. */
_Noreturn void ui_memory_none(void);

/* Returns `size` bytes of undefined contents; never NULL, not even for 0 bytes. */
void *ui_memory(size_t size);

/* Returns a copy of a string. */
char *ui_memory_copy(const char *text);

/*
 * Makes room for one more element in an array of `count` elements of `size` bytes that has room for *room.
 * Returns the array, which may have moved. An empty array is NULL with a *room of 0.
 */
void *ui_memory_grow(void *array, size_t count, size_t *room, size_t size);

#endif
