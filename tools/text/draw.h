/* SPDX-License-Identifier: MIT */
/*
 * draw.h - the map of a region.
 */
#ifndef UI_DRAW_H
#define UI_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stitch/inspect.h>

struct ui_drawing {
    unsigned width; /* columns of the terminal */
    bool exact;     /* sizes with all their digits */
};

/* Draws a region to standard output. `ends` are the end offsets of its `count` segments, in order. */
void ui_draw_map(const struct ui_drawing *drawing, const struct stitch_info *info, const uint64_t *ends, size_t count);

#endif
