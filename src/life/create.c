/* SPDX-License-Identifier: MIT */
/*
 * life.c - how a handle begins and ends.
 *
 * A region is born under no name: its directory is made, locked and filled, its first segments under the name that
 * reapers know (stitch.u.TAG), and only then gets the name it will be found by. So nobody sees it half made, and what a
 * killed creator leaves is removed like everything that nobody is attached to. May call region, follow, reap,
 * directory, names and os.
 */
#include "life/life.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shared/plan.h"
#include "region/sync.h"
#include "shared/layout.h"
#include "life/remove.h"
#include "region/write.h"

#define BUSY_TRIES  2000 /* of a millisecond: a dead region is being removed under this name */
#define GOING_TRIES 50   /* of a millisecond: a name that nobody who writes stands behind */
#define GONE_TRIES  100  /* of a millisecond: a region with segments that are no longer there is ending, or stays so */
#define GONE_MS     1000 /* after which one try more is enough, however long each was */

/* What can be made before it is known which region it will be. st_life_close undoes any part of what follows. */
static int conceive(const char *name, const struct stitch_options *options, struct stitch_region **out)
{
    struct stitch_region *region = calloc(1, sizeof *region);
    const char *folder = options->folder ? options->folder : st_os_setting("STITCH_DIR");
    int e;

    if (!region)
        return STITCH_ENOMEM;
    memcpy(region->name, name, strlen(name) + 1);
    region->readonly = (options->flags & STITCH_READONLY) != 0;
    region->nowait = (options->flags & STITCH_NOWAIT) != 0;
    region->roster_object = ST_OS_OBJECT_CLOSED;
    region->folder.handle = -1;
    region->object = ST_OS_OBJECT_CLOSED;
    region->locks = ST_OS_LOCKS_CLOSED;
    e = st_os_mutex_open(&region->writing);
    if (e)
        goto free_region;
    e = st_os_mutex_open(&region->table);
    if (e)
        goto close_writing;
    e = st_os_folder_open(folder, &region->folder);
    region->folder.inherit = (options->flags & STITCH_INHERIT) != 0;
    if (!e)
        e = st_os_fork_mark_open(&region->fork_mark);
    if (!e) {
        *out = region;
        return 0;
    }
    st_os_folder_close(&region->folder);
    st_os_mutex_close(&region->table);
close_writing:
    st_os_mutex_close(&region->writing);
free_region:
    free(region);
    return e;
}

/* Let go of what a handle holds, in reverse; locks go with the directory's object. */
static void dissolve(struct stitch_region *region)
{
    st_os_release(&region->reservation);
    st_segments_clear(&region->segments);
    if (region->exclusive && st_load(&region->fork_mark[0]) == 1) /* forked children have copies of what holds it */
        st_os_writer_unlock(&region->locks);
    if (st_load(&region->fork_mark[1]) == 1) /* in a forked child it is the parent's seat */
        st_roster_leave(&region->roster);
    st_roster_close(&region->roster);
    st_os_object_close(&region->roster_object);
    free(region->now.entries);
    if (region->directory)
        st_os_unmap(region->directory, region->geometry.length);
    st_os_locks_close(&region->locks);
    st_os_object_close(&region->object);
    st_os_fork_mark_close(region->fork_mark);
    st_os_mutex_close(&region->table);
    st_os_mutex_close(&region->writing);
}

void st_life_close(struct stitch_region *region)
{
    char name[ST_NAME_SIZE];
    int error = st_error_code(); /* of what failed before, not of what is already gone */
    uint64_t tag = region->geometry.tag;
    bool kept = (region->geometry.flags & STITCH_KEEP) != 0;

    dissolve(region);
    if (tag != 0 && !kept) {
        st_names_region(name, region->name);
        st_reap_one(&region->folder, name);
    }
    if (tag != 0)
        st_reap_unlinked(&region->folder, tag);
    st_os_folder_close(&region->folder);
    free(region);
    st_error_set_code(error);
}

