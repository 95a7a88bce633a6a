/* SPDX-License-Identifier: MIT */
/*
 * extent.c - the sizing rule: max(2 MiB, size / 8), rounded up to 2 MiB, or what the request needs if that is more.
 *
 * An eighth makes segments few (41 to 1 GiB, 99 to 1 TiB) and what an extent can hold unused small.
 * A region in single mode has its reserve as fixed extent, so there is no second rule for it.
 */
#include "extent.h"

#include <stitch/stitch.h>

uint64_t st_extent_next(uint64_t end, uint64_t need, uint64_t reserve, uint64_t fixed)
{
    uint64_t extent = fixed ? fixed : st_extent_round(end / 8, STITCH_EXTENT_UNIT);

    need = st_extent_round(need, STITCH_EXTENT_UNIT);
    if (extent < STITCH_EXTENT_UNIT)
        extent = STITCH_EXTENT_UNIT;
    if (extent < need)
        extent = need;
    return extent < reserve - end ? extent : reserve - end;
}
