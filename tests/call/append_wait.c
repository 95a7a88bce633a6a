/* SPDX-License-Identifier: MIT */
/*
 * stitch_append: readers never meet unfilled bytes. stitch_wait: it wakes and times out, with a read-only handle too.
 */
#include "test.h"
#include "maps.h"

/* Makes a record of 8 to 2000 bytes: the first word is the length, every other byte a function of the offset. */
static uint64_t make_record(unsigned char *record, uint64_t seed)
{
    t_random random = t_random_from(seed);
    uint64_t length = 8 + t_random_below(&random, 1993);

    memcpy(record, &length, 8);
    memset(record + 8, (int)(1 + seed % 255), (size_t)length - 8);
    return length;
}

/* Reads record by record as the region grows, spinning or sleeping; each must be whole as soon as it is seen. */
T_HELPER(record_reader)
{
    stitch_region *region = t_open_readonly(t_argument(0));
    bool sleeps = t_argument_number(1) != 0;
    uint64_t at = 0, records = 0, wanted = t_argument_number(2), deadline = t_deadline_us();

    while (records < wanted) {
        uint64_t size, length, generation = stitch_generation(region);
        int changed = stitch_sync(region);

        T_TRUE(changed >= 0 && t_now_us() < deadline);
        if (!changed && sleeps)
            (void)!stitch_wait(region, generation, 1000);
        for (size = stitch_size(region); at < size; at += length, records++) {
            memcpy(&length, t_bytes(region) + at, 8);
            T_TRUE(length >= 8 && length <= 2000 && length <= size - at);
            if (length > 8) {
                unsigned char byte = t_bytes(region)[at + 8];

                T_TRUE(byte != 0);
                t_all_bytes(region, at + 8, length - 8, byte);
            }
        }
        T_EQ(at, size); /* no part of a record is ever published */
    }
    t_close(region);
}

T_HELPER(record_writer)
{
    stitch_region *region = t_open(t_argument(0));
    uint64_t seed = t_argument_number(1), count = t_argument_number(2), offset;
    unsigned char record[2048];

    for (uint64_t i = 0; i < count; i++) {
        uint64_t length = make_record(record, seed + i);

        T_OK(stitch_append(region, record, length, &offset));
        T_TRUE(memcmp(t_bytes(region) + offset, record, (size_t)length) == 0);
    }
    t_tell(t_parent(), "written");
    t_expect(t_parent(), "end"); /* the other has mapped objects that may end with this process */
    t_close(region);
}

static void appended_bytes_are_never_seen_unfilled(void)
{
    const char *name = t_name();
    stitch_region *region = t_create(name);
    uint64_t count = t_rounds(8000);
    t_process *reader[2], *writer[2];

    for (uint64_t i = 0; i < 2; i++)
        reader[i] = t_start("record_reader", "%s %" PRIu64 " %" PRIu64, name, i, count * 2);
    for (uint64_t i = 0; i < 2; i++)
        writer[i] = t_start("record_writer", "%s %" PRIu64 " %" PRIu64, name, i << 32, count);
    for (int i = 0; i < 2; i++)
        t_expect(writer[i], "written");
    T_TRUE(stitch_sync(region) >= 0);
    for (int i = 0; i < 2; i++) {
        t_tell(writer[i], "end");
        t_finish(writer[i]);
    }
    for (int i = 0; i < 2; i++)
        t_finish(reader[i]);
    (void)t_prove(region);
    t_close(region);
}

static void append_says_where(void)
{
    stitch_region *region = t_create(t_name());
    unsigned char *data = malloc(T_MIB(5));
    uint64_t offset, size = 0;

    T_TRUE(data != NULL);
    memset(data, 0x6b, T_MIB(5));
    for (uint64_t length = 1; length <= T_MIB(5); length *= 3) {
        uint64_t generation = stitch_generation(region);

        T_OK(stitch_append(region, data, length, &offset));
        T_EQ(offset, size);
        size += length;
        T_EQ(stitch_size(region), size);
        T_EQ(stitch_generation(region), generation + 1);
        t_all_bytes(region, 0, size, 0x6b);
    }
    /* The source may be bytes of the region itself. */
    T_OK(stitch_append(region, t_bytes(region), size, &offset));
    t_all_bytes(region, 0, 2 * size, 0x6b);
    T_OK(stitch_resize(region, 10));
    T_OK(stitch_append(region, data, 10, NULL));
    T_OK(stitch_grow(region, 10, NULL));
    t_all_bytes(region, 0, 20, 0x6b);
    t_all_bytes(region, 20, 10, 0);
    free(data);
    t_close(region);
}

