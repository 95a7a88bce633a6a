/* SPDX-License-Identifier: MIT */
/* The arithmetic of a change (shared/plan.h): pure functions, no region needed. */
#include "test.h"

#include "base/arith.h"
#include "shared/plan.h"

#define UNIT        STITCH_EXTENT_UNIT
#define PAGE        UINT64_C(4096)
#define LONG_REGION 64

static const struct st_rules by_page = {
    .reserve = T_GIB(4), .capacity = 8, .page = PAGE, .block = PAGE, .gives_back = true
};
static const struct st_rules by_block = {
    .reserve = T_GIB(4), .capacity = 8, .page = PAGE, .block = UNIT, .gives_back = true
};

static uint64_t extent(uint64_t end, uint64_t need, uint64_t reserve, uint64_t fixed)
{
    struct st_rules rules = { .reserve = reserve, .extent = fixed };

    return st_plan_extent(&rules, end, need);
}

static void rounding(void)
{
    T_EQ(st_align_up(0, UNIT), 0);
    T_EQ(st_align_up(1, UNIT), UNIT);
    T_EQ(st_align_up(UNIT, UNIT), UNIT);
    T_EQ(st_align_up(UNIT + 1, UNIT), 2 * UNIT);
    T_EQ(st_align_up(4095, 4096), 4096);
    T_EQ(st_align_up(UINT64_MAX - UNIT + 1, UNIT), UINT64_MAX - UNIT + 1);
    T_EQ(st_align_down(0, UNIT), 0);
    T_EQ(st_align_down(UNIT - 1, UNIT), 0);
    T_EQ(st_align_down(2 * UNIT + 1, UNIT), 2 * UNIT);
    T_EQ(st_align_down(UINT64_MAX, UNIT), UINT64_MAX - UNIT + 1);
    T_TRUE(st_is_multiple(0, UNIT) && st_is_multiple(3 * UNIT, UNIT) && !st_is_multiple(UNIT + 1, UNIT));
    T_EQ(st_min(1, UINT64_MAX), 1);
    T_EQ(st_max(1, UINT64_MAX), UINT64_MAX);
}

/* ------------------------------------------------------------------------------------------------------ extent --- */

static void an_eighth_but_at_least_one_unit(void)
{
    const uint64_t reserve = STITCH_RESERVE_MAX;

    T_EQ(extent(0, 1, reserve, 0), UNIT);
    T_EQ(extent(T_MIB(16), 1, reserve, 0), UNIT);
    T_EQ(extent(T_MIB(18), 1, reserve, 0), 2 * UNIT);
    T_EQ(extent(T_MIB(32), 1, reserve, 0), 2 * UNIT);
    T_EQ(extent(T_GIB(1), 1, reserve, 0), T_MIB(128));
    T_EQ(extent(T_GIB(8), 1, reserve, 0), T_GIB(1));
}

static void what_the_request_needs_if_that_is_more(void)
{
    const uint64_t reserve = T_GIB(4);

    T_EQ(extent(0, UNIT, reserve, 0), UNIT);
    T_EQ(extent(0, UNIT + 1, reserve, 0), 2 * UNIT);
    T_EQ(extent(0, reserve, reserve, 0), reserve);
    T_EQ(extent(T_MIB(64), T_MIB(100), reserve, 0), T_MIB(100));
}

static void never_beyond_the_reserve(void)
{
    T_EQ(extent(T_MIB(62), 1, T_MIB(64), 0), UNIT);
    T_EQ(extent(T_GIB(1), 1, T_GIB(1) + UNIT, 0), UNIT);
    T_EQ(extent(T_GIB(1), UNIT, T_GIB(1) + UNIT, 0), UNIT);
    T_EQ(extent(T_MIB(4), 1, T_MIB(6), T_MIB(32)), UNIT);
}

static void a_fixed_extent(void)
{
    T_EQ(extent(0, 1, T_GIB(1), T_MIB(6)), T_MIB(6));
    T_EQ(extent(T_MIB(600), 1, T_GIB(1), T_MIB(6)), T_MIB(6));
    T_EQ(extent(T_MIB(6), T_MIB(7), T_GIB(1), T_MIB(6)), T_MIB(8));
    T_EQ(extent(0, 1, T_GIB(1), T_GIB(1)), T_GIB(1)); /* single mode */
}

