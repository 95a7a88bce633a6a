/* SPDX-License-Identifier: MIT */
/*
 * reap.c - the end of a region.
 *
 * Whether a region is in use is asked of the kernel: every attached handle holds the `attended` lock shared, and who
 * gets it exclusively knows that nobody is attached and that nobody can be while it is held. No counts, no pids:
 * nothing that a killed process could leave wrong or that a new process could be mistaken for.
 *
 * Removing goes name first (stitch.r.NAME becomes stitch.u.TAG, so the name is free at once), then the segments, then
 * the directory: killed on the way, what is left can still be found and removed by the next one. May call recover,
 * directory, names and os.
 */
#include "life/remove.h"

#include <stddef.h>
#include <string.h>

#include "shared/layout.h"
#include "handle/names.h"
#include "region/recover.h"

#define NONCE_TRIES 16
#define BUSY_TRIES  2000 /* of a millisecond: who takes away a name needs microseconds, unless it was stopped */

int st_reap_find(const st_os_folder *folder, const char *name, bool readonly, struct st_found *out)
{
    struct st_directory head; /* a copy of the first bytes, without the ring */
    uint64_t got;
    int e = st_os_object_open(folder, name, readonly, &out->object);

    if (e)
        return e;
    memset(&head, 0, sizeof head);
    e = st_os_object_status(&out->object, &out->status);
    if (!e && !out->status.regular)
        e = STITCH_ECORRUPT;
    if (!e)
        e = st_os_object_read(&out->object, &head, sizeof head, &got);
    if (!e)
        e = st_directory_geometry(&head, got < sizeof head ? got : out->status.size, &out->geometry);
    if (e == STITCH_EBUSY && folder->objects_persist) /* there a directory has no name before it is declared */
        e = STITCH_ECORRUPT;
    if (e && e != STITCH_EVERSION)
        st_os_object_close(&out->object);
    return e;
}

int st_reap_check_name(const st_os_folder *folder, const char *name, const struct st_found *found)
{
    st_os_status status;
    int e;

    if (!folder->objects_persist)
        return 0; /* an open object keeps its name */
    e = st_os_object_status_by_name(folder, name, &status);
    if (!e && (status.identity.device != found->status.identity.device ||
               status.identity.number != found->status.identity.number))
        e = STITCH_ENOENT;
    return e;
}

/*
 * Change the name to one for regions that ended (*unlinked tells which); nobody else may be doing so. Somebody who saw
 * the tag can have taken the plain one, but not a random one. STITCH_ENOENT: `name` means another region now.
 */
static int take_name(const st_os_folder *folder, const char *name, const struct st_found *found,
                     const st_os_locks *locks, char *unlinked)
{
    uint64_t nonce = 0;
    int e = st_os_name_lock(locks);

    if (e)
        return e;
    e = st_reap_check_name(folder, name, found);
    for (int tries = 0; !e && tries < NONCE_TRIES; tries++) {
        st_names_unlinked(unlinked, found->geometry.tag, nonce);
        e = st_os_object_rename(folder, name, unlinked);
        if (e != STITCH_EEXIST)
            break;
        e = st_os_random(&nonce, sizeof nonce);
    }
    st_os_name_unlock(locks);
    return e;
}

static bool remove_everything(const st_os_folder *folder, const char *name, const struct st_found *found,
                              const st_os_locks *locks, struct st_tally *tally)
{
    char unlinked[ST_NAME_SIZE];
    uint64_t tag;

    if (st_names_is_unlinked(name, &tag))
        memcpy(unlinked, name, strlen(name) + 1);
    else if (take_name(folder, name, found, locks, unlinked) != 0)
        return false;
    if (st_recover_sweep(folder, found->geometry.tag, found->status.owner, NULL, tally) != 0 ||
        st_os_object_remove(folder, unlinked) != 0)
        return false;
    tally->objects++;
    tally->bytes += found->status.resident;
    return true;
}

