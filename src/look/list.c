/* SPDX-License-Identifier: MIT */
/*
 * list.c - the regions of a folder, read without mapping or attaching, so that none can disturb the reader.
 * May call reap, directory, names and os.
 */
#include "shared/layout.h"
#include "look/look.h"
#include "life/remove.h"

#define COPY_TRIES 100

struct lister {
    const st_os_folder *folder;
    int (*each)(const struct stitch_listing *, void *);
    void *arg;
};

/* The directory's head, without entries, in one read: a few hundred bytes, in which a writer has no time for much. */
static int read_head(const struct st_found *found, struct st_directory *head)
{
    uint64_t got;
    int e = st_os_object_read(&found->object, head, sizeof *head, &got);

    return e ? e : got == sizeof *head ? 0 : STITCH_ECORRUPT;
}

/*
 * What stood between two looks at the same generation is whole: no writer had begun to prepare the state after the next
 * (the order in st_directory_snapshot's proof). Where writers are faster than we at every try, what we saw is taken
 * if it is sane, though its numbers may be of two moments; so it is by the letter on processors other than x86, which
 * owe two reads of the kernel no order. Nothing but the listing rests on it.
 */
static int read_state(const struct st_found *found, struct stitch_listing *listing)
{
    struct st_directory head, later;
    struct st_record record;
    bool still = false;
    int judged = 0;

    for (int tries = 0; !still && tries < COPY_TRIES; tries++) {
        int e = read_head(found, &head);

        if (!e)
            e = read_head(found, &later);
        if (e)
            return e;
        judged = st_directory_record(&head, &found->geometry, &record);
        still = st_directory_generation(&head) == st_directory_generation(&later);
    }
    if (judged)
        return still ? judged : STITCH_EBUSY;
    listing->size = record.size;
    listing->committed = record.commit;
    listing->segments = record.count;
    listing->generation = st_directory_generation(&head);
    return 0;
}

/* 0; or why the rest is not known. *hidden: it has not begun, or nobody is attached to one that lives with its users.
 */
static int examine(const st_os_folder *folder, const char *object_name, struct stitch_listing *listing, bool *hidden)
{
    struct st_found found;
    st_os_locks locks;
    int e = st_reap_find(folder, object_name, true, &found);

    if (e == STITCH_EVERSION)
        st_os_object_close(&found.object);
    *hidden = e == STITCH_EBUSY || e == STITCH_ENOENT;
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
        *hidden = !(found.geometry.flags & STITCH_KEEP) && st_os_in_use_is_locked(&locks) == 0;
        e = read_state(&found, listing);
        st_os_locks_close(&locks);
    }
    st_os_object_close(&found.object);
    return e;
}

static int list_one(const char *object_name, void *arg)
{
    struct lister *lister = arg;
    struct stitch_listing listing = { .name = st_names_of_region(object_name) };
    st_os_status status = { 0 };
    bool hidden = false;
    int e;

    if (!listing.name)
        return 0;
    e = st_os_object_status_by_name(lister->folder, object_name, &status);
    listing.mode = status.mode;
    listing.owner = status.owner;
    listing.error = e ? e : examine(lister->folder, object_name, &listing, &hidden);
    if (hidden || e == STITCH_ENOENT) /* gone since the folder was read */
        return 0;
    return lister->each(&listing, lister->arg);
}

int st_list_folder(const char *folder, int (*each)(const struct stitch_listing *, void *), void *arg)
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
