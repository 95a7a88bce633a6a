/* SPDX-License-Identifier: MIT */
/*
 * stitch_set_watcher: the callbacks together report exactly what changed, range by range; bytes that go can still be
 * read; no other process waits meanwhile; and after a failed call the reports are still right.
 */
#include "test.h"
#include "maps.h"

enum { VALUE = 0x77 };

/* The state of a watcher: the bytes that were reported to it, and what it does at a report. */
typedef struct watched {
    stitch_region *region;
    uint64_t size, going, came; /* the size that follows from the reports; their numbers */
    bool others_write;          /* bytes that go may read as zero already */
    bool fills;                 /* it fills bytes that come */
    void (*in_going)(struct watched *);
    void (*in_came)(struct watched *);
    t_process *process; /* for these */
    stitch_region *other;
    const char *name;
} watched;

static void check_readable(const watched *w, uint64_t offset, uint64_t length)
{
    const volatile unsigned char *bytes = stitch_base(w->region); /* others may be filling, so each is read once */

    if (!w->others_write)
        t_all_bytes(w->region, offset, length, VALUE);
    for (uint64_t at = offset; w->others_write && at < offset + length; at += 61) {
        unsigned char byte = bytes[at];

        if (byte != VALUE && byte != 0)
            T_FAIL("the byte at %" PRIu64 ", which is about to go, is %#x", at, byte);
    }
}

static void going(void *arg, uint64_t offset, uint64_t length)
{
    watched *w = arg;

    T_TRUE(length > 0);
    T_EQ(offset + length, w->size);
    T_TRUE(stitch_size(w->region) >= w->size);
    check_readable(w, offset, length);
    if (w->in_going)
        w->in_going(w);
    check_readable(w, offset, length);
    w->size = offset;
    w->going++;
}

static void came(void *arg, uint64_t offset, uint64_t length)
{
    watched *w = arg;

    T_TRUE(length > 0);
    T_EQ(offset, w->size);
    T_TRUE(stitch_size(w->region) >= offset + length);
    if (w->fills)
        memset(t_bytes(w->region) + offset, VALUE, (size_t)length);
    if (w->in_came)
        w->in_came(w);
    w->size = offset + length;
    w->came++;
}

static void watch(watched *w, stitch_region *region, bool others_write)
{
    struct stitch_watcher watcher = { going, came, w };

    *w = (watched){ .region = region, .size = stitch_size(region), .others_write = others_write };
    w->fills = (t_info(region).flags & STITCH_READONLY) == 0;
    T_OK(stitch_set_watcher(region, &watcher));
    watcher = (struct stitch_watcher){ NULL, NULL, NULL }; /* the library has copied it */
}

static void told(const watched *w, uint64_t going_count, uint64_t came_count)
{
    T_EQ(w->size, stitch_size(w->region));
    T_EQ(w->going, going_count);
    T_EQ(w->came, came_count);
}

static stitch_region *create(const char *name)
{
    return t_create_shape((t_shape){ .name = name, .extent = STITCH_EXTENT_UNIT, .reserve = T_MIB(64) });
}

/* -------------------------------------------------------------------------------------------------- own calls --- */

static void own_calls_tell_what_they_change(void)
{
    stitch_region *region = create(t_name());
    watched w;
    unsigned char bytes[100];

    memset(bytes, VALUE, sizeof bytes);
    watch(&w, region, false);
    T_OK(stitch_grow(region, 1000, NULL));
    told(&w, 0, 1);
    T_OK(stitch_grow(region, T_MIB(7), NULL));
    T_OK(stitch_append(region, bytes, sizeof bytes, NULL));
    told(&w, 0, 3);
    T_OK(stitch_shrink(region, 50));
    T_OK(stitch_shrink(region, T_MIB(5)));
    told(&w, 2, 3);
    T_OK(stitch_resize(region, T_MIB(6)));
    T_OK(stitch_resize(region, T_MIB(1) + 1));
    told(&w, 3, 4);
    T_OK(stitch_grow(region, 0, NULL)); /* nothing */
    T_OK(stitch_shrink(region, 0));
    T_OK(stitch_resize(region, stitch_size(region)));
    T_OK(stitch_append(region, bytes, 0, NULL));
    T_OK(stitch_discard(region, 0, 0));
    T_EQ(stitch_sync(region), 0);
    told(&w, 3, 4);
    T_OK(stitch_resize(region, 0));
    told(&w, 4, 4);
    T_OK(stitch_grow(region, 5, NULL));
    (void)t_prove(region);
    t_close(region); /* this call reports nothing */
    T_EQ(w.going, 4);
    T_EQ(w.size, 5);
}

