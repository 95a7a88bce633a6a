/* SPDX-License-Identifier: MIT */
/*
 * state_windows.c - the state of a region from VirtualQuery and the number of handles.
 */
#include "state.h"
#include "maps.h"
#include "handle/handle.h"

static void add(t_state *state, size_t *used, const char *format, ...) T_PRINTF(3, 4);

static void add(t_state *state, size_t *used, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    *used += (size_t)vsnprintf(state->text + *used, sizeof state->text - *used, format, list);
    va_end(list);
    if (*used >= sizeof state->text)
        T_FAIL("the state is too long to be noted");
}

static void add_region(t_state *state, size_t *used, stitch_region *region)
{
    uint64_t base = (uint64_t)(uintptr_t)stitch_base(region);
    struct stitch_info info = t_info(region);
    /* What the handle holds: a remapped one has no address space beyond, and what lies there is others'. */
    t_ranges ranges = t_maps_read(NULL, base, base + region->reservation.size);

    add(state, used, "size %" PRIu64 " generation %" PRIu64 " segments %" PRIu64 " base %" PRIx64 "\n", info.size,
        info.generation, info.segments, base);
    add(state, used, "region: size %" PRIu64 " generation %" PRIu64 " segments %" PRIu64 " committed %" PRIu64 "\n",
        info.region_size, info.region_generation, info.region_segments, info.committed);
    for (size_t i = 0; i < ranges.count; i++) {
        t_range range = ranges.item[i];

        add(state, used, "range %" PRIx64 "-%" PRIx64 " object %" PRIx64 " offset %" PRIx64 " %d%d\n", range.start,
            range.end, range.object, range.offset, range.readable, range.writable);
    }
}

void t_state_take(t_state *state, stitch_region *region)
{
    size_t used = 0;

    if (region)
        add_region(state, &used, region);
    add(state, &used, "handles %zu\n", t_descriptor_count());
}
