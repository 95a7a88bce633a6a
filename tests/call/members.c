/* SPDX-License-Identifier: MIT */
/*
 * Memory of segments that left the region and that a follower still has mapped: the bytes that the roster says, those
 * that the system's map of that process shows, and those that left must be the same.
 */
#include "test.h"
#include "maps.h"
#include "members.h"

#include <string.h>

enum { FOLLOWERS = 3 };

static stitch_region *create(const char *name, unsigned segments)
{
    return t_create_shape(
        (t_shape){ .name = name, .extent = STITCH_EXTENT_UNIT, .reserve = T_MIB(64), .segments = segments });
}

/* Attaches; then syncs on "sync", and otherwise ends. */
T_HELPER(follower)
{
    stitch_region *region = t_argument_number(1) ? t_open_readonly(t_argument(0)) : t_open(t_argument(0));

    t_tell(t_parent(), "here");
    while (strcmp(t_hear(t_parent()), "sync") == 0) {
        T_TRUE(stitch_sync(region) >= 0);
        t_tell(t_parent(), "synced");
    }
    t_close(region);
}

static t_process *follow(const char *name, int readonly)
{
    t_process *process = t_start("follower", "%s %d", name, readonly);

    t_expect(process, "here");
    return process;
}

static void sync_one(t_process *process)
{
    t_tell(process, "sync");
    t_expect(process, "synced");
}

static void end_one(t_process *process)
{
    t_tell(process, "end");
    t_finish(process);
}

static void pins(stitch_region *region, const t_process *process, uint64_t bytes)
{
    struct stitch_member member = t_member_of(region, process);

    T_EQ(member.retired, bytes);
    T_EQ(member.proved, bytes);
}

/* Returns how many bytes of views that process has in its reservation: read by the test, not by the library. */
static uint64_t mapped_in(stitch_region *region, const t_process *process)
{
    struct stitch_member member = t_member_of(region, process);
    t_ranges ranges = t_maps_read(process, member.base, member.base + stitch_reserve(region));
    uint64_t bytes = 0;

    for (size_t i = 0; i < ranges.count; i++)
        bytes += ranges.item[i].object ? ranges.item[i].end - ranges.item[i].start : 0;
    return bytes;
}

static void a_follower_pins_what_left_until_it_syncs(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, 6);
    t_process *lagging[2] = { follow(name, 0), follow(name, 1) };

    for (int i = 0; i < 2; i++) {
        pins(region, lagging[i], 0);
        T_EQ(t_member_of(region, lagging[i]).mapped, T_MIB(12));
        T_EQ(mapped_in(region, lagging[i]), T_MIB(12));
    }
    T_OK(stitch_resize(region, T_MIB(8) - 5000)); /* two segments leave; the part of another does not count */
    pins(region, NULL, 0);
    for (int i = 0; i < 2; i++)
        pins(region, lagging[i], T_MIB(4));
    T_OK(stitch_resize(region, T_MIB(2)));
    sync_one(lagging[1]);
    pins(region, lagging[0], T_MIB(10));
    pins(region, lagging[1], 0);
    T_EQ(mapped_in(region, lagging[0]), T_MIB(12));
    T_EQ(mapped_in(region, lagging[1]), T_MIB(2));
    for (int i = 0; i < 2; i++)
        T_OK(stitch_grow(region, T_MIB(2), NULL)); /* new segments at the addresses of those that left */
    pins(region, lagging[0], T_MIB(10));
    pins(region, lagging[1], 0);
    T_EQ(t_member_of(region, lagging[1]).mapped, T_MIB(2));
    T_OK(stitch_resize(region, 0));
    pins(region, lagging[0], T_MIB(12));
    pins(region, lagging[1], T_MIB(2));
    for (int i = 0; i < 2; i++) {
        sync_one(lagging[i]);
        pins(region, lagging[i], 0);
        T_EQ(t_member_of(region, lagging[i]).mapped, 0);
        end_one(lagging[i]);
    }
    t_close(region);
}

/* A stopped process holds its segments as long as it is stopped; when it is killed, all memory comes back. */
static void a_stopped_follower_pins_and_a_killed_one_does_not(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, 5);
    t_process *stopped = follow(name, 1);
    struct stitch_shrink_report report;

    t_stop(stopped);
    T_OK(stitch_shrink_report(region, T_MIB(6), &report));
    T_EQ(report.holders, 1);
    T_EQ(report.held, T_MIB(6));
    pins(region, stopped, T_MIB(6));
    t_kill(stopped);
    T_EQ(t_members_count(region), 1);
    t_close(region);
}

/* Other handles of this process count like those of other processes. */
static void handles_of_one_process(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, 4), *reader = t_open_readonly(name);
    t_members members;
    uint64_t retired = 0;
    struct stitch_shrink_report report;

    T_OK(stitch_shrink_report(region, T_MIB(4), &report));
    T_EQ(report.held, T_MIB(4));
    T_EQ(report.holders, 1);
    members = t_members_read(region);
    T_EQ(members.count, 2);
    for (unsigned i = 0; i < members.count; i++) {
        T_EQ(members.item[i].retired, members.item[i].proved);
        retired += members.item[i].retired;
    }
    T_EQ(retired, T_MIB(4));
    pins(reader, NULL, T_MIB(4));
    T_EQ(stitch_sync(reader), 1);
    pins(reader, NULL, 0);
    t_close(reader);
    t_close(region);
}

