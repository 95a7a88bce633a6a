/* SPDX-License-Identifier: MIT */
/*
 * grow.c - THE STORY of growing: stitch_grow and stitch_append.
 *
 *   1. Begin: become the one writer, and map everything that is listed (write.c).
 *   2. Plan: how far to commit, whether to add a segment and how large, what to zero (plan.c).
 *   3. Open the journal, unless there is nothing to provide and nothing to store.
 *   4. Provide the memory, map it, and store the new bytes or zeros (memory.c).
 *   5. Publish: one store makes the new state count. Then close the journal.
 *
 * No state that anyone can sync to shows anything of this before step 5. A failure in step 4 is undone in exact
 * reverse; what cannot be undone is left to the next writer, by an open journal. So is everything if the process is
 * killed.
 */
#include "region/grow.h"

#include <stddef.h>

#include "base/arith.h"
#include "handle/state.h"
#include "handle/views.h"
#include "region/memory.h"

/* Step 2. Growth inside committed memory that nobody has used takes no more than publishing the size. */
static int plan(const struct stitch_region *region, uint64_t size, struct st_growth *out)
{
    const struct st_record *now = &region->known.record;
    struct st_rules rules;

    out->zeroing = ST_ZEROING_NONE;
    if (size <= now->commit && now->size >= now->dirty_end)
        return 0;
    st_memory_rules(region, &rules);
    return st_plan_growth(&rules, &region->known, size, out);
}

/* Step 4, for memory that has been provided. */
static int fill(struct stitch_region *region, const struct st_growth *growth, uint64_t size, const void *data)
{
    int err = st_views_resize(region, size);

    if (err)
        return err;
    return data ? st_memory_store(region, size, data) : st_memory_zero(region, growth);
}

int st_grow_to(struct st_write *write, uint64_t size, const void *data)
{
    struct stitch_region *region = write->region;
    struct st_change *change = &write->change;
    bool needs_memory = size > region->known.record.commit;
    struct st_growth growth;
    int err = plan(region, size, &growth);

    if (!err)
        err = st_memory_confirm(region, size);
    if (err)
        return err;
    change->next = region->known.record;
    change->named = change->adds = false;
    if (needs_memory || data)
        st_write_open_journal(write, data ? size : 0);
    if (needs_memory)
        err = st_memory_provide(region, &growth, change);
    if (!err)
        err = fill(region, &growth, size, data);
    if (err) {
        write->recovery_pending |= !st_memory_withdraw(region, change);
    } else {
        if (change->adds)
            st_memory_settle(region);
        change->next.size = size;
        change->next.dirty_end = st_max(change->next.dirty_end, size);
        st_state_publish_mapped(region, change);
    }
    st_write_close_journal(write);
    return err;
}

int st_grow_first_segment(struct stitch_region *region)
{
    struct st_growth growth;
    struct st_rules rules;
    struct st_write write;
    int err = st_write_begin(&write, region);

    if (err)
        return err;
    write.change = (struct st_change){ .next = region->known.record };
    st_memory_rules(region, &rules);
    err = st_plan_growth(&rules, &region->known, 0, &growth);
    st_write_open_journal(&write, 0);
    if (!err)
        err = st_memory_provide(region, &growth, &write.change);
    if (!err)
        st_state_publish_mapped(region, &write.change);
    else
        write.recovery_pending |= !st_memory_withdraw(region, &write.change);
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
