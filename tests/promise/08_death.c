/* SPDX-License-Identifier: MIT */
/*
 * Promise 8: processes are killed at any moment; the others go on, the next writer recovers, and nothing is left.
 *
 * The moments are random here (a seed repeats the choice, not the moment). fault/each_step_killed.c kills at each step.
 */
#include "test.h"
#include "maps.h"

enum { FLOOR = 1 << 20, MOST = 12 << 20 };

/* Words that tell their offset: above the floor everybody finds zero or this. All sizes are whole words. */
static uint64_t word_for(uint64_t offset)
{
    return (offset + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

static void fill(stitch_region *region, uint64_t from, uint64_t to)
{
    volatile uint64_t *words = stitch_base(region);

    for (uint64_t at = (from + 7) & ~UINT64_C(7); at + 8 <= to; at += 8)
        words[at / 8] = word_for(at);
}

/* Fails unless [0, FLOOR) is as it was and the rest has zeroes or words that belong there. */
static void check(const stitch_region *region)
{
    const volatile uint64_t *words = stitch_base(region);
    uint64_t size = stitch_size(region);

    T_TRUE(size >= FLOOR && size <= MOST + T_MIB(16));
    for (uint64_t at = 0; at + 8 <= size; at += 8) {
        uint64_t word = words[at / 8];

        if (word != word_for(at) && (at < FLOOR || word != 0))
            T_FAIL("the word at offset %" PRIu64 " is wrong", at);
    }
}

static stitch_region *create(const char *name)
{
    stitch_region *region;

    region = t_create_shape((t_shape){ .name = name, .reserve = T_MIB(64), .size = FLOOR });
    fill(region, 0, FLOOR);
    return region;
}

/*
 * Takes steps until it is killed. "calm" ones stay inside one extent, which takes other paths. Where there are several,
 * one may store into bytes that another has given back already: such a store is lost, or found again, but never in
 * bytes that are grown later.
 */
T_HELPER(stepper)
{
    stitch_region *region = t_open(t_argument(0));
    t_random random = t_random_from(t_argument_number(1));
    uint64_t most = t_argument_number(2) ? T_MIB(2) : MOST, offset;
    unsigned char appended[4096] = { 0 };

    t_tell(t_parent(), "here");
    for (;;) {
        uint64_t size;

        t_sync(region);
        size = stitch_size(region);
        switch (t_random_below(&random, 4)) {
        case 0:
            if (size < most) {
                uint64_t bytes = t_random_below(&random, most - size) & ~UINT64_C(7);

                T_OK(stitch_grow(region, bytes, &offset));
                fill(region, offset, offset + bytes);
            }
            break;
        case 1:
            if (size < most)
                T_OK(stitch_append(region, appended, sizeof appended, NULL));
            break;
        default:
            /* With several steppers others change the size too, but nobody goes below the floor. */
            T_OK(stitch_resize(region, FLOOR + (t_random_below(&random, most - FLOOR) & ~UINT64_C(7))));
        }
    }
}

/*
 * Follows as long as it hears nothing. All that it has mapped stays, whatever died with its maker; and once a writer
 * has recovered, it is up to date.
 */
T_HELPER(follower)
{
    stitch_region *region = t_open_readonly(t_argument(0));
    uint64_t looks = 0;

    t_tell(t_parent(), "here");
    while (looks % 8 != 0 || !t_heard(t_parent())) {
        T_TRUE(t_synced(region));
        T_TRUE(stitch_size(region) >= FLOOR);
        T_EQ(*(volatile uint64_t *)stitch_base(region), word_for(0));
        if (looks++ % 64 == 0)
            (void)t_prove_follower(region);
        t_sleep_us(100);
    }
    T_TRUE(stitch_sync(region) >= 0);
    (void)t_prove_readonly(region);
    t_tell(t_parent(), "size %" PRIu64, stitch_size(region));
    t_close(region);
}

/* Fails unless everything is right again: contents, zeroes, adjacency, objects, memory. */
static void check_after_death(stitch_region *region, t_random *random)
{
    uint64_t bytes = t_random_below(random, T_MIB(4)) & ~UINT64_C(7), offset;
    struct stitch_info info;

    t_sync(region);
    check(region);
    T_OK(stitch_grow(region, bytes, &offset));
    t_all_bytes(region, offset, bytes, 0);
    T_OK(stitch_shrink(region, bytes));
    info = t_info(region);
    T_EQ(info.size, info.region_size);
    T_FOLDER_HOLDS(T_REGION_OBJECTS + info.segments);
    T_TRUE(info.resident <= info.committed + T_MIB(2) || !t_has(T_GIVING_BACK));
    (void)t_prove(region);
}

static void killed_writers(uint64_t calm, unsigned at_once, uint64_t rounds)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *region = create(name);
    t_process *watcher = t_start("follower", "%s", name), *stepper[4];
    uint64_t size;

    t_expect(watcher, "here");
    for (uint64_t round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < at_once; i++)
            stepper[i] = t_start("stepper", "%s %" PRIu64 " %" PRIu64, name, t_random_next(&random), calm);
        for (unsigned i = 0; i < at_once; i++)
            t_expect(stepper[i], "here");
        t_sleep_us(t_random_below(&random, 2500));
        for (unsigned i = 0; i < at_once; i++)
            t_kill(stepper[i]);
        check_after_death(region, &random);
        if (stitch_size(region) > T_MIB(6))
            T_OK(stitch_resize(region, FLOOR + t_random_below(&random, 1000) * 8));
    }
    t_tell(watcher, "end");
    t_scan(watcher, 1, "size %" SCNu64, &size);
    T_EQ(size, stitch_size(region));
    t_finish(watcher);
    t_close(region);
    T_FOLDER_HOLDS(0);
}

