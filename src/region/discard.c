/* SPDX-License-Identifier: MIT */
/*
 * discard.c - stitch_discard: the contents of a range are no longer needed. No state is published, so this needs no
 * writer lock.
 */
#include <stitch/stitch.h>

#include <stddef.h>

#include "base/arith.h"
#include "region/memory.h"

/* Discards [from, to) of one segment: a range over a seam is not one object, and no system call can cross it. */
static int discard_in(const struct stitch_region *region, const struct st_segment_view *view, uint64_t from,
                      uint64_t to)
{
    unsigned char *start = st_handle_at(region, view->offset);
    struct st_entry entry = st_segments_entry(view);
    st_os_object object;
    st_os_status status;
    int err;

    if (!st_memory_is_lazy(region))
        return st_os_discard_hint(start + (from - view->offset), to - from);
    err = st_os_decommit(&view->object, start, from - view->offset, to - from);
    /* If the program has locked the view in memory, it only works through the object. */
    if (err && st_store_open_segment(&region->store, &entry, &object, &status) == 0) {
        err = st_os_decommit(&object, NULL, from - view->offset, to - from);
        st_os_object_close(&object);
    }
    return err;
}

static int discard(struct stitch_region *region, uint64_t offset, uint64_t length)
{
    uint64_t size = st_load(&region->size), page = region->geometry.page, from, to;
    int err = 0;

    if (offset > size || length > size - offset)
        return STITCH_EINVAL;
    from = st_align_up(offset, page);
    to = st_align_down(offset + length, page);
    while (!err && from < to) {
        struct st_segment_view view;
        uint64_t index, end;

        st_segments_at_offset(&region->segments, from, &index);
        st_segments_at(&region->segments, index, &view);
        end = st_min(to, view.offset + view.extent);
        err = discard_in(region, &view, from, end);
        from = end;
    }
    return err;
}

int stitch_discard(stitch_region *region, uint64_t offset, uint64_t length)
{
    int err;

    st_error_set_code(0);
    if (!region)
        return STITCH_EINVAL;
    if (st_handle_is_readonly(region))
        return STITCH_EREADONLY;
    st_os_mutex_lock(&region->table);
    err = discard(region, offset, length);
    st_os_mutex_unlock(&region->table);
    return err;
}
