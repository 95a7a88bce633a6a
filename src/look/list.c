/* SPDX-License-Identifier: MIT */
/*
 * list.c - stitch_list: the regions of a folder, read without mapping them or attaching to them, so that no region can
 * disturb the reader.
 */
#include <stitch/inspect.h>

#include <stddef.h>

#include "handle/store.h"
#include "life/remove.h"
#include "shared/layout.h"

#define COPY_TRIES 100

/* Reads the directory without its entries, in one call: a few hundred bytes, which leaves a writer little time. */
static int read_head(const struct st_found *found, struct st_directory *head)
{
    uint64_t got;
    int err = st_os_object_read(&found->object, head, sizeof *head, &got);

    return err ? err : got == sizeof *head ? 0 : STITCH_ECORRUPT;
}

/*
 * What was read between two looks at the same generation is of one moment: no writer had begun to prepare the state
 * after the next one (see the proof at st_directory_snapshot). If writers are faster than we are at every try, the copy
 * is used if it is sane, though its numbers may be of two moments. On processors other than x86 this can happen in any
 * case, since they do not order two reads by the kernel. Nothing but the listing depends on it.
 */
static int read_state(const struct st_found *found, struct stitch_listing *listing)
{
    struct st_directory head, later;
    struct st_record record;
    bool still = false;
    int judged = 0;

    for (int tries = 0; !still && tries < COPY_TRIES; tries++) {
        int err = read_head(found, &head);

        if (!err)
            err = read_head(found, &later);
        if (err)
            return err;
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

/*
 * Fills in *listing as far as it can be known. Returns 0, or why the rest is not known. *hidden: the region has not
 * begun yet, or it has ended.
 */
static int examine(const st_os_folder *folder, const struct st_label *label, struct stitch_listing *listing,
                   bool *hidden)
{
    struct st_found found;
    st_os_locks locks;
    int err = st_store_find(folder, label, ST_OS_READONLY, &found);

    if (err == STITCH_EVERSION)
        st_os_object_close(&found.object);
    *hidden = err == STITCH_EBUSY || err == STITCH_ENOENT;
    if (err)
        return err;
    listing->reserve = found.geometry.reserve;
    listing->backend = found.geometry.backend;
    listing->flags = found.geometry.flags;
    listing->created = found.geometry.created;
    if (!folder->objects_persist) /* objects there have no mode of their own */
        listing->mode = found.geometry.mode;
    err = st_os_locks_open(folder, &found.object, found.geometry.tag, ST_OS_READONLY, &locks);
    if (!err) {
        *hidden = !(found.geometry.flags & STITCH_KEEP) && st_os_in_use_is_locked(&locks) == 0;
        err = read_state(&found, listing);
        st_os_locks_close(&locks);
    }
    st_os_object_close(&found.object);
    return err;
}

struct lister {
    const st_os_folder *folder;
    int (*each)(const struct stitch_listing *, void *);
    void *arg;
};

static int list_one(const struct st_label *label, void *arg)
{
    struct lister *lister = arg;
    struct stitch_listing listing = { .name = st_store_name_of(label) };
    st_os_status status = { 0 };
    bool hidden = false;
    int err;

    if (!listing.name)
        return 0;
    err = st_store_status(lister->folder, label, &status);
    listing.mode = status.mode;
    listing.owner = status.owner;
    listing.error = err ? err : examine(lister->folder, label, &listing, &hidden);
    if (hidden || err == STITCH_ENOENT) /* gone since the folder was read */
        return 0;
    return lister->each(&listing, lister->arg);
}

int stitch_list_at(const char *folder, int (*each)(const struct stitch_listing *, void *), void *arg)
{
    st_os_folder opened;
    struct lister lister = { &opened, each, arg };
    int err;

    st_error_set_code(0);
    if (!each)
        return STITCH_EINVAL;
    err = st_store_open_folder(folder, &opened);
    if (err)
        return err;
    err = st_remove_ended(&opened);
    if (!err)
        err = st_store_each(&opened, list_one, &lister);
    st_os_folder_close(&opened);
    return err;
}

int stitch_list(int (*each)(const struct stitch_listing *, void *), void *arg)
{
    return stitch_list_at(NULL, each, arg);
}
