/* SPDX-License-Identifier: MIT */
/*
 * grow.c - THE STORY of growing: stitch_grow and stitch_append.
 *
 *   1. Begin: become the one writer, and map everything that is listed (write.c).
 *   2. Open the journal. Nothing that follows can be seen by anyone until step 5.
 *   3. Provide memory: commit in the last extent, then add a segment if that is not enough (plan.c decides, memory.c).
 *   4. Fill: the new bytes get an address, and their contents or zeros.
 *   5. Publish: one store makes the new state count. Then close the journal.
 *
 * A failure in step 3 or 4 is undone in exact reverse. A process killed before step 5 has published nothing, and the
 * open journal tells the next writer to clean up.
 */
#include "region/grow.h"

#include <stddef.h>

#include "base/arith.h"
#include "handle/state.h"
#include "region/memory.h"

int st_grow_to(struct st_write *write, uint64_t size, const void *data)
{
    struct stitch_region *region = write->region;
    struct st_change *change = &write->change;
    bool needs_memory = size > region->known.record.commit;
    int err = size > region->geometry.reserve ? STITCH_ERESERVE : st_memory_confirm(region, size);

    if (err)
        return err;
    *change = (struct st_change){ .next = region->known.record };
    if (needs_memory || data)
        st_write_open_journal(write, data ? size : 0);
    if (needs_memory)
        err = st_memory_provide(region, change, size);
    if (err)
        goto close_journal;
    err = st_memory_fill(region, size, data);
    if (err) {
        st_memory_withdraw(region, change);
        goto close_journal;
    }
    change->next.size = size;
    change->next.dirty_end = st_max(change->next.dirty_end, size);
    st_state_publish(region, change);
    st_state_set_mapped(region);

close_journal:
    st_write_close_journal(write);
    return err;
}

int st_grow_first_segment(struct stitch_region *region)
{
    struct st_write write;
    int err = st_write_begin(&write, region);

    if (err)
        return err;
    write.change = (struct st_change){ .next = region->known.record };
    st_write_open_journal(&write, 0);
    err = st_memory_provide(region, &write.change, 0);
    if (!err) {
        st_state_publish(region, &write.change);
        st_state_set_mapped(region);
    }
    st_write_close_journal(&write);
    st_write_end(&write);
    return err;
}

/* Grows by `bytes`, and says where the new bytes begin. */
static int grow_by(stitch_region *region, uint64_t bytes, const void *data, uint64_t *offset)
{
    struct st_write write;
    uint64_t begin;
    int err = st_write_begin(&write, region);

    if (err)
        return err;
    err = st_write_catch_up(&write);
    begin = region->known.record.size;
    if (!err && bytes > UINT64_MAX - begin)
        err = STITCH_EINVAL;
    if (!err && bytes > 0)
        err = st_grow_to(&write, begin + bytes, data);
    st_write_end(&write);
    if (!err && offset)
        *offset = begin;
    return err;
}

int stitch_grow(stitch_region *region, uint64_t bytes, uint64_t *offset)
{
    st_error_set_code(0);
    return region ? grow_by(region, bytes, NULL, offset) : STITCH_EINVAL;
}

int stitch_append(stitch_region *region, const void *data, uint64_t length, uint64_t *offset)
{
    st_error_set_code(0);
    if (!region || (!data && length > 0))
        return STITCH_EINVAL;
    return grow_by(region, length, data, offset);
}