static void either_may_be_missing(void)
{
    stitch_region *region = create(t_name());
    struct stitch_watcher only = { NULL, came, NULL };
    watched w;

    T_GIVES(stitch_set_watcher(NULL, &only), STITCH_EINVAL);
    T_GIVES(stitch_set_watcher(NULL, NULL), STITCH_EINVAL);
    watch(&w, region, false);
    T_OK(stitch_grow(region, 100, NULL));
    only.arg = &w;
    T_OK(stitch_set_watcher(region, &only));
    T_OK(stitch_resize(region, 40));
    w.size = 40; /* it is not reported to */
    T_OK(stitch_resize(region, 70));
    told(&w, 0, 2);
    only = (struct stitch_watcher){ going, NULL, &w };
    T_OK(stitch_set_watcher(region, &only));
    T_OK(stitch_resize(region, 60));
    told(&w, 1, 2);
    T_OK(stitch_resize(region, 90));
    memset(t_bytes(region) + 60, VALUE, 30);
    w.size = 90;
    T_OK(stitch_resize(region, 10));
    told(&w, 2, 2);
    T_OK(stitch_set_watcher(region, NULL)); /* no reports any more */
    T_OK(stitch_resize(region, 90));
    T_OK(stitch_resize(region, 0));
    T_EQ(w.going, 2);
    T_EQ(w.came, 2);
    watch(&w, region, false); /* a new watcher begins with the present size */
    T_OK(stitch_grow(region, 7, NULL));
    told(&w, 0, 1);
    t_close(region);
}

static void refused_calls_tell_nothing(void)
{
    const char *name = t_name();
    stitch_region *region = create(name), *reader;
    watched w, r;

    T_OK(stitch_grow(region, 100, NULL));
    memset(t_bytes(region), VALUE, 100);
    reader = t_open_readonly(name);
    watch(&w, region, false);
    watch(&r, reader, true);
    T_GIVES(stitch_shrink(region, 101), STITCH_EINVAL);
    T_GIVES(stitch_grow(region, T_GIB(3), NULL), STITCH_ERESERVE);
    T_GIVES(stitch_resize(region, T_GIB(3)), STITCH_ERESERVE);
    T_GIVES(stitch_append(region, NULL, 3, NULL), STITCH_EINVAL);
    T_GIVES(stitch_grow(reader, 1, NULL), STITCH_EREADONLY);
    T_GIVES(stitch_shrink(reader, 1), STITCH_EREADONLY);
    told(&w, 0, 0);
    told(&r, 0, 0);
    t_close(reader);
    t_close(region);
}

/* ---------------------------------------------------------------------------------------- what others have done --- */

static uint64_t any_size(t_random *random)
{
    return t_random_below(random, 4) ? t_random_below(random, T_MIB(7)) : t_random_below(random, 3) * T_MIB(2);
}

static void others_changes_are_told_by_sync(void)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *writer = create(name), *reader = t_open_readonly(name);
    watched w, r;

    watch(&w, writer, false);
    watch(&r, reader, true);
    /* Where few rounds are made, one kind of report may be missing by chance: then it makes some more. */
    for (uint64_t round = 0; round < t_rounds(100) || ((r.going == 0 || r.came == 0) && round < 100); round++) {
        for (uint64_t steps = t_random_below(&random, 4); steps > 0; steps--)
            T_OK(stitch_resize(writer, any_size(&random)));
        T_TRUE(stitch_sync(reader) >= 0);
        T_EQ(r.size, stitch_size(writer));
        T_EQ(r.size, stitch_size(reader));
        T_EQ(w.size, stitch_size(writer));
        T_EQ(stitch_sync(reader), 0);
    }
    T_TRUE(r.going > 0 && r.came > 0);
    t_close(reader);
    t_close(writer);
}

/* Every writing call syncs first and reports that, and then reports its own change. */
static void writing_calls_catch_up_and_tell(void)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *region[2] = { create(name), t_open(name) };
    unsigned char bytes[100];
    watched w[2];

    memset(bytes, VALUE, sizeof bytes);
    for (int i = 0; i < 2; i++)
        watch(&w[i], region[i], true);
    for (uint64_t round = 0; round < t_rounds(150); round++) {
        uint64_t which = t_random_below(&random, 2), size = any_size(&random);

        switch (t_random_below(&random, 4)) {
        case 0:
            T_OK(stitch_resize(region[which], size));
            break;
        case 1:
            T_OK(stitch_grow(region[which], size / 20, NULL));
            break;
        case 2:
            T_OK(stitch_append(region[which], bytes, sizeof bytes, NULL));
            break;
        default:
            T_OK(stitch_grow(region[which], 0, &size));
            T_OK(stitch_shrink(region[which], t_random_below(&random, size + 1)));
        }
        T_EQ(w[which].size, stitch_size(region[which]));
        T_EQ(w[1 - which].size, stitch_size(region[1 - which]));
    }
    for (int i = 0; i < 2; i++) {
        T_TRUE(stitch_sync(region[i]) >= 0);
        T_EQ(w[i].size, stitch_size(region[i]));
        (void)t_prove(region[i]);
    }
    T_EQ(w[0].size, w[1].size);
    t_close(region[1]);
    t_close(region[0]);
}