static void promise_8_killed_writers(void)
{
    killed_writers(0, 1, t_rounds(100));
}

static void promise_8_killed_writers_inside_one_extent(void)
{
    killed_writers(1, 1, t_rounds(80));
}

static void promise_8_several_killed_at_once(void)
{
    killed_writers(0, 3, t_rounds(40));
}

/* The process that died was the last one attached. The next one finds a clean folder. */
static void promise_8_nothing_is_left_of_the_last_one_killed(void)
{
    t_random random = t_random_start();

    for (uint64_t round = 0; round < t_rounds(60); round++) {
        const char *name = t_name();
        stitch_region *region = create(name);
        t_process *stepper = t_start("stepper", "%s %" PRIu64 " 0", name, t_random_next(&random));

        t_expect(stepper, "here");
        t_close(region);
        t_sleep_us(t_random_below(&random, 3000));
        t_kill(stepper);
        t_regions_are(0);
        T_FOLDER_HOLDS(0);
    }
}

/* A region with STITCH_KEEP outlives them, and is sound for the next process. */
static void promise_8_kept_regions_are_sound_for_the_next(void)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *region;

    t_needs(T_KEPT);
    region = t_create_shape((t_shape){ .name = name, .flags = STITCH_KEEP, .reserve = T_MIB(64), .size = FLOOR });
    fill(region, 0, FLOOR);
    for (uint64_t round = 0; round < t_rounds(60); round++) {
        t_process *stepper = t_start("stepper", "%s %" PRIu64 " 0", name, t_random_next(&random));

        t_expect(stepper, "here");
        t_close(region);
        t_sleep_us(t_random_below(&random, 3000));
        t_kill(stepper);
        region = t_open(name);
        check(region);
        check_after_death(region, &random);
    }
    T_OK(stitch_unlink(name));
    t_close(region);
}

/* A writer that is stopped at any point keeps nobody from reading, following and looking. */
static void stopped_writers_block_no_reader(void)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *region = create(name), *reader = t_open_readonly(name);

    for (uint64_t round = 0; round < t_rounds(60); round++) {
        t_process *stepper = t_start("stepper", "%s %" PRIu64 " 0", name, t_random_next(&random));
        struct stitch_verify_report report;
        int code;

        t_expect(stepper, "here");
        t_sleep_us(t_random_below(&random, 2000));
        t_stop(stepper);
        T_TRUE(stitch_sync(reader) >= 0);
        check(reader);
        (void)t_info(reader);
        (void)t_prove_readonly(reader);
        T_OK(stitch_verify(reader, &report));
        T_TRUE(stitch_sync(region) >= 0);
        check(region);
        code = stitch_wait(reader, stitch_generation(reader), 0);
        T_TRUE(code == 0 || code == STITCH_ETIMEDOUT);
        t_close(t_open_readonly(name));
        if (round % 2)
            t_continue(stepper);
        t_kill(stepper);
        check_after_death(region, &random);
    }
    t_close(reader);
    t_close(region);
}

/* Adds a segment, fills it, and is killed before any other process has it. */
T_HELPER(adder)
{
    stitch_region *region = t_open(t_argument(0));

    T_OK(stitch_resize(region, T_MIB(4)));
    fill(region, FLOOR, T_MIB(4));
    t_tell(t_parent(), "added");
    (void)t_hear_or_end(t_parent());
}

/* Where objects persist, nothing is lost: `reader` finds all of it. */
static void all_is_there(stitch_region *reader)
{
    T_EQ(stitch_sync(reader), 1);
    T_EQ(stitch_size(reader), T_MIB(4));
    check(reader);
    T_EQ(t_prove_readonly(reader), 2);
}

