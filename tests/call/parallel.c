/* SPDX-License-Identifier: MIT */
/*
 * The caller's threads (stitch_set_parallel), and regions that are committed page by page: the effect of a grow is the
 * same in every case, no matter which thread did the work.
 */
#include "test.h"

#include "base/atomic.h"
#include "parallel.h"
#include "maps.h"

#include "os/os.h"

static st_word asked;

static void run_nothing(void *arg, void (*work)(void *job), void *job)
{
    (void)arg;
    (void)work;
    (void)job;
    st_store(&asked, st_load(&asked) + 1);
}

static stitch_region *create(const char *name, uint64_t flags)
{
    st_store(&asked, 0);
    t_parallel_reset();
    return t_create_shape((t_shape){ .name = name, .flags = flags, .reserve = T_MIB(256) });
}

/* Grows and shrinks, and leaves bytes that are not zero each time. */
static void grow_and_look(stitch_region *region)
{
    static const uint64_t sizes[] = { T_MIB(1), T_MIB(40) + 5, T_MIB(70) - 1, T_MIB(33), T_MIB(75), 0, T_MIB(64) };

    for (size_t i = 0; i < T_COUNT(sizes); i++) {
        uint64_t was = stitch_size(region);

        T_OK(stitch_resize(region, sizes[i]));
        if (sizes[i] > was) {
            t_all_bytes(region, was, sizes[i] - was, 0);
            memset(t_bytes(region) + was, 0xa5, (size_t)(sizes[i] - was));
        }
        (void)t_prove(region);
    }
}

/* Returns whether a large grow is committed by blocks here. */
static bool by_blocks(stitch_region *region)
{
    return t_info(region).page < STITCH_EXTENT_UNIT && !st_os_blocks_fail();
}

static void lent_threads_take_part(void)
{
    stitch_region *region = create(t_name(), 0);

    T_OK(stitch_set_parallel(region, &t_parallel));
    grow_and_look(region);
    if (by_blocks(region))
        T_TRUE(t_parallel_runs() >= 3);
    else
        T_EQ(t_parallel_runs(), 0);
    t_close(region);
}

static void a_lender_may_do_nothing(void)
{
    const struct stitch_parallel lender = { run_nothing, NULL };
    stitch_region *region = create(t_name(), 0);
    uint64_t so_far;

    T_OK(stitch_set_parallel(region, &lender));
    grow_and_look(region);
    so_far = st_load(&asked);
    T_TRUE(so_far > 0 || !by_blocks(region));
    T_OK(stitch_set_parallel(region, NULL));
    grow_and_look(region);
    T_EQ(st_load(&asked), so_far);
    t_close(region);
}

/* A small grow ends before another thread would have begun, so it uses none. */
static void nobody_is_asked_for_a_little(void)
{
    const struct stitch_parallel lender = { run_nothing, NULL };
    stitch_region *region = create(t_name(), 0);

    T_OK(stitch_set_parallel(region, &lender));
    for (uint64_t size = T_MIB(1); size <= T_MIB(24); size += T_MIB(1))
        T_OK(stitch_resize(region, size));
    T_EQ(st_load(&asked), 0);
    t_close(region);
}

static void small_pages_are_for_the_region(void)
{
    const struct stitch_parallel lender = { run_nothing, NULL };
    const char *name = t_name();
    stitch_region *region = create(name, STITCH_SMALL_PAGES), *other = t_open(name);
    uint64_t page = t_info(region).page;

    T_TRUE(t_info(other).flags & STITCH_SMALL_PAGES);
    T_OK(stitch_set_parallel(region, &lender));
    T_OK(stitch_set_parallel(other, &lender));
    for (uint64_t size = page; size < T_MIB(100); size = size * 3 + page) {
        T_OK(stitch_resize(size % 2 ? region : other, size));
        T_TRUE(stitch_sync(region) >= 0);
        T_EQ(t_info(region).committed, (size + page - 1) / page * page); /* no more than it needs */
    }
    grow_and_look(region);
    T_EQ(st_load(&asked), 0);
    t_close(other);
    t_close(region);
}

static void what_lend_refuses(void)
{
    const struct stitch_parallel lender = { run_nothing, NULL };
    const char *name = t_name();
    stitch_region *region = t_create(name), *reader = t_open_readonly(name);

    T_GIVES(stitch_set_parallel(NULL, &lender), STITCH_EINVAL);
    T_GIVES(stitch_set_parallel(reader, &lender), STITCH_EREADONLY);
    T_OK(stitch_set_parallel(region, &(struct stitch_parallel){ NULL, NULL })); /* the same as NULL */
    grow_and_look(region);
    t_close(reader);
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(lent_threads_take_part),         T_TEST(a_lender_may_do_nothing), T_TEST(nobody_is_asked_for_a_little),
    T_BOTH(small_pages_are_for_the_region), T_TEST(what_lend_refuses),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
