/* SPDX-License-Identifier: MIT */
/*
 * Promise 7 on Windows, call by call: every public operation, with every backend, while the n-th use of each Win32 call
 * fails with each of the errors that calls run into, for n = 1, 2, 3 ... until the operation passes undisturbed.
 *
 * An operation that reports a failure has changed nothing that anybody can see, and then succeeds when it is made
 * again; one that reports success has done all of it. Shrinking and closing never fail.
 */
#include "test.h"
#include "inject_win32.h"
#include "maps.h"
#include "win32.h"

#include "region.h"

enum {
    STEP = 64 << 10, /* from one byte that is looked at to the next */
    NTH_MOST = 200,  /* no operation makes so many calls of one kind */
    NOBODY = -1
};

/* Commitment limit, not enough memory, invalid address, access denied, too many open files (handles). */
static const DWORD errors[] = { 1455, 8, 487, 5, 4 };

/* One region, up to two handles of it, and what the operation may make. */
typedef struct stage {
    const char *name;
    stitch_region *mine, *other, *made;
    uint64_t marked; /* below this every looked-at byte has its mark */
} stage;

/* What all the world can see of a region, and what its handle shows of it. */
typedef struct seen {
    uint64_t generation, size, own_generation;
    void *base;
    struct st_record record;
    struct st_entry entries[8];
} seen;

typedef struct operation {
    const char *name;
    int (*run)(stage *s);
    int64_t start; /* bytes of the region before; NOBODY: there is none */
    int64_t ahead; /* then the other handle resizes it to this; NOBODY: it does not */
    int64_t after; /* bytes that it has when the operation has succeeded */
    bool readonly; /* mine is */
    bool alone;    /* no other handle */
    bool never_fails;
} operation;

/* -------------------------------------------------------------------------------------------------- operations --- */

static unsigned char to_append[3 << 20];

static stitch_options options_here(void)
{
    stitch_options options = t_options();

    options.extent = STITCH_EXTENT_UNIT;
    options.reserve = T_MIB(16);
    options.segments = T_COUNT(((seen *)0)->entries);
    return options;
}

static int make(stage *s, uint64_t size)
{
    stitch_options options = options_here();

    options.size = size;
    options.flags = size > 0 ? STITCH_EXCLUSIVE : 0;
    return stitch_create(s->name, &options, &s->made);
}

static int create_empty(stage *s)
{
    return make(s, 0);
}

static int create_filled(stage *s)
{
    return make(s, T_MIB(3));
}

static int open_existing(stage *s)
{
    return stitch_open(s->name, NULL, &s->made);
}

static int open_readonly(stage *s)
{
    stitch_options options = options_here();

    options.flags = STITCH_READONLY;
    return stitch_open(s->name, &options, &s->made);
}

static int attach(stage *s)
{
    stitch_options options = options_here();

    options.size = T_MIB(3);
    return stitch_attach(s->name, &options, &s->made);
}

static int grow_within(stage *s)
{
    st_directory_announce_waiter(s->mine->directory); /* so that there is somebody to be woken */
    return stitch_grow(s->mine, T_KIB(512), NULL);
}

static int grow_past(stage *s)
{
    return stitch_grow(s->mine, T_MIB(2), NULL);
}

static int append_within(stage *s)
{
    return stitch_append(s->mine, to_append + T_MIB(1), T_KIB(512), NULL);
}

static int append_past(stage *s)
{
    return stitch_append(s->mine, to_append + T_MIB(1), T_MIB(2), NULL);
}

static int shrink_within(stage *s)
{
    return stitch_shrink(s->mine, T_KIB(512));
}

static int shrink_past(stage *s)
{
    return stitch_shrink_report(s->mine, T_MIB(4), &(stitch_shrunk_t){ 0 });
}

static int resize_up(stage *s)
{
    return stitch_resize(s->mine, T_MIB(6));
}

static int resize_down(stage *s)
{
    return stitch_resize(s->mine, T_MIB(1));
}

static int resize_to_nothing(stage *s)
{
    return stitch_resize(s->mine, 0);
}

static int sync(stage *s)
{
    int e = stitch_sync(s->mine);

    return e < 0 ? e : 0;
}

static int close_mine(stage *s)
{
    stitch_region *region = s->mine;

    s->mine = NULL;
    return stitch_close(region);
}

static int list_one(const stitch_listing *listing, void *arg)
{
    stage *s = arg;

    if (strcmp(listing->name, s->name) == 0 && listing->error == 0)
        T_EQ(listing->size, T_MIB(5));
    return 0;
}

static int list(stage *s)
{
    return stitch_list(list_one, s);
}

