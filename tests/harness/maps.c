/* SPDX-License-Identifier: MIT */
/*
 * maps.c - proves adjacency from the ranges that maps_<system>.c has read.
 */
#include "maps.h"

enum { SEGMENTS = 4096 };

static t_mapped segments[SEGMENTS];

/* Adds a range to the segments: it is another part of the last segment's object, or begins a new segment. */
static size_t take_range(const t_range *range, const t_expected *expected, size_t count)
{
    t_mapped *last = count ? &segments[count - 1] : NULL;
    uint64_t offset = range->start - expected->base;

    if (!range->readable || range->writable == expected->readonly || range->executable || !range->shared)
        T_FAIL("offset %" PRIu64 " is mapped with the wrong rights", offset);
    if (last && last->object == range->object && last->device == range->device) {
        if (range->offset != last->extent)
            T_FAIL("offset %" PRIu64 " is mapped to byte %" PRIu64 " of its object, not to %" PRIu64, offset,
                   range->offset, last->extent);
        last->extent += range->end - range->start;
        return count;
    }
    if (range->offset != 0)
        T_FAIL("offset %" PRIu64 " begins a segment with byte %" PRIu64 " of its object", offset, range->offset);
    for (size_t i = 0; i < count; i++)
        if (segments[i].object == range->object && segments[i].device == range->device)
            T_FAIL("offset %" PRIu64 ": segments %zu and %zu are the same object", offset, i, count);
    if (count == SEGMENTS)
        T_FAIL("more than %d segments", (int)SEGMENTS);
    segments[count] = (t_mapped){ offset, range->end - range->start, range->device, range->object };
    return count + 1;
}

static void check_segments(const t_expected *expected, size_t count)
{
    uint64_t end = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t object_size = t_maps_object_size(segments[i].device, segments[i].object);

        T_EQ(segments[i].offset, end);
        if (!expected->moves) {
            T_EQ(segments[i].offset % STITCH_EXTENT_UNIT, 0);
            T_EQ(segments[i].extent % STITCH_EXTENT_UNIT, 0);
        }
        if (object_size != 0 && !expected->moves)
            T_EQ(object_size, segments[i].extent);
        end += segments[i].extent;
    }
    if (end < expected->size)
        T_FAIL("%" PRIu64 " bytes are mapped of %" PRIu64, end, expected->size);
}

size_t t_maps_prove(const t_process *process, t_expected expected, t_mapped *mapped, size_t room)
{
    uint64_t end = expected.base + expected.reserve, at = expected.base;
    t_ranges ranges = t_maps_read(process, expected.base, end);
    bool tail = false;
    size_t count = 0;

    T_EQ(expected.base % (expected.moves ? 4096 : STITCH_EXTENT_UNIT), 0);
    for (size_t i = 0; i < ranges.count; i++) {
        t_range range = ranges.item[i];

        if (range.start > at)
            T_FAIL("nothing is mapped at offset %" PRIu64, at - expected.base);
        if (range.object != 0) {
            if (tail)
                T_FAIL("an object after the reservation's free part, at offset %" PRIu64, at - expected.base);
            if (range.start < expected.base || range.end > end)
                T_FAIL("an object reaches out of the reservation");
            count = take_range(&range, &expected, count);
        } else {
            tail = true;
            if (range.readable || range.writable || range.executable || range.shared)
                T_FAIL("the reservation can be accessed at offset %" PRIu64, at - expected.base);
        }
        at = range.end;
    }
    if (at < end)
        T_FAIL("the reservation ends at offset %" PRIu64 ", not at %" PRIu64, at - expected.base, expected.reserve);
    check_segments(&expected, count);
    for (size_t i = 0; mapped && i < count && i < room; i++)
        mapped[i] = segments[i];
    return count;
}

/*
 * Fails unless stitch_verify says that the region is sound. If `following`, where objects end with their last holder,
 * one listed segment may have gone with a dead process, until the next writing call cuts the region back.
 */
static void check_report(stitch_region *region, const t_expected *expected, size_t count, uint64_t end, bool following)
{
    struct stitch_verify_report report;
    int e = stitch_verify(region, &report);

    if (!(e == STITCH_EUNSOUND && following && !t_has(T_KEPT) && report.fault == STITCH_FAULT_OBJECT)) {
        T_OK(e);
        T_EQ(report.fault, STITCH_FAULT_NONE);
    }
    T_EQ(report.segments, count);
    T_EQ(report.seams, count ? count - 1 : 0);
    T_EQ(report.bytes, end);
    T_EQ(report.bytes + report.reservation, expected->reserve);
}

/*
 * Returns what the map should show. A region whose base moves has one view of its bytes; the view is larger than they
 * only where the system had no room for a smaller one.
 */
static t_expected expected_of(stitch_region *region, const struct stitch_info *info, bool readonly)
{
    t_expected expected = { (uint64_t)(uintptr_t)stitch_base(region), stitch_reserve(region), stitch_size(region),
                            readonly, info->backend == STITCH_BACKEND_REMAP };

    if (expected.moves) {
        struct stitch_segment segment;

        T_OK(stitch_segment(region, 0, &segment));
        T_EQ(segment.view % info->page, 0);
        T_TRUE(segment.view >= expected.size);
        expected.reserve = segment.view;
    }
    return expected;
}

static size_t prove(stitch_region *region, bool readonly, bool following)
{
    struct stitch_info info = t_info(region);
    t_expected expected = expected_of(region, &info, readonly);
    size_t count = t_maps_prove(NULL, expected, NULL, 0);
    uint64_t end = 0;

    T_EQ(info.size, expected.size);
    T_EQ(info.reserve, stitch_reserve(region));
    T_EQ(info.segments, count);
    for (size_t i = 0; i < count; i++) {
        struct stitch_segment segment;

        T_OK(stitch_segment(region, i, &segment));
        T_EQ(segment.index, i);
        T_EQ(segment.offset, segments[i].offset);
        T_EQ(segment.view, segments[i].extent);
        if (!expected.moves)
            T_EQ(segment.extent, segments[i].extent);
        T_EQ(segment.access, readonly ? STITCH_ACCESS_READ : STITCH_ACCESS_READ | STITCH_ACCESS_WRITE);
        T_TRUE(segment.present <= segment.extent);
        T_TRUE(segment.address == t_bytes(region) + segment.offset);
        T_EQ(segment.adjacent, 1);
        end += segment.view;
    }
    check_report(region, &expected, count, end, following);
    return count;
}

size_t t_prove(stitch_region *region)
{
    return prove(region, false, false);
}

size_t t_prove_readonly(stitch_region *region)
{
    return prove(region, true, false);
}

size_t t_prove_follower(stitch_region *region)
{
    return prove(region, (t_info(region).flags & STITCH_READONLY) != 0, true);
}