/* What the design promises: 41 to 1 GiB, 76 to 64 GiB, 99 to 1 TiB. */
static void few_segments(void)
{
    static const struct {
        uint64_t size, segments;
    } promised[] = { { T_GIB(1), 41 }, { T_GIB(64), 76 }, { T_GIB(1024), 99 } };

    for (size_t i = 0; i < T_COUNT(promised); i++) {
        uint64_t end = 0, count = 0;

        for (; end < promised[i].size; count++) {
            uint64_t next = extent(end, T_KIB(64), STITCH_RESERVE_MAX, 0);

            T_EQ(next % UNIT, 0);
            end += next;
        }
        T_TRUE(count <= promised[i].segments);
    }
}

/* -------------------------------------------------------------------------------------------------- commit mark --- */

/* For every size the mark covers it, stays inside the extent, and is less than one granule ahead. */
static void never_more_than_one_block_ahead(void)
{
    static const uint64_t ends[] = { UNIT, T_MIB(10), T_MIB(64) };

    for (size_t i = 0; i < T_COUNT(ends); i++) {
        for (uint64_t size = 0; size <= ends[i]; size += PAGE / 2 + 1) {
            struct st_marks page = st_plan_marks(&by_page, size, ends[i]);
            struct st_marks block = st_plan_marks(&by_block, size, ends[i]);

            T_TRUE(page.best >= size && page.best <= ends[i] && page.best - size < PAGE && page.best % PAGE == 0);
            T_TRUE(block.best >= page.best && block.best <= ends[i] && block.best - size < UNIT);
            T_EQ(block.best % PAGE, 0);
            T_EQ(page.by_page, page.best);
            T_EQ(block.by_page, page.best);
            T_EQ(block.blocks, size > UNIT);
        }
    }
}

static void a_small_region_takes_single_pages(void)
{
    T_TRUE(!st_plan_marks(&by_block, UNIT, T_MIB(8)).blocks);
    T_TRUE(st_plan_marks(&by_block, UNIT + 1, T_MIB(8)).blocks);
    T_TRUE(!st_plan_marks(&by_page, T_GIB(1), T_GIB(2)).blocks);
    T_EQ(st_plan_marks(&by_block, 1, T_MIB(8)).best, PAGE);
    T_EQ(st_plan_marks(&by_block, UNIT, T_MIB(8)).best, UNIT);
    T_EQ(st_plan_marks(&by_block, UNIT + 1, T_MIB(8)).best, 2 * UNIT);
}

static void lazy_and_fixed_regions_are_marked_whole(void)
{
    struct st_rules lazy = by_page, fixed = by_page;

    lazy.lazy = fixed.fixed = true;
    T_EQ(st_plan_marks(&lazy, 1, T_MIB(8)).best, T_MIB(8));
    T_EQ(st_plan_marks(&fixed, 1, T_MIB(8)).best, T_MIB(8));
    T_EQ(st_plan_marks(&lazy, 0, T_MIB(8)).by_page, T_MIB(8));
}

/* ------------------------------------------------------------------------------------------------------ growth --- */

static struct st_entry entries[LONG_REGION];

/* A state of `count` segments of 2 MiB each, of that size and commit mark. */
static struct st_snapshot state(uint64_t count, uint64_t size, uint64_t commit)
{
    for (uint64_t i = 0; i < count; i++)
        entries[i] = (struct st_entry){ i + 1, i * UNIT, UNIT };
    return (struct st_snapshot){
        .generation = 7,
        .record = { .size = size, .dirty_end = commit, .commit = commit, .count = count, .next_id = count + 1 },
        .entries = entries,
    };
}

static void growing_inside_commits_only(void)
{
    struct st_snapshot known = state(1, 100, PAGE);
    struct st_growth growth;

    T_OK(st_plan_growth(&by_page, &known, PAGE, &growth));
    T_TRUE(!growth.extends && !growth.adds);
    T_OK(st_plan_growth(&by_page, &known, PAGE + 1, &growth));
    T_TRUE(growth.extends && !growth.adds);
    T_EQ(growth.tail.best, 2 * PAGE);
    T_OK(st_plan_growth(&by_page, &known, UNIT, &growth));
    T_TRUE(growth.extends && !growth.adds);
    T_EQ(growth.tail.best, UNIT);
}

