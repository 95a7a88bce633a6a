/* SPDX-License-Identifier: MIT */
/* verify.h - proving one segment. */
#ifndef ST_VERIFY_H
#define ST_VERIFY_H

#include "handle/handle.h"

/*
 * Does the system's map say that this segment is its object, whole, right after its neighbour? Returns 1, 0, or an
 * error of st_os_survey. Requires: region->table is held, and index is that of a mapped segment.
 */
int st_verify_segment(struct stitch_region *region, uint64_t index);

#endif
