/* SPDX-License-Identifier: MIT */
/*
 * write.c - THE STORY of a writer, around every change.
 *
 *   1. Lock the handle, then the region, then the table (lock.c).
 *   2. Copy the published state. If the journal is open, clean up after a crashed writer (recover.c).
 *   3. If mapping that state would end something that the watcher has not been told of, release the locks, sync (which
 *      tells it), and start over: a callback may take long, and no other process may wait for it.
 *   4. The change: grow.c, shrink.c, resize.c.
 *   5. Release the region, call the watcher for what was mapped, release the rest.
 */
#include "region/write.h"

#include "handle/patience.h"
#include "handle/state.h"
#include "handle/watch.h"
#include "region/lock.h"
#include "region/recover.h"
#include "region/sync.h"

/* An exclusive writer has made every state itself, so it knows them all, unless it failed half-way. */
static bool knows_state(const struct stitch_region *region)
{
    return st_handle_is_exclusive(region) && region->known.generation != 0 &&
           st_load(region->shared_generation) == region->known.generation &&
           st_directory_journal(region->directory) == 0;
}

/* Steps 1 (without the handle) and 2. */
static int lock_and_recover(struct st_write *write)
{
    struct stitch_region *region = write->region;
    int err = st_lock_region(region);

    if (err)
        return err;
    write->recovery_pending = false;
    if (knows_state(region))
        return 0;
    err = st_state_refresh(region);
    if (err)
        st_lock_release_region(region);
    else
        write->recovery_pending = !st_recover(region);
    return err;
}

/* Would mapping the known state end something that the watcher has not been told of? */
static bool must_tell_first(const struct stitch_region *region)
{
    const struct st_snapshot *known = &region->known;
    const struct st_segment_view *last;

    if (!region->watch.callbacks.before_unmap || st_load(&region->mapped_generation) == known->generation)
        return false;
    if (known->record.size < st_load(&region->size) || region->segments.count > known->record.count)
        return true;
    last = st_segments_last(&region->segments);
    return last && last->id != known->entries[region->segments.count - 1].id;
}

/* Steps 1 to 3. */
static int lock_current(struct st_write *write)
{
    struct stitch_region *region = write->region;
    struct st_patience patience = { 0 }; /* others may shrink the region between our sync and our lock */

    do {
        int err = lock_and_recover(write);

        if (err || !must_tell_first(region)) {
            st_error_set_code(err ? st_error_code() : 0);
            return err;
        }
        st_lock_release_region(region);
        (void)st_sync_refresh(region); /* an error in mapping more is for the change itself to find */
    } while (st_patience_lasts(&patience));
    return STITCH_EBUSY;
}

int st_write_begin(struct st_write *write, struct stitch_region *region)
{
    int err = st_lock_handle(region);

    if (err)
        return err;
    write->region = region;
    err = lock_current(write);
    if (err)
        st_lock_release_handle(region);
    return err;
}

/* Where segments end with their users: cuts off what is gone, before anything else. An error in mapping is ignored. */
static void cut_to_whole(struct st_write *write)
{
    if (!write->region->store.folder.objects_persist)
        (void)st_write_catch_up(write);
}

/* Releases the region, and calls the watcher for the end at `size` before `table` is released too. */
static void release_and_tell_end(struct stitch_region *region, uint64_t size)
{
    st_lock_release_writers(region);
    st_watch_end(region, size);
    st_lock_release_table(region);
}

/* What the watcher was told to end does not: map the published state anew, which tells it so. */
static void take_back_end(struct stitch_region *region)
{
    int code = st_error_code(); /* of why the change cannot begin */

    st_state_invalidate(region);
    (void)st_sync_refresh(region);
    st_error_set_code(code);
}

int st_write_begin_cut(struct st_write *write, struct stitch_region *region, const struct st_cut *cut, uint64_t *size)
{
    bool told = false;
    int err = st_lock_handle(region);

    if (err)
        return err;
    write->region = region;
    for (;;) {
        err = lock_current(write);
        if (err)
            break;
        err = st_plan_cut(region->known.record.size, cut, size); /* segments that are lost count as cut already */
        if (err) {
            st_lock_release_region(region);
            break;
        }
        if (!told) /* later this would undo the end that the watcher has been told of */
            cut_to_whole(write);
        if (!st_watch_wants_end(region, *size))
            return 0;
        release_and_tell_end(region, *size); /* and look again: the region may have changed meanwhile */
        told = true;
    }
    if (told)
        take_back_end(region);
    st_lock_release_handle(region);
    return err;
}

void st_write_end(struct st_write *write)
{
    struct stitch_region *region = write->region;

    st_lock_release_writers(region);
    st_watch_mapped(region);
    st_lock_release_table(region);
    st_lock_release_handle(region);
}

int st_write_catch_up(struct st_write *write)
{
    struct stitch_region *region = write->region;
    struct st_change repair = { .adds = false };
    int err = st_sync_map(region);

    if (err != STITCH_EGONE || region->store.folder.objects_persist)
        return err;
    st_plan_repair(&region->known.record, region->segments.count, st_segments_end(&region->segments), &repair.next);
    st_state_publish_mapped(region, &repair);
    return 0;
}