static void wait_times_out(void)
{
    const char *name = t_name();
    stitch_region *writer = t_create(name), *reader = t_open_readonly(name);
    uint64_t generation = stitch_generation(writer), start;

    for (int i = 0; i < 2; i++) {
        stitch_region *region = i ? reader : writer;

        T_GIVES(stitch_wait(region, generation, 0), STITCH_ETIMEDOUT);
        start = t_now_us();
        T_GIVES(stitch_wait(region, generation, 60), STITCH_ETIMEDOUT);
        T_TRUE(t_now_us() - start >= 59000);
        T_TRUE(t_now_us() - start < 20000000);
        T_OK(stitch_wait(region, generation - 1, 0)); /* the generation differs already */
        T_OK(stitch_wait(region, generation + 1, -1));
    }
    T_OK(stitch_grow(writer, 1, NULL));
    T_OK(stitch_wait(reader, generation, -1));
    T_EQ(stitch_size(reader), 0); /* stitch_wait does not sync */
    T_EQ(stitch_generation(reader), generation);
    t_close(reader);
    t_close(writer);
}

/* Sleeps until each change and says so. */
T_HELPER(sleeper)
{
    stitch_region *region = t_argument_number(1) ? t_open_readonly(t_argument(0)) : t_open(t_argument(0));
    uint64_t rounds = t_argument_number(2);

    t_tell(t_parent(), "ready");
    for (uint64_t i = 0; i < rounds; i++) {
        T_OK(stitch_wait(region, stitch_generation(region), t_patience_ms()));
        T_EQ(stitch_sync(region), 1);
        t_tell(t_parent(), "awake %" PRIu64, stitch_generation(region));
    }
    t_close(region);
}

static void wait_wakes_every_sleeper_on_each_change(void)
{
    enum { SLEEPERS = 3 };
    const char *name = t_name();
    stitch_region *region = t_create(name);
    t_process *sleeper[SLEEPERS];
    uint64_t rounds = t_rounds(300), generation, slowest = 0;

    for (int i = 0; i < SLEEPERS; i++) {
        sleeper[i] = t_start("sleeper", "%s %d %" PRIu64, name, i == 2, rounds);
        t_expect(sleeper[i], "ready");
    }
    for (uint64_t round = 0; round < rounds; round++) {
        uint64_t start;

        if (round % 10 == 0)
            t_sleep_us(3000); /* so that they really sleep */
        start = t_now_us();
        T_OK(round % 3 == 2 ? stitch_shrink(region, 100) : stitch_grow(region, 100, NULL));
        for (int i = 0; i < SLEEPERS; i++) {
            t_scan(sleeper[i], 1, "awake %" SCNu64, &generation);
            T_EQ(generation, stitch_generation(region));
        }
        slowest = t_now_us() - start > slowest ? t_now_us() - start : slowest;
    }
    (void)printf("slowest of %" PRIu64 " rounds: %" PRIu64 " us\n", rounds, slowest);
    for (int i = 0; i < SLEEPERS; i++)
        t_finish(sleeper[i]);
    t_close(region);
}

/* Sleepers that were killed must not cost the others anything. */
static void killed_sleepers_do_not_matter(void)
{
    const char *name = t_name();
    stitch_region *region = t_create(name);

    for (uint64_t round = 0; round < t_rounds(20); round++) {
        t_process *dead = t_start("sleeper", "%s 0 1", name), *living = t_start("sleeper", "%s 0 1", name);
        uint64_t generation;

        t_expect(dead, "ready");
        t_expect(living, "ready");
        t_sleep_us(1000);
        t_kill(dead);
        T_OK(stitch_grow(region, 1, NULL));
        t_scan(living, 1, "awake %" SCNu64, &generation);
        T_EQ(generation, stitch_generation(region));
        t_finish(living);
    }
    t_close(region);
}

static void wait_in_threads(void *arg)
{
    stitch_region *region = arg;

    for (uint64_t size; (size = stitch_size(region)) < 2000;) {
        uint64_t generation = stitch_generation(region);

        if (stitch_size(region) != size)
            continue;
        T_OK(stitch_wait(region, generation, t_patience_ms()));
        T_TRUE(stitch_sync(region) >= 0);
    }
}

static void wait_wakes_threads_of_the_same_handle(void)
{
    stitch_region *region = t_create(t_name());
    t_thread *threads[4];

    for (int i = 0; i < 4; i++)
        threads[i] = t_thread_start(wait_in_threads, region);
    for (int i = 0; i < 2000; i++)
        T_OK(stitch_grow(region, 1, NULL));
    for (int i = 0; i < 4; i++)
        t_thread_join(threads[i]);
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(appended_bytes_are_never_seen_unfilled),
    T_BOTH(append_says_where),
    T_TEST(wait_times_out),
    T_TEST(wait_wakes_every_sleeper_on_each_change),
    T_TEST(killed_sleepers_do_not_matter),
    T_TEST(wait_wakes_threads_of_the_same_handle),
};

static const t_helper helpers[] = {
    T_ENTRY(record_reader),
    T_ENTRY(record_writer),
    T_ENTRY(sleeper),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
