/* SPDX-License-Identifier: MIT */
/*
 * The fixed backend, the article's first program: one segment, committed as a whole at creation. It grows and shrinks
 * inside that segment and never lacks memory; none is given back before the end.
 */
#include "test.h"
#include "maps.h"
#include "state.h"

static t_state before;

static stitch_region *create(const char *name, uint64_t reserve, uint64_t size)
{
    struct stitch_options options = t_options();

    options.reserve = reserve; /* may be 0 */
    options.size = size;
    return t_create_with(name, &options);
}

static void promise_5_all_is_there_from_the_beginning(void)
{
    stitch_region *region = create(t_name(), T_MIB(8), 1000);
    struct stitch_info info = t_info(region);
    struct stitch_segment segment;

    T_EQ(info.backend, STITCH_BACKEND_FIXED);
    T_EQ(info.segments, 1);
    T_EQ(info.extents, T_MIB(8));
    T_EQ(info.committed, T_MIB(8));
    T_TRUE(info.resident >= T_MIB(8));
    T_OK(stitch_segment(region, 0, &segment));
    T_EQ(segment.extent, T_MIB(8));
    T_EQ(segment.view, T_MIB(8));
    T_EQ(segment.committed, T_MIB(8));
    T_TRUE(segment.present >= T_MIB(8));
    for (uint64_t at = 0; at < T_MIB(8); at += T_KIB(500))
        T_EQ(stitch_presence(region, at), STITCH_PRESENCE_COMMITTED);
    T_EQ(stitch_presence(region, T_MIB(8) - 1), STITCH_PRESENCE_COMMITTED);
    T_EQ(stitch_presence(region, T_MIB(8)), STITCH_EINVAL);
    t_close(region);
}

static void the_reserve_is_the_size_if_none_is_given(void)
{
    static const struct {
        uint64_t size, reserve;
    } kinds[] = { { 1, 2 << 20 }, { 2 << 20, 2 << 20 }, { (2 << 20) + 1, 4 << 20 }, { 5 << 20, 6 << 20 } };

    for (size_t i = 0; i < T_COUNT(kinds); i++) {
        stitch_region *region = create(t_name(), 0, kinds[i].size);

        T_EQ(stitch_reserve(region), kinds[i].reserve);
        T_EQ(stitch_size(region), kinds[i].size);
        T_OK(stitch_resize(region, kinds[i].reserve));
        T_GIVES(stitch_grow(region, 1, NULL), STITCH_ERESERVE);
        (void)t_prove(region);
        t_close(region);
    }
}

/* Mapping and memory stay the same in every process; only the size changes. */
T_HELPER(follower)
{
    stitch_region *region = t_open_readonly(t_argument(0));
    uint64_t base = (uint64_t)(uintptr_t)stitch_base(region);
    size_t descriptors = t_descriptor_count();

    t_tell(t_parent(), "here");
    while (strcmp(t_hear(t_parent()), "sync") == 0) {
        T_EQ(stitch_sync(region), 1);
        T_EQ((uintptr_t)stitch_base(region), base);
        T_EQ(t_descriptor_count(), descriptors);
        T_EQ(t_prove_readonly(region), 1);
        t_tell(t_parent(), "size %" PRIu64, stitch_size(region));
    }
    t_close(region);
}

static void promise_1_nothing_moves_but_the_size(void)
{
    static const uint64_t sizes[] = { 1, 4096, 1 << 20, 16 << 20, (2 << 20) + 1, 0, 9 << 20, 5 };
    const char *name = t_name();
    stitch_region *region = create(name, T_MIB(16), 0);
    void *base = stitch_base(region);
    t_process *follower = t_start("follower", "%s", name);
    size_t descriptors;
    uint64_t size;

    t_expect(follower, "here");
    descriptors = t_descriptor_count();
    for (size_t i = 0; i < T_COUNT(sizes); i++) {
        T_OK(stitch_resize(region, sizes[i]));
        T_TRUE(stitch_base(region) == base);
        T_EQ(t_descriptor_count(), descriptors);
        T_EQ(t_prove(region), 1);
        T_EQ(t_info(region).committed, T_MIB(16));
        T_TRUE(t_info(region).resident >= T_MIB(16)); /* none of it is given back */
        t_tell(follower, "sync");
        t_scan(follower, 1, "size %" SCNu64, &size);
        T_EQ(size, sizes[i]);
    }
    t_tell(follower, "end");
    t_finish(follower);
    t_close(region);
}

/* Discarded contents may go, and the memory stays committed. */
static void discard_gives_nothing_back(void)
{
    stitch_region *region = create(t_name(), T_MIB(4), T_MIB(4));

    memset(stitch_base(region), 1, T_MIB(4));
    T_OK(stitch_discard(region, 0, T_MIB(4)));
    T_TRUE(t_info(region).resident >= T_MIB(4));
    memset(stitch_base(region), 2, T_MIB(4));
    t_all_bytes(region, 0, T_MIB(4), 2);
    t_close(region);
}

/* A reader's size ends at the same place. */
static void promise_9_a_reader_changes_nothing(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, T_MIB(4), T_MIB(1)), *reader = t_open_readonly(name);

    t_state_take(&before, reader);
    T_GIVES(stitch_grow(reader, 1, NULL), STITCH_EREADONLY);
    T_GIVES(stitch_shrink(reader, 1), STITCH_EREADONLY);
    T_GIVES(stitch_append(reader, "x", 1, NULL), STITCH_EREADONLY);
    T_UNCHANGED(&before, reader);
    (void)t_prove_readonly(reader);
    t_close(reader);
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_FIXED(promise_5_all_is_there_from_the_beginning), T_FIXED(the_reserve_is_the_size_if_none_is_given),
    T_FIXED(promise_1_nothing_moves_but_the_size),      T_FIXED(discard_gives_nothing_back),
    T_FIXED(promise_9_a_reader_changes_nothing),
};

static const t_helper helpers[] = {
    T_ENTRY(follower),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
