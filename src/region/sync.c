/* SPDX-License-Identifier: MIT */
/*
 * follow.c - the reader's side: snapshot, two passes, and sleeping until there is something to follow.
 *
 * May call directory, segments, extent, names and os; takes no lock that another process waits for. Invariant: what
 * stitch_size tells is mapped and listed at every moment, also in the middle of the passes and after an error.
 */
#include "region/sync.h"

#include <time.h>

#include "shared/plan.h"

/* Who cannot announce itself to writers looks again after so long. */
#define UNANNOUNCED_SLICE_MS 5
/* And a writer can be killed between publishing and waking: nobody sleeps longer than this without looking. */
#define LOOK_AGAIN_MS 100
/* st_follow_again: so often in any case; so often at most; and so long in between. */
#define TRIES_LEAST 16
#define TRIES_MOST  1000
#define TRIES_MS    1000

int st_follow_open_segment(const struct stitch_region *region, uint64_t id, uint64_t extent, st_os_object *out,
                           st_os_status *status)
{
    char name[ST_NAME_SIZE];
    int e;

    st_names_segment(name, region->geometry.tag, id);
    e = st_os_object_open(&region->folder, name, region->readonly, out);
    if (e)
        return e == STITCH_ENOENT ? STITCH_EGONE : e;
    e = st_os_object_status(out, status);
    if (!e && status->owner != region->owner)
        e = STITCH_EACCES;
    if (!e && (!status->regular || status->size != extent))
        e = STITCH_ECORRUPT;
    if (e)
        st_os_object_close(out);
    return e;
}

static bool moves(const struct stitch_region *region)
{
    return region->geometry.backend == STITCH_BACKEND_REMAP;
}

/* Bytes to map of a region of `size` bytes, where only these are mapped. */
static uint64_t window_for(const struct stitch_region *region, uint64_t size)
{
    return st_align_up(size > 0 ? size : 1, region->geometry.page);
}

int st_follow_map_view(struct stitch_region *region, struct st_segment_view *view, st_os_identity identity)
{
    int e;

    view->mapped = moves(region) ? window_for(region, 0) : view->extent;
    e = moves(region)
            ? st_os_view_resize(&region->reservation, view->mapped, &view->object, region->readonly)
            : st_os_view_map(&region->reservation, view->offset, view->mapped, &view->object, region->readonly);
    view->identity = st_os_view_identity(identity, st_region_at(region, view->offset));
    st_store(&region->base, (uintptr_t)region->reservation.base);
    return e;
}

void st_follow_unmap_view(struct stitch_region *region, const struct st_segment_view *view)
{
    if (moves(region))
        st_os_release(&region->reservation);
    else
        st_os_view_unmap(&region->reservation, view->offset, view->mapped);
    st_store(&region->base, (uintptr_t)region->reservation.base);
}

int st_follow_resize_view(struct stitch_region *region, uint64_t size)
{
    uint64_t window = window_for(region, size);
    struct st_segment_view view;
    int e;

    if (!moves(region) || st_segments_at(&region->segments, 0, &view) != 0 || view.mapped == window)
        return 0;
    e = st_os_view_resize(&region->reservation, window, &view.object, region->readonly);
    if (e)
        return e;
    st_segments_set_view(&region->segments, region->reservation.size,
                         st_os_view_identity(view.identity, region->reservation.base));
    st_store(&region->base, (uintptr_t)region->reservation.base);
    return 0;
}

void st_follow_drop_last(struct stitch_region *region)
{
    struct st_segment_view last;

    st_segments_at(&region->segments, region->segments.count - 1, &last);
    st_follow_unmap_view(region, &last);
    st_segments_drop_last(&region->segments);
}

static int map_segment(struct stitch_region *region, const struct st_entry *entry)
{
    struct st_segment_view view = { .id = entry->id, .offset = entry->offset, .extent = entry->extent };
    st_os_status status;
    int e = st_follow_open_segment(region, entry->id, entry->extent, &view.object, &status);

    if (e)
        return e;
    e = st_follow_map_view(region, &view, status.identity);
    if (e)
        goto close;
    if (region->folder.objects_persist && !moves(region))
        st_os_object_close(&view.object); /* the view keeps the memory, and the name is there to open it again */
    e = st_segments_add(&region->segments, &view);
    if (!e)
        return 0;
    st_follow_unmap_view(region, &view);
close:
    st_os_object_close(&view.object);
    return e;
}

/*
 * How many of the mapped segments, from the first on, are still listed. Segments join and leave at the end, and no id
 * is ever used again, so the last one that is listed as it is mapped speaks for all before it; looking from the first
 * on would make a shrink dearer with each segment.
 */
static uint64_t still_listed(const struct stitch_region *region)
{
    const struct st_snapshot *now = &region->now;
    uint64_t kept = st_min(region->segments.count, now->record.count);
    struct st_segment_view view;

    while (kept > 0 && st_segments_at(&region->segments, kept - 1, &view) == 0 &&
           (view.id != now->entries[kept - 1].id || view.offset != now->entries[kept - 1].offset ||
            view.extent != now->entries[kept - 1].extent))
        kept--;
    return kept;
}

void st_follow_tell_going(struct stitch_region *region, uint64_t size)
{
    uint64_t was = st_load(&region->size);

    if (size >= was)
        return;
    if (region->watcher.before_unmap && size < region->told)
        region->watcher.before_unmap(region->watcher.arg, size, region->told - size);
    region->told = st_min(region->told, size);
    st_store(&region->size, size);
}

