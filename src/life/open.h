/* SPDX-License-Identifier: MIT */
/* open.h - the last step of opening and creating. */
#ifndef ST_OPEN_H
#define ST_OPEN_H

#include "handle/handle.h"

/*
 * Begins the use of a region that is mapped: becomes exclusive if the options say so, and takes a seat. Kept separate
 * from opening because STITCH_EBUSY from an exclusive writer is final and must not be retried. Consumes `region`.
 */
int st_open_begin(const struct stitch_options *options, struct stitch_region *region, stitch_region **out);

#endif