static void growing_past_the_extent_adds_a_segment(void)
{
    struct st_snapshot known = state(2, UNIT + 1, UNIT + PAGE);
    struct st_growth growth;

    T_OK(st_plan_growth(&by_page, &known, 2 * UNIT + 1, &growth));
    T_TRUE(growth.extends && growth.adds);
    T_EQ(growth.tail.best, 2 * UNIT);
    T_EQ(growth.add.id, 3);
    T_EQ(growth.add.offset, 2 * UNIT);
    T_EQ(growth.add.extent, UNIT);

    known = state(0, 0, 0); /* a region without segments gets one, even for no bytes */
    T_OK(st_plan_growth(&by_page, &known, 0, &growth));
    T_TRUE(!growth.extends && growth.adds);
    T_EQ(growth.add.offset, 0);
    T_EQ(growth.add.extent, UNIT);
}

/* By blocks no less than by pages: what pages have committed already is not committed again. */
static void a_mark_between_page_and_block_is_enough(void)
{
    struct st_snapshot known = state(4, 3 * UNIT + 10, 3 * UNIT + 4 * PAGE);
    struct st_growth growth;

    T_OK(st_plan_growth(&by_block, &known, 3 * UNIT + 4 * PAGE, &growth));
    T_TRUE(!growth.extends);
    T_OK(st_plan_growth(&by_block, &known, 3 * UNIT + 4 * PAGE + 1, &growth));
    T_TRUE(growth.extends);
    T_EQ(growth.tail.best, 4 * UNIT);
}

static void reserve_and_capacity_end_growth(void)
{
    struct st_snapshot known = state(8, 8 * UNIT, 8 * UNIT);
    struct st_growth growth;

    T_GIVES(st_plan_growth(&by_page, &known, by_page.reserve + 1, &growth), STITCH_ERESERVE);
    T_GIVES(st_plan_growth(&by_page, &known, 8 * UNIT + 1, &growth), STITCH_ESEGMENTS);
    T_OK(st_plan_growth(&by_page, &known, 8 * UNIT, &growth));
    known = state(8, 7 * UNIT + 1, 7 * UNIT + PAGE); /* nothing is committed for a segment that cannot be listed */
    T_GIVES(st_plan_growth(&by_page, &known, 8 * UNIT + 1, &growth), STITCH_ESEGMENTS);
}

/* ----------------------------------------------------------------------------------------------------- zeroing --- */

/* Plans growing to `size` and returns how its bytes are zeroed; *to: up to where. */
static enum st_zeroing zeroing(const struct st_rules *rules, struct st_snapshot *known, uint64_t size, uint64_t *to)
{
    struct st_growth growth;

    T_OK(st_plan_growth(rules, known, size, &growth));
    *to = growth.zero_to;
    return growth.zeroing;
}

static void only_dirty_bytes_are_zeroed(void)
{
    struct st_snapshot known = state(1, 100, PAGE);
    struct st_rules lazy = by_page, keeps = by_page;
    uint64_t to;

    lazy.lazy = true;
    keeps.gives_back = false;
    known.record.dirty_end = 300;
    T_EQ(zeroing(&by_page, &known, 200, &to), ST_ZEROING_STORE);
    T_EQ(to, 200);
    T_EQ(zeroing(&by_page, &known, PAGE, &to), ST_ZEROING_STORE);
    T_EQ(to, 300);
    T_EQ(zeroing(&lazy, &known, PAGE, &to), ST_ZEROING_GIVE_BACK);
    T_EQ(to, 300);
    known.record.dirty_end = 2 * PAGE; /* past the mark committing empties, but only where memory can be given back */
    T_EQ(zeroing(&by_page, &known, 2 * PAGE, &to), ST_ZEROING_STORE);
    T_EQ(to, PAGE);
    T_EQ(zeroing(&keeps, &known, 2 * PAGE, &to), ST_ZEROING_STORE);
    T_EQ(to, 2 * PAGE);
    known.record.dirty_end = known.record.size;
    T_EQ(zeroing(&by_page, &known, PAGE, &to), ST_ZEROING_NONE);
}

/* Where memory cannot be given back, a region whose memory is all there from the beginning is made of whole objects. */
static void only_fixed_regions_that_keep_memory_are_born_whole(void)
{
    struct st_snapshot known = state(0, 0, 0);
    struct st_rules rules = by_page;
    struct st_growth growth;

    rules.fixed = true;
    T_OK(st_plan_growth(&rules, &known, UNIT, &growth));
    T_TRUE(growth.adds && !growth.born_whole);
    rules.gives_back = false;
    T_OK(st_plan_growth(&rules, &known, UNIT, &growth));
    T_TRUE(growth.born_whole);
    rules.fixed = false;
    T_OK(st_plan_growth(&rules, &known, UNIT, &growth));
    T_TRUE(!growth.born_whole);
    T_EQ(growth.added.best, UNIT);
}

