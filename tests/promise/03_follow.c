/* SPDX-License-Identifier: MIT */
/*
 * Promise 3 and the reader's side: no shrink or grow of others touches what this process has mapped; a sync maps what
 * was published.
 */
#include "test.h"
#include "maps.h"
#include "model.h"

enum { OLD = 1, NEW = 2 }; /* stamps of words written before the reader came, and afterwards */

static void fill(stitch_region *region, uint64_t from, uint64_t to, uint64_t stamp)
{
    for (uint64_t at = from, part; at < to; at += part) {
        part = to - at < 4096 ? to - at : 4096;
        t_model_fill(t_bytes(region) + at, at, part, stamp);
    }
}

/* Writes one word in every 64 bytes, each in a single store, so that a reader meets no half of one. */
static void fill_words(stitch_region *region, uint64_t from, uint64_t to, uint64_t stamp)
{
    volatile uint64_t *words = stitch_base(region);

    for (uint64_t at = from; at + 8 <= to; at += 64)
        words[at / 8] = t_model_word(at, stamp);
}

static void check(const stitch_region *region, uint64_t from, uint64_t to, uint64_t stamp)
{
    const unsigned char *base = stitch_base(region);

    for (uint64_t at = from, part; at < to; at += part) {
        unsigned char wanted[4096];

        part = to - at < 4096 ? to - at : 4096;
        t_model_fill(wanted, at, part, stamp);
        if (memcmp(base + at, wanted, (size_t)part) != 0)
            T_FAIL("the bytes from offset %" PRIu64 " on are not those that were written", at);
    }
}

/* Each aligned word must be zero or have the stamp: both are right while a writer gives bytes back and grows. */
static void check_zero_or(const stitch_region *region, uint64_t from, uint64_t to, uint64_t stamp)
{
    const volatile uint64_t *words = stitch_base(region);

    for (uint64_t at = from; at < to; at += 8) {
        uint64_t word = words[at / 8];

        if (word != 0 && word != t_model_word(at, stamp))
            T_FAIL("the word at offset %" PRIu64 " is neither zero nor right", at);
    }
}

static stitch_region *create_with_extent(const char *name, uint64_t size, uint64_t flags)
{
    stitch_region *region =
        t_create_shape((t_shape){ .name = name, .flags = flags, .extent = STITCH_EXTENT_UNIT, .reserve = T_MIB(64) });

    while (stitch_size(region) < size)
        T_OK(stitch_grow(region, T_MIB(1), NULL));
    return region;
}

/*
 * Maps 12 MiB and never syncs. The writer leaves [0, 5 MiB) alone and drops the segments after 6 MiB. In a stitched
 * region these segments keep their bytes; [5 MiB, end of the extent that stays) reads zero, or what was written there
 * after the next grow.
 */
T_HELPER(stubborn_reader)
{
    stitch_region *region = t_open_readonly(t_argument(0));
    uint64_t stays = t_argument_number(1), end = T_MIB(12), looks = 0;

    check(region, 0, end, OLD);
    t_tell(t_parent(), "mapped");
    t_expect(t_parent(), "shrunk");
    check(region, 0, T_MIB(5), OLD);
    t_all_bytes(region, T_MIB(5), stays - T_MIB(5), 0);
    check(region, stays, end, OLD);
    t_tell(t_parent(), "seen");
    while (!t_heard(t_parent())) {
        check(region, 0, T_MIB(5), OLD);
        check_zero_or(region, T_MIB(5), stays, NEW);
        check(region, stays, end, OLD);
        looks++;
        t_sleep_us(500);
    }
    t_expect(t_parent(), "shrunk for good");
    check(region, 0, T_MIB(5), OLD);
    t_all_bytes(region, T_MIB(5), stays - T_MIB(5), 0);
    check(region, stays, end, OLD);
    T_EQ(stitch_size(region), end);
    t_tell(t_parent(), "looked %" PRIu64, looks);

    /* Now it syncs. */
    t_expect(t_parent(), "sync");
    T_EQ(stitch_sync(region), 1);
    T_EQ(stitch_size(region), T_MIB(5));
    check(region, 0, T_MIB(5), OLD);
    (void)t_prove_readonly(region);
    t_close(region);
}

