/* SPDX-License-Identifier: MIT */
/*
 * Several threads on one handle, and several processes with several threads each: grows lie end to end, and everybody
 * can follow and look at any time. ThreadSanitizer watches these.
 */
#include "test.h"

#include "base/atomic.h"
#include "maps.h"

enum { THREADS = 4, BLOCK = 96 };

typedef struct work {
    stitch_region *region;
    unsigned number;
    uint64_t rounds;
} work;

static st_word stop;

/* Grows or appends one block at a time, each filled with the thread's number. */
static void grow_blocks(void *arg)
{
    const work *mine = arg;
    unsigned char block[BLOCK];
    uint64_t offset;

    memset(block, (int)mine->number, sizeof block);
    for (uint64_t i = 0; i < mine->rounds; i++) {
        if (i % 2) {
            T_OK(stitch_append(mine->region, block, BLOCK, &offset));
        } else {
            T_OK(stitch_grow(mine->region, BLOCK, &offset));
            memcpy(t_bytes(mine->region) + offset, block, BLOCK);
        }
        T_EQ(offset % BLOCK, 0);
        T_TRUE(stitch_size(mine->region) >= offset + BLOCK);
    }
}

static void check_tiles(stitch_region *region, unsigned first, unsigned owners, uint64_t each)
{
    uint64_t found[256] = { 0 };

    T_TRUE(stitch_sync(region) >= 0);
    T_EQ(stitch_size(region), owners * each * BLOCK);
    for (uint64_t at = 0; at < stitch_size(region); at += BLOCK) {
        unsigned char value = t_bytes(region)[at];

        t_all_bytes(region, at, BLOCK, value);
        found[value]++;
    }
    for (unsigned owner = first; owner < first + owners; owner++)
        T_EQ(found[owner], each);
    (void)t_prove(region);
}

static void threads_grow_at_once(void)
{
    stitch_region *region = t_create(t_name());
    uint64_t rounds = t_rounds(20000);
    t_thread *threads[THREADS];
    work parts[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        parts[i] = (work){ region, i + 1, rounds };
        threads[i] = t_thread_start(grow_blocks, &parts[i]);
    }
    for (int i = 0; i < THREADS; i++)
        t_thread_join(threads[i]);
    check_tiles(region, 1, THREADS, rounds);
    t_close(region);
}

T_HELPER(growing_process)
{
    stitch_region *region = t_open(t_argument(0));
    unsigned first = (unsigned)t_argument_number(1);
    t_thread *threads[THREADS];
    work parts[THREADS];

    t_tell(t_parent(), "here");
    t_expect(t_parent(), "go");
    for (unsigned i = 0; i < THREADS; i++) {
        parts[i] = (work){ region, first + i, t_argument_number(2) };
        threads[i] = t_thread_start(grow_blocks, &parts[i]);
    }
    for (int i = 0; i < THREADS; i++)
        t_thread_join(threads[i]);
    (void)t_prove(region);
    t_tell(t_parent(), "done");
    t_expect(t_parent(), "end"); /* when the other has mapped what may end with us */
    t_close(region);
}

static void processes_with_threads_grow_at_once(void)
{
    enum { PROCESSES = 3 };
    const char *name = t_name();
    stitch_region *region = t_create(name);
    uint64_t rounds = t_rounds(4000);
    t_process *processes[PROCESSES];

    for (unsigned i = 0; i < PROCESSES; i++) {
        processes[i] = t_start("growing_process", "%s %u %" PRIu64, name, 1 + i * THREADS, rounds);
        t_expect(processes[i], "here");
    }
    for (int i = 0; i < PROCESSES; i++)
        t_tell(processes[i], "go");
    for (int i = 0; i < PROCESSES; i++)
        t_expect(processes[i], "done");
    T_TRUE(stitch_sync(region) >= 0);
    for (int i = 0; i < PROCESSES; i++) {
        t_tell(processes[i], "end");
        t_finish(processes[i]);
    }
    check_tiles(region, 1, PROCESSES * THREADS, rounds);
    t_close(region);
}

/* ------------------------------------------------------------------------------------- ranges of every length --- */

