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
 * Where memory that was not committed faults: commits again what is about to be stored to below the commit mark of the
 * directory, since a hostile peer may have written that mark. Costs nothing when this handle has done so before. Never
 * undone.
 */
int st_memory_confirm(struct stitch_region *region, uint64_t size);

/*
 * Provides memory up to `size`: in the last extent as far as that reaches, then in another segment, which is named and
 * mapped but not listed. Updates change (commit, count, next_id; added, adds). All or nothing.
 * Returns 0, STITCH_ERESERVE, _ESEGMENTS, or an error of making, mapping and committing objects.
 */
int st_memory_provide(struct stitch_region *region, struct st_change *change, uint64_t size);

/*
 * Gives the bytes from the region's size to `size` an address and their contents: `data`, or zeros if that is NULL.
 * Requires: their memory has been provided. After an error st_memory_withdraw is due.
 */
int st_memory_fill(struct stitch_region *region, uint64_t size, const void *data);

/* Undoes st_memory_provide and whatever st_memory_fill has done. Cannot fail in a way that matters. */
void st_memory_withdraw(struct stitch_region *region, const struct st_change *change);

/*
 * Gives back what is committed past the commit mark in the last extent. All of it, not only what a shrink uncovers:
 * processes with an old size may have stored there. Returns 0, or an error, and the next writer must try again.
 */
int st_memory_give_back_tail(struct stitch_region *region);

/* Is memory committed when it is first accessed, and not by grow? */
bool st_memory_is_lazy(const struct stitch_region *region);

#endif
