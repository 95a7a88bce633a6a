/* SPDX-License-Identifier: MIT */
/* operations.c - the table of operations, and the functions that make them on the stage. */
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

unsigned char t_stage_to_append[3 << 20];

/* -------------------------------------------------------------------------------------------------- operations --- */

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
    st_directory_announce_waiter(s->mine->directory); /* so that the writer has a waiter to wake */
    return stitch_grow(s->mine, T_KIB(512), NULL);
}

static int grow_more(t_stage *s)
{
    return stitch_grow(s->mine, T_MIB(2), NULL);
}

static int append_half(t_stage *s)
{
    return stitch_append(s->mine, t_stage_to_append + T_MIB(1), T_KIB(512), NULL);
}

static int append_more(t_stage *s)
{
    return stitch_append(s->mine, t_stage_to_append + T_MIB(1), T_MIB(2), NULL);
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

/* It discards bytes between two marks, since their contents may stay or not. */
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

/* Every call that only looks. Each must report an error where it cannot find out, and must not guess. */
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
        T_EQ(segment.access, STITCH_ACCESS_READ | (st_handle_is_readonly(s->mine) ? 0 : STITCH_ACCESS_WRITE));
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

/* As in a forked child: the locks are the parent's until the handle gets its own. */
static int grow_as_a_child(t_stage *s)
{
    st_store(&s->mine->fork_marks[ST_FORK_LOCKS], 0);
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
    ROW(grow_within_the_extent, grow_half, .announces = true, .start = MIB(1), .after = KIB(1536), .codes = GROWING),
    ROW(grow_past_the_extent, grow_more, .start = MIB(1), .after = MIB(3), .codes = GROWING),
    ROW(grow_from_nothing, grow_more, .after = MIB(2), .codes = GROWING),
    ROW(grow_over_old_bytes, grow_more, .start = KIB(1025) + 1, .high = KIB(1800), .after = KIB(3073) + 1,
        .codes = GROWING),
    ROW(append_within_the_extent, append_half, .appends = true, .start = MIB(1), .after = KIB(1536), .codes = GROWING),
    ROW(append_past_the_extent, append_more, .appends = true, .start = MIB(1), .after = MIB(3), .codes = GROWING),
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
    ROW(exclusive_grow_within, grow_half, .announces = true, .flags = STITCH_EXCLUSIVE, .start = MIB(1),
        .after = KIB(1536), .codes = GROWING),
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
    ROW(grow_within_after_a_death, grow_half, .announces = true, .recovers = true, .start = MIB(1), .after = KIB(1536),
        .codes = GROWING),
    ROW(shrink_after_a_death, shrink_half, .recovers = true, .start = KIB(1536), .after = MIB(1), .shrinks = true),
    ROW(create_lazy, make, .flags = STITCH_LAZY, .nobody = true, .after = MIB(3), .codes = CREATING),
    ROW(lazy_grow_past, grow_more, .flags = STITCH_LAZY, .start = MIB(1), .after = MIB(3), .codes = GROWING),
    ROW(lazy_grow_over_old_bytes, grow_half, .announces = true, .flags = STITCH_LAZY, .start = KIB(1025) + 1,
        .high = KIB(1800), .after = KIB(1537) + 1, .codes = GROWING),
    ROW(lazy_append, append_more, .appends = true, .flags = STITCH_LAZY, .start = MIB(1), .after = MIB(3),
        .codes = GROWING),
    ROW(lazy_discard, discard, .flags = STITCH_LAZY, .start = MIB(1), .after = MIB(1),
        .codes = CODE(ENOMEM) | CODE(ESYS)),
};