/* One range: the thread that grew it, its length, and one byte throughout. */
typedef struct range_head {
    uint64_t owner, length;
} range_head;

static void grow_ranges(void *arg)
{
    const work *mine = arg;
    t_random random = t_random_from(mine->number);
    unsigned char bytes[8000];

    memset(bytes, (int)mine->number, sizeof bytes);
    for (uint64_t round = 0; round < mine->rounds; round++) {
        range_head head = { mine->number, sizeof head + t_random_below(&random, sizeof bytes - sizeof head) };
        uint64_t offset;

        memcpy(bytes, &head, sizeof head);
        if (round % 2) {
            T_OK(stitch_append(mine->region, bytes, head.length, &offset));
        } else {
            T_OK(stitch_grow(mine->region, head.length, &offset));
            t_all_bytes(mine->region, offset, head.length, 0);
            memcpy(t_bytes(mine->region) + offset, bytes, (size_t)head.length);
        }
    }
}

/*
 * Fails unless ranges follow each other without a gap from the first byte to the last, and each thread has all its own.
 */
static void check_ranges(stitch_region *region, unsigned owners, uint64_t each)
{
    uint64_t found[256] = { 0 };
    range_head head;

    for (uint64_t at = 0; at < stitch_size(region); at += head.length) {
        memcpy(&head, t_bytes(region) + at, sizeof head);
        T_TRUE(head.owner >= 1 && head.owner <= owners);
        T_TRUE(head.length >= sizeof head && head.length <= stitch_size(region) - at);
        t_all_bytes(region, at + sizeof head, head.length - sizeof head, (unsigned char)head.owner);
        found[head.owner]++;
    }
    for (unsigned owner = 1; owner <= owners; owner++)
        T_EQ(found[owner], each);
    (void)t_prove(region);
}

T_HELPER(ranging_process)
{
    stitch_region *region = t_open(t_argument(0));
    t_thread *threads[THREADS];
    work parts[THREADS];

    t_tell(t_parent(), "here");
    t_expect(t_parent(), "go");
    for (unsigned i = 0; i < THREADS; i++) {
        parts[i] = (work){ region, (unsigned)t_argument_number(1) + i, t_argument_number(2) };
        threads[i] = t_thread_start(grow_ranges, &parts[i]);
    }
    for (int i = 0; i < THREADS; i++)
        t_thread_join(threads[i]);
    t_tell(t_parent(), "done");
    t_expect(t_parent(), "end"); /* when the other has mapped what may end with us */
    t_close(region);
}

static void ranges_of_many_processes_and_threads_tile(void)
{
    enum { PROCESSES = 6 };
    const char *name = t_name();
    uint64_t rounds = t_rounds(600);
    t_process *processes[PROCESSES];
    stitch_region *region;

    region = t_create_shape((t_shape){ .name = name, .reserve = T_MIB(128) });
    for (unsigned i = 0; i < PROCESSES; i++) {
        processes[i] = t_start("ranging_process", "%s %u %" PRIu64, name, 1 + i * THREADS, rounds);
        t_expect(processes[i], "here");
    }
    for (int i = 0; i < PROCESSES; i++)
        t_tell(processes[i], "go");
    for (int i = 0; i < PROCESSES; i++)
        t_expect(processes[i], "done");
    T_EQ(stitch_sync(region), 1);
    for (int i = 0; i < PROCESSES; i++) {
        t_tell(processes[i], "end");
        t_finish(processes[i]);
    }
    check_ranges(region, PROCESSES * THREADS, rounds);
    t_close(region);
}

/* --------------------------------------------------------------------------------------- growing and looking --- */

