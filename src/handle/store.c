/* SPDX-License-Identifier: MIT */
/* store.c - the objects of a region as named objects of a folder. */
#include "handle/store.h"

#include <string.h>

#include "handle/names.h"
#include "shared/layout.h"

#define NAME_TRIES 16

static_assert(ST_LABEL_SIZE >= ST_NAME_SIZE, "a label holds any name");

/* ------------------------------------------------------------------------------------------------- the folder --- */

int st_store_open_folder(const char *folder, st_os_folder *out)
{
    return st_os_folder_open(folder ? folder : st_os_setting("STITCH_DIR"), out);
}

bool st_store_accepts_name(const char *name)
{
    return st_names_valid(name);
}

int st_store_open(struct st_store *store, const char *name, const struct stitch_options *options)
{
    int err;

    *store = (struct st_store){ .access = options->flags & STITCH_READONLY ? ST_OS_READONLY : ST_OS_READWRITE };
    st_store_label(name, &store->label);
    err = st_store_open_folder(options->folder, &store->folder);
    store->folder.inherit = (options->flags & STITCH_INHERIT) != 0;
    return err;
}

void st_store_close(struct st_store *store)
{
    st_os_folder_close(&store->folder);
}

void st_store_identify(struct st_store *store, const struct st_geometry *geometry, uint64_t owner)
{
    store->tag = geometry->tag;
    store->mode = geometry->mode;
    store->owner = owner;
}

/* --------------------------------------------------------------------------------------------------- segments --- */

/*
 * The name of entry->id is taken. An attacker who knows the tag could have created it to block this region, so skip a
 * random number of ids, which nobody can predict.
 */
static int skip_ids(struct st_entry *entry)
{
    uint32_t step;
    int err = st_os_random(&step, sizeof step);

    if (!err)
        entry->id += (uint64_t)step + 1;
    return err;
}

static int create_segment(const struct st_store *store, struct st_entry *entry, const st_os_object_spec *spec,
                          st_os_object *out)
{
    char name[ST_NAME_SIZE];

    for (int tries = 0; tries < NAME_TRIES; tries++) {
        int err;

        st_names_segment(name, store->tag, entry->id);
        err = st_os_object_create(&store->folder, name, spec, out);
        if (err != STITCH_EEXIST)
            return err;
        err = skip_ids(entry);
        if (err)
            return err;
    }
    return STITCH_EACCES;
}

int st_store_make_segment(const struct st_store *store, struct st_entry *entry, bool committed, st_os_object *out,
                          st_os_identity *identity)
{
    st_os_object_spec spec = { .size = entry->extent, .mode = store->mode, .committed = committed };
    st_os_status status = { 0 };
    int err = create_segment(store, entry, &spec, out);

    if (err)
        return err;
    err = st_os_object_status(out, &status);
    if (!err && status.owner != store->owner) /* this process became another user since it attached */
        err = STITCH_EACCES;
    if (err)
        st_os_object_close(out);
    *identity = status.identity;
    return err;
}

int st_store_name_segment(const struct st_store *store, const st_os_object *object, struct st_entry *entry)
{
    char name[ST_NAME_SIZE];

    for (int tries = 0; tries < NAME_TRIES; tries++) {
        int err;

        st_names_segment(name, store->tag, entry->id);
        err = st_os_object_publish(&store->folder, name, object);
        if (err != STITCH_EEXIST)
            return err;
        err = skip_ids(entry);
        if (err)
            return err;
    }
    return STITCH_EACCES;
}

bool st_store_fits(const struct st_store *store, const st_os_status *status, uint64_t size)
{
    return status->regular && status->owner == store->owner && status->size == size;
}

int st_store_open_segment(const struct st_store *store, const struct st_entry *entry, st_os_object *out,
                          st_os_status *status)
{
    char name[ST_NAME_SIZE];
    int err;

    st_names_segment(name, store->tag, entry->id);
    err = st_os_object_open(&store->folder, name, store->access, out);
    if (err)
        return err == STITCH_ENOENT ? STITCH_EGONE : err;
    err = st_os_object_status(out, status);
    if (!err && status->owner != store->owner)
        err = STITCH_EACCES;
    if (!err && !st_store_fits(store, status, entry->extent))
        err = STITCH_ECORRUPT;
    if (err)
        st_os_object_close(out);
    return err;
}

