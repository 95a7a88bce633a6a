/* SPDX-License-Identifier: MIT */
/* recover.h - cleaning up after a crashed writer. */
#ifndef ST_RECOVER_H
#define ST_RECOVER_H

#include "handle/handle.h"

/*
 * If the journal is open, finishes or undoes what its writer began: removes objects that no state lists, and gives back
 * what is committed past the commit mark.
 * Requires: the writer lock and region->table are held, and region->known is the published state.
 * Returns: false if a resource is missing for that now. Then the journal must stay open for the next writer. Only
 * memory is wasted until then; correctness is not affected.
 */
bool st_recover(struct stitch_region *region);

#endif
