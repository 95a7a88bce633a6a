/* SPDX-License-Identifier: MIT */
/*
 * Sizes of every kind: 0, odd, byte by byte, the whole reserve, one too many; and how many segments they make.
 */
#include "test.h"
#include "maps.h"
#include "state.h"

static t_state before;

static void size_0_is_a_region(void)
{
    const char *name = t_name();
    stitch_region *region = t_create(name), *other;
    uint64_t offset = 1;

    T_EQ(stitch_size(region), 0);
    T_TRUE(stitch_base(region) != NULL);
    (void)t_prove(region);
    T_OK(stitch_grow(region, 0, &offset));
    T_EQ(offset, 0);
    T_OK(stitch_shrink(region, 0));
    T_OK(stitch_resize(region, 0));
    T_OK(stitch_append(region, NULL, 0, &offset));
    T_EQ(offset, 0);
    T_OK(stitch_discard(region, 0, 0));
    T_EQ(stitch_sync(region), 0);
    other = t_open(name);
    T_EQ(stitch_size(other), 0);
    (void)t_prove(other);
    T_OK(stitch_grow(other, 1, NULL));
    T_OK(stitch_resize(other, 0));
    T_TRUE(stitch_sync(region) >= 0);
    T_EQ(stitch_size(region), 0);
    (void)t_prove(region);
    t_close(other);
    t_close(region);
}

static void odd_sizes_add_up(void)
{
    t_random random = t_random_start();
    stitch_region *region = t_create(t_name());
    uint64_t size = 0, offset;

    for (uint64_t round = 0; round < t_rounds(2000); round++) {
        uint64_t bytes = t_random_below(&random, 20011);

        T_OK(stitch_grow(region, bytes, &offset));
        T_EQ(offset, size);
        size += bytes;
        T_EQ(stitch_size(region), size);
        if (bytes > 0) {
            t_bytes(region)[offset] = 0xb1;
            t_bytes(region)[size - 1] = 0xb2;
        }
    }
    (void)t_prove(region);
    for (uint64_t round = 0; size > 0; round++) {
        uint64_t bytes = t_random_below(&random, 30011);

        bytes = bytes < size ? bytes : size;
        T_OK(stitch_shrink(region, bytes));
        size -= bytes;
        T_EQ(stitch_size(region), size);
    }
    (void)t_prove(region);
    t_close(region);
}

static void grow_by_one_byte_a_million_times(void)
{
    stitch_region *region = t_create(t_name());
    uint64_t rounds = t_rounds(1000000), offset;
    uint64_t generation = stitch_generation(region);

    for (uint64_t i = 0; i < rounds; i++) {
        if (stitch_grow(region, 1, &offset) != 0 || offset != i)
            T_FAIL("the grow of byte %" PRIu64 " went wrong", i);
        t_bytes(region)[i] = (unsigned char)(i * 7);
    }
    T_EQ(stitch_size(region), rounds);
    T_EQ(stitch_generation(region), generation + rounds);
    for (uint64_t i = 0; i < rounds; i++)
        if (t_bytes(region)[i] != (unsigned char)(i * 7))
            T_FAIL("byte %" PRIu64 " is wrong", i);
    T_EQ(t_prove(region), 1);
    for (uint64_t i = 0; i < rounds / 10; i++)
        if (stitch_shrink(region, 1) != 0)
            T_FAIL("the shrink of byte %" PRIu64 " went wrong", i);
    T_EQ(stitch_size(region), rounds - rounds / 10);
    t_close(region);
}

