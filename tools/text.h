/* SPDX-License-Identifier: MIT */
/*
 * text.h - what the tool writes for people: names made safe for a terminal, small words, aligned columns.
 */
#ifndef ST_TEXT_H
#define ST_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Text from outside (a region's name, an argument) as it may be shown: bytes that a terminal could obey, that change
 * the direction or are not UTF-8 (outside a UTF-8 locale: not ASCII) become \xHH. A name has no backslash of its own,
 * so what is shown for it is unambiguous. Returns a string to be freed; never NULL (without memory the process ends).
 */
char *st_text_safe(const char *text);

/* 1 if the text is UTF-8 throughout. */
int st_text_is_utf8(const char *text);

/* Columns that a safe text takes on a terminal. */
size_t st_text_width(const char *text);

/* Bytes of it that fit into so many columns. */
size_t st_text_clip(const char *text, size_t columns);

/* "stitched", "single", ...; a backend that this tool does not know yet gives "other". */
const char *st_text_backend(uint64_t backend);

/* The backend of that name in *backend; 0 if there is none. */
int st_text_backend_from(const char *name, uint64_t *backend);

/* "keep", "lazy,keep", ...; "-" if none. */
const char *st_text_flags(uint64_t flags);

#define ST_TEXT_TIME 24 /* bytes that st_text_time needs */

/* Local time, to the minute or to the second. Returns `to`. */
const char *st_text_time(uint64_t seconds, int to_the_second, char *to);

/* Memory for text; it ends the process where there is none. */
void *st_text_memory(size_t size);

/* A copy, to be freed. */
char *st_text_copy(const char *text);

/* A table with aligned columns. Cells are copied. */
struct st_table;

/* `columns` is a letter per column: l or r for its alignment. */
struct st_table *st_table_new(const char *columns);

/* One row of as many cells as there are columns. A cell of the last column that is l is never padded. */
void st_table_row(struct st_table *table, const char *const *cells);

/* Its lines in order to `each`, good during the call only; to standard output. Either frees the table. */
void st_table_lines(struct st_table *table, void (*each)(const char *line, void *arg), void *arg);
void st_table_print(struct st_table *table);

#endif
