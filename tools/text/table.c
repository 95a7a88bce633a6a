/* SPDX-License-Identifier: MIT */
/*
 * table.c - rows of cells as lines with aligned columns, two blanks between columns.
 */
#include "text/table.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/memory.h"
#include "text/text.h"

struct row {
    struct row *next;
    char *cells[]; /* one for each column */
};

struct ui_table {
    const char *columns;
    size_t count; /* columns */
    struct row *first, **end;
    size_t width[];
};

struct ui_table *ui_table_new(const char *columns)
{
    size_t count = strlen(columns);
    struct ui_table *table = ui_memory(sizeof *table + count * sizeof table->width[0]);

    table->columns = columns;
    table->count = count;
    table->first = NULL;
    table->end = &table->first;
    memset(table->width, 0, count * sizeof table->width[0]);
    return table;
}

void ui_table_row(struct ui_table *table, const char *const *cells)
{
    struct row *row = ui_memory(sizeof *row + table->count * sizeof row->cells[0]);

    row->next = NULL;
    for (size_t i = 0; i < table->count; i++) {
        size_t width = ui_text_width(cells[i]);

        row->cells[i] = ui_memory_copy(cells[i]);
        if (width > table->width[i])
            table->width[i] = width;
    }
    *table->end = row;
    table->end = &row->next;
}

/* Returns the bytes of the longest possible line: a cell has at least as many bytes as columns, and is padded. */
static size_t line_size(const struct ui_table *table, const struct row *row)
{
    size_t size = 1;

    for (size_t i = 0; i < table->count; i++)
        size += strlen(row->cells[i]) + table->width[i] + 2;
    return size;
}

static void write_row(const struct ui_table *table, const struct row *row, char *to, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < table->count; i++) {
        bool last = i + 1 == table->count;
        bool right = table->columns[i] == 'r';
        int blanks = (int)(table->width[i] - ui_text_width(row->cells[i]));

        used += (size_t)snprintf(to + used, size - used, "%*s%s%*s%s", right ? blanks : 0, "", row->cells[i],
                                 right || last ? 0 : blanks, "", last ? "" : "  ");
    }
}

static void free_row(const struct ui_table *table, struct row *row)
{
    for (size_t i = 0; i < table->count; i++)
        free(row->cells[i]);
    free(row);
}

void ui_table_lines(struct ui_table *table, void (*each)(const char *line, void *arg), void *arg)
{
    struct row *next;

    for (struct row *row = table->first; row; row = next) {
        size_t size = line_size(table, row);
        char *line = ui_memory(size);

        next = row->next;
        write_row(table, row, line, size);
        each(line, arg);
        free(line);
        free_row(table, row);
    }
    free(table);
}

static void print_line(const char *line, void *arg)
{
    (void)arg;
    puts(line);
}

void ui_table_print(struct ui_table *table)
{
    ui_table_lines(table, print_line, NULL);
}