static void promise_3_reader_that_never_syncs_through_a_thousand_shrinks(void)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *region = create_with_extent(name, T_MIB(12), STITCH_SMALL_PAGES); /* shrink gives back pages */
    uint64_t single = t_info(region).backend == STITCH_BACKEND_SINGLE, looks;
    t_process *reader;

    if (!t_has(T_GIVING_BACK)) {
        t_close(region);
        t_needs(T_GIVING_BACK);
    }
    fill(region, 0, T_MIB(12), OLD);
    reader = t_start("stubborn_reader", "%s %" PRIu64, name, single ? T_MIB(12) : T_MIB(6));
    t_expect(reader, "mapped");
    T_OK(stitch_resize(region, T_MIB(5)));
    t_tell(reader, "shrunk");
    t_expect(reader, "seen");
    for (uint64_t round = 0; round < t_rounds(1000); round++) {
        uint64_t size = T_MIB(5) + t_random_below(&random, T_MIB(5));

        T_OK(stitch_resize(region, size));
        fill_words(region, T_MIB(5), size < T_MIB(6) ? size : T_MIB(6), NEW);
        T_OK(stitch_resize(region, T_MIB(5)));
    }
    t_tell(reader, "shrunk for good");
    t_scan(reader, 1, "looked %" SCNu64, &looks);
    (void)printf("the reader looked %" PRIu64 " times\n", looks);
    t_tell(reader, "sync");
    t_finish(reader);
    t_close(region);
}

/* Reads the last bytes that it knows of, again and again, while these come and go. */
T_HELPER(edge_reader)
{
    stitch_region *region = t_open_readonly(t_argument(0));
    volatile const unsigned char *base = stitch_base(region);
    uint64_t reads = 0, sum = 0;
    bool syncs = t_argument_number(1) != 0;

    t_tell(t_parent(), "mapped");
    while (reads % 64 != 0 || !t_heard(t_parent())) {
        uint64_t size;

        if (syncs)
            T_TRUE(stitch_sync(region) >= 0);
        size = stitch_size(region);
        for (uint64_t back = 1; back < 20000 && back <= size; back += 1021)
            sum += base[size - back];
        reads++;
    }
    t_tell(t_parent(), "read %" PRIu64 " sum %" PRIu64, reads, sum);
    t_close(region);
}

static void promise_3_no_signal_at_the_edge(void)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *region = create_with_extent(name, T_MIB(4), 0);
    t_process *one = t_start("edge_reader", "%s 1", name), *two = t_start("edge_reader", "%s 0", name);
    uint64_t reads, sum;

    t_expect(one, "mapped");
    t_expect(two, "mapped");
    for (uint64_t round = 0; round < t_rounds(10000); round++) {
        T_OK(stitch_resize(region, T_MIB(4) - 1 - t_random_below(&random, T_KIB(20))));
        T_OK(stitch_resize(region, T_MIB(4) + t_random_below(&random, 2) * t_random_below(&random, T_KIB(8))));
    }
    t_tell(one, "end");
    t_tell(two, "end");
    t_scan(one, 2, "read %" SCNu64 " sum %" SCNu64, &reads, &sum);
    t_scan(two, 2, "read %" SCNu64 " sum %" SCNu64, &reads, &sum);
    t_finish(one);
    t_finish(two);
    t_close(region);
}

/* Two handles in one process are two followers; this is the fastest way to look at sync itself. */
static void sync_says_whether_something_changed(void)
{
    const char *name = t_name();
    stitch_region *writer = t_create(name), *reader = t_open_readonly(name);
    uint64_t generation = stitch_generation(reader);

    T_EQ(stitch_generation(writer), generation);
    T_EQ(stitch_sync(reader), 0);
    T_EQ(stitch_sync(writer), 0);
    T_OK(stitch_grow(writer, 100, NULL));
    T_EQ(stitch_size(writer), 100);
    T_EQ(stitch_generation(writer), generation + 1);
    T_EQ(stitch_size(reader), 0);
    T_EQ(stitch_generation(reader), generation);
    T_EQ(stitch_sync(writer), 0);
    T_EQ(stitch_sync(reader), 1);
    T_EQ(stitch_sync(reader), 0);
    T_EQ(stitch_size(reader), 100);
    T_EQ(stitch_generation(reader), generation + 1);
    T_OK(stitch_shrink(writer, 100));
    T_EQ(stitch_sync(reader), 1);
    T_EQ(stitch_size(reader), 0);
    T_EQ(stitch_generation(reader), stitch_generation(writer));
    t_close(reader);
    t_close(writer);
}

