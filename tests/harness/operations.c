/* SPDX-License-Identifier: MIT */
/* operations.c - the table of operations, and what they do on the stage. */
#include "operations.h"

#define CODE(name) (UINT64_C(1) << -STITCH_##name)
#define ATTACHING                                                                                                      \
    (CODE(EACCES) | CODE(ECORRUPT) | CODE(EVERSION) | CODE(EGONE) | CODE(ENOSPC) | CODE(EFSIZE) | CODE(EMFILE) |       \
     CODE(EMAPS) | CODE(EADDRSPACE) | CODE(ENOMEM) | CODE(EPRIVILEGE) | CODE(ENOENT) | CODE(ENOTSUP) | CODE(EBUSY) |   \
     CODE(ESYS))
#define CREATING (ATTACHING | CODE(EEXIST))
#define OPENING  ATTACHING
#define GROWING                                                                                                        \
    (CODE(ENOSPC) | CODE(EFSIZE) | CODE(EMFILE) | CODE(EMAPS) | CODE(ENOMEM) | CODE(EADDRSPACE) | CODE(EGONE) |        \
     CODE(ECORRUPT) | CODE(EACCES) | CODE(ENOENT) | CODE(ESYS))
#define SYNCING (CODE(EMAPS) | CODE(EMFILE) | CODE(ENOMEM) | CODE(EGONE) | CODE(EACCES) | CODE(ECORRUPT) | CODE(ESYS))
#define LOOKING (CODE(ENOMEM) | CODE(EMFILE) | CODE(EACCES) | CODE(ESYS))
#define UNLINKING                                                                                                      \
    (CODE(ENOENT) | CODE(EACCES) | CODE(ECORRUPT) | CODE(EBUSY) | CODE(EMFILE) | CODE(ENOMEM) | CODE(ENOSPC) |         \
     CODE(ESYS))
#define LISTING (LOOKING | CODE(ENOENT))
#define MIB(n)  (UINT64_C(n) << 20)
#define KIB(n)  (UINT64_C(n) << 10)
#define PAGE    4096

static unsigned char to_append[3 << 20];

static unsigned char mark_of(uint64_t offset)
{
    return (unsigned char)(offset / T_STEP * 7 + 1);
}

static void mark(stitch_region *region, uint64_t from, uint64_t to)
{
    for (uint64_t at = from; at < to; at += T_STEP)
        t_bytes(region)[at] = mark_of(at);
}

void t_stage_contents(stitch_region *region, uint64_t marked)
{
    uint64_t size = stitch_size(region);

    for (uint64_t at = 0; at < size; at += T_STEP) {
        T_EQ(t_bytes(region)[at], at < marked ? mark_of(at) : 0);
        if (at + PAGE <= size)
            T_EQ(t_bytes(region)[at + PAGE - 1], 0);
    }
}

/* -------------------------------------------------------------------------------------------------- operations --- */

struct stitch_options t_stage_options(void)
{
    struct stitch_options options = t_options();

    options.extent = STITCH_EXTENT_UNIT;
    options.reserve = T_MIB(8);
    options.segments = T_STAGE_SEGMENTS;
    return options;
}

static int make(t_stage *s)
{
    struct stitch_options options = t_stage_options();

    options.size = s->operation->after;
    options.flags = s->operation->flags;
    return stitch_create(s->name, &options, &s->made);
}

static int open_existing(t_stage *s)
{
    return stitch_open(s->name, NULL, &s->made);
}

static int open_readonly(t_stage *s)
{
    struct stitch_options options = t_stage_options();

    options.flags = STITCH_READONLY;
    return stitch_open(s->name, &options, &s->made);
}

static int attach(t_stage *s)
{
    struct stitch_options options = t_stage_options();

    options.size = T_MIB(3);
    return stitch_attach(s->name, &options, &s->made);
}

static int grow_half(t_stage *s)
{
    st_directory_announce_waiter(s->mine->directory); /* so that there is somebody to be woken */
    return stitch_grow(s->mine, T_KIB(512), NULL);
}

static int grow_more(t_stage *s)
{
    return stitch_grow(s->mine, T_MIB(2), NULL);
}

