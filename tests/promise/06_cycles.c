/* SPDX-License-Identifier: MIT */
/*
 * Promise 6 to the end: all that a region has let go of is really gone. A thousand times across the ends of segments
 * and back leaves one range of reservation without a view, and no additional handle; the objects have no name left, and
 * nothing else either.
 */
#include "test.h"
#include "maps.h"

#include "handle/names.h"
#include "os/os.h"

enum { CYCLES = 1000, MOST = 5 << 20, HELD_MOST = 16 };

static stitch_region *create(const char *name)
{
    return t_create_shape((t_shape){ .name = name, .extent = STITCH_EXTENT_UNIT, .reserve = T_MIB(64) });
}

/* Fails unless the system's map of an empty region shows one range and no object. */
static void check_empty(const t_process *process, uint64_t base, uint64_t reserve)
{
    t_ranges ranges = t_maps_read(process, base, base + reserve);

    T_EQ(ranges.count, 1);
    T_EQ(ranges.item[0].object, 0);
    T_TRUE(ranges.item[0].start <= base && ranges.item[0].end >= base + reserve); /* Linux joins ranges */
    T_TRUE(!ranges.item[0].readable && !ranges.item[0].writable);
}

/* Follows from seam to seam; at the end it has as much as at the beginning. */
T_HELPER(follower)
{
    stitch_region *region = t_open(t_argument(0));
    uint64_t base = (uint64_t)(uintptr_t)stitch_base(region), synced = 0;
    size_t descriptors = t_descriptor_count();

    t_tell(t_parent(), "base %" PRIu64, base);
    while (!t_heard(t_parent()))
        synced += stitch_sync(region) == 1;
    t_expect(t_parent(), "end");
    T_TRUE(stitch_sync(region) >= 0);
    T_TRUE(synced > 0);
    T_EQ(stitch_size(region), 0);
    T_EQ(t_descriptor_count(), descriptors);
    t_tell(t_parent(), "done");
    t_expect(t_parent(), "go");
    t_close(region);
}

static void promise_6_a_thousand_cycles_leave_nothing(void)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *region = create(name);
    uint64_t base = (uint64_t)(uintptr_t)stitch_base(region), reserve = stitch_reserve(region), other;
    bool stitched = t_info(region).backend == STITCH_BACKEND_STITCHED;
    size_t descriptors = t_descriptor_count(), with_helper;
    t_process *follower;

    if (stitched)
        check_empty(NULL, base, reserve);
    follower = t_start("follower", "%s", name);
    t_scan(follower, 1, "base %" SCNu64, &other);
    with_helper = t_descriptor_count();
    for (int cycle = 0; cycle < CYCLES; cycle++) {
        uint64_t seam = STITCH_EXTENT_UNIT * (1 + t_random_below(&random, 2));

        T_OK(stitch_resize(region, seam - t_random_below(&random, 3)));
        T_OK(stitch_grow(region, t_random_below(&random, MOST - seam), NULL));
        T_OK(stitch_shrink(region, cycle % 4 ? stitch_size(region) : stitch_size(region) - seam / 2));
        if (cycle % 100 == 0)
            (void)t_prove(region);
    }
    T_OK(stitch_resize(region, 0));
    t_tell(follower, "end");
    t_expect(follower, "done");
    T_EQ(t_descriptor_count(), with_helper);
    T_EQ(t_prove(region), stitched ? 0 : 1);
    if (stitched) {
        check_empty(NULL, base, reserve);
        check_empty(follower, other, reserve);
    }
    t_tell(follower, "go");
    t_finish(follower);
    T_EQ(t_descriptor_count(), descriptors);
    t_close(region);
}

/* ----------------------------------------------------------------------------------------- names that are gone --- */

typedef struct held {
    uint64_t tag;
    size_t count;
} held;

static int count_segment(const char *name, void *arg)
{
    held *h = arg;
    uint64_t id;

    h->count += st_names_is_segment(name, h->tag, &id);
    return 0;
}

