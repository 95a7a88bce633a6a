/* SPDX-License-Identifier: MIT */
/*
 * draw.c - a region drawn to scale. A column stands for the same number of bytes all along a bar and shows the state
 * of its first byte, so that one byte of memory is seen, and all memory is seen full only when it is. Where the
 * segments are a small part of the reserve they get a second bar, enlarged.
 */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "term.h"

/* The strings of a drawing, once for UTF-8 and once for ASCII. */
struct pen {
    const char *corner[4];                      /* top left, top right, bottom left, bottom right */
    const char *edge, *side;                    /* of the frame */
    const char *seam_top, *seam_bottom;         /* one seam in the column */
    const char *seams_top, *seams_bottom;       /* several */
    const char *committed, *extent, *reserved;  /* fillings */
    const char *mark;
};

static const struct pen pens[] = {
    { { "+", "+", "+", "+" }, "-", "|", "+", "+", "*", "*", "#", ".", " ", "^" },
    { { "┌", "┐", "└", "┘" }, "─", "│", "┬", "┴", "╥", "╨", "█", "░", " ", "▲" },
};

struct bar {
    const struct pen *pen;
    unsigned columns; /* inside the frame */
    uint64_t total;   /* bytes that they stand for */
    uint64_t committed, end;
    const uint64_t *ends;
    size_t count;
};

/* The column that holds byte `at`; both factors are at most 64 TiB and 1024, so that nothing overflows. */
static unsigned column_of(const struct bar *bar, uint64_t at)
{
    return (unsigned)(at * bar->columns / bar->total);
}

/* The first byte of a column, rounded up: the first that column_of gives this column. */
static uint64_t first_byte(const struct bar *bar, unsigned column)
{
    return (column * bar->total + bar->columns - 1) / bar->columns;
}

static void draw_edge(const struct bar *bar, int bottom)
{
    const struct pen *pen = bar->pen;
    size_t next = 0;
    printf("  %s", pen->corner[bottom ? 2 : 0]);
    for (unsigned column = 0; column < bar->columns; column++) {
        unsigned seams = 0;
        for (; next + 1 < bar->count && column_of(bar, bar->ends[next]) <= column; next++) {
            seams++;
        }
        const char *one = bottom ? pen->seam_bottom : pen->seam_top;
        const char *several = bottom ? pen->seams_bottom : pen->seams_top;
        fputs(seams == 0 ? pen->edge : seams == 1 ? one : several, stdout);
    }
    printf("%s\n", pen->corner[bottom ? 3 : 1]);
}

static void draw_filling(const struct bar *bar)
{
    printf("  %s", bar->pen->side);
    for (unsigned column = 0; column < bar->columns; column++) {
        uint64_t byte = first_byte(bar, column);
        fputs(byte < bar->committed ? bar->pen->committed : byte < bar->end ? bar->pen->extent : bar->pen->reserved,
              stdout);
    }
    printf("%s\n", bar->pen->side);
}

/* A mark under the last byte of the size, with its text on the side where there is room. */
static void draw_size(const struct bar *bar, uint64_t size)
{
    char text[ST_NUMBER_TEXT + 8], number[ST_NUMBER_TEXT];
    snprintf(text, sizeof text, "size %s", st_number_text(size, st_cli.exact, number));
    unsigned column = size > 0 ? column_of(bar, size - 1) : 0;
    unsigned room = (unsigned)strlen(text) + 1;
    if (column >= room) {
        printf("%*s%s %s\n", (int)(3 + column - room), "", text, bar->pen->mark);
    } else {
        printf("%*s%s %s\n", (int)(3 + column), "", bar->pen->mark, text);
    }
}

static void draw_bar(const struct bar *bar)
{
    draw_edge(bar, 0);
    draw_filling(bar);
    draw_edge(bar, 1);
}

static void draw_scale(const struct bar *bar, const char *what)
{
    char total[ST_NUMBER_TEXT], column[ST_NUMBER_TEXT];
    printf("%s %s, %s a column\n", what, st_number_text(bar->total, st_cli.exact, total),
           st_number_text(bar->total / bar->columns, st_cli.exact, column));
}

static void draw_legend(const struct pen *pen, const struct stitch_info *info)
{
    char text[3][ST_NUMBER_TEXT];
    int exact = st_cli.exact;
    printf("  %s committed %s   %s rest of the extents %s   blank: rest of the reserve %s\n", pen->committed,
           st_number_text(info->committed, exact, text[0]), pen->extent,
           st_number_text(info->extents - info->committed, exact, text[1]),
           st_number_text(info->reserve - info->extents, exact, text[2]));
    if (info->segments > 1) {
        printf("  %s seam   %s several in one column\n", pen->seam_top, pen->seams_top);
    }
}

void st_draw_map(const struct stitch_info *info, const uint64_t *ends, size_t count)
{
    unsigned width = st_term_width();
    unsigned columns = width < 24 ? 20 : width > 1000 ? 1000 : width - 4; /* two blanks and two sides */
    const struct pen *pen = &pens[st_term_utf8() != 0];
    struct bar whole = { pen, columns, info->reserve, info->committed, info->extents, ends, count };
    int enlarge = info->extents > 0 && info->extents <= info->reserve / 2;
    if (enlarge) {
        whole.count = 0; /* the enlarged bar has the seams */
    }
    draw_scale(&whole, "reserve");
    draw_bar(&whole);
    if (enlarge) {
        struct bar part = { pen, columns, info->extents, info->committed, info->extents, ends, count };
        draw_scale(&part, "extents, enlarged:");
        draw_bar(&part);
        draw_size(&part, info->size);
    } else {
        draw_size(&whole, info->size);
    }
    draw_legend(pen, info);
}