/* With the geometry known and the object attended: directory, room for snapshots, reservation. */
static int attach_memory(struct stitch_region *region)
{
    void *directory;
    int e = st_os_map(&region->object, region->geometry.length, region->readonly, &directory);

    if (e)
        return e;
    region->directory = directory;
    region->shared_generation = st_directory_generation_word(directory);
    region->now.entries = calloc((size_t)region->geometry.capacity, sizeof *region->now.entries);
    if (!region->now.entries)
        return STITCH_ENOMEM;
    if (region->geometry.backend == STITCH_BACKEND_REMAP) /* its view is all the address space that it takes */
        return 0;
    e = st_os_reserve(region->geometry.reserve, &region->reservation);
    st_store(&region->base, (uintptr_t)region->reservation.base);
    return e;
}

/* ---------------------------------------------------------------------------------------------------- creating --- */

static int choose_geometry(const struct stitch_options *options, const st_os_folder *folder, struct st_geometry *out)
{
    uint64_t capacity = options->segments, page = folder->page, backend = options->backend;
    int e;

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
        .capacity = capacity,
        .page = page,
        .length = st_align_up(st_directory_length(capacity), page),
        .created = (uint64_t)time(NULL),
    };
    do
        e = st_os_random(&out->tag, sizeof out->tag);
    while (!e && out->tag == 0);
    return e;
}

/* Read by all, and written by all that may: so never by other users. */
static int make_roster(struct stitch_region *region)
{
    const struct st_geometry *geometry = &region->geometry;
    const st_os_object_spec spec = { st_roster_length(geometry->page), geometry->mode & 0600, true };
    char name[ST_NAME_SIZE];
    st_os_object object;
    int e;

    st_names_roster(name, geometry->tag);
    e = st_os_object_create(&region->folder, name, &spec, &object);
    if (e)
        return e == STITCH_EEXIST ? 0 : e; /* a stranger who saw the tag has taken the name: then there is no roster */
    e = st_roster_open(&object, geometry->page, geometry->tag, true, &region->roster);
    if (!e)
        e = st_os_object_publish(&region->folder, name, &object);
    if (e == STITCH_EEXIST) {
        st_roster_close(&region->roster);
        e = 0;
    }
    if (region->folder.objects_persist)
        st_os_object_close(&object);
    region->roster_object = object;
    return e;
}

/* Without a roster, whatever the reason, this handle is not accounted for, and that is all. */
static void find_roster(struct stitch_region *region)
{
    const struct st_geometry *geometry = &region->geometry;
    int error = st_error_code();
    char name[ST_NAME_SIZE];
    st_os_object object;
    st_os_status status;

    st_names_roster(name, geometry->tag);
    if (st_os_object_open(&region->folder, name, false, &object) == 0) {
        if (st_os_object_status(&object, &status) == 0 && status.regular && status.owner == region->owner &&
            status.size == st_roster_length(geometry->page))
            (void)st_roster_open(&object, geometry->page, geometry->tag, false, &region->roster);
        if (region->folder.objects_persist)
            st_os_object_close(&object);
        region->roster_object = object;
    }
    st_error_set_code(error);
}

static int make_directory(struct stitch_region *region, const char *object_name, const struct st_geometry *geometry)
{
    const st_os_object_spec spec = { geometry->length, geometry->mode, true };
    st_os_status status;
    int e = st_os_object_create(&region->folder, object_name, &spec, &region->object);

    if (!e)
        e = st_os_locks_open(&region->folder, &region->object, geometry->tag, false, &region->locks);
    if (!e)
        e = st_os_in_use_lock_shared(&region->locks, false);
    if (!e)
        e = st_os_object_status(&region->object, &status);
    if (e)
        return e;
    region->owner = status.owner;
    region->geometry = *geometry;
    e = attach_memory(region);
    if (e)
        return e;
    st_directory_format(region->directory, geometry);
    e = st_follow_sync(region);
    return e < 0 ? e : 0;
}

static int fill(struct stitch_region *region, uint64_t size)
{
    int e = st_region_has_one_segment(region) ? st_region_begin(region) : 0;

    return e || size == 0 ? e : st_region_resize(region, size);
}

/*
 * Fill the region and give its directory the name, in one step for everybody else. It gets there by way of the name
 * that reapers know. Where objects are born with their names, what makes it visible is the declaration.
 */
