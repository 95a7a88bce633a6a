/* SPDX-License-Identifier: MIT */
/*
 * state.c - takes states and compares them. state_<system>.c adds what only the system knows.
 */
#include "state.h"

#include "handle/handle.h"

void t_state_add(t_state *state, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    state->used += (size_t)vsnprintf(state->text + state->used, sizeof state->text - state->used, format, list);
    va_end(list);
    if (state->used >= sizeof state->text)
        T_FAIL("the state is too long to be noted");
}

static void add_region(t_state *state, stitch_region *region)
{
    uint64_t base = (uint64_t)(uintptr_t)stitch_base(region);
    struct stitch_info info = t_info(region);
    /* As much as the handle holds: the address space beyond a remapped region belongs to others. */
    t_ranges ranges = t_maps_read(NULL, base, base + region->reservation.size);

    t_state_add(state, "size %" PRIu64 " generation %" PRIu64 " segments %" PRIu64 " base %" PRIx64 "\n", info.size,
                info.generation, info.segments, base);
    t_state_add(state, "region: size %" PRIu64 " generation %" PRIu64 " segments %" PRIu64 " committed %" PRIu64 "\n",
                info.region_size, info.region_generation, info.region_segments, info.committed);
    for (size_t i = 0; i < ranges.count; i++) {
        t_range range = t_state_range(ranges.item[i], base);

        t_state_add(state, "range %" PRIx64 "-%" PRIx64 " object %" PRIx64 " offset %" PRIx64 " %d%d\n", range.start,
                    range.end, range.object, range.offset, range.readable, range.writable);
    }
}

void t_state_take(t_state *state, stitch_region *region)
{
    state->used = 0;
    if (region)
        add_region(state, region);
    t_state_add_surroundings(state);
}

void t_state_same(const t_state *before, const t_state *now, const char *file, int line)
{
    size_t at = 0;

    if (strcmp(before->text, now->text) == 0)
        return;
    while (before->text[at] == now->text[at])
        at++;
    while (at > 0 && before->text[at - 1] != '\n')
        at--;
    t_fail(file, line, "something has changed:\n  before: %.*s\n  now:    %.*s", (int)strcspn(before->text + at, "\n"),
           before->text + at, (int)strcspn(now->text + at, "\n"), now->text + at);
}

void t_state_compare(const t_state *before, stitch_region *region, const char *file, int line)
{
    static t_state now;

    t_state_take(&now, region);
    t_state_same(before, &now, file, line);
}
