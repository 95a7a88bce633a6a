/* SPDX-License-Identifier: MIT */
/*
 * recover.c - after a dead writer.
 *
 * May call directory, names, follow and os. What a writer can leave: a segment object that was named and not published,
 * objects that were unlisted and not removed, memory behind the commit mark, and appended bytes beyond the size. All
 * but the last are seen from the published state alone, so the journal tells only that somebody was at work and how far
 * it may have stored. What lies behind the commit mark needs no care for its contents: grow empties that before it
 * commits it.
 */
#include "region/recover.h"

#include <stddef.h>
#include <string.h>

#include "region/sync.h"

struct sweep {
    const st_os_folder *folder;
    uint64_t tag, owner;
    const struct st_snapshot *listed;
    struct st_tally *tally;
};

static bool is_listed(const struct st_snapshot *listed, uint64_t id)
{
    for (uint64_t i = 0; listed && i < listed->record.count; i++)
        if (listed->entries[i].id == id)
            return true;
    return false;
}

static bool goes(const struct sweep *sweep, const char *name)
{
    char roster[ST_NAME_SIZE];
    uint64_t id;

    if (st_names_is_segment(name, sweep->tag, &id))
        return !is_listed(sweep->listed, id);
    st_names_roster(roster, sweep->tag);
    return !sweep->listed && strcmp(name, roster) == 0; /* it stays while the region does */
}

static int sweep_one(const char *name, void *arg)
{
    const struct sweep *sweep = arg;
    st_os_status status;
    int e;

    if (!goes(sweep, name))
        return 0;
    e = st_os_object_status_by_name(sweep->folder, name, &status);
    if (!e && status.owner != sweep->owner)
        return 0;
    if (!e)
        e = st_os_object_remove(sweep->folder, name);
    if (!e && sweep->tally) {
        sweep->tally->objects++;
        sweep->tally->bytes += status.resident;
    }
    return e == STITCH_ENOENT ? 0 : e;
}

int st_recover_sweep(const st_os_folder *folder, uint64_t tag, uint64_t owner, const struct st_snapshot *listed,
                     struct st_tally *tally)
{
    struct sweep sweep = { folder, tag, owner, listed, tally };

    return folder->objects_persist ? st_os_folder_each(folder, sweep_one, &sweep) : 0;
}

static int give_back_behind_mark(struct stitch_region *region)
{
    const struct st_record *record = &region->now.record;
    const struct st_entry *last;
    st_os_object object;
    st_os_status status;
    int e;

    if (record->count == 0 || !region->folder.gives_back)
        return 0;
    last = &region->now.entries[record->count - 1];
    if (record->commit == last->offset + last->extent)
        return 0;
    e = st_follow_open_segment(region, last->id, last->extent, &object, &status);
    if (e)
        return e;
    e = st_os_decommit(&object, NULL, record->commit - last->offset, last->offset + last->extent - record->commit);
    st_os_object_close(&object);
    return e;
}

/* Bytes that the dead writer may have stored where memory is marked clean: mark them used. */
static void mark_used(struct stitch_region *region, uint64_t stores_below)
{
    struct st_record next = region->now.record;

    next.dirty_end = stores_below < region->geometry.reserve ? stores_below : region->geometry.reserve;
    if (next.dirty_end > region->now.record.dirty_end &&
        st_directory_publish(region->directory, &region->geometry, &region->now, &next, NULL,
                             st_roster_waiting(&region->roster)))
        st_os_wake(&region->locks, region->shared_generation);
}

bool st_recover(struct stitch_region *region)
{
    uint64_t stores_below = st_directory_journal(region->directory);
    int swept, given;

    if (stores_below == 0)
        return true;
    mark_used(region, stores_below);
    swept = st_recover_sweep(&region->folder, region->geometry.tag, region->owner, &region->now, NULL);
    given = give_back_behind_mark(region);
    if (swept || given)
        return false;
    st_directory_journal_close(region->directory);
    return true;
}
