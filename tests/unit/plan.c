/* SPDX-License-Identifier: MIT */
/*
 * The sizing rule (shared/plan.h): pure functions.
 */
#include "test.h"

#include "shared/plan.h"

#define UNIT STITCH_EXTENT_UNIT

static void rounding(void)
{
    T_EQ(st_align_up(0, UNIT), 0);
    T_EQ(st_align_up(1, UNIT), UNIT);
    T_EQ(st_align_up(UNIT, UNIT), UNIT);
    T_EQ(st_align_up(UNIT + 1, UNIT), 2 * UNIT);
    T_EQ(st_align_up(4095, 4096), 4096);
    T_EQ(st_align_up(UINT64_MAX - UNIT + 1, UNIT), UINT64_MAX - UNIT + 1);
}

static void an_eighth_but_at_least_one_unit(void)
{
    const uint64_t reserve = STITCH_RESERVE_MAX;

    T_EQ(st_plan_extent(0, 1, reserve, 0), UNIT);
    T_EQ(st_plan_extent(T_MIB(16), 1, reserve, 0), UNIT);
    T_EQ(st_plan_extent(T_MIB(18), 1, reserve, 0), 2 * UNIT);
    T_EQ(st_plan_extent(T_MIB(32), 1, reserve, 0), 2 * UNIT);
    T_EQ(st_plan_extent(T_GIB(1), 1, reserve, 0), T_MIB(128));
    T_EQ(st_plan_extent(T_GIB(8), 1, reserve, 0), T_GIB(1));
}

static void what_the_request_needs_if_that_is_more(void)
{
    const uint64_t reserve = T_GIB(4);

    T_EQ(st_plan_extent(0, UNIT, reserve, 0), UNIT);
    T_EQ(st_plan_extent(0, UNIT + 1, reserve, 0), 2 * UNIT);
    T_EQ(st_plan_extent(0, reserve, reserve, 0), reserve);
    T_EQ(st_plan_extent(T_MIB(64), T_MIB(100), reserve, 0), T_MIB(100));
}

static void never_beyond_the_reserve(void)
{
    T_EQ(st_plan_extent(T_MIB(62), 1, T_MIB(64), 0), UNIT);
    T_EQ(st_plan_extent(T_GIB(1), 1, T_GIB(1) + UNIT, 0), UNIT);
    T_EQ(st_plan_extent(T_GIB(1), UNIT, T_GIB(1) + UNIT, 0), UNIT);
    T_EQ(st_plan_extent(T_MIB(4), 1, T_MIB(6), T_MIB(32)), UNIT);
}

static void a_fixed_extent(void)
{
    T_EQ(st_plan_extent(0, 1, T_GIB(1), T_MIB(6)), T_MIB(6));
    T_EQ(st_plan_extent(T_MIB(600), 1, T_GIB(1), T_MIB(6)), T_MIB(6));
    T_EQ(st_plan_extent(T_MIB(6), T_MIB(7), T_GIB(1), T_MIB(6)), T_MIB(8));
    T_EQ(st_plan_extent(0, 1, T_GIB(1), T_GIB(1)), T_GIB(1)); /* single */
}

/* The design promises 41 segments up to 1 GiB, 76 up to 64 GiB and 99 up to 1 TiB. */
static void few_segments(void)
{
    static const struct {
        uint64_t size, segments;
    } promised[] = { { T_GIB(1), 41 }, { T_GIB(64), 76 }, { T_GIB(1024), 99 } };

    for (size_t i = 0; i < T_COUNT(promised); i++) {
        uint64_t end = 0, count = 0;

        for (; end < promised[i].size; count++) {
            uint64_t extent = st_plan_extent(end, T_KIB(64), STITCH_RESERVE_MAX, 0);

            T_EQ(extent % UNIT, 0);
            end += extent;
        }
        T_TRUE(count <= promised[i].segments);
    }
}

static const struct CMUnitTest tests[] = {
    T_TEST(rounding),
    T_TEST(an_eighth_but_at_least_one_unit),
    T_TEST(what_the_request_needs_if_that_is_more),
    T_TEST(never_beyond_the_reserve),
    T_TEST(a_fixed_extent),
    T_TEST(few_segments),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