static int fill_and_name(struct stitch_region *region, const char *object_name, uint64_t size)
{
    char unlinked[ST_NAME_SIZE];
    int e;

    if (!region->folder.objects_persist) {
        e = make_roster(region);
        if (!e)
            e = fill(region, size);
        if (!e)
            st_directory_declare(region->directory);
        return e;
    }
    st_directory_declare(region->directory);
    st_names_unlinked(unlinked, region->geometry.tag, 0);
    e = st_os_object_publish(&region->folder, unlinked, &region->object);
    if (!e)
        e = make_roster(region);
    if (!e)
        e = fill(region, size);
    if (!e)
        e = st_os_object_rename(&region->folder, unlinked, object_name);
    return e;
}

/* What comes last, when everything else is there. */
static int begin_use(struct stitch_region *region, const struct stitch_options *options)
{
    int e = (options->flags & STITCH_EXCLUSIVE) && !region->exclusive ? st_writer_hold(region) : 0;

    if (e)
        return e;
    st_os_mutex_lock(&region->table);
    st_follow_enroll(region);
    st_follow_note(region);
    st_os_mutex_unlock(&region->table);
    return 0;
}

/*
 * Where a name lives as long as anybody holds the object, also somebody who only looks, or closes: is the region that
 * has it written by anybody? Else it may be about to go.
 */
static bool may_be_going(const struct stitch_region *region, const char *object_name)
{
    struct st_found found;
    st_os_locks locks;
    bool written = false;
    int e;

    if (region->folder.objects_persist)
        return false;
    e = st_reap_find(&region->folder, object_name, true, &found);
    if (e && e != STITCH_EVERSION)
        return true;
    if (st_os_locks_open(&region->folder, &found.object, found.geometry.tag, true, &locks) == 0) {
        written = st_os_has_writer(&locks) != 0;
        st_os_locks_close(&locks);
    }
    st_os_object_close(&found.object);
    return !written;
}

/* *again: what is in the way may be gone in a moment. */
static int create_once(const char *name, const struct stitch_options *options, bool *again, struct stitch_region **out)
{
    char object_name[ST_NAME_SIZE];
    struct stitch_region *region;
    struct st_geometry geometry;
    st_os_status status;
    int e = conceive(name, options, &region);

    *again = false;
    if (e)
        return e;
    st_names_region(object_name, name);
    st_reap_all(&region->folder); /* what cannot be removed now is no reason not to create */
    e = options->security ? st_os_folder_secure(&region->folder, options->security) : 0;
    if (!e)
        e = st_os_object_status_by_name(&region->folder, object_name, &status) == 0 ? STITCH_EEXIST : 0;
    if (!e)
        e = choose_geometry(options, &region->folder, &geometry);
    if (!e)
        e = make_directory(region, object_name, &geometry);
    if (!e && (options->flags & STITCH_EXCLUSIVE)) /* while nobody else can see it */
        e = st_writer_hold(region);
    if (!e)
        e = fill_and_name(region, object_name, options->size);
    *again = e == STITCH_EEXIST && may_be_going(region, object_name);
    if (e)
        st_life_close(region);
    else
        *out = region;
    return e;
}

/* Apart from opening: that another handle is exclusive is nothing that passes. Takes the region over. */
static int begin_or_close(const struct stitch_options *options, struct stitch_region *region, struct stitch_region **out)
{
    int e = begin_use(region, options);

    if (e)
        st_life_close(region);
    else
        *out = region;
    return e;
}

int st_life_create(const char *name, const struct stitch_options *options, struct stitch_region **out)
{
    struct stitch_region *region = NULL;
    bool again;
    int e = create_once(name, options, &again, &region);

    for (int tries = 0; again && tries < GOING_TRIES; tries++) {
        st_os_sleep(1);
        e = create_once(name, options, &again, &region);
    }
    return e ? e : begin_or_close(options, region, out);
}

/* ----------------------------------------------------------------------------------------------------- opening --- */

static int check_owner(const struct stitch_options *options, const st_os_status *status)
{
    return status->owner == st_os_user() || (options->flags & STITCH_OTHER_OWNER) ? 0 : STITCH_EACCES;
}

