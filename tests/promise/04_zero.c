/* SPDX-License-Identifier: MIT */
/*
 * Promise 4: every grown byte reads as zero, no matter what was in that memory before and who has put it there.
 */
#include "test.h"
#include "maps.h"

/* Resizes the region, fails unless the added bytes are zero, and makes them dirty. */
static void resize_and_check(stitch_region *region, uint64_t size)
{
    uint64_t before;

    T_TRUE(stitch_sync(region) >= 0);
    before = stitch_size(region);
    T_OK(stitch_resize(region, size));
    if (size > before) {
        t_all_bytes(region, before, size - before, 0);
        memset(t_bytes(region) + before, 0xff, (size_t)(size - before));
    }
    if (size > 0)
        t_all_bytes(region, size > 100 ? size - 100 : 0, size > 100 ? 100 : size, 0xff);
}

static void promise_4_zero_after_shrink_and_grow_inside_one_extent(void)
{
    stitch_region *region = t_create(t_name());

    for (int round = 0; round < 20; round++) {
        resize_and_check(region, T_KIB(1500));
        resize_and_check(region, T_KIB(100));
    }
    T_EQ(t_prove(region), 1);
    t_close(region);
}

static void promise_4_zero_after_odd_sizes_inside_one_page(void)
{
    stitch_region *region = t_create(t_name());

    for (uint64_t size = 1; size < 4096; size += 37) {
        resize_and_check(region, size);
        resize_and_check(region, size / 2);
        resize_and_check(region, size / 2 + 1);
        resize_and_check(region, size);
        resize_and_check(region, 4097);
        resize_and_check(region, size);
    }
    t_close(region);
}

static void promise_4_zero_over_seams_and_after_whole_segments_left(void)
{
    stitch_region *region = t_create(t_name());

    for (uint64_t i = 1; i < 12; i++) {
        resize_and_check(region, i * STITCH_EXTENT_UNIT - 1);
        resize_and_check(region, i * STITCH_EXTENT_UNIT + 1);
        resize_and_check(region, i * STITCH_EXTENT_UNIT / 2 + 3);
        resize_and_check(region, i * STITCH_EXTENT_UNIT);
    }
    t_close(region);
}

static void promise_4_zero_after_random_steps(void)
{
    t_random random = t_random_start();
    stitch_region *region = t_create(t_name());

    for (uint64_t round = 0; round < t_rounds(1500); round++) {
        static const uint64_t limits[] = { 300, 9000, T_MIB(1), T_MIB(8) };

        resize_and_check(region, t_random_below(&random, limits[t_random_below(&random, T_COUNT(limits))]));
    }
    t_close(region);
}

/* A region is created with a size and grows right after that. */
static void promise_4_zero_at_creation(void)
{
    for (int round = 0; round < 3; round++) {
        struct stitch_options options = t_options();
        stitch_region *region;

        options.size = T_MIB(3) + 77;
        region = t_create_with(t_name(), &options);
        T_EQ(stitch_size(region), options.size);
        t_all_bytes(region, 0, options.size, 0);
        memset(t_bytes(region), 0xff, (size_t)options.size);
        resize_and_check(region, T_MIB(7));
        t_close(region);
    }
}

/* Opens, and at each word dirties all that it has mapped, without ever looking at the directory again. */
T_HELPER(dirtier)
{
    stitch_region *region = t_open(t_argument(0));
    uint64_t size = stitch_size(region);

    t_tell(t_parent(), "open");
    while (strcmp(t_hear(t_parent()), "dirty") == 0) {
        memset(t_bytes(region), 0xee, (size_t)size);
        t_tell(t_parent(), "dirty");
    }
    T_EQ(stitch_size(region), size);
    t_close(region);
}

static void promise_4_zero_after_a_follower_dirtied_given_back_bytes(void)
{
    const char *name = t_name();
    stitch_region *region = t_create(name);
    t_process *dirtier;

    T_OK(stitch_resize(region, T_MIB(5)));
    dirtier = t_start("dirtier", "%s", name);
    t_expect(dirtier, "open");
    for (uint64_t size = T_MIB(5) - 100; size > 4000; size = size / 2 + 7) {
        T_OK(stitch_resize(region, size));
        t_tell(dirtier, "dirty");
        t_expect(dirtier, "dirty");
        T_OK(stitch_resize(region, T_MIB(5)));
        t_all_bytes(region, size, T_MIB(5) - size, 0);
    }
    t_tell(dirtier, "end");
    t_finish(dirtier);
    t_close(region);
}