static int append_half(t_stage *s)
{
    return stitch_append(s->mine, to_append + T_MIB(1), T_KIB(512), NULL);
}

static int append_more(t_stage *s)
{
    return stitch_append(s->mine, to_append + T_MIB(1), T_MIB(2), NULL);
}

static int shrink_half(t_stage *s)
{
    return stitch_shrink(s->mine, T_KIB(512));
}

static int shrink_more(t_stage *s)
{
    return stitch_shrink_report(s->mine, T_MIB(4), &(struct stitch_shrink_report){ 0 });
}

static int resize(t_stage *s)
{
    return stitch_resize(s->mine, s->operation->after);
}

static int sync(t_stage *s)
{
    int e = stitch_sync(s->mine);

    return e < 0 ? e : 0;
}

static void going(void *arg, uint64_t offset, uint64_t length)
{
    t_stage *s = arg;

    T_EQ(offset + length, s->known);
    (void)*(volatile unsigned char *)(t_bytes(s->mine) + offset + length - 1); /* still there */
    s->known = offset;
}

static void came(void *arg, uint64_t offset, uint64_t length)
{
    t_stage *s = arg;

    T_EQ(offset, s->known);
    s->known = offset + length;
}

static int watched(t_stage *s, int (*run)(t_stage *))
{
    int e;

    s->known = stitch_size(s->mine);
    T_OK(stitch_set_watcher(s->mine, &(struct stitch_watcher){ going, came, s }));
    e = run(s);
    T_EQ(s->known, stitch_size(s->mine));
    return e;
}

static int watched_shrink(t_stage *s)
{
    return watched(s, shrink_more);
}

static int watched_sync(t_stage *s)
{
    return watched(s, sync);
}

/* Between two looked-at bytes, since it may keep them or not. */
static int discard(t_stage *s)
{
    return stitch_discard(s->mine, T_KIB(68), T_KIB(32));
}

static int close_mine(t_stage *s)
{
    stitch_region *region = s->mine;

    s->mine = NULL;
    return stitch_close(region);
}

static int list_one(const struct stitch_listing *listing, void *arg)
{
    t_stage *s = arg;

    if (strcmp(listing->name, s->name) == 0 && listing->error == 0)
        T_EQ(listing->size, s->operation->after);
    return 0;
}

static int list(t_stage *s)
{
    return stitch_list(list_one, s);
}

static int collect_one(const struct stitch_collected *collected, void *arg)
{
    T_TRUE(collected->objects > 0);
    ++*(unsigned *)arg;
    return 0;
}

static int collect(t_stage *s)
{
    int e = stitch_collect_at(NULL, collect_one, &s->collected);

    return e < 0 ? e : 0;
}

static int unlink_name(t_stage *s)
{
    return stitch_unlink(s->name);
}

static int count_member(const struct stitch_member *member, void *arg)
{
    T_TRUE(member->pid != 0);
    ++*(unsigned *)arg;
    return 0;
}

static int members(t_stage *s)
{
    unsigned count = 0;

    return stitch_members(s->mine, count_member, &count);
}

/* All that only looks. What cannot be found out is an error and not a guess. */
static int look(t_stage *s)
{
    struct stitch_info info;
    struct stitch_segment segment;
    struct stitch_verify_report report;
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
    if (!e)
        e = stitch_wait(s->mine, stitch_generation(s->mine), 1);
    T_TRUE(e != STITCH_EUNSOUND && e != STITCH_PRESENCE_RESERVED && e != STITCH_PRESENCE_FOREIGN &&
           e != STITCH_ECORRUPT);
    return e < 0 && e != STITCH_ETIMEDOUT ? e : 0;
}

/* As in a child: the locks are the parent's, until there are own ones. */
static int grow_as_a_child(t_stage *s)
{
    st_store(&s->mine->fork_mark[0], 0);
    return grow_more(s);
}

#define ROW(id, function, ...) [T_OPERATION_##id] = { .name = #id, .run = function, __VA_ARGS__ }

