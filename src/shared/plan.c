/* SPDX-License-Identifier: MIT */
/* plan.c - the arithmetic of a change. */
#include "shared/plan.h"

#include <stitch/stitch.h>

#include "base/arith.h"

#define SMALL_REGION STITCH_EXTENT_UNIT /* a region up to this size takes no more memory than it needs */

/*
 * The sizing rule: an eighth of the extents so far, rounded up to 2 MiB, or what the request needs if that is more. An
 * eighth keeps segments few (41 to 1 GiB, 99 to 1 TiB) and the unused part of an extent small. A region of one segment
 * has its reserve as its fixed extent, so there is no second rule for it.
 */
uint64_t st_plan_extent(const struct st_rules *rules, uint64_t end, uint64_t need)
{
    uint64_t extent = rules->extent ? rules->extent : st_align_up(end / 8, STITCH_EXTENT_UNIT);

    extent = st_max(extent, STITCH_EXTENT_UNIT);
    extent = st_max(extent, st_align_up(need, STITCH_EXTENT_UNIT));
    return st_min(extent, rules->reserve - end);
}

static bool uses_blocks(const struct st_rules *rules, uint64_t size)
{
    return size > SMALL_REGION && rules->block > rules->page;
}

struct st_marks st_plan_marks(const struct st_rules *rules, uint64_t size, uint64_t end)
{
    bool blocks = uses_blocks(rules, size);

    if (rules->lazy || rules->fixed)
        return (struct st_marks){ end, end, blocks };
    return (struct st_marks){
        .best = st_min(st_align_up(size, blocks ? rules->block : rules->page), end),
        .by_page = st_min(st_align_up(size, rules->page), end),
        .blocks = blocks,
    };
}

/*
 * Bytes at or beyond dirty_end have never been stored to. Where memory can be given back, bytes beyond the commit mark
 * read zero once they are committed, since committing empties them first.
 */
static void plan_zeroing(const struct st_rules *rules, const struct st_record *now, uint64_t size,
                         struct st_growth *out)
{
    out->zero_to = st_min(size, now->dirty_end);
    if (rules->gives_back || rules->lazy)
        out->zero_to = st_min(out->zero_to, now->commit);
    if (out->zero_to > now->size)
        out->zeroing = rules->lazy ? ST_ZEROING_GIVE_BACK : ST_ZEROING_STORE;
}

int st_plan_growth(const struct st_rules *rules, const struct st_snapshot *known, uint64_t size, struct st_growth *out)
{
    const struct st_record *now = &known->record;
    uint64_t end = st_snapshot_end(known, now->count);

    *out = (struct st_growth){ .adds = size > end || now->count == 0 };
    if (size > rules->reserve)
        return STITCH_ERESERVE;
    if (out->adds && now->count == rules->capacity)
        return STITCH_ESEGMENTS;
    out->tail = st_plan_marks(rules, size, end);
    out->extends = now->count > 0 && now->commit < out->tail.by_page;
    if (out->adds) {
        out->add = (struct st_entry){ now->next_id, end, st_plan_extent(rules, end, size - st_min(size, end)) };
        out->added = st_plan_marks(rules, size, st_entry_end(&out->add));
        out->born_whole = rules->fixed && !rules->gives_back;
    }
    plan_zeroing(rules, now, size, out);
    return 0;
}

int st_plan_cut(uint64_t size, const struct st_cut *cut, uint64_t *out)
{
    if (cut->take > size)
        return STITCH_EINVAL;
    *out = st_min(size - cut->take, cut->limit);
    return 0;
}

/*
 * How far the last extent, which ends at `end`, stays committed when the region shrinks to `size`. Memory is given back
 * to the page, or to the end of a block: giving back a part of a huge page splits it, which costs more than it gains.
 * What cannot be given back stays committed.
 */
static uint64_t mark_after_shrink(const struct st_rules *rules, uint64_t size, uint64_t commit, uint64_t end)
{
    uint64_t unit = uses_blocks(rules, size) ? rules->block : rules->page;
    bool gives_back = rules->gives_back && !rules->fixed;

    return st_min(commit, gives_back ? st_min(st_align_up(size, unit), end) : end);
}

void st_plan_shrink(const struct st_rules *rules, const struct st_snapshot *known, uint64_t size,
                    struct st_record *next)
{
    uint64_t fewest = rules->one_segment ? 1 : 0, end;

    *next = known->record;
    while (next->count > fewest && known->entries[next->count - 1].offset >= size)
        next->count--;
    end = st_snapshot_end(known, next->count);
    next->size = size;
    next->commit = mark_after_shrink(rules, size, next->commit, end);
    next->dirty_end = st_min(next->dirty_end, end);
}

void st_plan_repair(const struct st_record *now, uint64_t count, uint64_t end, struct st_record *next)
{
    *next = *now;
    next->count = count;
    next->size = st_min(now->size, end);
    next->commit = st_min(now->commit, end);
    next->dirty_end = st_min(now->dirty_end, end);
}