/* Counts the segments' objects that the system knows: among all names that there are, and by the name of each. */
static size_t objects_there(uint64_t tag, const uint64_t *ids, size_t count)
{
    held h = { .tag = tag };
    st_os_folder folder;
    size_t there = 0;

    T_EQ(st_os_folder_open(t_folder(), &folder), 0);
    T_EQ(st_os_folder_each(&folder, count_segment, &h), 0);
    for (size_t i = 0; i < count; i++) {
        char name[ST_NAME_SIZE];
        st_os_status status;
        int e;

        st_names_segment(name, tag, ids[i]);
        e = st_os_object_status_by_name(&folder, name, &status);
        T_TRUE(e == 0 || e == STITCH_ENOENT);
        there += e == 0;
    }
    st_os_folder_close(&folder);
    T_EQ(there, h.count);
    return there;
}

static size_t segment_ids(stitch_region *region, uint64_t ids[HELD_MOST])
{
    size_t count = (size_t)t_info(region).segments;

    T_TRUE(count <= HELD_MOST);
    for (size_t i = 0; i < count; i++) {
        struct stitch_segment segment;

        T_OK(stitch_segment(region, i, &segment));
        ids[i] = segment.id;
    }
    return count;
}

static void promise_6_shrunk_segments_are_really_gone(void)
{
    stitch_region *region = create(t_name());
    uint64_t tag = t_info(region).tag, ids[HELD_MOST];
    size_t count, empty = t_descriptor_count();

    for (int i = 0; i < 6; i++)
        T_OK(stitch_grow(region, STITCH_EXTENT_UNIT, NULL));
    memset(stitch_base(region), 1, (size_t)stitch_size(region));
    count = segment_ids(region, ids);
    T_EQ(count, 6);
    T_EQ(objects_there(tag, ids, count), 6);
    T_OK(stitch_resize(region, T_MIB(5)));
    T_EQ(objects_there(tag, ids, count), 3);
    T_OK(stitch_resize(region, 1));
    T_EQ(objects_there(tag, ids, count), 1);
    T_OK(stitch_resize(region, 0));
    T_EQ(objects_there(tag, ids, count), 0);
    T_EQ(t_descriptor_count(), empty);
    T_EQ(t_info(region).resident, 0);
    t_close(region);
}

T_HELPER(holder)
{
    stitch_region *region = t_open(t_argument(0));

    t_tell(t_parent(), "holding");
    t_expect(t_parent(), "sync");
    T_EQ(stitch_sync(region), 1);
    t_tell(t_parent(), "synced");
    (void)t_hear_or_end(t_parent());
}

/*
 * A process that has not synced holds all that it has mapped; it goes with the sync or death of that process. (Where
 * objects persist, their names go with the shrink, and only the memory stays until then.)
 */
static void promise_6_segments_go_with_the_last_holder(void)
{
    for (int dies = 0; dies < 2; dies++) {
        const char *name = t_name();
        stitch_region *region = create(name);
        uint64_t tag = t_info(region).tag, ids[HELD_MOST];
        t_process *holder;
        size_t count;

        for (int i = 0; i < 4; i++)
            T_OK(stitch_grow(region, STITCH_EXTENT_UNIT, NULL));
        count = segment_ids(region, ids);
        T_EQ(count, 4);
        holder = t_start("holder", "%s", name);
        t_expect(holder, "holding");
        T_OK(stitch_resize(region, T_MIB(1)));
        T_EQ(objects_there(tag, ids, count), t_has(T_KEPT) ? 1 : 4);
        if (!dies) {
            t_tell(holder, "sync");
            t_expect(holder, "synced");
            T_EQ(objects_there(tag, ids, count), 1);
        }
        t_kill(holder);
        T_EQ(objects_there(tag, ids, count), 1);
        (void)t_prove(region);
        t_close(region);
        T_EQ(objects_there(tag, ids, count), 0);
    }
}

static const struct CMUnitTest tests[] = {
    T_BOTH(promise_6_a_thousand_cycles_leave_nothing),
    T_STITCHED(promise_6_shrunk_segments_are_really_gone),
    T_STITCHED(promise_6_segments_go_with_the_last_holder),
};

static const t_helper helpers[] = {
    T_ENTRY(follower),
    T_ENTRY(holder),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