const t_operation t_operations[T_OPERATION_COUNT] = {
    ROW(create, make, .nobody = true, .codes = CREATING),
    ROW(create_with_a_size, make, .nobody = true, .after = MIB(3), .flags = STITCH_EXCLUSIVE, .codes = CREATING),
    ROW(attach_making, attach, .nobody = true, .after = MIB(3), .codes = CREATING | OPENING),
    ROW(open, open_existing, .start = MIB(5), .after = MIB(5), .codes = OPENING),
    ROW(open_to_read, open_readonly, .start = MIB(5), .after = MIB(5), .codes = OPENING),
    ROW(attach_opening, attach, .start = MIB(5), .after = MIB(5), .codes = CREATING | OPENING),
    ROW(grow_within_the_extent, grow_half, .start = MIB(1), .after = KIB(1536), .codes = GROWING),
    ROW(grow_past_the_extent, grow_more, .start = MIB(1), .after = MIB(3), .codes = GROWING),
    ROW(grow_from_nothing, grow_more, .after = MIB(2), .codes = GROWING),
    ROW(grow_over_old_bytes, grow_more, .start = KIB(1025) + 1, .high = KIB(1800), .after = KIB(3073) + 1,
        .codes = GROWING),
    ROW(append_within_the_extent, append_half, .start = MIB(1), .after = KIB(1536), .codes = GROWING),
    ROW(append_past_the_extent, append_more, .start = MIB(1), .after = MIB(3), .codes = GROWING),
    ROW(shrink_within_the_extent, shrink_half, .start = KIB(1536), .after = MIB(1), .shrinks = true),
    ROW(shrink_past_the_extent, shrink_more, .start = MIB(5), .after = MIB(1), .shrinks = true),
    ROW(resize_up, resize, .start = MIB(1), .after = MIB(6), .codes = GROWING),
    ROW(resize_down, resize, .start = MIB(5), .after = MIB(1), .shrinks = true),
    ROW(resize_to_nothing, resize, .start = MIB(5), .after = 0, .shrinks = true),
    ROW(grow_when_behind, resize, .start = MIB(1), .ahead = MIB(5), .after = MIB(6), .codes = GROWING),
    ROW(shrink_when_behind, shrink_more, .start = MIB(1), .ahead = MIB(5), .after = MIB(1), .shrinks = true),
    ROW(sync_that_maps, sync, .start = MIB(1), .ahead = MIB(5), .after = MIB(5), .codes = SYNCING),
    ROW(sync_that_unmaps, sync, .start = MIB(5), .ahead = MIB(1), .after = MIB(1), .codes = SYNCING),
    ROW(sync_of_a_reader, sync, .start = MIB(1), .ahead = MIB(5), .after = MIB(5), .readonly = true, .codes = SYNCING),
    ROW(shrink_that_is_watched, watched_shrink, .start = MIB(5), .after = MIB(1), .shrinks = true),
    ROW(sync_that_is_watched, watched_sync, .start = MIB(5), .ahead = MIB(1), .after = MIB(1), .codes = SYNCING),
    ROW(exclusive_grow_within, grow_half, .flags = STITCH_EXCLUSIVE, .start = MIB(1), .after = KIB(1536),
        .codes = GROWING),
    ROW(exclusive_grow_past, grow_more, .flags = STITCH_EXCLUSIVE, .start = MIB(1), .after = MIB(3), .codes = GROWING),
    ROW(exclusive_shrink, shrink_more, .flags = STITCH_EXCLUSIVE, .start = MIB(5), .after = MIB(1), .shrinks = true),
    ROW(discard, discard, .start = MIB(1), .after = MIB(1), .codes = CODE(ENOMEM) | CODE(ESYS)),
    ROW(close, close_mine, .start = MIB(5), .after = MIB(5), .shrinks = true),
    ROW(close_of_the_last, close_mine, .start = MIB(5), .after = MIB(5), .alone = true, .shrinks = true, .ends = true),
    ROW(list, list, .start = MIB(5), .after = MIB(5), .codes = LISTING),
    ROW(members, members, .start = MIB(5), .after = MIB(5), .codes = LOOKING | CODE(ECORRUPT) | CODE(ENOTSUP)),
    ROW(looking, look, .start = MIB(5), .after = MIB(5), .codes = LOOKING | CODE(ECORRUPT)),
    ROW(looking_as_a_reader, look, .start = MIB(5), .after = MIB(5), .readonly = true,
        .codes = LOOKING | CODE(ECORRUPT)),
    ROW(create_to_keep, make, .flags = STITCH_KEEP, .nobody = true, .after = MIB(3), .codes = CREATING),
    ROW(unlink, unlink_name, .start = MIB(5), .after = MIB(5), .ends = true, .codes = UNLINKING),
    ROW(unlink_of_the_last, unlink_name, .flags = STITCH_KEEP, .start = MIB(5), .after = MIB(5), .alone = true,
        .left = true, .ends = true, .codes = UNLINKING),
    ROW(collect, collect, .start = MIB(5), .after = MIB(5), .codes = LISTING),
    ROW(grow_after_a_fork, grow_as_a_child, .parts = true, .start = MIB(1), .after = MIB(3), .codes = GROWING),
    ROW(grow_after_a_death, grow_more, .recovers = true, .start = MIB(1), .after = MIB(3), .codes = GROWING),
    ROW(grow_within_after_a_death, grow_half, .recovers = true, .start = MIB(1), .after = KIB(1536), .codes = GROWING),
    ROW(shrink_after_a_death, shrink_half, .recovers = true, .start = KIB(1536), .after = MIB(1), .shrinks = true),
    ROW(create_lazy, make, .flags = STITCH_LAZY, .nobody = true, .after = MIB(3), .codes = CREATING),
    ROW(lazy_grow_past, grow_more, .flags = STITCH_LAZY, .start = MIB(1), .after = MIB(3), .codes = GROWING),
    ROW(lazy_grow_over_old_bytes, grow_half, .flags = STITCH_LAZY, .start = KIB(1025) + 1, .high = KIB(1800),
        .after = KIB(1537) + 1, .codes = GROWING),
    ROW(lazy_append, append_more, .flags = STITCH_LAZY, .start = MIB(1), .after = MIB(3), .codes = GROWING),
    ROW(lazy_discard, discard, .flags = STITCH_LAZY, .start = MIB(1), .after = MIB(1),
        .codes = CODE(ENOMEM) | CODE(ESYS)),
};

