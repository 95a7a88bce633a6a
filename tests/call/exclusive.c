/* SPDX-License-Identifier: MIT */
/*
 * STITCH_EXCLUSIVE: one handle is the region's only writer for its life; the others wait, or get STITCH_EBUSY if they
 * asked for that with STITCH_NOWAIT. Readers are not affected.
 */
#include "test.h"
#include "maps.h"
#include "members.h"

static int try_open(const char *name, uint64_t flags, stitch_region **out)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;

    options.flags = flags;
    return stitch_open(name, &options, out);
}

static stitch_region *open_with(const char *name, uint64_t flags)
{
    stitch_region *region = NULL;

    T_OK(try_open(name, flags, &region));
    return region;
}

static stitch_region *create(const char *name, uint64_t flags)
{
    return t_create_shape(
        (t_shape){ .name = name, .flags = flags, .extent = STITCH_EXTENT_UNIT, .reserve = T_MIB(64) });
}

/* Fails unless every writing call gives STITCH_EBUSY, changes nothing, and leaves its out arguments alone. */
static void must_be_busy(stitch_region *region)
{
    struct stitch_info before = t_info(region);
    struct stitch_shrink_report report = { .size = 4711 };
    uint64_t offset = 4711;

    T_GIVES(stitch_grow(region, 1, &offset), STITCH_EBUSY);
    T_GIVES(stitch_grow(region, 0, &offset), STITCH_EBUSY);
    T_GIVES(stitch_append(region, "a", 1, &offset), STITCH_EBUSY);
    T_GIVES(stitch_shrink(region, 1), STITCH_EBUSY);
    T_GIVES(stitch_shrink_report(region, 1, &report), STITCH_EBUSY);
    T_GIVES(stitch_resize(region, 0), STITCH_EBUSY);
    T_GIVES(stitch_resize(region, T_MIB(5)), STITCH_EBUSY);
    T_EQ(offset, 4711);
    T_EQ(report.size, 4711);
    T_EQ(t_info(region).region_generation, before.region_generation);
    T_EQ(t_info(region).region_size, before.region_size);
}

/* Fails unless growing, shrinking and following work as always. */
static void use(stitch_region *region)
{
    uint64_t size, offset;

    T_OK(stitch_grow(region, 0, &size)); /* it syncs */
    T_OK(stitch_grow(region, T_MIB(5), &offset));
    T_EQ(offset, size);
    t_all_bytes(region, size, T_MIB(5), 0);
    memset(t_bytes(region) + size, 0x4b, T_MIB(5));
    T_OK(stitch_append(region, "appended", 8, &offset));
    T_EQ(offset, size + T_MIB(5));
    T_OK(stitch_shrink(region, T_MIB(3)));
    T_OK(stitch_resize(region, size + T_MIB(1)));
    T_OK(stitch_resize(region, size));
    T_EQ(stitch_sync(region), 0);
    (void)t_prove(region);
}

static void one_writer_and_the_others_are_told(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, STITCH_EXCLUSIVE), *other = open_with(name, STITCH_NOWAIT), *none = NULL;

    T_OK(stitch_grow(region, 5000, NULL));
    T_EQ(stitch_sync(other), 1);
    must_be_busy(other);
    T_GIVES(try_open(name, STITCH_EXCLUSIVE | STITCH_NOWAIT, &none), STITCH_EBUSY);
    T_TRUE(none == NULL);
    use(region);
    must_be_busy(other);
    T_TRUE(stitch_sync(other) >= 0); /* a sync is no write */
    T_EQ(stitch_size(other), stitch_size(region));
    t_close(region);
    use(other);
    region = open_with(name, STITCH_EXCLUSIVE | STITCH_NOWAIT);
    must_be_busy(other);
    use(region);
    t_close(other);
    t_close(region);
}

static void info_and_roster_tell(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, STITCH_EXCLUSIVE | STITCH_NOWAIT), *other = t_open(name), *reader;

    T_EQ(t_info(region).flags, STITCH_EXCLUSIVE | STITCH_NOWAIT);
    T_EQ(t_info(other).flags, 0);
    T_EQ(t_member_of(region, NULL).flags, STITCH_EXCLUSIVE);
    T_EQ(t_member_of(other, NULL).flags, 0);
    reader = open_with(name, STITCH_READONLY | STITCH_NOWAIT);
    T_EQ(t_info(reader).flags, STITCH_READONLY | STITCH_NOWAIT);
    T_EQ(t_member_of(reader, NULL).flags, STITCH_READONLY);
    t_close(region);
    region = open_with(name, STITCH_EXCLUSIVE);
    T_EQ(t_info(region).flags, STITCH_EXCLUSIVE);
    T_EQ(t_member_of(region, NULL).flags, STITCH_EXCLUSIVE);
    t_close(reader);
    t_close(other);
    t_close(region);
}

