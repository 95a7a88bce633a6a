/* SPDX-License-Identifier: MIT */
/*
 * watch.h - telling the caller's watcher what this handle may access, and keeping account of what it has been told.
 *
 * Requires, in all calls: region->table is held. A callback may take long, and no other process may wait for it: a
 * writer sees to it that nothing is left to tell while it holds the writer lock (write.c, step 3).
 */
#ifndef ST_WATCH_H
#define ST_WATCH_H

#include "handle/handle.h"

/* Would it have to be told that the handle's size falls to `size`? */
static inline bool st_watch_wants_end(const struct stitch_region *region, uint64_t size)
{
    return region->watch.callbacks.before_unmap && size < st_load(&region->size);
}

/* Tells it that [size, ...) is about to end, and lowers the handle's size to `size`, if that is less than now. */
void st_watch_end(struct stitch_region *region, uint64_t size);

/* Tells it what has been mapped since it was last told. */
void st_watch_mapped(struct stitch_region *region);

#endif