/* --------------------------------------------------------------------------------------------------- the stage --- */

/* By segments of 2 MiB. */
static void reach(stitch_region *region, uint64_t size)
{
    for (uint64_t at = stitch_size(region) + T_MIB(2); at < size; at += T_MIB(2))
        T_OK(stitch_resize(region, at));
    T_OK(stitch_resize(region, size));
}

t_stage t_stage_set_up(const t_operation *o)
{
    t_stage s = { .operation = o, .name = t_name() };
    struct stitch_options options = t_stage_options();

    for (size_t at = 0; at < sizeof to_append; at += T_STEP)
        to_append[at] = mark_of(at);
    if (o->nobody)
        return s;
    options.flags = o->flags;
    s.mine = t_create_with(s.name, &options);
    if (o->high > o->start) {
        reach(s.mine, o->high);
        memset(t_bytes(s.mine), 0xee, o->high);
        T_OK(stitch_resize(s.mine, o->start));
        memset(t_bytes(s.mine), 0, o->start);
    }
    reach(s.mine, o->start);
    mark(s.mine, 0, o->start);
    s.marked = o->start;
    if (!o->alone)
        s.other = t_open(s.name);
    if (o->readonly) {
        stitch_region *writer = s.mine;

        s.mine = t_open_readonly(s.name);
        t_close(writer);
    }
    if (o->left)
        (void)close_mine(&s);
    if (o->ahead) {
        reach(s.other, o->ahead);
        if (o->ahead > s.marked)
            mark(s.other, s.marked, o->ahead);
        s.marked = o->ahead;
    }
    if (o->recovers)
        t_stage_leave_a_rest(s.mine);
    return s;
}

