/* SPDX-License-Identifier: MIT */
/* arith.h - arithmetic on sizes and offsets. Units are powers of two. */
#ifndef ST_ARITH_H
#define ST_ARITH_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t st_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t st_max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Rounds up to a multiple of `unit`. Requires: value + unit does not exceed 2^64. */
static inline uint64_t st_align_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) & ~(unit - 1);
}

/* Rounds down to a multiple of `unit`. */
static inline uint64_t st_align_down(uint64_t value, uint64_t unit)
{
    return value & ~(unit - 1);
}

static inline bool st_is_multiple(uint64_t value, uint64_t unit)
{
    return (value & (unit - 1)) == 0;
}

#endif
