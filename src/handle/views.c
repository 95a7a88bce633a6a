/* SPDX-License-Identifier: MIT */
/* views.c - the reservation and the views in it; the only writer of region->base. */
#include "handle/views.h"

#include "base/arith.h"

static void note_base(struct stitch_region *region)
{
    st_store(&region->base, (uintptr_t)region->reservation.base);
}

/* Is the one view all the address space that the handle takes? It then moves when its size changes. */
static bool moves(const struct stitch_region *region)
{
    return st_handle_is(region, STITCH_BACKEND_REMAP);
}

/* Bytes to map of a region of `size` bytes, where only these are mapped. */
static uint64_t window_for(const struct stitch_region *region, uint64_t size)
{
    return st_align_up(st_max(size, 1), region->geometry.page);
}

int st_views_reserve(struct stitch_region *region)
{
    int err = moves(region) ? 0 : st_os_reserve(region->geometry.reserve, &region->reservation);

    note_base(region);
    return err;
}

void st_views_release(struct stitch_region *region)
{
    st_os_release(&region->reservation);
    st_segments_clear(&region->segments);
    note_base(region);
}

int st_views_map(struct stitch_region *region, struct st_segment_view *view, st_os_identity identity)
{
    enum st_os_access access = st_handle_access(region);
    int err;

    view->mapped = moves(region) ? window_for(region, 0) : view->extent;
    err = moves(region) ? st_os_view_resize(&region->reservation, view->mapped, &view->object, access)
                        : st_os_view_map(&region->reservation, view->offset, view->mapped, &view->object, access);
    view->identity = st_os_view_identity(identity, st_handle_at(region, view->offset));
    note_base(region);
    return err;
}

void st_views_unmap(struct stitch_region *region, const struct st_segment_view *view)
{
    if (moves(region))
        st_os_release(&region->reservation);
    else
        st_os_view_unmap(&region->reservation, view->offset, view->mapped);
    note_base(region);
}

int st_views_add(struct stitch_region *region, const struct st_entry *entry)
{
    struct st_segment_view view = { .id = entry->id, .offset = entry->offset, .extent = entry->extent };
    st_os_status status;
    int err = st_store_open_segment(&region->store, entry, &view.object, &status);

    st_assert(st_handle_is_locked(&region->table));
    st_assert(entry->offset == st_segments_end(&region->segments));
    if (err)
        return err;
    err = st_views_map(region, &view, status.identity);
    if (err)
        goto close;
    if (region->store.folder.objects_persist && !moves(region))
        st_os_object_close(&view.object); /* the view keeps the memory, and the object can be opened again by name */
    err = st_segments_add(&region->segments, &view);
    if (err)
        goto unmap;
    return 0;

unmap:
    st_views_unmap(region, &view);
close:
    st_os_object_close(&view.object);
    return err;
}

void st_views_drop_last(struct stitch_region *region)
{
    st_assert(st_handle_is_locked(&region->table));
    st_assert(region->segments.count > 0);
    st_views_unmap(region, st_segments_last(&region->segments));
    st_segments_drop_last(&region->segments);
}

int st_views_resize_window(struct stitch_region *region, uint64_t size)
{
    const struct st_segment_view *view = st_segments_last(&region->segments);
    uint64_t window = window_for(region, size);
    int err;

    if (!view || view->mapped == window)
        return 0;
    err = st_os_view_resize(&region->reservation, window, &view->object, st_handle_access(region));
    if (err)
        return err;
    st_segments_set_view(&region->segments, region->reservation.size,
                         st_os_view_identity(view->identity, region->reservation.base));
    note_base(region);
    return 0;
}
