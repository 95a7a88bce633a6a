/* SPDX-License-Identifier: MIT */
/*
 * views.h - the addresses of a handle: its reservation, and the views of segments in it. Nobody else maps or unmaps
 * them, or knows how the backends differ in this.
 *
 * Requires, in all calls: region->table is held (or nobody else has the handle yet).
 */
#ifndef ST_VIEWS_H
#define ST_VIEWS_H

#include "handle/handle.h"

/* Reserves the address space. Returns 0, STITCH_EADDRSPACE, _EMAPS. */
int st_views_reserve(struct stitch_region *region);

/* Unmaps everything and gives the address space up. Does nothing if there is none. */
void st_views_release(struct stitch_region *region);

/*
 * Maps view->object, which has that identity, at view->offset. Sets view->mapped and view->identity (what the system's
 * map calls the view). Returns 0, STITCH_EMAPS, _EADDRSPACE, _ENOMEM, _EACCES.
 */
int st_views_map(struct stitch_region *region, struct st_segment_view *view, st_os_identity identity);

/* Makes the view part of the reservation again. Cannot fail for lack of resources. */
void st_views_unmap(struct stitch_region *region, const struct st_segment_view *view);

/* Opens a listed segment, maps it at the end of the mapped ones and adds it to the table. All or nothing. */
int st_views_add(struct stitch_region *region, const struct st_entry *entry);

/* Unmaps the last mapped segment and removes it from the table. Requires: there is one. */
void st_views_drop_last(struct stitch_region *region);

/*
 * Where only the size is mapped (STITCH_BACKEND_REMAP): maps `size` bytes, and the base may move. A failure changes
 * nothing; mapping less cannot fail.
 */
int st_views_resize_window(struct stitch_region *region, uint64_t size);

/* The same for every backend: the others map whole extents, whatever the size. */
static inline int st_views_resize(struct stitch_region *region, uint64_t size)
{
    return st_handle_is(region, STITCH_BACKEND_REMAP) ? st_views_resize_window(region, size) : 0;
}

#endif
