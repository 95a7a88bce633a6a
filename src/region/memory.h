/* SPDX-License-Identifier: MIT */
/* backing.h - the memory behind a region that is about to grow. With the writer lock and everything listed mapped. */
#ifndef ST_BACKING_H
#define ST_BACKING_H

#include "handle/handle.h"

/* Does growing skip the commit? */
bool st_backing_is_lazy(const struct stitch_region *region);

/*
 * Put memory behind [now.commit, size): so far as it goes in the last extent, then in another segment, named and mapped
 * but not listed. A region without any segment gets one even for size 0. *next starts as region->now.record and gets
 * commit, count and next_id; *added: there is a new *entry.
 */
int st_backing_add(struct stitch_region *region, uint64_t size, struct st_record *next, struct st_entry *entry,
                   bool *added);

/*
 * Where memory that was not committed faults: see to it that what is about to be stored to below the commit mark really
 * has memory, whatever the directory says. Never undone.
 */
int st_backing_make_sure(struct stitch_region *region, uint64_t size);

/* Take back what st_backing_add did, in reverse. `added` as it told, or NULL. */
void st_backing_undo(struct stitch_region *region, const struct st_record *next, const struct st_entry *added);

/*
 * How far the last extent, which ends at `end`, stays committed when the region shrinks to `size`, where memory can be
 * given back in part: to the page, or to the end of a block, for to take a part of that is to split it, and dear.
 */
uint64_t st_backing_kept(const struct stitch_region *region, uint64_t size, uint64_t end);

/* Give the memory of [from, to) in the last extent back to the system; nothing to do if from >= to. */
int st_backing_give_back(struct stitch_region *region, uint64_t from, uint64_t to);

/* Tell the system that the contents of [from, to) in the last extent are of no use, where that is all that can be done.
 */
void st_backing_reset(struct stitch_region *region, uint64_t from, uint64_t to);

/*
 * Make [from, to) of what was committed before read zero, since it may have been used. Eager regions: after
 * st_backing_add, cannot fail. Lazy ones: before it. Each does nothing for the other kind.
 */
void st_backing_wipe(struct stitch_region *region, uint64_t from, uint64_t to);
int st_backing_wipe_lazy(struct stitch_region *region, uint64_t from, uint64_t to);

/* Store `length` bytes of `data` at `offset`. After st_backing_add. */
int st_backing_fill(struct stitch_region *region, uint64_t offset, const void *data, uint64_t length);

#endif
