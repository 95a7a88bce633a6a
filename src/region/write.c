/* SPDX-License-Identifier: MIT */
/*
 * writer.c - becoming the one writer of a region, and ceasing to be it.
 *
 * Three locks in this order: the handle's `writing`, the region's writer lock, the handle's `table`. A watcher is told
 * only while the second is not held: what it does may take long, and other processes would wait for it. May call
 * follow, recover, directory, segments and os.
 */
#include "region/write.h"

#include "region/sync.h"
#include "region/recover.h"

#define KEPT_LOOK_MS 5

/* In a forked child the directory's handle is shared with the parent, and with it its locks: get one of our own. */
static int part_from_parent(struct stitch_region *region)
{
    st_os_object own;
    st_os_locks locks;
    int e;

    if (st_load(region->fork_mark) == 1)
        return 0;
    e = st_os_object_reopen(&region->object, &own);
    if (e)
        return e;
    e = st_os_locks_open(&region->folder, &own, region->geometry.tag, region->readonly, &locks);
    if (e)
        goto close;
    e = st_os_in_use_lock_shared(&locks, region->readonly);
    if (e)
        goto close_locks;
    st_os_locks_close(&region->locks);
    st_os_object_close(&region->object);
    region->object = own;
    region->locks = locks;
    st_os_mutex_lock(&region->table);
    region->exclusive = false; /* that is the parent's: here it is one writer among others */
    st_os_mutex_unlock(&region->table);
    st_store(region->fork_mark, 1);
    return 0;

close_locks:
    st_os_locks_close(&locks);
close:
    st_os_object_close(&own);
    return e;
}

/* What this handle's threads wait for each other with, and its forked children for themselves. */
static int lock_handle(struct stitch_region *region)
{
    int e;

    if (region->readonly)
        return STITCH_EREADONLY;
    st_os_mutex_lock(&region->writing);
    e = part_from_parent(region);
    if (e)
        st_os_mutex_unlock(&region->writing);
    return e;
}

/* The one writer for life has seen every state: it made them. Unless it failed on the way. */
static bool knows_all(const struct stitch_region *region)
{
    return region->exclusive && region->now.generation != 0 &&
           st_load(region->shared_generation) == region->now.generation && st_directory_journal(region->directory) == 0;
}

static void leave_writers(struct stitch_region *region)
{
    if (!region->exclusive)
        st_os_writer_unlock(&region->locks);
}

/* Enter among the writers of all processes. Being kept must be asked for in places; what cannot be told counts as yes.
 */
static int enter_lock(const struct stitch_region *region, bool wait)
{
    for (;;) {
        int e = st_os_writer_lock(&region->locks, wait);

        if (e || !st_directory_had_exclusive(region->directory) || st_os_writer_is_exclusive(&region->locks) == 0)
            return e;
        st_os_writer_unlock(&region->locks);
        if (!wait)
            return STITCH_EBUSY;
        st_os_sleep(KEPT_LOOK_MS);
    }
}

/*
 * Both locks. Another thread of this handle may have `table` for long, in a watcher: never wait for that while other
 * processes wait for us. So if it is taken, we wait for it without the writer lock, and then do not wait for that.
 */
static int enter_both(struct stitch_region *region)
{
    if (region->exclusive) {
        st_os_mutex_lock(&region->table);
        return 0;
    }
    for (;;) {
        int e = enter_lock(region, !region->nowait);

        if (e || st_os_mutex_try(&region->table))
            return e;
        st_os_writer_unlock(&region->locks);
        st_os_mutex_lock(&region->table);
        e = enter_lock(region, false);
        if (!e)
            return 0;
        st_os_mutex_unlock(&region->table);
        if (e != STITCH_EBUSY)
            return e;
    }
}

static int enter_writers(struct stitch_region *region)
{
    int e = enter_both(region);

    if (e)
        return e;
    region->owing = false;
    if (!knows_all(region)) {
        e = st_directory_snapshot(region->directory, &region->geometry, &region->now);
        if (!e)
            region->owing = !st_recover(region);
    }
    if (e) {
        st_os_mutex_unlock(&region->table);
        leave_writers(region);
    }
    return e;
}

/* Would catching up end something that the watcher has not been told of? It must not be called while others wait. */
static bool must_tell_first(const struct stitch_region *region)
{
    struct st_segment_view last;
    const struct st_snapshot *now = &region->now;

    if (!region->watcher.before_unmap || st_load(&region->generation) == now->generation)
        return false;
    if (now->record.size < st_load(&region->size) || region->segments.count > now->record.count)
        return true;
    return region->segments.count > 0 && st_segments_at(&region->segments, region->segments.count - 1, &last) == 0 &&
           last.id != now->entries[region->segments.count - 1].id;
}

void st_writer_leave(struct stitch_region *region)
{
    leave_writers(region);
    st_follow_tell_came(region);
    st_os_mutex_unlock(&region->table);
    st_os_mutex_unlock(&region->writing);
}

/* Afterwards this thread is the region's one writer, region->now is what counts, and no dead writer's rest is about. */
static int enter_again(struct stitch_region *region)
{
    struct st_tries tries = { 0 }; /* others shrink the region between our following and our entering */

    do {
        int e = enter_writers(region);

        if (e || !must_tell_first(region)) {
            st_error_set_code(e ? st_error_code() : 0);
            return e;
        }
        leave_writers(region);
        st_os_mutex_unlock(&region->table);
        (void)st_follow_sync(region); /* what is in the way of mapping more is the call's own affair */
    } while (st_follow_again(&tries));
    return STITCH_EBUSY;
}

int st_writer_enter(struct stitch_region *region)
{
    int e = lock_handle(region);

    if (e)
        return e;
    e = enter_again(region);
    if (e)
        st_os_mutex_unlock(&region->writing);
    return e;
}

void st_writer_give_up(struct stitch_region *region)
{
    st_os_mutex_unlock(&region->writing);
}

int st_writer_hold(struct stitch_region *region)
{
    int e = enter_lock(region, !region->nowait);

    if (e)
        return e;
    st_directory_note_exclusive(region->directory);
    e = st_os_writer_make_exclusive(&region->locks);
    if (e)
        st_os_writer_unlock(&region->locks);
    region->exclusive = e == 0;
    return e;
}

/*
 * Tell the watcher that the region is about to end at `size`, with no other process waiting for us meanwhile. When we
 * are the writer again, things may have moved on.
 */
int st_writer_tell_end(struct stitch_region *region, uint64_t size)
{
    int e;

    leave_writers(region);
    st_follow_tell_going(region, size);
    st_os_mutex_unlock(&region->table);
    e = enter_again(region);
    if (e) { /* it will not end after all: take the state over anew */
        st_store(&region->generation, 0);
        (void)st_follow_sync(region);
    }
    return e;
}
