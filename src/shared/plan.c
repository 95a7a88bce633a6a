/* SPDX-License-Identifier: MIT */
/*
 * extent.c - the sizing rule: max(2 MiB, size / 8), rounded up to 2 MiB, or what the request needs if that is more.
 *
 * An eighth makes segments few (41 to 1 GiB, 99 to 1 TiB) and what an extent can hold unused small.
 * A region in single mode has its reserve as fixed extent, so there is no second rule for it.
 */
#include "shared/plan.h"

#include <stitch/stitch.h>

uint64_t st_plan_extent(uint64_t end, uint64_t need, uint64_t reserve, uint64_t fixed)
{
    uint64_t extent = fixed ? fixed : st_align_up(end / 8, STITCH_EXTENT_UNIT);

    need = st_align_up(need, STITCH_EXTENT_UNIT);
    if (extent < STITCH_EXTENT_UNIT)
        extent = STITCH_EXTENT_UNIT;
    if (extent < need)
        extent = need;
    return extent < reserve - end ? extent : reserve - end;
}
