/* SPDX-License-Identifier: MIT */
/*
 * list.c - the regions of a folder, read without mapping or attaching, so that none can disturb the reader.
 * May call reap, directory, names and os.
 */
#include <stdlib.h>

#include "layout.h"
#include "query.h"
#include "reap.h"

#define COPY_TRIES 100

struct lister {
    const st_os_folder *folder;
    int (*each)(const stitch_listing *, void *);
    void *arg;
};

/*
 * The generation alone, by a read of its own. Processors other than x86 owe two reads of the kernel no order: a mixed
 * copy is possible by the letter there, and passes for a listing if it is sane. Nothing but the listing rests on it.
 */
static int read_generation(const struct st_found *found, uint64_t *generation)
{
    struct st_directory head;
    uint64_t got;
    int e = st_os_object_read(&found->object, &head, sizeof head, &got);

    if (!e && got != sizeof head)
        e = STITCH_ECORRUPT;
    if (!e)
        *generation = st_directory_generation(&head);
    return e;
}

/*
 * Copy the whole directory with read(2), between two looks at the generation: if both are the same, no writer has begun
 * to prepare the state after the next, and the copy is whole (the order in st_directory_snapshot's proof).
 */
static int copy_directory(const struct st_found *found, struct st_directory *copy)
{
    for (int tries = 0; tries < COPY_TRIES; tries++) {
        uint64_t before, after, got;
        int e = read_generation(found, &before);

        if (!e)
            e = st_os_object_read(&found->object, copy, found->geometry.length, &got);
        if (!e && got != found->geometry.length)
            e = STITCH_ECORRUPT;
        if (!e)
            e = read_generation(found, &after);
        if (e || before == after)
            return e;
    }
    return STITCH_EBUSY;
}

static int read_state(const struct st_found *found, stitch_listing *listing)
{
    struct st_directory *copy = calloc(1, (size_t)found->geometry.length);
    struct st_snapshot state = { 0 };
    int e = STITCH_ENOMEM;

    state.entries = calloc((size_t)found->geometry.capacity, sizeof *state.entries);
    if (copy && state.entries)
        e = copy_directory(found, copy);
    if (!e)
        e = st_directory_snapshot(copy, &found->geometry, &state);
    if (!e) {
        listing->size = state.record.size;
        listing->committed = state.record.commit;
        listing->segments = state.record.count;
        listing->generation = state.generation;
    }
    free(state.entries);
    free(copy);
    return e;
}

/* 0; or why the rest is not known. *ended: nobody is attached to a region that lives with its users. */
static int examine(const st_os_folder *folder, const char *object_name, stitch_listing *listing, bool *ended)
{
    struct st_found found;
    st_os_locks locks;
    int e = st_reap_find(folder, object_name, true, &found);

    if (e == STITCH_EVERSION)
        st_os_object_close(&found.object);
    if (e)
        return e;
    listing->reserve = found.geometry.reserve;
    listing->backend = found.geometry.backend;
    listing->flags = found.geometry.flags;
    listing->created = found.geometry.created;
    if (!folder->objects_persist) /* objects there have no mode of their own */
        listing->mode = found.geometry.mode;
    e = st_os_locks_open(folder, &found.object, found.geometry.tag, true, &locks);
    if (!e) {
        *ended = !(found.geometry.flags & STITCH_KEEP) && st_os_is_attended(&locks) == 0;
        e = read_state(&found, listing);
        st_os_locks_close(&locks);
    }
    st_os_object_close(&found.object);
    return e;
}

static int list_one(const char *object_name, void *arg)
{
    struct lister *lister = arg;
    stitch_listing listing = { .name = st_names_of_region(object_name) };
    st_os_status status = { 0 };
    bool ended = false;
    int e;

    if (!listing.name)
        return 0;
    e = st_os_object_status_of(lister->folder, object_name, &status);
    listing.mode = status.mode;
    listing.owner = status.owner;
    listing.error = e ? e : examine(lister->folder, object_name, &listing, &ended);
    /* Gone since the folder was read, not yet there, or ended. */
    if (listing.error == STITCH_ENOENT || listing.error == STITCH_EBUSY || ended)
        return 0;
    return lister->each(&listing, lister->arg);
}

int st_list_folder(const char *folder, int (*each)(const stitch_listing *, void *), void *arg)
{
    st_os_folder opened;
    struct lister lister = { &opened, each, arg };
    int e = st_os_folder_open(folder ? folder : st_os_setting("STITCH_DIR"), &opened);

    if (e)
        return e;
    e = st_reap_all(&opened);
    if (!e)
        e = st_os_folder_each(&opened, list_one, &lister);
    st_os_folder_close(&opened);
    return e;
}