void t_stage_tear_down(t_stage *s)
{
    t_close(s->made);
    t_close(s->mine);
    t_close(s->other);
    if ((s->operation->flags & STITCH_KEEP) && !s->operation->ends)
        T_OK(stitch_unlink(s->name));
    if (t_has(T_KEPT))
        T_TRUE(stitch_collect_at(NULL, NULL, NULL) >= 0);
}

const unsigned char *t_stage_source(const t_operation *o, uint64_t *length)
{
    *length = o->after - o->start;
    return o->run == append_more || o->run == append_half ? to_append + o->start : NULL;
}

uint64_t t_stage_seen(const t_operation *o)
{
    return o->run == watched_sync ? PAGE : 0;
}

uint64_t t_stage_marked_after(const t_operation *o, uint64_t marked)
{
    return o->run == append_more || o->run == append_half ? o->after : marked;
}

void t_stage_look(const t_stage *s, t_seen *out)
{
    stitch_region *witness = s->other ? s->other : s->mine;

    memset(out, 0, sizeof *out);
    if (!witness)
        return;
    out->state.entries = out->entries;
    T_EQ(st_directory_snapshot(witness->directory, &witness->geometry, &out->state), 0);
    memcpy(out->header, witness->directory, sizeof out->header);
    if (s->mine) {
        out->size = stitch_size(s->mine);
        out->own_generation = stitch_generation(s->mine);
        out->base = stitch_base(s->mine);
    }
}

/* ----------------------------------------------------------------------------------------------------- judging --- */

/* The other handle sees the region so, and its own mapping is sound. */
static void check_other(stitch_region *other, uint64_t size, uint64_t marked, void (*prove)(stitch_region *))
{
    T_EQ(stitch_size(other), size);
    t_stage_contents(other, marked);
    prove(other);
}

void t_stage_unchanged(t_stage *s, const t_seen *before, void (*prove)(stitch_region *))
{
    const t_operation *o = s->operation;
    static t_seen now;

    T_TRUE(s->made == NULL);
    if (o->nobody) {
        T_GIVES(stitch_open(s->name, NULL, &s->made), STITCH_ENOENT);
        return;
    }
    t_stage_look(s, &now);
    if ((s->mine || s->other) && !o->recovers) {
        T_EQ(now.state.generation, before->state.generation);
        T_TRUE(memcmp(&now.state.record, &before->state.record, sizeof now.state.record) == 0);
        T_TRUE(memcmp(now.entries, before->entries, sizeof now.entries) == 0);
        T_TRUE(o->run == grow_half || /* it announces a waiter */
               memcmp(now.header, before->header, sizeof now.header) == 0);
    }
    if (s->mine) {
        if (!o->ahead && !o->recovers) { /* else it may have caught up in part */
            T_EQ(now.size, before->size);
            T_EQ(now.own_generation, before->own_generation);
            T_TRUE(now.base == before->base);
        }
        T_TRUE(now.size <= before->size || now.size == before->state.record.size);
        t_stage_contents(s->mine, s->marked);
        prove(s->mine);
    }
    if (s->other) {
        T_TRUE(stitch_sync(s->other) == 0 || o->recovers);
        check_other(s->other, before->state.record.size, s->marked, prove);
    }
    if (!s->mine && !s->other) { /* kept: as whole as before */
        stitch_region *region = t_open(s->name);

        T_EQ(stitch_size(region), o->start);
        t_stage_contents(region, s->marked);
        prove(region);
        t_close(region);
    }
}

void t_stage_done(t_stage *s, void (*prove)(stitch_region *))
{
    const t_operation *o = s->operation;
    stitch_region *region = s->made ? s->made : s->mine, *none = NULL;
    uint64_t marked = t_stage_marked_after(o, s->marked);

    if (region) {
        T_EQ(stitch_size(region), o->after);
        t_stage_contents(region, marked);
        prove(region);
    }
    if (s->other) {
        T_TRUE(stitch_sync(s->other) >= 0);
        check_other(s->other, o->after, marked, prove);
    }
    if (o->ends)
        T_GIVES(stitch_open(s->name, NULL, &none), STITCH_ENOENT);
}
