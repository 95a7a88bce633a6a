/* SPDX-License-Identifier: MIT */
/* handle.c - making and freeing a handle, and the reads of it that need no lock. */
#include "handle/handle.h"

#include <stdlib.h>

#include "handle/views.h"

int st_handle_new(const char *name, const struct stitch_options *options, struct stitch_region **out)
{
    struct stitch_region *region = calloc(1, sizeof *region);
    int err;

    if (!region)
        return STITCH_ENOMEM;
    region->flags = options->flags & (STITCH_READONLY | STITCH_NOWAIT);
    region->roster_object = ST_OS_OBJECT_CLOSED;
    region->object = ST_OS_OBJECT_CLOSED;
    region->locks = ST_OS_LOCKS_CLOSED;
    err = st_os_mutex_open(&region->writing);
    if (err)
        goto free_region;
    err = st_os_mutex_open(&region->table);
    if (err)
        goto close_writing;
    err = st_store_open(&region->store, name, options);
    if (err)
        goto close_table;
    err = st_os_fork_mark_open(&region->fork_marks);
    if (err)
        goto close_store;
    *out = region;
    return 0;

close_store:
    st_store_close(&region->store);
close_table:
    st_os_mutex_close(&region->table);
close_writing:
    st_os_mutex_close(&region->writing);
free_region:
    free(region);
    return err;
}

int st_handle_map_directory(struct stitch_region *region)
{
    void *directory;
    int err = st_os_map(&region->object, region->geometry.length, st_handle_access(region), &directory);

    if (err)
        return err;
    region->directory = directory;
    region->shared_generation = st_directory_generation_word(directory);
    region->known.entries = calloc((size_t)region->geometry.capacity, sizeof *region->known.entries);
    return region->known.entries ? 0 : STITCH_ENOMEM;
}

void st_handle_detach(struct stitch_region *region)
{
    st_views_release(region);
    /* The lock is released explicitly, since forked children have copies of the descriptor that holds it. */
    if (st_handle_is_exclusive(region) && st_load(&region->fork_marks[ST_FORK_LOCKS]) == 1)
        st_os_writer_unlock(&region->locks);
    if (st_load(&region->fork_marks[ST_FORK_SEAT]) == 1) /* in a forked child the seat is still the parent's */
        st_roster_leave(&region->roster);
    st_roster_close(&region->roster);
    st_os_object_close(&region->roster_object);
    free(region->known.entries);
    if (region->directory)
        st_os_unmap(region->directory, region->geometry.length);
    st_os_locks_close(&region->locks);
    st_os_object_close(&region->object);
}

void st_handle_free(struct stitch_region *region)
{
    st_store_close(&region->store);
    st_os_fork_mark_close(region->fork_marks);
    st_os_mutex_close(&region->table);
    st_os_mutex_close(&region->writing);
    free(region);
}

/* ------------------------------------------------------------------------------------------ lock-free reads --- */

void *stitch_base(const stitch_region *region)
{
    return region ? (void *)(uintptr_t)st_load(&region->base) : NULL;
}

uint64_t stitch_size(const stitch_region *region)
{
    return region ? st_load(&region->size) : 0;
}

uint64_t stitch_reserve(const stitch_region *region)
{
    return region ? region->geometry.reserve : 0;
}

uint64_t stitch_generation(const stitch_region *region)
{
    return region ? st_load(&region->mapped_generation) : 0;
}
