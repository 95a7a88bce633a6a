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

static void print_row(const struct st_table *table, const struct row *row)
{
    for (size_t i = 0; i < table->count; i++) {
        int last = i + 1 == table->count;
        int right = table->columns[i] == 'r';
        int blanks = (int)(table->width[i] - st_text_width(row->cells[i]));
        printf("%*s%s%*s", right ? blanks : 0, "", row->cells[i], right || last ? 0 : blanks, "");
        fputs(last ? "\n" : "  ", stdout);
    }
}

void st_table_print(struct st_table *table)
{
    struct row *next;
    for (struct row *row = table->first; row != NULL; row = next) {
        next = row->next;
        print_row(table, row);
        for (size_t i = 0; i < table->count; i++) {
            free(row->cells[i]);
        }
        free(row);
    }
    free(table);
}