int st_store_segment_status(const struct st_store *store, uint64_t id, st_os_status *out)
{
    char name[ST_NAME_SIZE];

    st_names_segment(name, store->tag, id);
    return st_os_object_status_by_name(&store->folder, name, out);
}

int st_store_remove_segment(const struct st_store *store, uint64_t id)
{
    char name[ST_NAME_SIZE];

    st_names_segment(name, store->tag, id);
    return st_os_object_remove(&store->folder, name);
}

/* ----------------------------------------------------------------------------------------------------- roster --- */

/* All that may attach write to it, but never other users: they are not given the right. */
int st_store_make_roster(const struct st_store *store, uint64_t length, st_os_object *out)
{
    st_os_object_spec spec = { .size = length, .mode = store->mode & 0600, .committed = true };
    char name[ST_NAME_SIZE];

    st_names_roster(name, store->tag);
    return st_os_object_create(&store->folder, name, &spec, out);
}

int st_store_name_roster(const struct st_store *store, const st_os_object *object)
{
    char name[ST_NAME_SIZE];

    st_names_roster(name, store->tag);
    return st_os_object_publish(&store->folder, name, object);
}

int st_store_open_roster(const struct st_store *store, uint64_t length, st_os_object *out)
{
    char name[ST_NAME_SIZE];
    st_os_status status;
    int err;

    st_names_roster(name, store->tag);
    err = st_os_object_open(&store->folder, name, ST_OS_READWRITE, out);
    if (err)
        return err;
    err = st_os_object_status(out, &status);
    if (!err && !st_store_fits(store, &status, length))
        err = STITCH_ECORRUPT;
    if (err)
        st_os_object_close(out);
    return err;
}

/* -------------------------------------------------------------------------------------------------- directory --- */

int st_store_make_directory(const struct st_store *store, const struct st_geometry *geometry, st_os_object *out)
{
    st_os_object_spec spec = { .size = geometry->length, .mode = geometry->mode, .committed = true };

    return st_os_object_create(&store->folder, store->label.text, &spec, out);
}

int st_store_hide_directory(const struct st_store *store, const st_os_object *object)
{
    struct st_label unlinked;

    st_store_unlinked_label(store->tag, &unlinked);
    return st_os_object_publish(&store->folder, unlinked.text, object);
}

int st_store_reveal_directory(const struct st_store *store)
{
    struct st_label unlinked;

    st_store_unlinked_label(store->tag, &unlinked);
    return st_os_object_rename(&store->folder, unlinked.text, store->label.text);
}

bool st_store_is_taken(const struct st_store *store)
{
    st_os_status status;

    return st_store_status(&store->folder, &store->label, &status) == 0;
}

int st_store_find(const st_os_folder *folder, const struct st_label *label, enum st_os_access access,
                  struct st_found *out)
{
    struct st_directory head; /* a copy of the first bytes, without the ring of entries */
    uint64_t got;
    int err = st_os_object_open(folder, label->text, access, &out->object);

    if (err)
        return err;
    memset(&head, 0, sizeof head);
    err = st_os_object_status(&out->object, &out->status);
    if (!err && !out->status.regular)
        err = STITCH_ECORRUPT;
    if (!err)
        err = st_os_object_read(&out->object, &head, sizeof head, &got);
    if (!err)
        err = st_directory_geometry(&head, got < sizeof head ? got : out->status.size, &out->geometry);
    if (err == STITCH_EBUSY && folder->objects_persist) /* there a directory has no name before it is declared */
        err = STITCH_ECORRUPT;
    if (err && err != STITCH_EVERSION)
        st_os_object_close(&out->object);
    return err;
}