/* -------------------------------------------------------------------------------------- nobody waits meanwhile --- */

/* Writes when it is told to, and says when it has done so. */
T_HELPER(other_writer)
{
    stitch_region *region = t_open(t_argument(0));

    t_tell(t_parent(), "here");
    while (strcmp(t_hear(t_parent()), "write") == 0) {
        T_OK(stitch_grow(region, 1000, NULL));
        t_tell(t_parent(), "written");
    }
    t_close(region);
}

/* If this process held the writer lock now, the other would never answer. */
static void let_another_process_write(watched *w)
{
    t_tell(w->process, "write");
    t_expect(w->process, "written");
}

static void no_process_waits_for_a_watcher(void)
{
    const char *name = t_name();
    stitch_region *region = create(name), *other;
    t_process *process = t_start("other_writer", "%s", name);
    uint64_t size, told_of;
    watched w;

    t_expect(process, "here");
    other = t_open(name);
    watch(&w, region, true);
    w.process = process;
    w.in_going = w.in_came = let_another_process_write;
    T_OK(stitch_grow(region, T_MIB(5), NULL)); /* came */
    T_EQ(w.size, stitch_size(region));
    T_OK(stitch_resize(region, T_MIB(3))); /* going, and what was written meanwhile too */
    T_EQ(w.size, stitch_size(region));
    T_EQ(w.size, T_MIB(3));
    told_of = w.going;
    T_TRUE(told_of >= 1);
    T_OK(stitch_shrink(region, T_MIB(1)));
    T_EQ(w.size, stitch_size(region));
    T_TRUE(w.going > told_of);
    T_OK(stitch_grow(other, 0, &size));
    T_OK(stitch_shrink(other, size - T_MIB(1))); /* synced in a writing call and in stitch_sync */
    T_OK(stitch_append(region, "w", 1, NULL));   /* VALUE */
    T_EQ(w.size, stitch_size(region));
    T_OK(stitch_resize(other, 10));
    T_EQ(stitch_sync(region), 1);
    w.in_going = w.in_came = NULL;
    T_TRUE(stitch_sync(region) >= 0);
    T_EQ(w.size, stitch_size(region));
    (void)t_prove(region);
    t_tell(process, "end");
    t_finish(process);
    t_close(other);
    t_close(region);
}

/* --------------------------------------------------------------------------------------- changed in the middle --- */

static void take_the_lock(watched *w)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;

    options.flags = STITCH_EXCLUSIVE;
    if (!w->other)
        T_OK(stitch_open(w->name, &options, &w->other));
}

/* Bytes are reported to go, then the call fails: they are still there, and are reported to come. */
static void a_call_that_fails_in_the_middle_takes_it_back(void)
{
    const char *name = t_name();
    stitch_region *keeper = create(name), *region;
    struct stitch_options options = STITCH_OPTIONS_INIT;
    uint64_t generation;
    watched w;

    options.flags = STITCH_NOWAIT;
    T_OK(stitch_open(name, &options, &region));
    watch(&w, region, false);
    T_OK(stitch_grow(region, T_MIB(7), NULL));
    w.name = name;
    for (int which = 0; which < 3; which++) {
        struct stitch_shrink_report report = { .size = 4711 };

        generation = stitch_generation(region);
        w.in_going = take_the_lock;
        T_GIVES(which == 0   ? stitch_shrink(region, T_MIB(4))
                : which == 1 ? stitch_resize(region, 5)
                             : stitch_shrink_report(region, T_MIB(1), &report),
                STITCH_EBUSY);
        T_EQ(report.size, 4711);
        w.in_going = NULL;
        T_EQ(stitch_size(region), T_MIB(7));
        T_EQ(w.size, T_MIB(7));
        T_EQ(stitch_generation(region), generation);
        t_all_bytes(region, 0, T_MIB(7), VALUE);
        (void)t_prove(region);
        T_GIVES(stitch_grow(region, 1, NULL), STITCH_EBUSY);
        t_close(w.other);
        w.other = NULL;
    }
    T_OK(stitch_shrink(region, T_MIB(4)));
    T_EQ(w.size, T_MIB(3));
    T_EQ(stitch_size(region), T_MIB(3));
    t_close(region);
    t_close(keeper);
}

