/* SPDX-License-Identifier: MIT */
/*
 * The remap backend, the article's way "to conserve address space": only the bytes of the region are mapped, to the
 * page. Only a handle's own calls move its base.
 */
#include "test.h"
#include "maps.h"

static stitch_region *create(const char *name, uint64_t reserve, uint64_t size)
{
    return t_create_shape((t_shape){ .name = name, .reserve = reserve, .size = size });
}

static uint64_t to_page(stitch_region *region, uint64_t size)
{
    uint64_t page = t_info(region).page;

    return size ? (size + page - 1) / page * page : page;
}

/* The view ends with the page in which the region ends. */
static void check_view(stitch_region *region)
{
    uint64_t view = to_page(region, stitch_size(region));
    struct stitch_segment segment, found;
    struct stitch_verify_report report;

    T_OK(stitch_segment(region, 0, &segment));
    T_EQ(segment.view, view);
    T_EQ(segment.extent, stitch_reserve(region));
    T_TRUE(segment.address == stitch_base(region));
    T_OK(stitch_verify(region, &report));
    T_EQ(report.bytes, view);
    T_EQ(report.reservation, 0);
    T_EQ(report.segments, 1);
    T_OK(stitch_find(region, t_bytes(region) + view - 1, &found));
    T_EQ(found.id, segment.id);
    T_GIVES(stitch_find(region, t_bytes(region) + view, &found), STITCH_ENOENT);
    if (stitch_size(region))
        T_EQ(stitch_presence(region, stitch_size(region) - 1), STITCH_PRESENCE_COMMITTED);
    if (view < stitch_reserve(region)) {
        T_EQ(stitch_presence(region, view), STITCH_PRESENCE_UNMAPPED);
        T_EQ(stitch_presence(region, stitch_reserve(region) - 1), STITCH_PRESENCE_UNMAPPED);
    }
    T_EQ(stitch_presence(region, stitch_reserve(region)), STITCH_EINVAL);
}

static void only_what_there_is_is_mapped(void)
{
    static const uint64_t sizes[] = { 1, 4096, 4097, 1 << 20, 16 << 20, (2 << 20) + 1, 0, 9 << 20, 5, 16 << 20 };
    stitch_region *region = create(t_name(), T_MIB(16), 0);

    check_view(region);
    for (size_t i = 0; i < T_COUNT(sizes); i++) {
        T_OK(stitch_resize(region, sizes[i]));
        check_view(region);
        T_EQ(t_prove(region), 1);
    }
    t_close(region);
}

/* A reserve for which the address space has no room, several times, costs nothing. */
static void the_reserve_takes_no_address_space(void)
{
    stitch_region *region[4];

    for (int i = 0; i < 4; i++) {
        region[i] = create(t_name(), T_GIB(1024), T_MIB(1));
        memset(stitch_base(region[i]), i, T_MIB(1));
        check_view(region[i]);
    }
    for (int i = 0; i < 4; i++) {
        T_OK(stitch_grow(region[i], T_MIB(7), NULL));
        t_all_bytes(region[i], 0, T_MIB(1), (unsigned char)i);
        t_all_bytes(region[i], T_MIB(1), T_MIB(7), 0);
        check_view(region[i]);
    }
    for (int i = 0; i < 4; i++)
        t_close(region[i]);
}

/* Whatever the other process does, base, size and bytes stay the same until this handle's next call. */
T_HELPER(mover)
{
    stitch_region *region = t_open(t_argument(0));

    for (;;) {
        const char *line = t_hear(t_parent());
        uint64_t size;

        if (sscanf(line, "size %" SCNu64, &size) != 1)
            break;
        T_OK(stitch_resize(region, size));
        t_tell(t_parent(), "done");
    }
    t_close(region);
}

