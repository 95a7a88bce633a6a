/* SPDX-License-Identifier: MIT */
/* shrink.h - the steps of shrinking that other stories take. */
#ifndef ST_SHRINK_H
#define ST_SHRINK_H

#include "region/write.h"

/*
 * Shrinks the region to `size`; if it is not larger, only maps what is listed. Needs no memory, descriptor or mapping,
 * so it cannot fail. Requires: the change has begun with st_write_begin_cut.
 */
void st_shrink_to(struct st_write *write, uint64_t size);

#endif