/* Makes every call that looks as long as the others work. */
static void look_around(void *arg)
{
    stitch_region *region = ((work *)arg)->region;

    while (!st_load(&stop)) {
        uint64_t size = stitch_size(region), generation = stitch_generation(region);
        struct stitch_info info = t_info(region);
        struct stitch_verify_report report;
        struct stitch_segment segment;
        int code;

        T_TRUE(size >= T_MIB(1) && size <= stitch_reserve(region));
        T_TRUE(generation > 0 && info.region_generation >= generation);
        T_EQ(t_bytes(region)[T_MIB(1) - 1], 0x17);
        T_EQ(info.backend, t_options().backend);
        code = stitch_segment(region, 0, &segment);
        T_EQ(code, 0);
        T_EQ(segment.adjacent, 1);
        code = stitch_find(region, t_bytes(region) + T_MIB(1), &segment);
        T_TRUE(code == 0 || code == STITCH_ENOENT);
        T_OK(stitch_verify(region, &report));
        T_EQ(stitch_presence(region, 0), STITCH_PRESENCE_COMMITTED);
        code = stitch_wait(region, generation, 1);
        T_TRUE(code == 0 || code == STITCH_ETIMEDOUT);
        T_TRUE(stitch_sync(region) >= 0);
    }
}

static void step_at_random(void *arg)
{
    const work *mine = arg;
    t_random random = t_random_from(mine->number);

    for (uint64_t round = 0; round < mine->rounds; round++) {
        uint64_t amount = t_random_below(&random, T_MIB(2)), added = amount / 2 + 1;

        T_OK(stitch_grow(mine->region, added, NULL));
        T_OK(stitch_sync(mine->region) < 0 ? -1 : 0);
        T_OK(stitch_shrink(mine->region, added));
    }
}

static void threads_grow_shrink_and_look_at_once(void)
{
    const char *name = t_name();
    stitch_region *region, *other;
    t_thread *workers[2], *lookers[2];
    work parts[4];

    t_need_free_threads();
    region = t_create(name);
    T_OK(stitch_grow(region, T_MIB(1), NULL));
    memset(t_bytes(region), 0x17, T_MIB(1));
    other = t_open(name);
    st_store(&stop, 0);
    for (unsigned i = 0; i < 4; i++) /* one of each kind on either handle */
        parts[i] = (work){ i % 2 ? other : region, i + 1, t_rounds(400) };
    for (int i = 0; i < 2; i++)
        lookers[i] = t_thread_start(look_around, &parts[i]);
    for (int i = 0; i < 2; i++)
        workers[i] = t_thread_start(step_at_random, &parts[2 + i]);
    for (int i = 0; i < 2; i++)
        t_thread_join(workers[i]);
    st_store(&stop, 1);
    for (int i = 0; i < 2; i++)
        t_thread_join(lookers[i]);
    T_TRUE(stitch_sync(region) >= 0);
    T_TRUE(stitch_sync(other) >= 0);
    T_EQ(stitch_size(region), T_MIB(1));
    t_all_bytes(region, 0, T_MIB(1), 0x17);
    (void)t_prove(region);
    (void)t_prove(other);
    t_close(other);
    t_close(region);
}

/* Several threads make and close handles: these share no state. */
static void make_and_end(void *arg)
{
    const work *mine = arg;

    for (uint64_t round = 0; round < mine->rounds; round++) {
        struct stitch_options options = STITCH_OPTIONS_INIT;
        stitch_region *region = NULL;
        char name[64];

        (void)snprintf(name, sizeof name, "thread%u", round % 3 ? mine->number : 0);
        options.reserve = T_MIB(64);
        T_OK(stitch_attach(name, &options, &region));
        T_OK(stitch_append(region, name, strlen(name), NULL));
        t_close(region);
    }
}

static void threads_make_and_end_handles(void)
{
    t_thread *threads[THREADS];
    work parts[THREADS];

    t_need_free_threads();
    for (unsigned i = 0; i < THREADS; i++) {
        parts[i] = (work){ NULL, i + 1, t_rounds(400) };
        threads[i] = t_thread_start(make_and_end, &parts[i]);
    }
    for (int i = 0; i < THREADS; i++)
        t_thread_join(threads[i]);
    T_EQ(t_folder_count(t_folder()), 0);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(threads_grow_at_once),
    T_BOTH(processes_with_threads_grow_at_once),
    T_BOTH(ranges_of_many_processes_and_threads_tile),
    T_FIXED(ranges_of_many_processes_and_threads_tile),
    T_BOTH(threads_grow_shrink_and_look_at_once),
    T_TEST(threads_make_and_end_handles),
};

static const t_helper helpers[] = {
    T_ENTRY(growing_process),
    T_ENTRY(ranging_process),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
