/* SPDX-License-Identifier: MIT */
/*
 * table.c - rows of cells into aligned columns, two blanks between them.
 */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    struct row *next;
    char *cells[]; /* as many as the table has columns */
};

struct st_table {
    const char *columns;
    size_t count; /* columns */
    struct row *first, **end;
    size_t width[];
};

struct st_table *st_table_new(const char *columns)
{
    size_t count = strlen(columns);
    struct st_table *table = st_text_memory(sizeof *table + count * sizeof table->width[0]);
    table->columns = columns;
    table->count = count;
    table->first = NULL;
    table->end = &table->first;
    memset(table->width, 0, count * sizeof table->width[0]);
    return table;
}

void st_table_row(struct st_table *table, const char *const *cells)
{
    struct row *row = st_text_memory(sizeof *row + table->count * sizeof row->cells[0]);
    row->next = NULL;
    for (size_t i = 0; i < table->count; i++) {
        row->cells[i] = st_text_copy(cells[i]);
        size_t width = st_text_width(cells[i]);
        if (width > table->width[i]) {
            table->width[i] = width;
        }
    }
    *table->end = row;
    table->end = &row->next;
}

/* Bytes of the longest line: a cell's columns are at most its bytes, which blanks fill up to the column's width. */
static size_t line_size(const struct st_table *table, const struct row *row)
{
    size_t size = 1;
    for (size_t i = 0; i < table->count; i++) {
        size += strlen(row->cells[i]) + table->width[i] + 2;
    }
    return size;
}

static void write_row(const struct st_table *table, const struct row *row, char *to, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < table->count; i++) {
        int last = i + 1 == table->count;
        int right = table->columns[i] == 'r';
        int blanks = (int)(table->width[i] - st_text_width(row->cells[i]));
        used += (size_t)snprintf(to + used, size - used, "%*s%s%*s%s", right ? blanks : 0, "", row->cells[i],
                                 right || last ? 0 : blanks, "", last ? "" : "  ");
    }
}

void st_table_lines(struct st_table *table, void (*each)(const char *line, void *arg), void *arg)
{
    struct row *next;
    for (struct row *row = table->first; row != NULL; row = next) {
        size_t size = line_size(table, row);
        char *line = st_text_memory(size);
        next = row->next;
        write_row(table, row, line, size);
        each(line, arg);
        free(line);
        for (size_t i = 0; i < table->count; i++) {
            free(row->cells[i]);
        }
        free(row);
    }
    free(table);
}

static void print_line(const char *line, void *arg)
{
    (void)arg;
    puts(line);
}

void st_table_print(struct st_table *table)
{
    st_table_lines(table, print_line, NULL);
}