/* -------------------------------------------------------------------------------------------- shrink_report --- */

static struct stitch_shrink_report shrink(stitch_region *region, uint64_t bytes)
{
    struct stitch_shrink_report report;

    memset(&report, 0x5a, sizeof report);
    T_OK(stitch_shrink_report(region, bytes, &report));
    T_EQ(report.size, stitch_size(region));
    for (size_t i = 0; i < T_COUNT(report.spare); i++)
        T_EQ(report.spare[i], 0);
    return report;
}

static void must_be(struct stitch_shrink_report report, uint64_t left, uint64_t held, uint64_t holders)
{
    T_EQ(report.left, left);
    T_EQ(report.held, held);
    T_EQ(report.holders, holders);
}

static void a_shrink_reports_what_left_and_who_holds_it(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, 10);
    t_process *lagging[FOLLOWERS];

    must_be(shrink(region, 0), 0, 0, 0);
    must_be(shrink(region, 5000), 0, 0, 0); /* no segment leaves */
    must_be(shrink(region, T_MIB(2)), T_MIB(2), 0, 0);
    T_OK(stitch_resize(region, T_MIB(18)));
    for (int i = 0; i < FOLLOWERS; i++)
        lagging[i] = follow(name, i % 2);
    must_be(shrink(region, T_MIB(4)), T_MIB(4), T_MIB(4), 3);
    sync_one(lagging[0]);
    must_be(shrink(region, T_MIB(2) + 1), T_MIB(2), T_MIB(2), 3); /* the follower that was up to date had it too */
    T_OK(stitch_resize(region, T_MIB(12)));
    sync_one(lagging[0]);
    t_kill(lagging[1]);
    must_be(shrink(region, T_MIB(2)), T_MIB(2), T_MIB(2), 2); /* the dead hold nothing */
    for (int i = 0; i < 3; i += 2)
        sync_one(lagging[i]);
    T_OK(stitch_grow(region, T_MIB(6), NULL)); /* no other process has seen this */
    must_be(shrink(region, T_MIB(6)), T_MIB(6), 0, 0);
    sync_one(lagging[2]);
    T_OK(stitch_grow(region, T_MIB(4), NULL));
    sync_one(lagging[2]);
    T_OK(stitch_grow(region, T_MIB(2), NULL));
    must_be(shrink(region, T_MIB(8)), T_MIB(8), T_MIB(6), 2); /* of the last 2 MiB none; of the first, both */
    end_one(lagging[0]);
    end_one(lagging[2]);
    must_be(shrink(region, stitch_size(region)), T_MIB(8), 0, 0);
    t_close(region);
}

/* The one segment of such a region never leaves, so nobody can hold memory that has left. */
static void one_segment_never_leaves(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, 6), *reader = t_open_readonly(name);

    must_be(shrink(region, T_MIB(5)), 0, 0, 0);
    must_be(shrink(region, T_MIB(7)), 0, 0, 0);
    pins(reader, NULL, 0);
    pins(region, NULL, 0);
    t_close(reader);
    t_close(region);
}

static int never(const struct stitch_member *member, void *arg)
{
    (void)member;
    (void)arg;
    T_FAIL("called");
}

static void wrong_arguments(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, 2), *reader = t_open_readonly(name);
    struct stitch_shrink_report report, before;

    memset(&before, 0x5a, sizeof before);
    report = before;
    T_GIVES(stitch_shrink_report(NULL, 0, &report), STITCH_EINVAL);
    T_GIVES(stitch_shrink_report(region, 1, NULL), STITCH_EINVAL);
    T_GIVES(stitch_shrink_report(region, T_MIB(4) + 1, &report), STITCH_EINVAL);
    T_GIVES(stitch_shrink_report(region, UINT64_MAX, &report), STITCH_EINVAL);
    T_GIVES(stitch_shrink_report(reader, 1, &report), STITCH_EREADONLY);
    T_EQ(memcmp(&report, &before, sizeof report), 0);
    T_EQ(stitch_size(region), T_MIB(4));
    T_EQ(stitch_sync(reader), 0);
    T_GIVES(stitch_members(NULL, never, NULL), STITCH_EINVAL);
    T_GIVES(stitch_members(region, NULL, NULL), STITCH_EINVAL);
    t_close(reader);
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_STITCHED(a_follower_pins_what_left_until_it_syncs),
    T_STITCHED(a_stopped_follower_pins_and_a_killed_one_does_not),
    T_STITCHED(handles_of_one_process),
    T_STITCHED(a_shrink_reports_what_left_and_who_holds_it),
    T_SINGLE(one_segment_never_leaves),
    T_FIXED(one_segment_never_leaves),
    T_REMAP(one_segment_never_leaves),
    T_BOTH(wrong_arguments),
};

static const t_helper helpers[] = {
    T_ENTRY(follower),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
