/* SPDX-License-Identifier: MIT */
/* resize.c - stitch_resize: the story of a shrink or of a grow, whichever leads to that size. */
#include <stitch/stitch.h>

#include <stddef.h>

#include "region/grow.h"
#include "region/shrink.h"

static int resize(stitch_region *region, uint64_t size)
{
    struct st_cut cut = { .take = 0, .limit = size };
    struct st_write write;
    uint64_t end;
    int err = st_write_begin_cut(&write, region, &cut, &end);

    if (err)
        return err;
    if (end < region->known.record.size) {
        if (st_load(&region->size) < end) /* the handle lags: all that remains must be mapped, or nothing changes */
            err = st_write_catch_up(&write);
        if (!err)
            st_shrink_to(&write, end);
    } else {
        err = st_write_catch_up(&write);
        if (!err && size > region->known.record.size)
            err = st_grow_to(&write, size, NULL);
    }
    st_write_end(&write);
    return err;
}

int stitch_resize(stitch_region *region, uint64_t size)
{
    st_error_set_code(0);
    return region ? resize(region, size) : STITCH_EINVAL;
}