static void promise_7_reserve_full_is_ereserve_and_changes_nothing(void)
{
    stitch_region *region;
    uint64_t offset = 77;

    region = t_create_shape((t_shape){ .reserve = T_MIB(10) });
    T_EQ(stitch_reserve(region), T_MIB(10));
    T_OK(stitch_grow(region, T_MIB(7), NULL));
    t_state_take(&before, region);
    T_GIVES(stitch_grow(region, T_MIB(3) + 1, &offset), STITCH_ERESERVE);
    T_GIVES(stitch_resize(region, T_MIB(10) + 1), STITCH_ERESERVE);
    T_GIVES(stitch_append(region, t_bytes(region), T_MIB(4), &offset), STITCH_ERESERVE);
    T_EQ(offset, 77);
    T_UNCHANGED(&before, region);
    T_OK(stitch_grow(region, T_MIB(3) - 1, NULL));
    T_OK(stitch_grow(region, 1, &offset));
    T_EQ(offset, T_MIB(10) - 1);
    T_EQ(stitch_size(region), T_MIB(10));
    t_bytes(region)[T_MIB(10) - 1] = 1;
    (void)t_prove(region);
    t_state_take(&before, region);
    T_GIVES(stitch_grow(region, 1, NULL), STITCH_ERESERVE);
    T_GIVES(stitch_grow(region, UINT64_MAX - T_MIB(10), NULL), STITCH_ERESERVE);
    T_GIVES(stitch_grow(region, UINT64_MAX - T_MIB(10) + 1, NULL), STITCH_EINVAL); /* 2^64 in all */
    T_GIVES(stitch_grow(region, UINT64_MAX, NULL), STITCH_EINVAL);
    T_GIVES(stitch_resize(region, UINT64_MAX), STITCH_ERESERVE);
    T_UNCHANGED(&before, region);
    T_OK(stitch_shrink(region, T_MIB(10)));
    T_OK(stitch_grow(region, T_MIB(10), NULL));
    (void)t_prove(region);
    t_close(region);
}

static void reserve_is_rounded_up(void)
{
    stitch_region *region;

    region = t_create_shape((t_shape){ .reserve = T_MIB(4) + 1, .size = T_MIB(5) });
    T_EQ(stitch_reserve(region), T_MIB(6));
    T_OK(stitch_grow(region, T_MIB(1), NULL));
    T_GIVES(stitch_grow(region, 1, NULL), STITCH_ERESERVE);
    (void)t_prove(region);
    t_close(region);
}

static void default_reserve_is_32_gib(void)
{
    struct stitch_options options = t_options();
    stitch_region *region;

    options.reserve = 0;
    region = t_create_with(t_name(), &options);
    T_EQ(stitch_reserve(region), STITCH_RESERVE_DEFAULT);
    T_EQ(stitch_reserve(region), T_GIB(32));
    t_close(region);
}

static void promise_7_directory_full_is_esegments_and_changes_nothing(void)
{
    struct stitch_options options = t_options();
    stitch_region *region;

    options.segments = 3;
    options.extent = STITCH_EXTENT_UNIT;
    region = t_create_with(t_name(), &options);
    T_EQ(t_info(region).capacity, 3);
    for (int round = 0; round < 5; round++) {
        while (stitch_size(region) + T_MIB(1) < T_MIB(6))
            T_OK(stitch_grow(region, T_MIB(1), NULL));
        T_OK(stitch_resize(region, T_MIB(5)));
        t_state_take(&before, region);
        T_GIVES(stitch_grow(region, T_MIB(1) + 1, NULL), STITCH_ESEGMENTS);
        T_UNCHANGED(&before, region);
        T_OK(stitch_grow(region, T_MIB(1), NULL));
        T_GIVES(stitch_grow(region, 1, NULL), STITCH_ESEGMENTS);
        T_EQ(t_prove(region), 3);
        T_OK(stitch_resize(region, (uint64_t)round * 100000)); /* the ring of entries wraps around */
    }
    t_close(region);
}

static void one_entry_is_enough_for_one_segment(void)
{
    struct stitch_options options = t_options();
    stitch_region *region;

    options.segments = 1;
    region = t_create_with(t_name(), &options);
    for (int round = 0; round < 3; round++) {
        T_OK(stitch_resize(region, T_MIB(2)));
        T_GIVES(stitch_grow(region, 1, NULL), STITCH_ESEGMENTS);
        T_OK(stitch_resize(region, 0));
        T_OK(stitch_resize(region, T_MIB(9))); /* a larger request makes a larger segment */
        T_TRUE(t_prove(region) == 1);
        T_OK(stitch_resize(region, 0));
    }
    t_close(region);
}

