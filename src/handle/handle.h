/* SPDX-License-Identifier: MIT */
/*
 * region.h - one attached region: the state behind a handle, and the stories that change it. THIS PROCESS ONLY.
 *
 * Two locks, always in this order: `writing` is held by the one thread of this handle that is a writer (and waits for
 * the writers of other handles and processes); `table` guards everything below it that is not atomic, and is never held
 * while waiting for another process. So a stopped writer elsewhere keeps no thread here from following or looking.
 */
#ifndef ST_REGION_H
#define ST_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include <stitch/inspect.h>
#include <stitch/memory.h>
#include <stitch/stitch.h>

#include "shared/directory.h"
#include "handle/names.h"
#include "os/os.h"
#include "shared/roster.h"
#include "handle/segments.h"

struct stitch_region {
    /* Fixed from open to close. */
    char name[STITCH_NAME_MAX + 1];
    bool readonly;
    bool nowait;    /* STITCH_NOWAIT */
    uint64_t owner; /* of the directory object; every segment must have the same */
    struct st_geometry geometry;
    st_os_folder folder;
    struct st_directory *directory; /* shared */
    st_word *shared_generation;     /* the word of it that everybody watches */
    st_os_reservation reservation;

    st_os_mutex writing;
    st_os_object object; /* the directory's */
    st_os_locks locks;   /* this handle's */
    bool exclusive;      /* these are the one writer's for the life of the handle */
    st_word *fork_mark;  /* 0 in a forked child: [0] locks, [1] seat on the roster are the parent's */

    st_os_mutex table;
    struct st_segments segments;
    struct st_snapshot now; /* the state last taken over from the directory, mapped or not */
    struct st_roster roster;
    st_os_object roster_object; /* open only where that keeps it alive */
    struct stitch_watcher watcher;
    struct stitch_parallel lender;                 /* changed with `writing` held too */
    uint64_t told;                        /* the size that the watcher knows */
    uint64_t sure_id, sure_from, sure_to; /* st_backing_make_sure */
    bool owing; /* the writer at work could not finish what a dead one left: the journal stays open */

    /* Read without a lock. */
    st_word base;       /* reservation.base */
    st_word size;       /* what may be touched: never more than is mapped and listed */
    st_word generation; /* of the last state that is mapped whole */
};

/* The address of an offset. */
static inline unsigned char *st_region_at(const struct stitch_region *region, uint64_t offset)
{
    return region->reservation.base + offset;
}

/* One segment for life, whose extent is the reserve: all backends but the stitched one. */
static inline bool st_region_has_one_segment(const struct stitch_region *region)
{
    return region->geometry.backend != STITCH_BACKEND_STITCHED;
}

/* Give such a region its segment, before it has any size. */
int st_region_begin(struct stitch_region *region);

/* Grow by `bytes`, filled from `data` or (NULL) zero. *offset: where. */
int st_region_grow(struct stitch_region *region, uint64_t bytes, const void *data, uint64_t *offset);
/* *report may be NULL. */
int st_region_shrink(struct stitch_region *region, uint64_t bytes, struct stitch_shrink_report *report);
int st_region_resize(struct stitch_region *region, uint64_t size);
int st_region_lend(struct stitch_region *region, const struct stitch_parallel *lender);
int st_region_discard(struct stitch_region *region, uint64_t offset, uint64_t length);

#endif
