/* SPDX-License-Identifier: MIT */
/* seat.c - the roster of a region, and this handle's seat on it. */
#include "handle/seat.h"

#include <time.h>

int st_seat_make_roster(struct stitch_region *region)
{
    const struct st_geometry *geometry = &region->geometry;
    st_os_object object;
    int err = st_store_make_roster(&region->store, st_roster_length(geometry->page), &object);

    if (err)
        return err == STITCH_EEXIST ? 0 : err;
    err = st_roster_open(&object, geometry->page, geometry->tag, true, &region->roster);
    if (!err)
        err = st_store_name_roster(&region->store, &object);
    if (err == STITCH_EEXIST) {
        st_roster_close(&region->roster);
        err = 0;
    }
    if (region->store.folder.objects_persist)
        st_os_object_close(&object);
    region->roster_object = object;
    return err;
}

void st_seat_find_roster(struct stitch_region *region)
{
    const struct st_geometry *geometry = &region->geometry;
    int code = st_error_code(); /* a missing roster is no failure of the call */
    st_os_object object;

    if (st_store_open_roster(&region->store, st_roster_length(geometry->page), &object) == 0) {
        (void)st_roster_open(&object, geometry->page, geometry->tag, false, &region->roster);
        if (region->store.folder.objects_persist)
            st_os_object_close(&object);
        region->roster_object = object;
    }
    st_error_set_code(code);
}

void st_seat_take(struct stitch_region *region)
{
    bool exclusive = st_handle_is_exclusive(region) && st_load(&region->fork_marks[ST_FORK_LOCKS]) == 1;
    uint64_t flags = (region->flags & STITCH_READONLY) | (exclusive ? STITCH_EXCLUSIVE : 0);

    st_roster_enroll(&region->roster, flags, region->reservation.base, (uint64_t)time(NULL));
}

void st_seat_note(struct stitch_region *region)
{
    const struct st_segment_view *last;

    if (!region->roster.shared)
        return;
    if (st_load(&region->fork_marks[ST_FORK_SEAT]) == 0) {
        st_seat_take(region);
        st_store(&region->fork_marks[ST_FORK_SEAT], 1);
    }
    last = st_segments_last(&region->segments);
    if (last)
        st_roster_note(&region->roster, region->known.generation, last->offset + last->extent, last->id);
    else
        st_roster_note(&region->roster, region->known.generation, 0, 0);
}
