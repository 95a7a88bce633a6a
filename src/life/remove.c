/* SPDX-License-Identifier: MIT */
/*
 * remove.c - the end of a region.
 *
 * Whether a region is in use is asked of the kernel: every attached handle holds the in-use lock shared, so a process
 * that gets it alone knows that no handle is attached, and that none can attach while it holds the lock. There are no
 * counts and no pids, nothing that a killed process could leave wrong or that a new process could be mistaken for.
 *
 * The steps are: take the name away (it is free at once), remove the segments and the roster, remove the directory. If
 * a process is killed half-way, the next one can still find and remove the rest.
 */
#include "life/remove.h"

#include <stitch/inspect.h>

#include <stddef.h>

#define BUSY_TRIES 2000 /* of a millisecond: taking away a name takes microseconds, unless that process was stopped */

/* Takes the label away; *unlinked receives the new one. STITCH_EBUSY: another process is doing so. */
static int take_label(const st_os_folder *folder, const struct st_label *label, const struct st_found *found,
                      const st_os_locks *locks, struct st_label *unlinked)
{
    int err = st_os_name_lock(locks);

    if (err)
        return err;
    err = st_store_unlabel(folder, label, found, unlinked);
    st_os_name_unlock(locks);
    return err;
}

/* Requires: the in-use lock is held alone. */
static bool remove_objects(const st_os_folder *folder, const struct st_label *label, const struct st_found *found,
                           const st_os_locks *locks, struct st_tally *tally)
{
    struct st_sweep all = { found->geometry.tag, found->status.owner, NULL };
    struct st_label unlinked;
    uint64_t tag;

    if (st_store_is_unlinked(label, &tag))
        unlinked = *label;
    else if (take_label(folder, label, found, locks, &unlinked) != 0)
        return false;
    if (st_store_sweep(folder, &all, tally) != 0 || st_store_remove_directory(folder, &unlinked) != 0)
        return false;
    tally->objects++;
    tally->bytes += found->status.resident;
    return true;
}

/* Whose regions may be removed. */
enum owners { OWN, ANY };

/* A region that was removed: its tag, and what that freed. objects is 0 if it was not removed. */
struct removed {
    uint64_t tag;
    struct st_tally tally;
};

/* Returns true if the object is a directory of an owner whose regions may be removed, whether it was removed or not. */
static bool remove_ended(const st_os_folder *folder, const struct st_label *label, enum owners owners,
                         struct removed *out)
{
    struct st_found found;
    st_os_locks locks;
    uint64_t tag;
    bool named = !st_store_is_unlinked(label, &tag), keep, ours, alone, removed;
    int err = st_store_find(folder, label, ST_OS_READWRITE, &found);

    *out = (struct removed){ 0 };
    if (err && err != STITCH_EVERSION)
        return false;
    if (st_os_locks_open(folder, &found.object, found.geometry.tag, ST_OS_READWRITE, &locks) != 0) {
        st_os_object_close(&found.object);
        return false;
    }
    keep = named && (err == STITCH_EVERSION || (found.geometry.flags & STITCH_KEEP));
    ours = owners == ANY || found.status.owner == st_os_user();
    alone = ours && !keep && st_os_in_use_lock_sole(&locks) == 1;
    removed = alone && st_store_check(folder, label, &found) == 0 &&
              remove_objects(folder, label, &found, &locks, &out->tally);
    st_os_locks_close(&locks);
    st_os_object_close(&found.object);
    if (removed)
        out->tag = found.geometry.tag;
    else
        out->tally = (struct st_tally){ 0 };
    if (named && alone && !removed) /* its name moved on, and while we were alone no other process could remove it */
        st_remove_unlinked(folder, found.geometry.tag);
    return ours;
}

void st_remove_one(const st_os_folder *folder, const struct st_label *label)
{
    struct removed removed;
    int code = st_error_code();

    if (folder->objects_persist)
        (void)remove_ended(folder, label, OWN, &removed);
    st_error_set_code(code);
}

/* ---------------------------------------------------------------------------------------------- a whole folder --- */

struct collector {
    const st_os_folder *folder;
    uint64_t tag; /* only unlinked regions with this tag; 0: all regions */
    int (*each)(const struct stitch_collected *, void *);
    void *arg;
    int removed;
};

static bool wants(const struct collector *collector, const struct st_label *label)
{
    uint64_t tag;

    if (collector->tag == 0)
        return true;
    return st_store_is_unlinked(label, &tag) && tag == collector->tag;
}

