/* SPDX-License-Identifier: MIT */
/* state.c - known, published and mapped state. */
#include "handle/state.h"

#include <stdlib.h>

#include "handle/seat.h"

int st_state_refresh(struct stitch_region *region)
{
    return st_directory_snapshot(region->directory, &region->geometry, &region->known);
}

int st_state_copy(const struct stitch_region *region, struct st_snapshot *out)
{
    if (!out->entries)
        out->entries = calloc((size_t)region->geometry.capacity, sizeof *out->entries);
    if (!out->entries)
        return STITCH_ENOMEM;
    return st_directory_snapshot(region->directory, &region->geometry, out);
}

void st_state_free(struct st_snapshot *snapshot)
{
    free(snapshot->entries);
    snapshot->entries = NULL;
}

void st_state_publish(struct stitch_region *region, const struct st_change *change)
{
    const struct st_record *next = &change->next;

    st_assert(st_handle_is_locked(&region->table));
    st_assert(next->size <= next->dirty_end && next->size <= next->commit);
    st_assert(next->commit <= region->geometry.reserve && next->count <= region->geometry.capacity);
    if (st_directory_publish(region->directory, &region->geometry, &region->known, change,
                             st_roster_waiting(&region->roster)))
        st_os_wake(&region->locks, region->shared_generation);
}

void st_state_publish_mapped(struct stitch_region *region, const struct st_change *change)
{
    st_state_publish(region, change);
    st_state_set_mapped(region);
}

/*
 * Segments lie end to end, so the last one tells about all. The numbers are compared besides the generation, since a
 * hostile process can change them without it.
 */
bool st_state_is_mapped(const struct stitch_region *region)
{
    const struct st_snapshot *known = &region->known;
    uint64_t count = known->record.count;
    const struct st_segment_view *last;

    if (known->generation == 0 || st_load(&region->mapped_generation) != known->generation ||
        st_load(&region->size) != known->record.size || region->segments.count != count)
        return false;
    last = st_segments_last(&region->segments);
    return !last || st_segments_view_is(last, &known->entries[count - 1]);
}

void st_state_set_mapped(struct stitch_region *region)
{
    st_assert(st_handle_is_locked(&region->table));
    st_assert(region->known.record.count == region->segments.count);
    st_store(&region->size, region->known.record.size);
    st_store(&region->mapped_generation, region->known.generation);
    st_seat_note(region);
}

void st_state_invalidate(struct stitch_region *region)
{
    st_store(&region->mapped_generation, 0);
}
