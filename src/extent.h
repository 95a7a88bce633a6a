/* SPDX-License-Identifier: MIT */
/* extent.h - how large the next segment is. Pure arithmetic. */
#ifndef ST_EXTENT_H
#define ST_EXTENT_H

#include <stdint.h>

/* Round up to a multiple of `unit`, a power of two; `value` must leave room for it. */
static inline uint64_t st_extent_round(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) & ~(unit - 1);
}

static inline uint64_t st_extent_smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/*
 * Bytes of the segment that will begin at `end` and must hold at least `need` bytes, of a region of `reserve` bytes
 * (a multiple of STITCH_EXTENT_UNIT, with need <= reserve - end). `fixed` is the region's extent option, 0 for the
 * rule.
 */
uint64_t st_extent_next(uint64_t end, uint64_t need, uint64_t reserve, uint64_t fixed);

#endif
