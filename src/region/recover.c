/* SPDX-License-Identifier: MIT */
/*
 * recover.c - after a crashed writer.
 *
 * A crashed writer can leave: a segment object that was named and not published, objects that are no longer listed and
 * not yet removed, memory past the commit mark, and appended bytes past the size. All but the last can be seen from the
 * published state alone, so the journal says only that a writer was at work, and how far it may have stored. The
 * contents of memory past the commit mark do not matter: growing empties that before it commits it.
 */
#include "region/recover.h"

#include <stddef.h>

#include "base/arith.h"
#include "handle/state.h"

/* Publishes that bytes below `stores_below` may be dirty, if the published state says less. */
static void raise_dirty_end(struct stitch_region *region, uint64_t stores_below)
{
    struct st_change change = { .next = region->known.record };

    change.next.dirty_end = st_min(stores_below, region->geometry.reserve);
    if (change.next.dirty_end > region->known.record.dirty_end)
        st_state_publish(region, &change);
}

static int sweep(const struct stitch_region *region)
{
    struct st_sweep unlisted = { region->store.tag, region->store.owner, &region->known };

    return st_store_sweep(&region->store.folder, &unlisted, NULL);
}

static int give_back_past_mark(const struct stitch_region *region)
{
    const struct st_record *record = &region->known.record;
    const struct st_entry *last;
    st_os_object object;
    st_os_status status;
    int err;

    if (record->count == 0 || !region->store.folder.gives_back)
        return 0;
    last = &region->known.entries[record->count - 1];
    if (record->commit == st_entry_end(last))
        return 0;
    err = st_store_open_segment(&region->store, last, &object, &status);
    if (err)
        return err;
    err = st_os_decommit(&object, NULL, record->commit - last->offset, st_entry_end(last) - record->commit);
    st_os_object_close(&object);
    return err;
}

bool st_recover(struct stitch_region *region)
{
    uint64_t stores_below = st_directory_journal(region->directory);
    int swept, given;

    st_assert(st_handle_is_locked(&region->writing) && st_handle_is_locked(&region->table));
    if (stores_below == 0)
        return true;
    raise_dirty_end(region, stores_below);
    swept = sweep(region);
    given = give_back_past_mark(region);
    if (swept || given)
        return false;
    st_directory_journal_close(region->directory);
    return true;
}
