/* SPDX-License-Identifier: MIT */
/*
 * write.h - one change of a region, from becoming its writer to ceasing to be it.
 *
 * A begin returns 0 and the calling thread is the region's one writer: it holds `writing`, the writer lock and `table`,
 * region->known is the published state, and whatever a crashed writer left is cleaned up. Or it returns an error and
 * nothing is held. After 0, and only then, st_write_end is due.
 */
#ifndef ST_WRITE_H
#define ST_WRITE_H

#include "handle/handle.h"
#include "shared/plan.h"

struct st_write { /* on the writer's stack */
    struct stitch_region *region;
    struct st_change change; /* the state to publish; region->known has the state before */
    bool recovery_pending;   /* the journal must stay open for the next writer */
};

/*
 * Returns 0, STITCH_EREADONLY, _EBUSY (STITCH_NOWAIT; or shrinks follow each other too fast), _ECORRUPT, _EMFILE, ...
 */
int st_write_begin(struct st_write *write, struct stitch_region *region);

/*
 * Begins a change that may end a part of the region. *size receives the size after the cut. If other processes have
 * shrunk the region meanwhile, that may be no less than the present size; then nothing is left to cut. The watcher has
 * been called for the end at *size, while no other process waited for us. If the change then cannot begin, the watcher
 * is called for what is still there.
 * Returns as st_write_begin, and STITCH_EINVAL as st_plan_cut.
 */
int st_write_begin_cut(struct st_write *write, struct stitch_region *region, const struct st_cut *cut, uint64_t *size);

/* Releases the locks, and calls the watcher for what has been mapped. */
void st_write_end(struct st_write *write);

/*
 * Maps everything that is listed. Where objects end with their last user, a segment can be gone for good: then the
 * region is cut back to its whole segments, so that it can be used again. Returns as st_sync_map, without STITCH_EGONE
 * on such systems.
 */
int st_write_catch_up(struct st_write *write);

/*
 * Opens the journal: from now on a crash leaves something to clean up. stores_below: the offset below which bytes past
 * the size may be stored before they are published; 0: none are.
 */
static inline void st_write_open_journal(struct st_write *write, uint64_t stores_below)
{
    st_directory_journal_open(write->region->directory, stores_below);
}

static inline void st_write_close_journal(struct st_write *write)
{
    if (!write->recovery_pending)
        st_directory_journal_close(write->region->directory);
}

#endif
