/* SPDX-License-Identifier: MIT */
/*
 * create.c - THE STORY of creating: stitch_create.
 *
 *   1. Remove what ended regions have left in the folder. Choose the geometry and a random tag.
 *   2. Make the directory object without a name, take its in-use lock, map and format it.
 *   3. Hide it: it gets a label under which it can be collected, but not opened.
 *   4. Make the roster and the first segments (resize.c).
 *   5. Reveal it: one rename gives it the region's name.
 *   6. Begin the use (st_open_begin).
 *
 * So nobody sees a region half made, and what a killed creator leaves is collected like everything that nobody uses.
 * Where objects are born with their names, the directory is not accepted before it is declared, which then comes last.
 */
#include <stitch/stitch.h>

#include <time.h>

#include "base/arith.h"
#include "handle/seat.h"
#include "handle/views.h"
#include "life/open.h"
#include "life/options.h"
#include "life/remove.h"
#include "region/grow.h"
#include "region/lock.h"
#include "region/sync.h"

#define GOING_TRIES 50 /* of a millisecond: a name whose region has no writer is about to go */

/* Step 1. */
static int choose_geometry(const struct stitch_options *options, const st_os_folder *folder, struct st_geometry *out)
{
    uint64_t backend = options->backend;
    int err;

    if (backend == STITCH_BACKEND_AUTO)
        backend = folder->stitches ? STITCH_BACKEND_STITCHED : STITCH_BACKEND_SINGLE;
    if (backend == STITCH_BACKEND_STITCHED && !folder->stitches)
        return STITCH_ENOTSUP;
    if ((options->flags & STITCH_KEEP) && !folder->objects_persist) /* nothing there outlives its users */
        return STITCH_ENOTSUP;
    *out = (struct st_geometry){
        .reserve = options->reserve,
        .backend = backend,
        .flags = options->flags & ST_REGION_FLAGS,
        .mode = options->mode,
        .extent = backend == STITCH_BACKEND_STITCHED ? options->extent : options->reserve,
        .capacity = options->segments,
        .page = folder->page,
        .length = st_align_up(st_directory_length(options->segments), folder->page),
        .created = (uint64_t)time(NULL),
    };
    do
        err = st_os_random(&out->tag, sizeof out->tag);
    while (!err && out->tag == 0);
    return err;
}

/* Step 2. */
static int make_directory(struct stitch_region *region, const struct st_geometry *geometry)
{
    st_os_status status;
    int err = st_store_make_directory(&region->store, geometry, &region->object);

    if (!err)
        err = st_os_locks_open(&region->store.folder, &region->object, geometry->tag, ST_OS_READWRITE, &region->locks);
    if (!err)
        err = st_os_in_use_lock_shared(&region->locks, ST_OS_READWRITE);
    if (!err)
        err = st_os_object_status(&region->object, &status);
    if (err)
        return err;
    region->geometry = *geometry;
    st_store_identify(&region->store, geometry, status.owner);
    err = st_handle_map_directory(region);
    if (!err)
        err = st_views_reserve(region);
    if (err)
        return err;
    st_directory_format(region->directory, geometry);
    err = st_sync_refresh(region);
    return err < 0 ? err : 0;
}

/* Step 4. */
static int fill(struct stitch_region *region, uint64_t size)
{
    int err = st_seat_make_roster(region);

    if (!err && !st_handle_is(region, STITCH_BACKEND_STITCHED))
        err = st_grow_first_segment(region);
    return err || size == 0 ? err : stitch_resize(region, size);
}

/* Steps 3 to 5. */
static int fill_and_reveal(struct stitch_region *region, uint64_t size)
{
    int err;

    if (!region->store.folder.objects_persist) {
        err = fill(region, size);
        if (!err)
            st_directory_declare(region->directory);
        return err;
    }
    st_directory_declare(region->directory);
    err = st_store_hide_directory(&region->store, &region->object);
    if (!err)
        err = fill(region, size);
    if (!err)
        err = st_store_reveal_directory(&region->store);
    return err;
}

/*
 * Where a name lives as long as any process holds the object, a process that only looks, or closes, may hold it. Has
 * the region of that name a writer? If not, it may be about to go.
 */
static bool may_be_going(const struct st_store *store)
{
    struct st_found found;
    st_os_locks locks;
    bool written = false;
    int err;

    if (store->folder.objects_persist)
        return false;
    err = st_store_find(&store->folder, &store->label, ST_OS_READONLY, &found);
    if (err && err != STITCH_EVERSION)
        return true;
    if (st_os_locks_open(&store->folder, &found.object, found.geometry.tag, ST_OS_READONLY, &locks) == 0) {
        written = st_os_has_writer(&locks) != 0;
        st_os_locks_close(&locks);
    }
    st_os_object_close(&found.object);
    return !written;
}

/* *again: the region that has the name may be gone in a moment. */
static int create_once(const char *name, const struct stitch_options *options, bool *again, stitch_region **out)
{
    struct stitch_region *region;
    struct st_geometry geometry;
    int err = st_handle_new(name, options, &region);

    *again = false;
    if (err)
        return err;
    (void)st_remove_ended(&region->store.folder); /* failing to is no reason not to create */
    err = options->security ? st_os_folder_secure(&region->store.folder, options->security) : 0;
    if (!err)
        err = st_store_is_taken(&region->store) ? STITCH_EEXIST : 0;
    if (!err)
        err = choose_geometry(options, &region->store.folder, &geometry);
    if (!err)
        err = make_directory(region, &geometry);
    if (!err && (options->flags & STITCH_EXCLUSIVE)) /* while nobody else can see it */
        err = st_lock_exclusively(region);
    if (!err)
        err = fill_and_reveal(region, options->size);
    *again = err == STITCH_EEXIST && may_be_going(&region->store);
    if (err)
        stitch_close(region);
    else
        *out = region;
    return err;
}

int stitch_create(const char *name, const struct stitch_options *options, stitch_region **out)
{
    struct stitch_options checked;
    struct stitch_region *region = NULL;
    bool again;
    int err;

    st_error_set_code(0);
    err = st_options_for_create(name, options, out, &checked);
    if (err)
        return err;
    err = create_once(name, &checked, &again, &region);
    for (int tries = 0; again && tries < GOING_TRIES; tries++) {
        st_os_sleep(1);
        err = create_once(name, &checked, &again, &region);
    }
    return err ? err : st_open_begin(&checked, region, out);
}
