/* SPDX-License-Identifier: MIT */
/*
 * stage.c - sets the stage of an operation up, takes it down, and judges what the operation did to it.
 */
#include "operations.h"

#include "region/sync.h"

#define PAGE 4096

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

struct stitch_options t_stage_options(void)
{
    struct stitch_options options = t_options();

    options.extent = STITCH_EXTENT_UNIT;
    options.reserve = T_MIB(8);
    options.segments = T_STAGE_SEGMENTS;
    return options;
}

/* Resizes the region step by step, so that its segments have 2 MiB. */
static void reach(stitch_region *region, uint64_t size)
{
    for (uint64_t at = stitch_size(region) + T_MIB(2); at < size; at += T_MIB(2))
        T_OK(stitch_resize(region, at));
    T_OK(stitch_resize(region, size));
}

/*
 * Leaves the region as a writer does that dies at work: with an object that no state lists, rubbish beyond the commit
 * mark, and the journal open up to the offset below which the writer may have stored.
 */
static void leave_unfinished(stitch_region *region)
{
    struct st_segment_view last;
    char name[ST_NAME_SIZE];
    st_os_object object;
    st_os_status status;

    st_names_segment(name, region->geometry.tag, region->now.record.next_id + 1);
    T_OK(st_os_object_create(&region->folder, name, STITCH_EXTENT_UNIT, region->geometry.mode, true, &object));
    T_OK(st_os_object_publish(&region->folder, name, &object));
    st_os_object_close(&object);
    T_OK(st_segments_at(&region->segments, region->segments.count - 1, &last));
    T_OK(st_follow_open_segment(region, last.id, last.extent, &object, &status));
    T_OK(st_os_populate(&object, T_KIB(1792), T_KIB(256)));
    st_os_object_close(&object);
    /* These bytes are not there where a view is as long as the size; where all is committed they are in use. */
    if (last.mapped >= T_MIB(2) && region->now.record.commit <= T_KIB(1792))
        memset(t_bytes(region) + T_KIB(1792), 0xee, T_KIB(256));
    st_directory_journal_open(region->directory, T_KIB(1100));
}

t_stage t_stage_set_up(const t_operation *o)
{
    t_stage s = { .operation = o, .name = t_name() };
    struct stitch_options options = t_stage_options();

    for (size_t at = 0; at < sizeof t_stage_to_append; at += T_STEP)
        t_stage_to_append[at] = mark_of(at);
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
    if (o->left) {
        t_close(s.mine);
        s.mine = NULL;
    }
    if (o->ahead) {
        reach(s.other, o->ahead);
        if (o->ahead > s.marked)
            mark(s.other, s.marked, o->ahead);
        s.marked = o->ahead;
    }
    if (o->recovers)
        leave_unfinished(s.mine);
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
    return o->appends ? t_stage_to_append + o->start : NULL;
}

uint64_t t_stage_seen(const t_operation *o)
{
    return o == &t_operations[T_OPERATION_sync_that_is_watched] ? PAGE : 0;
}

uint64_t t_stage_marked_after(const t_operation *o, uint64_t marked)
{
    return o->appends ? o->after : marked;
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

/* Fails unless the other handle sees the region so, and its own mapping is sound. */
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
        T_TRUE(o->announces || memcmp(now.header, before->header, sizeof now.header) == 0);
    }
    if (s->mine) {
        if (!o->ahead && !o->recovers) { /* otherwise it may have synced in part */
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
    if (!s->mine && !s->other) { /* nobody is attached: the region is as whole as before */
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
