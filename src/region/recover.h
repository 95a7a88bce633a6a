/* SPDX-License-Identifier: MIT */
/* recover.h - putting right what a dead writer left. */
#ifndef ST_RECOVER_H
#define ST_RECOVER_H

#include "handle/handle.h"

/*
 * If the journal is open, finish or undo what its writer began: remove objects that no state lists, give back memory
 * behind the commit mark. With the writer lock, region->table and a fresh region->now. False if that lacks a resource
 * now: then the journal must stay open for the next writer. Nothing depends on it but memory.
 */
bool st_recover(struct stitch_region *region);

/* What was removed. */
struct st_tally {
    uint64_t objects, bytes;
};

/*
 * Remove every segment object with that tag, and of that owner (the tag is no secret, so others may plant objects),
 * that `listed` does not name (NULL: all of them, and the roster). *tally (may be NULL) is added to.
 */
int st_recover_sweep(const st_os_folder *folder, uint64_t tag, uint64_t owner, const struct st_snapshot *listed,
                     struct st_tally *tally);

#endif