/* ----------------------------------------------------------------------------------------------------- shrink --- */

static void a_cut_takes_bytes_or_ends_at_a_limit(void)
{
    const struct st_cut take = { 30, UINT64_MAX }, limit = { 0, 30 };
    uint64_t size;

    T_OK(st_plan_cut(100, &take, &size));
    T_EQ(size, 70);
    T_OK(st_plan_cut(30, &take, &size));
    T_EQ(size, 0);
    T_GIVES(st_plan_cut(29, &take, &size), STITCH_EINVAL);
    T_EQ(size, 0);
    T_OK(st_plan_cut(100, &limit, &size));
    T_EQ(size, 30);
    T_OK(st_plan_cut(20, &limit, &size));
    T_EQ(size, 20);
}

static void a_shrink_drops_whole_segments_and_lowers_the_mark(void)
{
    struct st_snapshot known = state(4, 4 * UNIT, 4 * UNIT);
    struct st_record next;

    st_plan_shrink(&by_page, &known, 2 * UNIT + 1, &next);
    T_EQ(next.size, 2 * UNIT + 1);
    T_EQ(next.count, 3);
    T_EQ(next.commit, 2 * UNIT + PAGE);
    T_EQ(next.dirty_end, 3 * UNIT);
    T_EQ(next.next_id, 5); /* ids are never used again */
    st_plan_shrink(&by_block, &known, 2 * UNIT + 1, &next);
    T_EQ(next.commit, 3 * UNIT); /* a huge page is not split */
    st_plan_shrink(&by_page, &known, 2 * UNIT, &next);
    T_EQ(next.count, 2);
    T_EQ(next.commit, 2 * UNIT);
    st_plan_shrink(&by_page, &known, 0, &next);
    T_EQ(next.count, 0);
    T_EQ(next.commit, 0);
    T_EQ(next.dirty_end, 0);
}

static void what_cannot_be_given_back_stays_committed(void)
{
    struct st_snapshot known = state(2, 2 * UNIT, UNIT + 8 * PAGE);
    struct st_rules keeps = by_page, fixed = by_page, one = by_page;
    struct st_record next;

    keeps.gives_back = false;
    fixed.fixed = true;
    one.one_segment = true;
    st_plan_shrink(&keeps, &known, UNIT + 1, &next);
    T_EQ(next.commit, UNIT + 8 * PAGE);
    st_plan_shrink(&fixed, &known, UNIT + 1, &next);
    T_EQ(next.commit, UNIT + 8 * PAGE);
    st_plan_shrink(&keeps, &known, 1, &next);
    T_EQ(next.commit, UNIT);
    known = state(1, UNIT, UNIT);
    st_plan_shrink(&one, &known, 0, &next); /* a single segment stays */
    T_EQ(next.count, 1);
    T_EQ(next.commit, 0);
}

static void a_repair_keeps_whole_segments(void)
{
    struct st_snapshot known = state(4, 4 * UNIT - 5, 4 * UNIT);
    struct st_record next;

    st_plan_repair(&known.record, 2, 2 * UNIT, &next);
    T_EQ(next.count, 2);
    T_EQ(next.size, 2 * UNIT);
    T_EQ(next.commit, 2 * UNIT);
    T_EQ(next.dirty_end, 2 * UNIT);
    T_EQ(next.next_id, 5);
}

static const struct CMUnitTest tests[] = {
    T_TEST(rounding),
    T_TEST(an_eighth_but_at_least_one_unit),
    T_TEST(what_the_request_needs_if_that_is_more),
    T_TEST(never_beyond_the_reserve),
    T_TEST(a_fixed_extent),
    T_TEST(few_segments),
    T_TEST(never_more_than_one_block_ahead),
    T_TEST(a_small_region_takes_single_pages),
    T_TEST(lazy_and_fixed_regions_are_marked_whole),
    T_TEST(growing_inside_commits_only),
    T_TEST(growing_past_the_extent_adds_a_segment),
    T_TEST(a_mark_between_page_and_block_is_enough),
    T_TEST(reserve_and_capacity_end_growth),
    T_TEST(only_dirty_bytes_are_zeroed),
    T_TEST(only_fixed_regions_that_keep_memory_are_born_whole),
    T_TEST(a_cut_takes_bytes_or_ends_at_a_limit),
    T_TEST(a_shrink_drops_whole_segments_and_lowers_the_mark),
    T_TEST(what_cannot_be_given_back_stays_committed),
    T_TEST(a_repair_keeps_whole_segments),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