static void promise_3_only_own_calls_move_the_base(void)
{
    static const uint64_t sizes[] = { 16 << 20, 1 << 20, 12 << 20, 1, 0, 7 << 20, 5 << 20 };
    const char *name = t_name();
    stitch_region *region = create(name, T_MIB(16), T_MIB(4));
    t_process *mover = t_start("mover", "%s", name);

    memset(stitch_base(region), 0x3e, T_MIB(4));
    for (size_t i = 0; i < T_COUNT(sizes); i++) {
        void *base = stitch_base(region);
        uint64_t size = stitch_size(region), sum = 0;
        struct stitch_segment segment;

        t_tell(mover, "size %" PRIu64, sizes[i]);
        t_expect(mover, "done");
        T_TRUE(stitch_base(region) == base);
        T_EQ(stitch_size(region), size);
        for (uint64_t at = 0; at < size; at += 4096) /* readable as far as before */
            sum += ((volatile unsigned char *)base)[at];
        T_TRUE(sum <= size / 4096 * 0x3e + 0x3e);
        T_OK(stitch_segment(region, 0, &segment));
        T_EQ(segment.view, to_page(region, size));
        T_EQ(stitch_sync(region), 1);
        T_EQ(stitch_size(region), sizes[i]);
        check_view(region);
        memset(stitch_base(region), 0x3e, (size_t)sizes[i]);
    }
    t_tell(mover, "end");
    t_finish(mover);
    t_close(region);
}

/* Calls that change nothing, and calls that fail, leave the base where it is. */
static void what_changes_nothing_moves_nothing(void)
{
    stitch_region *region = create(t_name(), T_MIB(16), T_MIB(4));
    void *base = stitch_base(region);
    struct stitch_info info;

    T_EQ(stitch_sync(region), 0);
    T_OK(stitch_grow(region, 0, NULL));
    T_OK(stitch_shrink(region, 0));
    T_OK(stitch_resize(region, T_MIB(4)));
    T_GIVES(stitch_grow(region, T_MIB(12) + 1, NULL), STITCH_ERESERVE);
    T_GIVES(stitch_shrink(region, T_MIB(4) + 1), STITCH_EINVAL);
    T_OK(stitch_discard(region, 0, T_MIB(1)));
    T_OK(stitch_info(region, &info));
    T_OK(stitch_resize(region, T_MIB(4) - 1)); /* the same pages */
    T_TRUE(stitch_base(region) == base);
    check_view(region);
    t_close(region);
}

/* A shrink gives memory back where the system can give back a part of an object. */
static void promise_6_shrinking_gives_back(void)
{
    stitch_region *region = create(t_name(), T_MIB(16), T_MIB(16));

    memset(stitch_base(region), 1, T_MIB(16));
    T_OK(stitch_resize(region, T_MIB(2)));
    if (t_has(T_GIVING_BACK))
        T_TRUE(t_info(region).resident <= T_MIB(2));
    T_OK(stitch_resize(region, T_MIB(16)));
    t_all_bytes(region, 0, T_MIB(2), 1);
    t_all_bytes(region, T_MIB(2), T_MIB(14), 0);
    t_close(region);
}

/* Every handle has a base of its own, which only its own calls move. */
static void two_handles_of_a_process(void)
{
    const char *name = t_name();
    stitch_region *one = create(name, T_MIB(16), T_MIB(1)), *two = t_open(name), *reader = t_open_readonly(name);

    for (uint64_t i = 1; i <= 15; i++) {
        stitch_region *writer = i % 2 ? one : two, *other = i % 2 ? two : one;
        uint64_t offset;

        T_OK(stitch_grow(writer, T_MIB(1), &offset));
        memset(t_bytes(writer) + offset, (int)i, T_MIB(1));
        T_EQ(stitch_sync(other), 1);
        T_EQ(stitch_sync(reader), 1);
        t_all_bytes(other, offset, T_MIB(1), (unsigned char)i);
        t_all_bytes(reader, offset, T_MIB(1), (unsigned char)i);
        (void)t_prove_readonly(reader);
    }
    T_TRUE(stitch_base(one) != stitch_base(two));
    t_close(reader);
    t_close(two);
    t_close(one);
}

static const struct CMUnitTest tests[] = {
    T_REMAP(only_what_there_is_is_mapped),           T_REMAP(the_reserve_takes_no_address_space),
    T_REMAP(promise_3_only_own_calls_move_the_base), T_REMAP(what_changes_nothing_moves_nothing),
    T_REMAP(promise_6_shrinking_gives_back),         T_REMAP(two_handles_of_a_process),
};

static const t_helper helpers[] = {
    T_ENTRY(mover),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