static void not_for_readers(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, 0), *none = NULL;
    struct stitch_options options = t_options();

    T_GIVES(try_open(name, STITCH_EXCLUSIVE | STITCH_READONLY, &none), STITCH_EINVAL);
    options.flags = STITCH_EXCLUSIVE | STITCH_READONLY;
    T_GIVES(stitch_attach(name, &options, &none), STITCH_EINVAL);
    T_GIVES(stitch_create("other", &options, &none), STITCH_EINVAL);
    T_TRUE(none == NULL);
    options.flags = STITCH_EXCLUSIVE;
    T_OK(stitch_attach(name, &options, &none));
    T_EQ(t_info(none).flags, STITCH_EXCLUSIVE);
    t_close(none);
    t_close(region);
}

/* ------------------------------------------------------------------------------------------ in other processes --- */

T_HELPER(holder)
{
    stitch_region *region = open_with(t_argument(0), STITCH_EXCLUSIVE);

    t_tell(t_parent(), "here");
    t_expect(t_parent(), "grow");
    T_OK(stitch_grow(region, T_MIB(3), NULL));
    memset(t_bytes(region) + stitch_size(region) - T_MIB(3), 0x68, T_MIB(3));
    t_tell(t_parent(), "grown");
    t_expect(t_parent(), "close");
    t_close(region);
}

/* Writes without STITCH_NOWAIT, so it waits; says so before and after. */
T_HELPER(waiting_writer)
{
    stitch_region *region;
    uint64_t offset;

    t_tell(t_parent(), "here");
    region = t_argument_number(1) ? open_with(t_argument(0), STITCH_EXCLUSIVE) : t_open(t_argument(0));
    T_OK(stitch_append(region, "waited", 6, &offset));
    t_tell(t_parent(), "offset %" PRIu64, offset);
    t_expect(t_parent(), "end");
    t_close(region);
}

/* The holder closes, or is killed; the waiting writer then grows after the bytes that the holder has grown. */
static void others_wait_for_the_holders_end(void)
{
    for (int round = 0; round < 4; round++) {
        bool killed = round % 2 != 0, exclusive = round / 2 != 0;
        const char *name = t_name();
        stitch_region *region = create(name, 0), *looker = open_with(name, STITCH_NOWAIT);
        t_process *holder = t_start("holder", "%s", name), *waiter;
        uint64_t offset;

        t_expect(holder, "here");
        waiter = t_start("waiting_writer", "%s %d", name, exclusive);
        t_expect(waiter, "here");
        t_tell(holder, "grow");
        t_expect(holder, "grown");
        T_EQ(stitch_sync(looker), 1);
        t_all_bytes(looker, 0, T_MIB(3), 0x68);
        must_be_busy(looker);
        t_sleep_us(20000); /* long enough to see it if it happened */
        T_TRUE(!t_heard(waiter));
        if (killed) {
            t_kill(holder);
        } else {
            t_tell(holder, "close");
            t_finish(holder);
        }
        t_scan(waiter, 1, "offset %" SCNu64, &offset);
        T_EQ(offset, T_MIB(3));
        if (exclusive)
            must_be_busy(looker);
        T_EQ(stitch_sync(region), 1);
        t_all_bytes(region, 0, T_MIB(3), 0x68);
        t_tell(waiter, "end");
        t_finish(waiter);
        use(region);
        use(looker);
        t_close(looker);
        t_close(region);
    }
}

T_HELPER(follower)
{
    stitch_region *region = t_open_readonly(t_argument(0));
    uint64_t size = t_argument_number(1);

    t_tell(t_parent(), "here");
    while (stitch_size(region) < size) {
        T_OK(stitch_wait(region, stitch_generation(region), t_patience_ms()));
        T_EQ(stitch_sync(region), 1);
        t_all_bytes(region, 0, stitch_size(region), 0x66);
    }
    (void)t_prove_readonly(region);
    t_tell(t_parent(), "seen");
    t_expect(t_parent(), "end");
    t_close(region);
}

static void readers_are_not_concerned(void)
{
    enum { STEPS = 300, STEP = 30000 };
    const char *name = t_name();
    stitch_region *region = create(name, STITCH_EXCLUSIVE);
    t_process *reader = t_start("follower", "%s %d", name, STEPS * STEP);
    unsigned char step[STEP];

    memset(step, 0x66, sizeof step);
    t_expect(reader, "here");
    for (int i = 0; i < STEPS; i++)
        T_OK(stitch_append(region, step, sizeof step, NULL));
    t_expect(reader, "seen");
    t_tell(reader, "end");
    t_finish(reader);
    t_close(region);
}

