/* SPDX-License-Identifier: MIT */
/* writer.h - becoming the one writer of a region, and ceasing to be it. */
#ifndef ST_WRITER_H
#define ST_WRITER_H

#include "handle/handle.h"

/*
 * Afterwards this thread is the region's one writer and holds region->table; region->now is what counts, and what a
 * dead writer left has been put right. STITCH_EREADONLY, _EBUSY (STITCH_NOWAIT), _ECORRUPT, _EMFILE, _EACCES.
 */
int st_writer_enter(struct stitch_region *region);

/* The reverse. The watcher is told here of what has come. */
void st_writer_leave(struct stitch_region *region);

/*
 * In between: tell the watcher that the region is about to end at `size`, while no other process waits for us. When we
 * are the writer again, things may have moved on. After a failure we are not, and st_writer_give_up is what remains to
 * be called; the watcher knows that nothing has ended.
 */
int st_writer_tell_end(struct stitch_region *region, uint64_t size);
void st_writer_give_up(struct stitch_region *region);

/* Be the one writer from now on, until the handle ends: STITCH_EXCLUSIVE. */
int st_writer_hold(struct stitch_region *region);

#endif
