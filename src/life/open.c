/* SPDX-License-Identifier: MIT */
/*
 * open.c - THE STORY of opening: stitch_open.
 *
 *   1. Find the directory object, and check its header and its owner.
 *   2. Take the in-use lock shared: from now on nobody removes the region. Then check that the name still means it.
 *   3. Map the directory, reserve address space, find the roster, map the segments (sync.c).
 *   4. Begin the use (st_open_begin).
 *
 * A region that is being made, removed or repaired by another process is tried again, for a limited time.
 */
#include "life/open.h"

#include <stddef.h>

#include "handle/seat.h"
#include "handle/views.h"
#include "life/options.h"
#include "life/remove.h"
#include "region/lock.h"
#include "region/sync.h"

#define BUSY_TRIES 2000 /* of a millisecond: an ended region is being removed under this name */
#define GONE_TRIES 100  /* of a millisecond: a region whose segments are gone is ending, or stays so */
#define GONE_MS    1000 /* after this time one more try is enough, however long each was */

static int check_owner(const struct stitch_options *options, const st_os_status *status)
{
    return status->owner == st_os_user() || (options->flags & STITCH_OTHER_OWNER) ? 0 : STITCH_EACCES;
}

/* Without STITCH_KEEP a region without any handle has ended, whether or not it has been removed yet. */
static int check_alive(const struct st_found *found, const st_os_locks *locks)
{
    int in_use = found->geometry.flags & STITCH_KEEP ? 1 : st_os_in_use_is_locked(locks);

    return in_use < 0 ? in_use : in_use ? 0 : STITCH_ENOENT;
}

/* Step 2. */
static int take_in_use_lock(struct stitch_region *region, const struct st_found *found, st_os_locks *locks)
{
    int err = check_alive(found, locks);

    if (!err)
        err = st_os_in_use_lock_shared(locks, st_handle_access(region));
    if (err)
        return err;
    err = st_store_check(&region->store.folder, &region->store.label, found);
    return err == STITCH_ENOENT ? STITCH_EBUSY : err; /* it means another region by now, or will soon: look again */
}

/* Steps 1 and 2. STITCH_EBUSY: the region is being made or removed, or its name changed hands: try again. */
static int find_and_lock(struct stitch_region *region, const struct stitch_options *options)
{
    struct st_store *store = &region->store;
    enum st_os_access access = st_handle_access(region);
    struct st_found found;
    st_os_locks locks;
    int err = st_store_find(&store->folder, &store->label, access, &found);

    if (err == STITCH_EVERSION)
        st_os_object_close(&found.object);
    if (err)
        return err;
    err = check_owner(options, &found.status);
    if (!err && access == ST_OS_READWRITE)
        err = st_os_folder_secure_like(&store->folder, &found.object);
    if (!err)
        err = st_os_locks_open(&store->folder, &found.object, found.geometry.tag, access, &locks);
    if (err)
        goto close;
    err = take_in_use_lock(region, &found, &locks);
    if (err)
        goto close_locks;
    region->object = found.object;
    region->locks = locks;
    region->geometry = found.geometry;
    st_store_identify(store, &found.geometry, found.status.owner);
    return 0;

close_locks:
    st_os_locks_close(&locks);
close:
    st_os_object_close(&found.object);
    if (err == STITCH_EBUSY) /* while we held it, the process that took the name away could not remove the rest */
        st_remove_unlinked(&store->folder, found.geometry.tag);
    return err;
}

/* Step 3. */
static int map_region(struct stitch_region *region)
{
    int err = st_handle_map_directory(region);

    if (!err)
        err = st_views_reserve(region);
    if (err)
        return err;
    st_seat_find_roster(region);
    return st_sync_refresh(region);
}

/* Segments that are gone for good are cut off by a writing call: growing by nothing is one. */
static int repair(struct stitch_region *region)
{
    return stitch_grow(region, 0, NULL) == 0 ? 0 : STITCH_EGONE;
}

/* What to do about segments that are gone: they may come back while another process is still at work. */
enum gone { GONE_FAILS, GONE_IS_REPAIRED };

static int open_once(const char *name, const struct stitch_options *options, enum gone gone, stitch_region **out)
{
    struct stitch_region *region;
    int err = st_handle_new(name, options, &region);

    if (err)
        return err;
    err = find_and_lock(region, options);
    if (!err)
        err = map_region(region);
    if (err == STITCH_ENOENT)
        st_remove_one(&region->store.folder, &region->store.label); /* if it is there and ended, its name is free now */
    if (err == STITCH_EGONE && gone == GONE_IS_REPAIRED && !st_handle_is_readonly(region))
        err = repair(region);
    if (err < 0) {
        stitch_close(region);
        return err;
    }
    *out = region;
    return 0;
}

int st_open_begin(const struct stitch_options *options, struct stitch_region *region, stitch_region **out)
{
    bool wants_exclusive = (options->flags & STITCH_EXCLUSIVE) && !st_handle_is_exclusive(region);
    int err = wants_exclusive ? st_lock_exclusively(region) : 0;

    if (err) {
        stitch_close(region);
        return err;
    }
    st_os_mutex_lock(&region->table);
    st_seat_take(region);
    st_seat_note(region);
    st_os_mutex_unlock(&region->table);
    *out = region;
    return 0;
}

int stitch_open(const char *name, const struct stitch_options *options, stitch_region **out)
{
    struct stitch_options checked;
    struct stitch_region *region = NULL;
    uint64_t start = st_os_milliseconds();
    int busy = 0, gone = 0, err;

    st_error_set_code(0);
    err = st_options_for_open(name, options, out, &checked);
    if (err)
        return err;
    for (;;) {
        err = open_once(name, &checked, gone == GONE_TRIES ? GONE_IS_REPAIRED : GONE_FAILS, &region);
        /* Where objects end with their users, the last one may be closing the region just now, or a killed one may have
         * taken segments with it that nobody else had opened. */
        if (err == STITCH_EGONE && gone < GONE_TRIES)
            gone = st_os_milliseconds() - start < GONE_MS ? gone + 1 : GONE_TRIES;
        else if (err == STITCH_EBUSY && busy < BUSY_TRIES)
            busy++;
        else
            return err ? err : st_open_begin(&checked, region, out);
        st_os_sleep(1);
    }
}