static int collect_one(const struct st_label *label, void *arg)
{
    struct collector *collector = arg;
    const char *name = st_store_name_of(label);
    struct stitch_collected collected = { .name = name ? name : "" };
    struct removed removed;

    if (!wants(collector, label))
        return 0;
    (void)remove_ended(collector->folder, label, OWN, &removed);
    if (removed.tally.objects == 0)
        return 0;
    collector->removed++;
    collected.tag = removed.tag;
    collected.objects = removed.tally.objects;
    collected.bytes = removed.tally.bytes;
    return collector->each ? collector->each(&collected, collector->arg) : 0;
}

/* Each removal reads collector->folder, so the walk needs a handle of its own. */
static int collect_all(struct collector *collector)
{
    st_os_folder own;
    int err = st_os_folder_reopen(collector->folder, &own);

    if (err)
        return err;
    err = st_store_each(&own, collect_one, collector);
    st_os_folder_close(&own);
    return err;
}

int st_remove_ended(const st_os_folder *folder)
{
    struct collector collector = { .folder = folder };
    int code = st_error_code(), err = folder->objects_persist ? collect_all(&collector) : 0;

    if (!err)
        st_error_set_code(code);
    return err;
}

void st_remove_unlinked(const st_os_folder *folder, uint64_t tag)
{
    struct collector collector = { .folder = folder, .tag = tag };
    struct st_label label;
    struct removed removed;
    st_os_status status;
    int code = st_error_code();

    if (!folder->objects_persist)
        return;
    st_store_unlinked_label(tag, &label);
    /* If an object of a stranger has the plain label, ours may have another. */
    if (st_store_status(folder, &label, &status) == 0 && !remove_ended(folder, &label, OWN, &removed))
        (void)collect_all(&collector);
    st_error_set_code(code);
}

/* ------------------------------------------------------------------------------------------------------- calls --- */

static int unlink_once(const st_os_folder *folder, const struct st_label *label)
{
    struct st_label unlinked;
    struct st_found found;
    struct removed removed;
    st_os_locks locks;
    int err = st_store_find(folder, label, ST_OS_READWRITE, &found);

    if (err && err != STITCH_EVERSION)
        return err;
    if (found.status.owner != st_os_user() && st_os_user() != 0)
        err = STITCH_EACCES;
    else
        err = st_os_locks_open(folder, &found.object, found.geometry.tag, ST_OS_READWRITE, &locks);
    if (!err) {
        err = take_label(folder, label, &found, &locks, &unlinked);
        st_os_locks_close(&locks);
    }
    st_os_object_close(&found.object);
    if (!err)
        (void)remove_ended(folder, &unlinked, ANY, &removed);
    return err;
}

static int unlink_in(const st_os_folder *folder, const char *name)
{
    struct st_label label;
    st_os_status status;
    int err = STITCH_EBUSY;

    st_store_label(name, &label);
    if (!folder->objects_persist) { /* a name there goes with its last user, and not before */
        err = st_store_status(folder, &label, &status);
        return err ? err : STITCH_ENOTSUP;
    }
    for (int tries = 0; err == STITCH_EBUSY && tries < BUSY_TRIES; tries++) {
        if (tries > 0)
            st_os_sleep(1);
        err = unlink_once(folder, &label);
    }
    return err;
}

int stitch_unlink_at(const char *folder, const char *name)
{
    st_os_folder opened;
    int err;

    st_error_set_code(0);
    if (!name || !st_store_accepts_name(name))
        return STITCH_EINVAL;
    err = st_store_open_folder(folder, &opened);
    if (err)
        return err;
    err = unlink_in(&opened, name);
    st_os_folder_close(&opened);
    return err;
}

int stitch_unlink(const char *name)
{
    return stitch_unlink_at(NULL, name);
}

int stitch_collect_at(const char *folder, int (*each)(const struct stitch_collected *, void *), void *arg)
{
    struct collector collector = { .each = each, .arg = arg };
    st_os_folder opened;
    int err;

    st_error_set_code(0);
    err = st_store_open_folder(folder, &opened);
    if (err)
        return err;
    collector.folder = &opened;
    err = opened.objects_persist ? collect_all(&collector) : 0;
    st_os_folder_close(&opened);
    return err ? err : collector.removed;
}

int stitch_collect(int (*each)(const struct stitch_collected *, void *), void *arg)
{
    return stitch_collect_at(NULL, each, arg);
}
