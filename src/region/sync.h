/* SPDX-License-Identifier: MIT */
/* sync.h - mapping what writers have published. */
#ifndef ST_SYNC_H
#define ST_SYNC_H

#include "handle/handle.h"

/*
 * Makes the mappings of this handle those of the known state: unmaps, then maps. After an error [0, size) is usable,
 * and the call may be repeated. Requires: region->table is held.
 */
int st_sync_map(struct stitch_region *region);

/*
 * Copies the published state and maps it, although nothing may have changed; calls the watcher. Takes region->table.
 * Returns as stitch_sync.
 */
int st_sync_refresh(struct stitch_region *region);

#endif