static void follower_takes_over_segments_that_were_replaced(void)
{
    const char *name = t_name();
    stitch_region *writer = create_with_extent(name, T_MIB(8), 0), *reader = t_open_readonly(name);

    fill(writer, 0, T_MIB(8), OLD);
    check(reader, 0, T_MIB(8), OLD);
    T_OK(stitch_resize(writer, T_MIB(1)));
    T_OK(stitch_resize(writer, T_MIB(8)));
    fill(writer, T_MIB(1), T_MIB(8), NEW);
    if (t_info(writer).backend == STITCH_BACKEND_STITCHED)
        check(reader, T_MIB(2), T_MIB(8), OLD); /* still the old segments at the same offsets */
    T_EQ(stitch_sync(reader), 1);
    check(reader, 0, T_MIB(1), OLD);
    check(reader, T_MIB(1), T_MIB(8), NEW);
    (void)t_prove_readonly(reader);
    t_close(reader);
    t_close(writer);
}

static void follower_catches_up_over_many_generations(void)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *writer = create_with_extent(name, 0, 0), *reader = t_open_readonly(name);

    for (uint64_t round = 0; round < t_rounds(40); round++) {
        uint64_t steps = 1 + t_random_below(&random, 30), size;

        for (uint64_t step = 0; step < steps; step++)
            T_OK(stitch_resize(writer, t_random_below(&random, T_MIB(8))));
        size = stitch_size(writer);
        fill(writer, 0, size, round + 3);
        T_TRUE(stitch_sync(reader) >= 0);
        T_EQ(stitch_size(reader), size);
        T_EQ(stitch_generation(reader), stitch_generation(writer));
        check(reader, 0, size, round + 3);
        (void)t_prove_readonly(reader);
        (void)t_prove(writer);
    }
    t_close(reader);
    t_close(writer);
}

/* A writing call of a handle that lags syncs first. */
static void writing_calls_catch_up(void)
{
    const char *name = t_name();
    stitch_region *one = create_with_extent(name, T_MIB(3), 0), *two = t_open(name);
    uint64_t offset;

    T_OK(stitch_grow(one, T_MIB(4), NULL));
    T_EQ(stitch_size(two), T_MIB(3));
    T_OK(stitch_grow(two, 10, &offset));
    T_EQ(offset, T_MIB(7));
    T_EQ(stitch_size(two), T_MIB(7) + 10);
    T_OK(stitch_shrink(one, 10));
    T_EQ(stitch_size(one), T_MIB(7));
    T_OK(stitch_grow(two, 0, &offset)); /* 0 bytes: it only syncs */
    T_EQ(offset, T_MIB(7));
    T_EQ(stitch_size(two), T_MIB(7));
    T_OK(stitch_resize(one, 5));
    T_GIVES(stitch_shrink(two, 6), STITCH_EINVAL); /* more than the region has now */
    T_OK(stitch_append(two, "abc", 3, &offset));
    T_EQ(offset, 5);
    T_EQ(stitch_size(two), 8);
    (void)t_prove(two);
    T_EQ(stitch_sync(one), 1);
    T_EQ(stitch_size(one), 8);
    (void)t_prove(one);
    t_close(two);
    t_close(one);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(promise_3_reader_that_never_syncs_through_a_thousand_shrinks),
    T_BOTH(promise_3_no_signal_at_the_edge),
    T_BOTH(sync_says_whether_something_changed),
    T_BOTH(follower_takes_over_segments_that_were_replaced),
    T_BOTH(follower_catches_up_over_many_generations),
    T_BOTH(writing_calls_catch_up),
};

static const t_helper helpers[] = {
    T_ENTRY(stubborn_reader),
    T_ENTRY(edge_reader),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
