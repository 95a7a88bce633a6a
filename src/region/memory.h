/* SPDX-License-Identifier: MIT */
/*
 * memory.h - provides the memory of a growing region, and gives the memory of a shrinking one back.
 *
 * Requires, in all calls: the writer lock and region->table are held, and everything that the known state lists is
 * mapped. region->known.record is the state before the change, change->next the state to publish.
 */
#ifndef ST_MEMORY_H
#define ST_MEMORY_H

#include "handle/handle.h"
#include "shared/plan.h"

/* Fills in the rules by which changes of this region are planned. */
void st_memory_rules(const struct stitch_region *region, struct st_rules *out);

/*
 * On systems where accessing memory that is not committed faults: commits [size, commit mark) again, since a hostile
 * peer may have written a mark that is too high. Does nothing elsewhere, or if this handle has done it before. Is never
 * undone.
 */
int st_memory_confirm_mark(struct stitch_region *region, uint64_t size);

static inline int st_memory_confirm(struct stitch_region *region, uint64_t size)
{
    return region->store.folder.can_be_lazy ? 0 : st_memory_confirm_mark(region, size);
}

/*
 * Provides the memory that the plan asks for: in the last extent, then in another segment, which is named and mapped
 * but not listed. Updates change (commit, count, next_id; added, named, adds).
 * Returns 0, or an error of making, mapping and committing objects. Then st_memory_withdraw is due.
 */
int st_memory_provide(struct stitch_region *region, const struct st_growth *growth, struct st_change *change);

/*
 * Makes the bytes that a region grows over hold something: zeros as the plan says, or the `size` - (size now) bytes of
 * `data`. Requires: their memory has been provided, and they are mapped. After an error st_memory_withdraw is due.
 */
int st_memory_zero(struct stitch_region *region, const struct st_growth *growth);
int st_memory_store(struct stitch_region *region, uint64_t size, const void *data);

/*
 * Undoes st_memory_provide as far as that came, and whatever zeroing or storing has done since. Keeps the system's
 * error code. Returns false if something remains: then the next writer must recover.
 */
bool st_memory_withdraw(struct stitch_region *region, const struct st_change *change);

/* After a segment was added: closes the object of the one that was the last, which the next grow does not need. */
void st_memory_settle(struct stitch_region *region);

/*
 * Gives back whatever memory the last extent holds past the commit mark. All of it, not only what a shrink uncovers:
 * processes with an old size may have stored there. Returns 0, or an error, and the next writer must try again.
 */
int st_memory_give_back_tail(struct stitch_region *region);

/* Is memory committed when it is first accessed, and not by grow? Requires no lock. */
bool st_memory_is_lazy(const struct stitch_region *region);

#endif
