/* SPDX-License-Identifier: MIT */
/* grow.h - the steps of growing that other stories take. */
#ifndef ST_GROW_H
#define ST_GROW_H

#include "region/write.h"

/*
 * Grows the region to `size`; the new bytes are `data`, or zero if that is NULL. Requires: the change has begun and
 * caught up, and size is not less than now. Returns as stitch_grow.
 */
int st_grow_to(struct st_write *write, uint64_t size, const void *data);

/* Makes the only segment of a region of one segment, at its creation. */
int st_grow_first_segment(struct stitch_region *region);

#endif
