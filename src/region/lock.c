/* SPDX-License-Identifier: MIT */
/* lock.c - becoming the one writer of a region, and ceasing to be it. */
#include "region/lock.h"

#define EXCLUSIVE_LOOK_MS 5

/* -------------------------------------------------------------------------------------------- this handle --- */

/*
 * In a forked child the handle of the directory is shared with the parent, and with it the locks: open another one.
 * That the parent's handle is exclusive does not make the child's so.
 */
static int part_from_parent(struct stitch_region *region)
{
    st_os_object own;
    st_os_locks locks;
    int err;

    if (st_load(&region->fork_marks[ST_FORK_LOCKS]) == 1)
        return 0;
    err = st_os_object_reopen(&region->object, &own);
    if (err)
        return err;
    err = st_os_locks_open(&region->store.folder, &own, region->geometry.tag, st_handle_access(region), &locks);
    if (err)
        goto close;
    err = st_os_in_use_lock_shared(&locks, st_handle_access(region));
    if (err)
        goto close_locks;
    st_os_locks_close(&region->locks);
    st_os_object_close(&region->object);
    region->object = own;
    region->locks = locks;
    st_os_mutex_lock(&region->table);
    region->exclusive = false;
    st_os_mutex_unlock(&region->table);
    st_store(&region->fork_marks[ST_FORK_LOCKS], 1);
    return 0;

close_locks:
    st_os_locks_close(&locks);
close:
    st_os_object_close(&own);
    return err;
}

int st_lock_handle(struct stitch_region *region)
{
    int err;

    if (st_handle_is_readonly(region))
        return STITCH_EREADONLY;
    st_os_mutex_lock(&region->writing);
    err = part_from_parent(region);
    if (err)
        st_os_mutex_unlock(&region->writing);
    return err;
}

/* -------------------------------------------------------------------------------------------- all writers --- */

static enum st_os_patience patience_of(const struct stitch_region *region)
{
    return region->flags & STITCH_NOWAIT ? ST_OS_NOWAIT : ST_OS_WAIT;
}

/*
 * Acquires the writer lock. On systems where being exclusive is not the lock itself, it is checked separately; if that
 * check fails, the region counts as held exclusively.
 */
static int lock_writers(const struct stitch_region *region, enum st_os_patience patience)
{
    for (;;) {
        int err = st_os_writer_lock(&region->locks, patience);

        if (err || !st_directory_had_exclusive(region->directory) || st_os_writer_is_exclusive(&region->locks) == 0)
            return err;
        st_os_writer_unlock(&region->locks);
        if (patience == ST_OS_NOWAIT)
            return STITCH_EBUSY;
        st_os_sleep(EXCLUSIVE_LOOK_MS);
    }
}

/*
 * Another thread of this handle may hold `table` for long, in a watcher. This must not make other processes wait, so if
 * `table` is taken we wait for it without the writer lock, and then do not wait for the writer lock.
 */
int st_lock_region(struct stitch_region *region)
{
    st_assert(st_handle_is_locked(&region->writing));
    if (st_handle_is_exclusive(region)) {
        st_os_mutex_lock(&region->table);
        return 0;
    }
    for (;;) {
        int err = lock_writers(region, patience_of(region));

        if (err || st_os_mutex_try(&region->table))
            return err;
        st_os_writer_unlock(&region->locks);
        st_os_mutex_lock(&region->table);
        err = lock_writers(region, ST_OS_NOWAIT);
        if (!err)
            return 0;
        st_os_mutex_unlock(&region->table);
        if (err != STITCH_EBUSY)
            return err;
    }
}

int st_lock_exclusively(struct stitch_region *region)
{
    int err = lock_writers(region, patience_of(region));

    if (err)
        return err;
    st_directory_note_exclusive(region->directory);
    err = st_os_writer_make_exclusive(&region->locks);
    if (err)
        st_os_writer_unlock(&region->locks);
    else
        region->exclusive = true;
    return err;
}
