/* SPDX-License-Identifier: MIT */
/* plan.h - how large the next segment is. Pure arithmetic. */
#ifndef ST_PLAN_H
#define ST_PLAN_H

#include <stdint.h>

#include "base/arith.h"

/*
 * Bytes of the segment that will begin at `end` and must hold at least `need` bytes, of a region of `reserve` bytes
 * (a multiple of STITCH_EXTENT_UNIT, with need <= reserve - end). `fixed` is the region's extent option, 0 for the
 * rule.
 */
uint64_t st_plan_extent(uint64_t end, uint64_t need, uint64_t reserve, uint64_t fixed);

#endif
