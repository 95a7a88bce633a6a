/* SPDX-License-Identifier: MIT */
/*
 * lock.h - the three locks of a writer, in this order: the handle's `writing`, the region's writer lock, the handle's
 * `table`. Callers hold all three or, between a lock and its unlock, none; no function leaves it open which.
 */
#ifndef ST_LOCK_H
#define ST_LOCK_H

#include "handle/handle.h"

/*
 * Locks `writing`: the threads of this handle wait for each other here. In a forked child the first call gives the
 * handle locks of its own. Returns 0, STITCH_EREADONLY, _EMFILE, _EACCES, _ESYS.
 */
int st_lock_handle(struct stitch_region *region);
void st_lock_release_handle(struct stitch_region *region);

/*
 * Locks the region among all writers, and `table`. Requires: st_lock_handle.
 * Returns 0; STITCH_EBUSY (STITCH_NOWAIT, and another writer is at work or exclusive); STITCH_ESYS.
 */
int st_lock_region(struct stitch_region *region);
void st_lock_release_region(struct stitch_region *region);

/* The two halves of st_lock_release_region, for a caller that goes on with `table`. */
void st_lock_release_writers(struct stitch_region *region);
void st_lock_release_table(struct stitch_region *region);

/* Makes this handle the only writer until it is closed: STITCH_EXCLUSIVE. Returns as st_lock_region. */
int st_lock_exclusively(struct stitch_region *region);

#endif
