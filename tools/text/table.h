/* SPDX-License-Identifier: MIT */
/*
 * table.h - rows of cells as lines with aligned columns.
 */
#ifndef UI_TABLE_H
#define UI_TABLE_H

/* A table under construction. Cells are copied. */
struct ui_table;

/* Begins a table. `columns` has one letter per column: l or r for its alignment. It must outlive the table. */
struct ui_table *ui_table_new(const char *columns);

/* Adds a row of as many cells as there are columns. A left-aligned cell of the last column is never padded. */
void ui_table_row(struct ui_table *table, const char *const *cells);

/* Passes the lines in order to `each`, valid during the call only, and frees the table. */
void ui_table_lines(struct ui_table *table, void (*each)(const char *line, void *arg), void *arg);

/* Writes the lines to standard output, and frees the table. */
void ui_table_print(struct ui_table *table);

#endif