/* Without STITCH_KEEP a region that nobody attends has ended, whether or not somebody came to remove it. */
static int check_alive(const struct st_found *found, const st_os_locks *locks)
{
    int attended = found->geometry.flags & STITCH_KEEP ? 1 : st_os_in_use_is_locked(locks);

    return attended < 0 ? attended : attended ? 0 : STITCH_ENOENT;
}

/* Open the directory and attend. STITCH_EBUSY: it is being made or removed, or its name changed hands: try again. */
static int find_and_attend(struct stitch_region *region, const char *object_name, const struct stitch_options *options)
{
    struct st_found found;
    st_os_locks locks;
    int e = st_reap_find(&region->folder, object_name, region->readonly, &found);

    if (e == STITCH_EVERSION)
        st_os_object_close(&found.object);
    if (e)
        return e;
    e = check_owner(options, &found.status);
    if (!e && !region->readonly)
        e = st_os_folder_secure_like(&region->folder, &found.object);
    if (!e)
        e = st_os_locks_open(&region->folder, &found.object, found.geometry.tag, region->readonly, &locks);
    if (e)
        goto close;
    e = check_alive(&found, &locks);
    if (!e)
        e = st_os_in_use_lock_shared(&locks, region->readonly);
    if (!e) {
        e = st_reap_check_name(&region->folder, object_name, &found);
        if (e == STITCH_ENOENT)
            e = STITCH_EBUSY; /* another's by now, or on its way: look again */
    }
    if (e)
        goto close_locks;
    region->object = found.object;
    region->locks = locks;
    region->owner = found.status.owner;
    region->geometry = found.geometry;
    return 0;

close_locks:
    st_os_locks_close(&locks);
close:
    st_os_object_close(&found.object);
    if (e == STITCH_EBUSY) /* while we held it, whoever took the name away could not remove the rest */
        st_reap_unlinked(&region->folder, found.geometry.tag);
    return e;
}

/* `repair`: what lacks segments is cut back to what is whole, as every writing call does. */
static int open_once(const char *name, const struct stitch_options *options, bool repair, struct stitch_region **out)
{
    char object_name[ST_NAME_SIZE];
    uint64_t unused;
    struct stitch_region *region;
    int e = conceive(name, options, &region);

    if (e)
        return e;
    st_names_region(object_name, name);
    e = find_and_attend(region, object_name, options);
    if (!e)
        e = attach_memory(region);
    if (!e)
        find_roster(region);
    if (!e)
        e = st_follow_sync(region);
    if (e == STITCH_ENOENT)
        st_reap_one(&region->folder, object_name); /* if it is there and ended, its name is free now */
    if (e == STITCH_EGONE && repair && !region->readonly)
        e = st_region_grow(region, 0, NULL, &unused) == 0 ? 0 : STITCH_EGONE;
    if (e < 0)
        st_life_close(region);
    else
        *out = region;
    return e < 0 ? e : 0;
}

int st_life_open(const char *name, const struct stitch_options *options, struct stitch_region **out)
{
    struct stitch_region *region = NULL;
    uint64_t start = st_os_milliseconds();
    int busy = 0, gone = 0;

    for (;;) {
        int e = open_once(name, options, gone == GONE_TRIES, &region);

        /* Where objects end with their users: its last one may be closing it just now, or one that was killed has taken
         * segments with it that nobody else had opened. */
        if (e == STITCH_EGONE && gone < GONE_TRIES)
            gone = st_os_milliseconds() - start < GONE_MS ? gone + 1 : GONE_TRIES;
        else if (e == STITCH_EBUSY && busy < BUSY_TRIES)
            busy++;
        else
            return e ? e : begin_or_close(options, region, out);
        st_os_sleep(1);
    }
}

int st_life_attach(const char *name, const struct stitch_options *options, struct stitch_region **out)
{
    int e = STITCH_ENOENT;

    for (int tries = 0; tries < BUSY_TRIES; tries++) {
        e = st_life_open(name, options, out);
        if (e != STITCH_ENOENT || (options->flags & STITCH_READONLY))
            return e;
        e = st_life_create(name, options, out);
        if (e != STITCH_EEXIST)
            return e;
        st_os_sleep(1); /* one that is on its way, in or out */
    }
    return STITCH_EBUSY;
}
