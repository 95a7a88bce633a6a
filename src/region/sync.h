/* SPDX-License-Identifier: MIT */
/* follow.h - taking over what writers have published. All but st_follow_sync and _wait need region->table held. */
#ifndef ST_FOLLOW_H
#define ST_FOLLOW_H

#include "handle/handle.h"

/* The reader's path: 1 if something changed, 0 if not, or an error. Takes region->table. */
int st_follow_sync(struct stitch_region *region);

/*
 * Whether to try again what others have disturbed by changing the region: honest ones seldom do so twice running, and
 * whoever does it for ever, and makes each try a long one, must not hold us up.
 */
struct st_tries {
    int made;
    uint64_t since;
};
bool st_follow_again(struct st_tries *tries);

/* Sleep until the generation is not `seen`. Takes no lock. */
int st_follow_wait(struct stitch_region *region, uint64_t seen, int64_t timeout_ms);

/* Make the mappings what region->now says: let go, then map. After an error the rest is usable and a retry is safe. */
int st_follow_adopt(struct stitch_region *region);

/* Open the object of segment `id`, of `extent` bytes, and check that it is what it must be. STITCH_EGONE, _ECORRUPT,
 * ... */
int st_follow_open_segment(const struct stitch_region *region, uint64_t id, uint64_t extent, st_os_object *out,
                           st_os_status *status);

/* Map the object of a view, which has that identity, at the view's place, or undo that; `mapped` and `identity` of
 * *view are set. */
int st_follow_map_view(struct stitch_region *region, struct st_segment_view *view, st_os_identity identity);
void st_follow_unmap_view(struct stitch_region *region, const struct st_segment_view *view);

/* Where only what the size covers is mapped: cover so much. A failure changes nothing; to less it cannot fail. */
int st_follow_resize_view(struct stitch_region *region, uint64_t size);

/* Let go of the last mapped segment. */
void st_follow_drop_last(struct stitch_region *region);

/* Take over the size and generation of region->now, all of which is mapped. */
void st_follow_remember(struct stitch_region *region);

/* stitch_set_watcher. Takes region->table. */
void st_follow_watch(struct stitch_region *region, const struct stitch_watcher *watcher);

/* Take a seat on the roster; note there what is mapped. */
void st_follow_enroll(struct stitch_region *region);
void st_follow_note(struct stitch_region *region);

/* Tell the watcher that [size, what was) is about to end, and make that the size; or what has come since it was told.
 */
void st_follow_tell_going(struct stitch_region *region, uint64_t size);
void st_follow_tell_came(struct stitch_region *region);

#endif