/* The holder is killed in the middle of growing: the lock is free, and the next writer recovers. */
T_HELPER(grower)
{
    stitch_region *region = open_with(t_argument(0), STITCH_EXCLUSIVE);

    t_tell(t_parent(), "here");
    for (;;) {
        T_OK(stitch_grow(region, T_MIB(1) + 77, NULL));
        memset(t_bytes(region), 0xff, stitch_size(region));
        if (stitch_size(region) > T_MIB(20))
            T_OK(stitch_resize(region, 100));
    }
}

static void promise_8_killed_holders(void)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *region = create(name, 0);

    for (uint64_t round = 0; round < t_rounds(20); round++) {
        t_process *grower = t_start("grower", "%s", name);
        uint64_t size;

        t_expect(grower, "here");
        t_sleep_us(t_random_below(&random, 5000));
        t_kill(grower);
        t_sync(region);
        T_OK(stitch_grow(region, T_MIB(4), &size));
        t_all_bytes(region, size, T_MIB(4), 0);
        T_OK(stitch_resize(region, 0));
        T_FOLDER_HOLDS(T_REGION_OBJECTS + t_info(region).segments);
        (void)t_prove(region);
    }
    t_close(region);
}

/* ---------------------------------------------------------------------------------------- many of one's own --- */

typedef struct work {
    stitch_region *region;
    unsigned char value;
    uint64_t rounds;
} work;

static void grow_blocks(void *arg)
{
    const work *mine = arg;

    for (uint64_t i = 0; i < mine->rounds; i++) {
        uint64_t offset;

        T_OK(stitch_grow(mine->region, 200, &offset));
        memset(t_bytes(mine->region) + offset, mine->value, 200);
    }
}

/* The handle is exclusive, not the thread that opened it. */
static void threads_of_the_holder(void)
{
    enum { THREADS = 4 };
    stitch_region *region = create(t_name(), STITCH_EXCLUSIVE);
    t_thread *threads[THREADS];
    work parts[THREADS];
    uint64_t found[THREADS] = { 0 };

    for (unsigned i = 0; i < THREADS; i++) {
        parts[i] = (work){ region, (unsigned char)(i + 1), t_rounds(5000) };
        threads[i] = t_thread_start(grow_blocks, &parts[i]);
    }
    for (unsigned i = 0; i < THREADS; i++)
        t_thread_join(threads[i]);
    T_EQ(stitch_size(region), THREADS * 200 * parts[0].rounds);
    for (uint64_t at = 0; at < stitch_size(region); at += 200) {
        unsigned char value = t_bytes(region)[at];

        T_TRUE(value >= 1 && value <= THREADS);
        t_all_bytes(region, at, 200, value);
        found[value - 1]++;
    }
    for (unsigned i = 0; i < THREADS; i++)
        T_EQ(found[i], parts[i].rounds);
    (void)t_prove(region);
    t_close(region);
}

static void open_and_close(void *arg)
{
    const work *mine = arg;

    for (uint64_t i = 0; i < mine->rounds; i++) {
        stitch_region *none = NULL;

        T_GIVES(try_open((const char *)stitch_base(mine->region), STITCH_EXCLUSIVE | STITCH_NOWAIT, &none),
                STITCH_EBUSY);
    }
}

/* Other handles are refused while the holder works; it is opened in one thread and closed in another. */
static void refused_handles_disturb_nobody(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, STITCH_EXCLUSIVE);
    work part = { region, 0, t_rounds(200) };
    t_thread *thread;

    T_OK(stitch_append(region, name, strlen(name) + 1, NULL));
    thread = t_thread_start(open_and_close, &part);
    for (uint64_t i = 0; i < t_rounds(20000); i++)
        T_OK(stitch_grow(region, 10, NULL));
    t_thread_join(thread);
    T_EQ(t_members_count(region), 1);
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(one_writer_and_the_others_are_told),
    T_FIXED(one_writer_and_the_others_are_told),
    T_REMAP(one_writer_and_the_others_are_told),
    T_TEST(info_and_roster_tell),
    T_TEST(not_for_readers),
    T_BOTH(others_wait_for_the_holders_end),
    T_BOTH(readers_are_not_concerned),
    T_BOTH(promise_8_killed_holders),
    T_BOTH(threads_of_the_holder),
    T_TEST(refused_handles_disturb_nobody),
};

static const t_helper helpers[] = {
    T_ENTRY(holder), T_ENTRY(waiting_writer), T_ENTRY(follower), T_ENTRY(grower), { NULL, NULL },
};

T_MAIN(tests, helpers)
