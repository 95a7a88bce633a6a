/* SPDX-License-Identifier: MIT */
/*
 * draw.c - draws a region to scale. Each column of a bar stands for the same number of bytes and shows the state of its
 * first byte, so a single committed byte is visible, and the bar looks full only if all memory is committed. If the
 * segments are at most half of the reserve, a second bar shows them enlarged.
 */
#include "text/draw.h"

#include <stdio.h>
#include <string.h>

#include "text/number.h"
#include "text/text.h"

/* The strings of a drawing, once for ASCII and once for UTF-8. */
struct pen {
    const char *corner[4];                     /* top left, top right, bottom left, bottom right */
    const char *edge, *side;                   /* of the frame */
    const char *seam_top, *seam_bottom;        /* one seam in the column */
    const char *seams_top, *seams_bottom;      /* several */
    const char *committed, *extent, *reserved; /* fillings */
    const char *mark;
};

static const struct pen pens[] = {
    { { "+", "+", "+", "+" }, "-", "|", "+", "+", "*", "*", "#", ".", " ", "^" },
    { { "┌", "┐", "└", "┘" }, "─", "│", "┬", "┴", "╥", "╨", "█", "░", " ", "▲" },
};

struct bar {
    const struct pen *pen;
    unsigned columns; /* inside the frame */
    uint64_t total;   /* bytes that the columns stand for */
    uint64_t committed, end;
    const uint64_t *ends; /* of the segments, whose seams the frame shows */
    size_t count;
    bool exact;
};

/* Returns the column that holds byte `at`. The factors are at most 64 TiB and 1024, so the product cannot overflow. */
static unsigned column_of(const struct bar *bar, uint64_t at)
{
    return (unsigned)(at * bar->columns / bar->total);
}

/* Returns the first byte of a column, rounded up: the first byte for which column_of returns this column. */
static uint64_t first_byte(const struct bar *bar, unsigned column)
{
    return (column * bar->total + bar->columns - 1) / bar->columns;
}

static void draw_edge(const struct bar *bar, bool bottom)
{
    const struct pen *pen = bar->pen;
    const char *one = bottom ? pen->seam_bottom : pen->seam_top;
    const char *several = bottom ? pen->seams_bottom : pen->seams_top;
    size_t next = 0;

    printf("  %s", pen->corner[bottom ? 2 : 0]);
    for (unsigned column = 0; column < bar->columns; column++) {
        unsigned seams = 0;

        for (; next + 1 < bar->count && column_of(bar, bar->ends[next]) <= column; next++)
            seams++;
        fputs(seams == 0 ? pen->edge : seams == 1 ? one : several, stdout);
    }
    printf("%s\n", pen->corner[bottom ? 3 : 1]);
}

static void draw_filling(const struct bar *bar)
{
    const struct pen *pen = bar->pen;

    printf("  %s", pen->side);
    for (unsigned column = 0; column < bar->columns; column++) {
        uint64_t byte = first_byte(bar, column);

        fputs(byte < bar->committed ? pen->committed : byte < bar->end ? pen->extent : pen->reserved, stdout);
    }
    printf("%s\n", pen->side);
}

static void draw_bar(const struct bar *bar, const char *label)
{
    char total[UI_NUMBER_TEXT], column[UI_NUMBER_TEXT];

    printf("%s %s, %s a column\n", label, ui_number_text(bar->total, bar->exact, total),
           ui_number_text(bar->total / bar->columns, bar->exact, column));
    draw_edge(bar, false);
    draw_filling(bar);
    draw_edge(bar, true);
}

/* Draws a mark under the last byte of the size, with its text on the side that has room for it. */
static void draw_size(const struct bar *bar, uint64_t size)
{
    char text[UI_NUMBER_TEXT + 8], number[UI_NUMBER_TEXT];
    unsigned column = size > 0 ? column_of(bar, size - 1) : 0, room;

    snprintf(text, sizeof text, "size %s", ui_number_text(size, bar->exact, number));
    room = (unsigned)strlen(text) + 1;
    if (column >= room)
        printf("%*s%s %s\n", (int)(3 + column - room), "", text, bar->pen->mark);
    else
        printf("%*s%s %s\n", (int)(3 + column), "", bar->pen->mark, text);
}

static void draw_legend(const struct bar *bar, const struct stitch_info *info)
{
    const struct pen *pen = bar->pen;
    char text[3][UI_NUMBER_TEXT];

    printf("  %s committed %s   %s rest of the extents %s   blank: rest of the reserve %s\n", pen->committed,
           ui_number_text(info->committed, bar->exact, text[0]), pen->extent,
           ui_number_text(info->extents - info->committed, bar->exact, text[1]),
           ui_number_text(info->reserve - info->extents, bar->exact, text[2]));
    if (info->segments > 1)
        printf("  %s seam   %s several in one column\n", pen->seam_top, pen->seams_top);
}

void ui_draw_map(const struct ui_drawing *drawing, const struct stitch_info *info, const uint64_t *ends, size_t count)
{
    unsigned width = drawing->width;
    unsigned columns = width < 24 ? 20 : width > 1000 ? 1000 : width - 4; /* two blanks and two sides */
    bool enlarge = info->extents > 0 && info->extents <= info->reserve / 2;
    struct bar bar = {
        .pen = &pens[ui_text_utf8()],
        .columns = columns,
        .total = info->reserve,
        .committed = info->committed,
        .end = info->extents,
        .ends = ends,
        .count = enlarge ? 0 : count, /* the enlarged bar shows the seams */
        .exact = drawing->exact,
    };

    draw_bar(&bar, "reserve");
    if (enlarge) {
        bar.total = info->extents;
        bar.count = count;
        draw_bar(&bar, "extents, enlarged:");
    }
    draw_size(&bar, info->size);
    draw_legend(&bar, info);
}