/* All that only looks. What cannot be found out is an error and not a guess. */
static int look(stage *s)
{
    stitch_info_t info;
    stitch_segment_t segment;
    stitch_report_t report;
    int e = stitch_info(s->mine, &info);

    if (!e) {
        T_EQ(info.writers, 1);
        T_EQ(info.region_size, T_MIB(5));
        e = stitch_segment(s->mine, 0, &segment);
    }
    if (!e) {
        T_EQ(segment.adjacent, 1);
        T_EQ(segment.access, STITCH_ACCESS_READ | (s->mine->readonly ? 0 : STITCH_ACCESS_WRITE));
        e = stitch_find(s->mine, t_bytes(s->mine) + T_MIB(4), &segment);
    }
    if (!e)
        e = stitch_verify(s->mine, &report);
    if (!e)
        e = stitch_presence(s->mine, T_MIB(3));
    T_TRUE(e != STITCH_EUNSOUND && e != STITCH_RESERVED && e != STITCH_FOREIGN && e != STITCH_ECORRUPT);
    return e < 0 ? e : 0;
}

#define MIB(n) ((int64_t)(n) << 20)
#define KIB(n) ((int64_t)(n) << 10)

/* Its name, what runs, the size before, what the other handle makes of it, the size after; reader, alone, never fails.
 */
#define OPERATIONS(X)                                                                                                  \
    X(create, create_empty, NOBODY, NOBODY, 0, false, true, false)                                                     \
    X(create_with_a_size, create_filled, NOBODY, NOBODY, MIB(3), false, true, false)                                   \
    X(attach_making, attach, NOBODY, NOBODY, MIB(3), false, true, false)                                               \
    X(open, open_existing, MIB(5), NOBODY, MIB(5), false, false, false)                                                \
    X(open_to_read, open_readonly, MIB(5), NOBODY, MIB(5), false, false, false)                                        \
    X(attach_opening, attach, MIB(5), NOBODY, MIB(5), false, false, false)                                             \
    X(grow_within_the_extent, grow_within, MIB(1), NOBODY, KIB(1536), false, false, false)                             \
    X(grow_past_the_extent, grow_past, MIB(1), NOBODY, MIB(3), false, false, false)                                    \
    X(grow_from_nothing, grow_past, 0, NOBODY, MIB(2), false, false, false)                                            \
    X(append_within_the_extent, append_within, MIB(1), NOBODY, KIB(1536), false, false, false)                         \
    X(append_past_the_extent, append_past, MIB(1), NOBODY, MIB(3), false, false, false)                                \
    X(shrink_within_the_extent, shrink_within, KIB(1536), NOBODY, MIB(1), false, false, true)                          \
    X(shrink_past_the_extent, shrink_past, MIB(5), NOBODY, MIB(1), false, false, true)                                 \
    X(resize_up, resize_up, MIB(1), NOBODY, MIB(6), false, false, false)                                               \
    X(resize_down, resize_down, MIB(5), NOBODY, MIB(1), false, false, true)                                            \
    X(resize_to_nothing, resize_to_nothing, MIB(5), NOBODY, 0, false, false, true)                                     \
    X(grow_when_behind, resize_up, MIB(1), MIB(5), MIB(6), false, false, false)                                        \
    X(shrink_when_behind, shrink_past, MIB(1), MIB(5), MIB(1), false, false, true)                                     \
    X(sync_that_maps, sync, MIB(1), MIB(5), MIB(5), false, false, false)                                               \
    X(sync_that_unmaps, sync, MIB(5), MIB(1), MIB(1), false, false, false)                                             \
    X(sync_of_a_reader, sync, MIB(1), MIB(5), MIB(5), true, false, false)                                              \
    X(close, close_mine, MIB(5), NOBODY, MIB(5), false, false, true)                                                   \
    X(close_of_the_last, close_mine, MIB(5), NOBODY, MIB(5), false, true, true)                                        \
    X(list, list, MIB(5), NOBODY, MIB(5), false, false, false)                                                         \
    X(looking, look, MIB(5), NOBODY, MIB(5), false, false, false)                                                      \
    X(looking_as_a_reader, look, MIB(5), NOBODY, MIB(5), true, false, false)

/* --------------------------------------------------------------------------------------------------- the stage --- */

static unsigned char mark_of(uint64_t offset)
{
    return (unsigned char)(offset / STEP * 7 + 1);
}

static void mark(stitch_region *region, uint64_t from, uint64_t to)
{
    for (uint64_t at = from; at < to; at += STEP)
        t_bytes(region)[at] = mark_of(at);
}