/* True if it was there, and somebody's whose regions we may remove. *collected tells what was removed, if it was. */
static bool reap(const st_os_folder *folder, const char *name, bool anybodys, struct stitch_collected *collected)
{
    struct st_tally tally = { 0 };
    struct st_found found;
    st_os_locks locks;
    uint64_t tag;
    bool named = !st_names_is_unlinked(name, &tag), keep, mine, alone, removed;
    int e = st_reap_find(folder, name, false, &found);

    if (e && e != STITCH_EVERSION)
        return false;
    if (st_os_locks_open(folder, &found.object, found.geometry.tag, false, &locks) != 0) {
        st_os_object_close(&found.object);
        return false;
    }
    keep = named && (e == STITCH_EVERSION || (found.geometry.flags & STITCH_KEEP));
    mine = anybodys || found.status.owner == st_os_user();
    alone = mine && !keep && st_os_in_use_lock_sole(&locks) == 1;
    removed = alone && st_reap_check_name(folder, name, &found) == 0 &&
              remove_everything(folder, name, &found, &locks, &tally);
    st_os_locks_close(&locks);
    st_os_object_close(&found.object);
    if (removed)
        *collected = (struct stitch_collected){ .tag = found.geometry.tag, .objects = tally.objects, .bytes = tally.bytes };
    if (named && alone && !removed) /* its name moved on, and while we were alone nobody else could be */
        st_reap_unlinked(folder, found.geometry.tag);
    return mine;
}

void st_reap_one(const st_os_folder *folder, const char *name)
{
    struct stitch_collected unasked;

    if (folder->objects_persist)
        reap(folder, name, false, &unasked);
}

struct reaper {
    const st_os_folder *folder;
    uint64_t tag; /* only unlinked ones with this; 0: all */
    int (*each)(const struct stitch_collected *, void *);
    void *arg;
    int removed;
};

static int reap_name(const char *name, void *arg)
{
    struct reaper *reaper = arg;
    struct stitch_collected collected = { .objects = 0 };
    const char *region = st_names_of_region(name);
    uint64_t tag;

    if (st_names_is_unlinked(name, &tag) ? reaper->tag == 0 || tag == reaper->tag : reaper->tag == 0 && region != NULL)
        reap(reaper->folder, name, false, &collected);
    if (collected.objects == 0)
        return 0;
    reaper->removed++;
    collected.name = region ? region : "";
    return reaper->each ? reaper->each(&collected, reaper->arg) : 0;
}

static int reap_folder(struct reaper *reaper)
{
    st_os_folder own;
    int e = st_os_folder_reopen(reaper->folder, &own); /* each removal walks the other handle */

    if (e)
        return e;
    e = st_os_folder_each(&own, reap_name, reaper);
    st_os_folder_close(&own);
    return e;
}

int st_reap_collect(const st_os_folder *folder, int (*each)(const struct stitch_collected *, void *), void *arg)
{
    struct reaper reaper = { .folder = folder, .each = each, .arg = arg };
    int e = folder->objects_persist ? reap_folder(&reaper) : 0;

    return e ? e : reaper.removed;
}

int st_reap_all(const st_os_folder *folder)
{
    int e = st_reap_collect(folder, NULL, NULL);

    return e < 0 ? e : 0;
}

void st_reap_unlinked(const st_os_folder *folder, uint64_t tag)
{
    struct reaper reaper = { .folder = folder, .tag = tag };
    char name[ST_NAME_SIZE];
    struct stitch_collected unasked;
    st_os_status status;

    if (!folder->objects_persist)
        return;
    st_names_unlinked(name, tag, 0);
    if (st_os_object_status_by_name(folder, name, &status) == 0 && !reap(folder, name, false, &unasked))
        reap_folder(&reaper); /* a stranger sits on the plain name: ours may have another */
}

static int unlink_once(const st_os_folder *folder, const char *name)
{
    char unlinked[ST_NAME_SIZE];
    struct st_found found;
    st_os_locks locks;
    struct stitch_collected unasked;
    int e = st_reap_find(folder, name, false, &found);

    if (e && e != STITCH_EVERSION)
        return e;
    if (found.status.owner != st_os_user() && st_os_user() != 0)
        e = STITCH_EACCES;
    else
        e = st_os_locks_open(folder, &found.object, found.geometry.tag, false, &locks);
    if (!e) {
        e = take_name(folder, name, &found, &locks, unlinked);
        st_os_locks_close(&locks);
    }
    st_os_object_close(&found.object);
    if (!e)
        reap(folder, unlinked, true, &unasked);
    return e;
}

int st_reap_unlink(const st_os_folder *folder, const char *region_name)
{
    char name[ST_NAME_SIZE];
    st_os_status status;
    int e = STITCH_EBUSY;

    st_names_region(name, region_name);
    if (!folder->objects_persist) { /* a name there goes with its last user, and not before */
        e = st_os_object_status_by_name(folder, name, &status);
        return e ? e : STITCH_ENOTSUP;
    }
    for (int tries = 0; e == STITCH_EBUSY && tries < BUSY_TRIES; tries++) {
        if (tries > 0)
            st_os_sleep(1);
        e = unlink_once(folder, name);
    }
    return e;
}
