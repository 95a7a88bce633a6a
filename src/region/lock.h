/* SPDX-License-Identifier: MIT */
/*
 * lock.h - the three locks of a writer: the handle's mutex `writing`, the region's writer lock, the handle's mutex
 * `table`. They are waited for in this order; where `table` is taken first, the writer lock is only tried. Every
 * function says which of them are held when it returns, and an error means that it has taken none.
 */
#ifndef ST_LOCK_H
#define ST_LOCK_H

#include "handle/handle.h"

/*
 * Locks `writing`: the threads of this handle wait for each other here. In a forked child the first call gives the
 * handle locks of its own. Returns 0, STITCH_EREADONLY, _EMFILE, _EACCES, _EBUSY, _ESYS.
 */
int st_lock_handle(struct stitch_region *region);

/*
 * Locks the region among all writers, and `table`. Requires: st_lock_handle.
 * Returns 0; STITCH_EBUSY (STITCH_NOWAIT, and another writer is at work or exclusive); STITCH_ESYS.
 */
int st_lock_region(struct stitch_region *region);

/*
 * Makes this handle the only writer until it is closed: STITCH_EXCLUSIVE. Requires: no other thread has the handle yet.
 * Returns as st_lock_region, or STITCH_EACCES, _ENOMEM. Afterwards no lock of this list is held by the thread.
 */
int st_lock_exclusively(struct stitch_region *region);

/* Releases the region among all writers, and leaves `table` locked. An exclusive handle remains the only writer. */
static inline void st_lock_release_writers(struct stitch_region *region)
{
    if (!st_handle_is_exclusive(region))
        st_os_writer_unlock(&region->locks);
}

static inline void st_lock_release_table(struct stitch_region *region)
{
    st_os_mutex_unlock(&region->table);
}

static inline void st_lock_release_region(struct stitch_region *region)
{
    st_lock_release_writers(region);
    st_lock_release_table(region);
}

static inline void st_lock_release_handle(struct stitch_region *region)
{
    st_os_mutex_unlock(&region->writing);
}

#endif