/* Bytes below `marked` have their marks, the others are zero. */
static void check_contents(stitch_region *region, uint64_t marked)
{
    for (uint64_t at = 0; at < stitch_size(region); at += STEP)
        T_EQ(t_bytes(region)[at], at < marked ? mark_of(at) : 0);
}

static stage set_up(const operation *o)
{
    stage s = { .name = t_name() };
    stitch_options options = options_here();

    if (o->start == NOBODY)
        return s;
    s.mine = t_create_with(s.name, &options);
    for (uint64_t size = 0; size < (uint64_t)o->start; size += T_MIB(2)) /* by segments of 2 MiB */
        T_OK(stitch_resize(s.mine, size + T_MIB(2) < (uint64_t)o->start ? size + T_MIB(2) : (uint64_t)o->start));
    mark(s.mine, 0, (uint64_t)o->start);
    s.marked = (uint64_t)o->start;
    if (!o->alone)
        s.other = t_open(s.name);
    if (o->readonly) {
        stitch_region *writer = s.mine;

        s.mine = t_open_readonly(s.name);
        t_close(writer);
    }
    if (o->ahead != NOBODY) {
        for (uint64_t size = s.marked; size < (uint64_t)o->ahead; size += T_MIB(2))
            T_OK(stitch_resize(s.other, size + T_MIB(2) < (uint64_t)o->ahead ? size + T_MIB(2) : (uint64_t)o->ahead));
        T_OK(stitch_resize(s.other, (uint64_t)o->ahead));
        if ((uint64_t)o->ahead > s.marked)
            mark(s.other, s.marked, (uint64_t)o->ahead);
        s.marked = (uint64_t)o->ahead;
    }
    return s;
}

static void tear_down(stage *s)
{
    t_close(s->made);
    t_close(s->mine);
    t_close(s->other);
}

static void take(const stage *s, seen *out)
{
    stitch_region *witness = s->other ? s->other : s->mine;
    struct st_snapshot snapshot = { .entries = out->entries };

    memset(out, 0, sizeof *out);
    if (!witness)
        return;
    T_EQ(st_directory_snapshot(witness->directory, &witness->geometry, &snapshot), 0);
    T_EQ(st_directory_journal(witness->directory), 0);
    out->generation = snapshot.generation;
    out->record = snapshot.record;
    if (s->mine) {
        out->size = stitch_size(s->mine);
        out->own_generation = stitch_generation(s->mine);
        out->base = stitch_base(s->mine);
    }
}

/* ----------------------------------------------------------------------------------------------------- judging --- */

/* By the system's map, read by us, for the first of the errors; by the library, which asks less, for all of them. */
static bool thorough;
/* A view that the system would not unmap is left where reservation should be, until the next one comes there. */
static bool left_a_view;

static void prove(stitch_region *region)
{
    stitch_report_t report;
    int e = stitch_verify(region, &report);

    if (e == STITCH_EUNSOUND && left_a_view) {
        T_EQ(report.fault, STITCH_FAULT_RESERVATION);
        return;
    }
    T_OK(e);
    if (thorough && region->readonly)
        (void)t_prove_readonly(region);
    else if (thorough)
        (void)t_prove(region);
}

/* The other handle sees the region so, and its own mapping is sound. */
static void check_other(stitch_region *other, uint64_t size, uint64_t marked)
{
    T_EQ(stitch_size(other), size);
    check_contents(other, marked);
    prove(other);
}

/* The operation said that it failed. */
static void check_unchanged(const operation *o, stage *s, const seen *before)
{
    seen now;

    T_TRUE(s->made == NULL);
    take(s, &now);
    T_EQ(now.generation, before->generation);
    T_TRUE(memcmp(&now.record, &before->record, sizeof now.record) == 0);
    T_TRUE(memcmp(now.entries, before->entries, sizeof now.entries) == 0);
    if (o->start == NOBODY) {
        T_GIVES(stitch_open(s->name, NULL, &s->made), STITCH_ENOENT);
        return;
    }
    if (o->ahead == NOBODY) { /* else it may have caught up in part */
        T_EQ(now.size, before->size);
        T_EQ(now.own_generation, before->own_generation);
        T_TRUE(now.base == before->base);
    }
    T_TRUE(now.size <= before->size || now.size == before->record.size);
    check_contents(s->mine, s->marked);
    prove(s->mine);
    if (s->other) {
        T_EQ(stitch_sync(s->other), 0);
        check_other(s->other, before->record.size, s->marked);
    }
}

