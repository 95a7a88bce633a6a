/* SPDX-License-Identifier: MIT */
/*
 * sync.c - THE STORY of a follower.
 *
 *   1. Compare one word: if the generation has not changed, there is nothing to do, and no lock is taken.
 *   2. Copy the published state to region->known, checked (directory.c).
 *   3. Pass 1: unmap segments that are no longer listed. Before that the watcher is called and the size falls.
 *   4. Pass 2: map segments that are newly listed, each at the end of its neighbour.
 *   5. Record the state as mapped, and call the watcher for what came.
 *
 * No step takes a lock that another process waits for. Invariant: what stitch_size says is mapped and listed at every
 * moment, also between the passes and after an error.
 */
#include "region/sync.h"

#include "base/arith.h"
#include "handle/patience.h"
#include "handle/state.h"
#include "handle/views.h"
#include "handle/watch.h"

/*
 * Counts how many of the mapped segments, from the first on, are still listed. Segments join and leave at the end, and
 * no id is used again, so the last one that is listed as it is mapped speaks for all before it. Looking from the first
 * one on would make a shrink more expensive with each segment.
 */
static uint64_t count_listed(const struct stitch_region *region)
{
    const struct st_snapshot *known = &region->known;
    uint64_t count = st_min(region->segments.count, known->record.count);

    for (; count > 0; count--)
        if (st_segments_view_is(st_segments_view(&region->segments, count - 1), &known->entries[count - 1]))
            break;
    return count;
}

/* Pass 1. Removals come first, since their addresses may be listed for other segments now. */
static void unmap_unlisted(struct stitch_region *region)
{
    uint64_t listed = count_listed(region);
    uint64_t end = st_snapshot_end(&region->known, listed);

    st_watch_end(region, st_min(region->known.record.size, end));
    while (region->segments.count > listed)
        st_views_drop_last(region);
}

/* Pass 2. */
static int map_listed(struct stitch_region *region)
{
    int err = 0;

    for (uint64_t i = region->segments.count; !err && i < region->known.record.count; i++)
        err = st_views_add(region, &region->known.entries[i]);
    return err ? err : st_views_resize(region, region->known.record.size);
}

int st_sync_map(struct stitch_region *region)
{
    int err;

    if (st_state_is_mapped(region))
        return 0;
    unmap_unlisted(region);
    err = map_listed(region);
    if (!err) /* only now, so that a failed call is repeated */
        st_state_set_mapped(region);
    return err;
}

int st_sync_refresh(struct stitch_region *region)
{
    uint64_t before = st_load(&region->mapped_generation);
    struct st_patience patience = { 0 };
    int err;

    st_os_mutex_lock(&region->table);
    do {
        err = st_state_refresh(region);
        if (!err)
            err = st_sync_map(region);
        /* If the generation changed meanwhile, the segment was removed by a concurrent shrink: not an error, retry. */
    } while (err == STITCH_EGONE && st_load(region->shared_generation) != region->known.generation &&
             st_patience_lasts(&patience));
    st_watch_mapped(region);
    st_os_mutex_unlock(&region->table);
    return err ? err : st_load(&region->mapped_generation) != before;
}

int stitch_sync(stitch_region *region)
{
    if (!region)
        return STITCH_EINVAL;
    if (st_load(region->shared_generation) == st_load(&region->mapped_generation))
        return 0;
    st_error_set_code(0);
    return st_sync_refresh(region);
}