int st_store_check(const st_os_folder *folder, const struct st_label *label, const struct st_found *found)
{
    st_os_status status;
    int err;

    if (!folder->objects_persist)
        return 0; /* an open object keeps its name */
    err = st_store_status(folder, label, &status);
    if (!err && !st_os_identity_is(status.identity, found->status.identity))
        err = STITCH_ENOENT;
    return err;
}

/* An attacker who knows the tag could have taken the plain label of an unlinked region, but not a random one. */
int st_store_unlabel(const st_os_folder *folder, const struct st_label *label, const struct st_found *found,
                     struct st_label *unlinked)
{
    uint64_t nonce = 0;
    int err = st_store_check(folder, label, found);

    for (int tries = 0; !err && tries < NAME_TRIES; tries++) {
        st_names_unlinked(unlinked->text, found->geometry.tag, nonce);
        err = st_os_object_rename(folder, label->text, unlinked->text);
        if (err != STITCH_EEXIST)
            return err;
        err = st_os_random(&nonce, sizeof nonce);
    }
    return err ? err : STITCH_EACCES;
}

int st_store_remove_directory(const st_os_folder *folder, const struct st_label *label)
{
    return st_os_object_remove(folder, label->text);
}

int st_store_status(const st_os_folder *folder, const struct st_label *label, st_os_status *out)
{
    return st_os_object_status_by_name(folder, label->text, out);
}

/* ------------------------------------------------------------------------------------------------------ labels --- */

void st_store_label(const char *name, struct st_label *out)
{
    st_names_region(out->text, name);
}

void st_store_unlinked_label(uint64_t tag, struct st_label *out)
{
    st_names_unlinked(out->text, tag, 0);
}

const char *st_store_name_of(const struct st_label *label)
{
    return st_names_of_region(label->text);
}

bool st_store_is_unlinked(const struct st_label *label, uint64_t *tag)
{
    return st_names_is_unlinked(label->text, tag);
}

struct walk {
    int (*each)(const struct st_label *, void *);
    void *arg;
};

static int walk_to(const char *name, void *arg)
{
    const struct walk *walk = arg;
    struct st_label label;
    uint64_t tag;

    if (!st_names_is_unlinked(name, &tag) && !st_names_of_region(name))
        return 0;
    memcpy(label.text, name, strlen(name) + 1);
    return walk->each(&label, walk->arg);
}

int st_store_each(const st_os_folder *folder, int (*each)(const struct st_label *, void *), void *arg)
{
    struct walk walk = { each, arg };

    return st_os_folder_each(folder, walk_to, &walk);
}

/* ------------------------------------------------------------------------------------------------------- sweep --- */

struct sweep {
    const st_os_folder *folder;
    const struct st_sweep *what;
    struct st_tally *tally;
};

static bool is_listed(const struct st_snapshot *listed, uint64_t id)
{
    for (uint64_t i = 0; listed && i < listed->record.count; i++)
        if (listed->entries[i].id == id)
            return true;
    return false;
}

/* Is it an object of that tag which no state lists? The roster stays as long as the region does. */
static bool is_leftover(const struct st_sweep *what, const char *name)
{
    char roster[ST_NAME_SIZE];
    uint64_t id;

    if (st_names_is_segment(name, what->tag, &id))
        return !is_listed(what->listed, id);
    st_names_roster(roster, what->tag);
    return !what->listed && strcmp(name, roster) == 0;
}

static int sweep_one(const char *name, void *arg)
{
    const struct sweep *sweep = arg;
    st_os_status status;
    int err;

    if (!is_leftover(sweep->what, name))
        return 0;
    err = st_os_object_status_by_name(sweep->folder, name, &status);
    if (!err && status.owner != sweep->what->owner)
        return 0;
    if (!err)
        err = st_os_object_remove(sweep->folder, name);
    if (!err && sweep->tally) {
        sweep->tally->objects++;
        sweep->tally->bytes += status.resident;
    }
    return err == STITCH_ENOENT ? 0 : err;
}

int st_store_sweep(const st_os_folder *folder, const struct st_sweep *what, struct st_tally *tally)
{
    struct sweep sweep = { folder, what, tally };

    return folder->objects_persist ? st_os_folder_each(folder, sweep_one, &sweep) : 0;
}
