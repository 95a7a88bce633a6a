/* SPDX-License-Identifier: MIT */
/*
 * handle.h - a handle: what this process knows and holds of one region. THIS PROCESS ONLY.
 *
 * Two mutexes, waited for in this order, with the region's writer lock (of all processes) between them:
 *   writing  is held by the one thread of this handle that is, or waits to be, the region's writer.
 *   table    guards everything below it that is not atomic. It is never held while waiting for another process, so a
 *            stopped writer elsewhere cannot keep a thread of this process from following or looking.
 */
#ifndef ST_HANDLE_H
#define ST_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include <stitch/memory.h>
#include <stitch/stitch.h>

#include "base/assert.h"
#include "handle/segments.h"
#include "handle/store.h"
#include "os/os.h"
#include "shared/directory.h"
#include "shared/roster.h"

/* What a forked child must do before it uses something of its parent's: indexes into the fork marks. */
enum { ST_FORK_LOCKS, ST_FORK_SEAT };

/* The caller's callbacks, and the size that they have been told. */
struct st_watch {
    struct stitch_watcher callbacks;
    uint64_t reported_size;
};

/* Where committing is checked again (st_memory_confirm): the part of one segment that this handle has confirmed. */
struct st_confirmed {
    uint64_t id, from, to;
};

struct stitch_region {
    /* Fixed from open to close. */
    struct st_store store;
    struct st_geometry geometry;
    uint64_t flags;                 /* STITCH_READONLY, _NOWAIT */
    struct st_directory *directory; /* shared */
    st_word *shared_generation;     /* the word of the directory that followers poll */
    st_word *fork_marks;            /* each reads 0 in a forked child until the child has got its own */

    st_os_mutex writing;
    st_os_object object; /* the directory's */
    st_os_locks locks;   /* this handle's */
    bool exclusive; /* STITCH_EXCLUSIVE; changed with `writing` and `table` held, or before others have the handle */

    st_os_mutex table;
    st_os_reservation reservation;
    struct st_segments segments; /* mapped */
    struct st_snapshot known;    /* the last state copied from the directory, mapped or not */
    struct st_roster roster;
    st_os_object roster_object; /* open only where that keeps it alive */
    struct st_watch watch;
    struct st_confirmed confirmed;
    struct stitch_parallel parallel; /* changed with `writing` held */

    /* Read without a lock. */
    st_word base;              /* reservation.base */
    st_word size;              /* bytes that may be accessed: never more than is mapped and listed */
    st_word mapped_generation; /* of the last state that was mapped whole; 0: map anew */
};

/*
 * Allocates a handle without a region: the folder opened, mutexes and fork marks made. Everything else is closed or 0.
 * Returns 0, or STITCH_ENOENT, _EACCES, _ENOTSUP (the folder), _ENOMEM, _EMFILE.
 */
int st_handle_new(const char *name, const struct stitch_options *options, struct stitch_region **out);

/* Ends everything that the handle holds of its region, in reverse. Any part of it may be missing. */
void st_handle_detach(struct stitch_region *region);

/* Frees a handle that is detached. */
void st_handle_free(struct stitch_region *region);

/* Maps the directory and allocates the known state. Requires: geometry is set, and the in-use lock is held. */
int st_handle_map_directory(struct stitch_region *region);

static inline bool st_handle_is_readonly(const struct stitch_region *region)
{
    return (region->flags & STITCH_READONLY) != 0;
}

/* How this handle opens and maps objects. */
static inline enum st_os_access st_handle_access(const struct stitch_region *region)
{
    return st_handle_is_readonly(region) ? ST_OS_READONLY : ST_OS_READWRITE;
}

static inline bool st_handle_is_exclusive(const struct stitch_region *region)
{
    return region->exclusive;
}

/* Is the region built as `backend`? */
static inline bool st_handle_is(const struct stitch_region *region, enum stitch_backend backend)
{
    return region->geometry.backend == (uint64_t)backend;
}

/* For assertions: does any thread hold this mutex of a handle? */
static inline bool st_handle_is_locked(st_os_mutex *mutex)
{
    if (!st_os_mutex_try(mutex))
        return true;
    st_os_mutex_unlock(mutex);
    return false;
}

/* The address of an offset. */
static inline unsigned char *st_handle_at(const struct stitch_region *region, uint64_t offset)
{
    return region->reservation.base + offset;
}

#endif
