/* SPDX-License-Identifier: MIT */
/*
 * seat.h - this handle's seat on the region's roster. Accounting only: without a roster, or without a seat on it, a
 * handle works as well and is not listed.
 */
#ifndef ST_SEAT_H
#define ST_SEAT_H

#include "handle/handle.h"

/*
 * Makes the roster of a new region. If a stranger who knows the tag has taken its name, there is none: that is 0 too.
 */
int st_seat_make_roster(struct stitch_region *region);

/* Opens the roster of an existing region, if there is one that can be used. */
void st_seat_find_roster(struct stitch_region *region);

/* Takes a seat for this handle. Requires: region->table. */
void st_seat_take(struct stitch_region *region);

/* Notes on the seat what is mapped now. A forked child first takes a seat of its own. Requires: region->table. */
void st_seat_note(struct stitch_region *region);

#endif