/* It said that it succeeded. */
static void check_done(const operation *o, stage *s)
{
    stitch_region *region = s->made ? s->made : s->mine;
    uint64_t marked = o->run == append_past || o->run == append_within ? (uint64_t)o->after : s->marked;

    if (region) {
        T_EQ(stitch_size(region), o->after);
        check_contents(region, marked);
        prove(region);
    }
    if (s->other) {
        T_TRUE(stitch_sync(s->other) >= 0);
        check_other(s->other, (uint64_t)o->after, marked);
    }
    if (region && !s->other && o->run == close_mine)
        T_GIVES(stitch_open(s->name, NULL, &s->made), STITCH_ENOENT);
}

static bool asks_for_pieces(enum t_call call)
{
    return call == T_CALL_VirtualQuery || call == T_CALL_VirtualQueryEx;
}

/* One failure. Returns false if the operation did not get so far as to meet it. */
static bool disturb(const operation *o, enum t_call call, unsigned nth, DWORD error)
{
    t_balance was = t_inject_balance(), now;
    stage s = set_up(o);
    seen before;
    bool failed;
    int e;

    t_note("%s, %s %u fails with %lu", o->name, t_call_name(call), nth, (unsigned long)error);
    thorough = error == errors[0];
    left_a_view = false;
    take(&s, &before);
    t_inject(call, nth, error, false);
    e = o->run(&s);
    failed = t_inject_over();
    left_a_view = failed && call == T_CALL_UnmapViewOfFile2;
    if (e == 0) {
        check_done(o, &s);
    } else {
        T_TRUE(e < 0);
        T_TRUE(failed);
        T_TRUE(stitch_os_error() == (int)error || asks_for_pieces(call)); /* taken for "not sound" in places */
        T_TRUE(!o->never_fails || call == T_CALL_WaitForSingleObject); /* that is no lack of anything */
        check_unchanged(o, &s, &before);
        T_OK(o->run(&s));
        check_done(o, &s);
    }
    if (left_a_view && s.mine) {
        left_a_view = false;
        T_OK(stitch_resize(s.mine, T_MIB(6)));
        prove(s.mine);
    }
    tear_down(&s);
    now = t_inject_balance();
    T_EQ(now.handles, was.handles);
    T_EQ(now.views, was.views);
    return failed;
}

/* Every use of a call, with each of the errors. In turn, one error for each use: calls that are used the most and of
 * whose errors nobody asks the number; and the other backends than the one that is the system's own choice. */
static void disturb_each(const operation *o, enum t_call call)
{
    uint64_t own = st_win_has_placeholders() ? STITCH_BACKEND_STITCHED : STITCH_BACKEND_SINGLE;
    bool in_turn = asks_for_pieces(call) || call == T_CALL_CloseHandle || t_options().backend != own;

    for (size_t error = 0; error < (in_turn ? 1 : T_COUNT(errors)); error++) {
        unsigned nth = 1;

        while (disturb(o, call, nth, errors[(in_turn ? nth : error) % T_COUNT(errors)]))
            T_TRUE(nth++ < NTH_MOST);
        if (nth == 1)
            return; /* the operation does without this call */
    }
}

static void disturb_operation(const operation *o)
{
    size_t reserved = t_reservations();

    for (size_t at = 0; at < sizeof to_append; at += STEP)
        to_append[at] = mark_of(at);
    t_inject_begin();
    for (enum t_call call = 0; call < T_CALL_COUNT; call++)
        /* Where the pieces of a reservation end is asked while it is let go. The answer needs no resource. */
        if (o->run != close_mine || call != T_CALL_VirtualQuery)
            disturb_each(o, call);
    t_inject_end();
    T_EQ(t_reservations(), reserved);
}

#define TEST_OF(id, ...)                                                                                               \
    static void promise_7_##id(void)                                                                                   \
    {                                                                                                                  \
        disturb_operation(&(operation){ #id, __VA_ARGS__ });                                                           \
    }
OPERATIONS(TEST_OF)

/* The last test of all. */
static void so_many_failures(void)
{
    printf("%u calls have failed\n", t_inject_count());
    T_TRUE(t_inject_count() > 500);
}

#define WITH_STITCHED(id, ...) T_STITCHED(promise_7_##id),
#define WITH_SINGLE(id, ...)   T_SINGLE(promise_7_##id),
#define WITH_FIXED(id, ...)    T_FIXED(promise_7_##id),
#define WITH_REMAP(id, ...)    T_REMAP(promise_7_##id),

static const struct CMUnitTest tests[] = {
    OPERATIONS(WITH_STITCHED) /* */
    OPERATIONS(WITH_SINGLE)   /* */
    OPERATIONS(WITH_FIXED)    /* */
    OPERATIONS(WITH_REMAP)    /* */
    T_TEST(so_many_failures),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