void st_follow_tell_came(struct stitch_region *region)
{
    uint64_t size = st_load(&region->size), told = region->told;

    region->told = size;
    if (region->watcher.after_map && size > told)
        region->watcher.after_map(region->watcher.arg, told, size - told);
}

void st_follow_watch(struct stitch_region *region, const struct stitch_watcher *watcher)
{
    st_os_mutex_lock(&region->table);
    region->watcher = watcher ? *watcher : (struct stitch_watcher){ NULL, NULL, NULL };
    region->told = st_load(&region->size);
    st_os_mutex_unlock(&region->table);
}

/* A forked child gets a seat of its own with the first thing that it does. */
void st_follow_note(struct stitch_region *region)
{
    struct st_segment_view last = { 0 };

    if (!region->roster.shared)
        return;
    if (st_load(&region->fork_mark[1]) == 0) {
        st_follow_enroll(region);
        st_store(&region->fork_mark[1], 1);
    }
    if (region->segments.count > 0)
        st_segments_at(&region->segments, region->segments.count - 1, &last);
    st_roster_note(&region->roster, region->now.generation, last.offset + last.extent, last.id);
}

void st_follow_enroll(struct stitch_region *region)
{
    uint64_t flags = (region->readonly ? STITCH_READONLY : 0) |
                     (region->exclusive && st_load(&region->fork_mark[0]) == 1 ? STITCH_EXCLUSIVE : 0);

    st_roster_enroll(&region->roster, flags, region->reservation.base, (uint64_t)time(NULL));
}

void st_follow_remember(struct stitch_region *region)
{
    st_store(&region->size, region->now.record.size);
    st_store(&region->generation, region->now.generation);
    st_follow_note(region);
}

/*
 * Is all of region->now mapped? Segments lie end to end, so the last one tells; and the numbers are compared besides
 * the generation, since somebody hostile can change them without it.
 */
static bool has_all(const struct stitch_region *region)
{
    const struct st_snapshot *now = &region->now;
    uint64_t count = now->record.count;
    struct st_segment_view last;

    if (now->generation == 0 || st_load(&region->generation) != now->generation ||
        st_load(&region->size) != now->record.size || region->segments.count != count)
        return false;
    return count == 0 ||
           (st_segments_at(&region->segments, count - 1, &last) == 0 && last.id == now->entries[count - 1].id &&
            last.offset == now->entries[count - 1].offset && last.extent == now->entries[count - 1].extent);
}

/*
 * Pass 1 lets go of what is no longer listed, pass 2 maps what is new, each segment next to its neighbour. Removals
 * come first, since their addresses may be listed for others now. The size goes down before anything is unmapped and up
 * after everything is mapped; the generation is remembered only if both passes succeeded, so that a failed call is
 * retried.
 */
int st_follow_adopt(struct stitch_region *region)
{
    uint64_t kept, kept_end;
    struct st_segment_view view;
    int e = 0;

    if (has_all(region))
        return 0;
    kept = still_listed(region);
    kept_end = kept > 0 && st_segments_at(&region->segments, kept - 1, &view) == 0 ? view.offset + view.extent : 0;
    st_follow_tell_going(region, st_min(region->now.record.size, kept_end));
    while (region->segments.count > kept)
        st_follow_drop_last(region);
    for (uint64_t i = kept; e == 0 && i < region->now.record.count; i++)
        e = map_segment(region, &region->now.entries[i]);
    if (!e)
        e = st_follow_resize_view(region, region->now.record.size);
    if (!e)
        st_follow_remember(region);
    return e;
}

bool st_follow_again(struct st_tries *tries)
{
    if (tries->made++ == 0)
        tries->since = st_os_milliseconds();
    return tries->made < TRIES_LEAST || (tries->made < TRIES_MOST && st_os_milliseconds() - tries->since < TRIES_MS);
}

int st_follow_sync(struct stitch_region *region)
{
    uint64_t before = st_load(&region->generation);
    struct st_tries tries = { 0 };
    int e;

    if (st_load(region->shared_generation) == before)
        return 0;
    st_os_mutex_lock(&region->table);
    do {
        e = st_directory_snapshot(region->directory, &region->geometry, &region->now);
        if (!e)
            e = st_follow_adopt(region);
        /* A missing segment is nothing if the directory has moved on: it was shrunk away as we looked. */
    } while (e == STITCH_EGONE && st_load(region->shared_generation) != region->now.generation &&
             st_follow_again(&tries));
    st_follow_tell_came(region);
    st_os_mutex_unlock(&region->table);
    if (e)
        return e;
    return st_load(&region->generation) != before;
}

int st_follow_wait(struct stitch_region *region, uint64_t seen, int64_t timeout_ms)
{
    uint64_t start = st_os_milliseconds();
    st_word *roster = region->readonly ? st_roster_waiting(&region->roster) : NULL;
    uint64_t slice = region->readonly && !roster ? UNANNOUNCED_SLICE_MS : LOOK_AGAIN_MS;

    while (st_load(region->shared_generation) == seen) {
        uint64_t waited = st_os_milliseconds() - start;
        uint64_t left = timeout_ms < 0 ? UINT64_MAX : waited < (uint64_t)timeout_ms ? (uint64_t)timeout_ms - waited : 0;

        if (left == 0)
            return STITCH_ETIMEDOUT;
        if (roster)
            st_store_ordered(roster, 1);
        else if (!region->readonly)
            st_directory_announce_waiter(region->directory);
        st_os_wait(&region->locks, region->shared_generation, seen, st_min(left, slice));
    }
    return 0;
}