/* Elsewhere the segment has gone with its maker: every call says so again, and all earlier bytes stay as they were. */
static void the_new_one_is_gone(stitch_region *reader, const char *name)
{
    uint64_t generation = stitch_generation(reader);
    struct stitch_options options = { .struct_size = sizeof options, .flags = STITCH_READONLY };
    stitch_region *none = NULL;
    struct stitch_verify_report report;
    struct stitch_segment segment;
    struct stitch_info info;

    for (int i = 0; i < 3; i++) {
        T_GIVES(stitch_sync(reader), STITCH_EGONE);
        T_EQ(stitch_size(reader), FLOOR);
        T_EQ(stitch_generation(reader), generation);
        check(reader);
        T_EQ(t_prove_follower(reader), 1);
    }
    info = t_info(reader);
    T_EQ(info.segments, 1);
    T_EQ(info.region_segments, 2);
    T_EQ(info.region_size, T_MIB(4));
    T_GIVES(stitch_segment(reader, 1, &segment), STITCH_ENOENT);
    T_EQ(stitch_presence(reader, T_MIB(2)), STITCH_PRESENCE_RESERVED);
    T_GIVES(stitch_verify(reader, &report), STITCH_EUNSOUND);
    T_EQ(report.fault, STITCH_FAULT_OBJECT);
    T_EQ(report.fault_offset, T_MIB(2));
    T_TRUE(report.fault_id != 0);
    T_GIVES(stitch_open(name, &options, &none), STITCH_EGONE); /* a reader cannot recover */
    T_TRUE(none == NULL);
}

/* Makes the next writing call, and returns the size that it leaves if the whole segments end at `whole`. */
static uint64_t write_next(stitch_region *writer, const char *name, int kind, uint64_t whole)
{
    uint64_t offset = UINT64_MAX;

    switch (kind) {
    case 0:
        T_OK(stitch_grow(writer, 0, &offset));
        T_EQ(offset, whole);
        return whole;
    case 1:
        T_OK(stitch_grow(writer, T_MIB(3), &offset));
        T_EQ(offset, whole);
        t_all_bytes(writer, whole, T_MIB(3), 0);
        return whole + T_MIB(3);
    case 2:
        T_OK(stitch_append(writer, &(uint64_t){ 0 }, 8, &offset));
        T_EQ(offset, whole);
        return whole + 8;
    case 3:
        T_OK(stitch_resize(writer, T_MIB(6)));
        t_all_bytes(writer, whole, T_MIB(6) - whole, 0);
        return T_MIB(6);
    case 4:
        T_OK(stitch_shrink(writer, T_MIB(1)));
        return whole < T_MIB(3) ? whole : T_MIB(3);
    case 5:
        T_OK(stitch_resize(writer, FLOOR));
        return FLOOR;
    default: /* a newcomer that may write is a next writer too */
        t_close(t_open(name));
        T_TRUE(stitch_sync(writer) >= 0);
        return whole;
    }
}

/*
 * The maker of a segment dies before a follower has opened it. The next writing call, whichever it is, cuts the region
 * back to its whole segments (on Linux that is all of it), does its own work, and everybody goes on.
 */
static void promise_8_a_segment_that_died_with_its_maker(void)
{
    for (int kind = 0; kind < 7; kind++) {
        const char *name = t_name();
        stitch_region *writer = create(name), *reader = t_open_readonly(name);
        t_process *adder = t_start("adder", "%s", name);
        uint64_t whole = t_has(T_KEPT) ? T_MIB(4) : T_MIB(2), size;

        t_expect(adder, "added");
        t_kill(adder);
        if (t_has(T_KEPT))
            all_is_there(reader);
        else
            the_new_one_is_gone(reader, name);
        size = write_next(writer, name, kind, whole);
        T_EQ(stitch_size(writer), size);
        T_EQ(stitch_sync(reader), (kind > 0 && kind < 6) || !t_has(T_KEPT));
        T_EQ(stitch_size(reader), size);
        check(reader);
        (void)t_prove(writer);
        (void)t_prove_readonly(reader);
        T_OK(stitch_grow(writer, T_MIB(5), NULL));
        t_all_bytes(writer, size, T_MIB(5), 0);
        T_EQ(stitch_sync(reader), 1);
        (void)t_prove_readonly(reader);
        t_close(reader);
        t_close(writer);
    }
}

static const struct CMUnitTest tests[] = {
    T_STITCHED(promise_8_a_segment_that_died_with_its_maker),
    T_BOTH(promise_8_killed_writers),
    T_BOTH(promise_8_killed_writers_inside_one_extent),
    T_BOTH(promise_8_several_killed_at_once),
    T_BOTH(promise_8_nothing_is_left_of_the_last_one_killed),
    T_BOTH(promise_8_kept_regions_are_sound_for_the_next),
    T_BOTH(stopped_writers_block_no_reader),
};

static const t_helper helpers[] = {
    T_ENTRY(adder),
    T_ENTRY(stepper),
    T_ENTRY(follower),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