/*
 * It stores after a shrink and a grow that it does not know of. Bytes grown before may show it, later bytes must not.
 */
static void promise_4_zero_after_late_stores(void)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *region = t_create(name);
    t_process *dirtier;

    T_OK(stitch_resize(region, T_MIB(5)));
    dirtier = t_start("dirtier", "%s", name);
    t_expect(dirtier, "open");
    for (uint64_t round = 0; round < t_rounds(100); round++) {
        uint64_t size;

        T_OK(stitch_resize(region, t_random_below(&random, T_MIB(4))));
        for (uint64_t step = 1 + t_random_below(&random, 3); step > 0; step--)
            T_OK(stitch_grow(region, t_random_below(&random, 9000), NULL));
        size = stitch_size(region);
        t_tell(dirtier, "dirty");
        t_expect(dirtier, "dirty");
        T_OK(stitch_grow(region, T_MIB(1), NULL));
        t_all_bytes(region, size, T_MIB(1), 0);
    }
    t_tell(dirtier, "end");
    t_finish(dirtier);
    t_close(region);
}

/* As above, but another writer grows, and it was not attached when the bytes were dirtied. */
static void promise_4_zero_for_the_next_writer(void)
{
    const char *name = t_name();
    stitch_region *one = t_create(name), *two = t_open(name);

    for (uint64_t i = 1; i < 40; i++) {
        resize_and_check(i % 2 ? one : two, i * 61000);
        resize_and_check(i % 2 ? two : one, i * 40000);
    }
    t_close(two);
    t_close(one);
}

/* Grows, dirties and shrinks; is killed with bytes of its own beyond the size. */
T_HELPER(dying_writer)
{
    stitch_region *region = t_open(t_argument(0));
    uint64_t size = stitch_size(region), bytes = t_argument_number(1);

    T_OK(stitch_grow(region, bytes, NULL));
    memset(t_bytes(region) + size, 0xdd, (size_t)bytes);
    T_OK(stitch_shrink(region, bytes / 3 * 2));
    memset(t_bytes(region) + size, 0xdd, (size_t)(bytes / 3));
    t_tell(t_parent(), "kill me");
    (void)t_hear_or_end(t_parent());
}

static void promise_4_zero_after_a_dead_writer(void)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *region = t_create(name);

    for (uint64_t round = 0; round < t_rounds(30); round++) {
        uint64_t bytes = 3 + t_random_below(&random, T_MIB(4)), size;
        t_process *writer = t_start("dying_writer", "%s %" PRIu64, name, bytes);

        t_expect(writer, "kill me");
        t_kill(writer);
        t_sync(region);
        size = stitch_size(region);
        T_OK(stitch_grow(region, bytes, NULL));
        t_all_bytes(region, size, bytes, 0);
        memset(t_bytes(region) + size, 0xcc, (size_t)bytes);
        T_OK(stitch_resize(region, t_random_below(&random, 5000)));
    }
    t_close(region);
}

static void promise_4_zero_in_lazy_regions(void)
{
    t_random random = t_random_start();
    stitch_region *region;

    region = t_create_shape((t_shape){ .flags = STITCH_LAZY });
    for (uint64_t round = 0; round < t_rounds(300); round++)
        resize_and_check(region, t_random_below(&random, T_MIB(6)));
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(promise_4_zero_after_shrink_and_grow_inside_one_extent),
    T_BOTH(promise_4_zero_after_odd_sizes_inside_one_page),
    T_BOTH(promise_4_zero_over_seams_and_after_whole_segments_left),
    T_BOTH(promise_4_zero_after_random_steps),
    T_BOTH(promise_4_zero_at_creation),
    T_BOTH(promise_4_zero_after_a_follower_dirtied_given_back_bytes),
    T_BOTH(promise_4_zero_after_late_stores),
    T_BOTH(promise_4_zero_for_the_next_writer),
    T_BOTH(promise_4_zero_after_a_dead_writer),
    T_BOTH(promise_4_zero_in_lazy_regions),
};

static const t_helper helpers[] = {
    T_ENTRY(dirtier),
    T_ENTRY(dying_writer),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
