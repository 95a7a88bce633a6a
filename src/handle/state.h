/* SPDX-License-Identifier: MIT */
/*
 * state.h - the state of the region as this handle knows it: copying it from the directory, publishing the next one,
 * and recording that it is mapped.
 *
 * Requires, in all calls but st_state_copy, _free and _invalidate: region->table is held.
 */
#ifndef ST_STATE_H
#define ST_STATE_H

#include "handle/handle.h"

/* Copies the published state to region->known. Returns 0 or STITCH_ECORRUPT. */
int st_state_refresh(struct stitch_region *region);

/*
 * Copies the published state into a snapshot of its own, so that the known state stays as it is. A zeroed *out is
 * allocated; one that was filled before is refreshed. Returns 0, STITCH_ENOMEM, STITCH_ECORRUPT; st_state_free is
 * due in any case.
 */
int st_state_copy(const struct stitch_region *region, struct st_snapshot *out);
void st_state_free(struct st_snapshot *snapshot);

/* Makes change->next the state that counts, and wakes the handles that wait for one. Requires: the writer lock. */
void st_state_publish(struct stitch_region *region, const struct st_change *change);

/* The same for a state that this handle has mapped whole already, and records that it has. */
void st_state_publish_mapped(struct stitch_region *region, const struct st_change *change);

/* Is the known state mapped whole? */
bool st_state_is_mapped(const struct stitch_region *region);

/* Records that the known state is mapped whole: its size may be accessed now. */
void st_state_set_mapped(struct stitch_region *region);

/* Makes the next sync map the state anew, although the generation has not changed. */
void st_state_invalidate(struct stitch_region *region);

#endif