static void shrink_by_another(watched *w)
{
    if (stitch_generation(w->other) < 1000)
        T_OK(stitch_resize(w->other, 1000));
    w->in_going = NULL;
}

static void grow_by_another(watched *w)
{
    T_OK(stitch_grow(w->other, T_MIB(4), NULL));
    w->in_going = NULL;
}

/* A shrink subtracts from the size that the region has when it gets the lock. */
static void others_change_the_size_in_the_middle(void)
{
    const char *name = t_name();
    stitch_region *region = create(name), *other = t_open(name);
    watched w;

    watch(&w, region, true);
    w.other = other;
    T_OK(stitch_grow(region, T_MIB(7), NULL));
    w.in_going = grow_by_another;
    T_OK(stitch_shrink(region, T_MIB(3)));
    T_EQ(stitch_size(region), T_MIB(8));
    T_EQ(w.size, T_MIB(8));
    w.in_going = shrink_by_another;
    T_GIVES(stitch_shrink(region, T_MIB(3)), STITCH_EINVAL); /* more than the region has by now */
    T_EQ(w.size, stitch_size(region));
    T_TRUE(stitch_sync(region) >= 0);
    T_EQ(stitch_size(region), 1000);
    T_EQ(w.size, 1000);
    T_OK(stitch_resize(region, T_MIB(6)));
    w.in_going = grow_by_another;
    T_OK(stitch_resize(region, T_MIB(2)));
    T_EQ(stitch_size(region), T_MIB(2));
    T_EQ(w.size, T_MIB(2));
    w.in_going = shrink_by_another;
    T_OK(stitch_resize(region, T_MIB(1))); /* the region is smaller already: it grows */
    T_EQ(stitch_size(region), T_MIB(1));
    T_EQ(w.size, T_MIB(1));
    (void)t_prove(region);
    t_close(other);
    t_close(region);
}

/* ---------------------------------------------------------------------------------------------------- threads --- */

typedef struct work {
    stitch_region *region;
    uint64_t seed, rounds;
} work;

static void step_at_random(void *arg)
{
    const work *mine = arg;
    t_random random = t_random_from(mine->seed);

    for (uint64_t round = 0; round < mine->rounds; round++) {
        uint64_t bytes = t_random_below(&random, T_MIB(2)) + 1;

        T_OK(stitch_grow(mine->region, bytes, NULL));
        T_TRUE(stitch_sync(mine->region) >= 0);
        T_OK(stitch_shrink(mine->region, bytes));
    }
}

/* Threads of both handles at once: each watcher gets one report after the other, and all of them. */
static void threads_are_told_one_after_the_other(void)
{
    const char *name = t_name();
    stitch_region *region[2];
    t_thread *threads[4];
    work parts[4];
    watched w[2];

    t_need_free_threads();
    region[0] = create(name);
    region[1] = t_open(name);
    for (int i = 0; i < 2; i++)
        watch(&w[i], region[i], true);
    for (unsigned i = 0; i < 4; i++) {
        parts[i] = (work){ region[i % 2], i + 1, t_rounds(60) };
        threads[i] = t_thread_start(step_at_random, &parts[i]);
    }
    for (int i = 0; i < 4; i++)
        t_thread_join(threads[i]);
    for (int i = 0; i < 2; i++) {
        T_TRUE(stitch_sync(region[i]) >= 0);
        T_EQ(stitch_size(region[i]), 0);
        T_EQ(w[i].size, 0);
        T_TRUE(w[i].going > 0 && w[i].came > 0);
        (void)t_prove(region[i]);
    }
    t_close(region[1]);
    t_close(region[0]);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(own_calls_tell_what_they_change),
    T_FIXED(own_calls_tell_what_they_change),
    T_REMAP(own_calls_tell_what_they_change),
    T_TEST(either_may_be_missing),
    T_TEST(refused_calls_tell_nothing),
    T_BOTH(others_changes_are_told_by_sync),
    T_REMAP(others_changes_are_told_by_sync),
    T_BOTH(writing_calls_catch_up_and_tell),
    T_REMAP(writing_calls_catch_up_and_tell),
    T_BOTH(no_process_waits_for_a_watcher),
    T_BOTH(a_call_that_fails_in_the_middle_takes_it_back),
    T_REMAP(a_call_that_fails_in_the_middle_takes_it_back),
    T_BOTH(others_change_the_size_in_the_middle),
    T_REMAP(others_change_the_size_in_the_middle),
    T_BOTH(threads_are_told_one_after_the_other),
};

static const t_helper helpers[] = {
    T_ENTRY(other_writer),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