static void extents_follow_the_rule(void)
{
    stitch_region *region = t_create(t_name());
    uint64_t index = 0, end = 0;

    while (stitch_size(region) < T_MIB(80))
        T_OK(stitch_grow(region, T_KIB(512), NULL));
    for (struct stitch_segment segment; stitch_segment(region, index, &segment) == 0; index++) {
        uint64_t eighth = (end / 8 + STITCH_EXTENT_UNIT - 1) / STITCH_EXTENT_UNIT * STITCH_EXTENT_UNIT;

        T_EQ(segment.offset, end);
        T_EQ(segment.extent, eighth > STITCH_EXTENT_UNIT ? eighth : STITCH_EXTENT_UNIT);
        end += segment.extent;
    }
    T_EQ(t_prove(region), index);
    t_close(region);
}

static void a_fixed_extent_is_kept(void)
{
    struct stitch_options options = t_options();
    stitch_region *region;
    struct stitch_segment segment;

    options.extent = T_MIB(3); /* rounded up to 4 MiB */
    region = t_create_with(t_name(), &options);
    T_EQ(t_info(region).extent, T_MIB(4));
    while (stitch_size(region) < T_MIB(15))
        T_OK(stitch_grow(region, T_MIB(1), NULL));
    T_EQ(t_prove(region), 4);
    for (uint64_t i = 0; i < 4; i++) {
        T_OK(stitch_segment(region, i, &segment));
        T_EQ(segment.extent, T_MIB(4));
    }
    T_OK(stitch_grow(region, T_MIB(11), NULL)); /* 1 MiB fits, 10 MiB is more than an extent */
    T_OK(stitch_segment(region, 4, &segment));
    T_EQ(segment.extent, T_MIB(10));
    T_EQ(t_prove(region), 5);
    t_close(region);
}

static void an_extent_larger_than_the_reserve_is_the_reserve(void)
{
    stitch_region *region;
    struct stitch_segment segment;

    region = t_create_shape((t_shape){ .extent = T_MIB(6) + 1, .reserve = T_MIB(6) });
    T_EQ(t_info(region).extent, T_MIB(6));
    T_OK(stitch_grow(region, 1, NULL));
    T_OK(stitch_segment(region, 0, &segment));
    T_EQ(segment.extent, T_MIB(6));
    T_EQ(t_prove(region), 1);
    t_close(region);
}

static void ids_are_never_used_twice(void)
{
    stitch_region *region;
    struct stitch_segment segment;
    uint64_t last = 0;

    region = t_create_shape((t_shape){ .extent = STITCH_EXTENT_UNIT });
    for (int round = 0; round < 50; round++) {
        T_OK(stitch_resize(region, T_MIB(2)));
        T_OK(stitch_resize(region, T_MIB(3)));
        T_OK(stitch_segment(region, 1, &segment));
        T_TRUE(round == 0 || segment.id > last);
        last = segment.id;
    }
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(size_0_is_a_region),
    T_BOTH(odd_sizes_add_up),
    T_BOTH(grow_by_one_byte_a_million_times),
    T_BOTH(promise_7_reserve_full_is_ereserve_and_changes_nothing),
    T_BOTH(reserve_is_rounded_up),
    T_BOTH(default_reserve_is_32_gib),
    T_STITCHED(promise_7_directory_full_is_esegments_and_changes_nothing),
    T_STITCHED(one_entry_is_enough_for_one_segment),
    T_STITCHED(extents_follow_the_rule),
    T_STITCHED(a_fixed_extent_is_kept),
    T_STITCHED(an_extent_larger_than_the_reserve_is_the_reserve),
    T_STITCHED(ids_are_never_used_twice),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
