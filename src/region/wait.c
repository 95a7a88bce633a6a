/* SPDX-License-Identifier: MIT */
/* wait.c - sleeping until there is something to sync. */
#include <stitch/stitch.h>

#include <stddef.h>

#include "base/arith.h"
#include "handle/handle.h"

#define UNANNOUNCED_MS 5   /* a handle that cannot announce itself to writers looks again after this */
#define LOOK_AGAIN_MS  100 /* nobody sleeps longer: a writer can be killed between publishing and waking */

/* Milliseconds until `timeout_ms` after `start`; UINT64_MAX: for ever. */
static uint64_t time_left(uint64_t start, int64_t timeout_ms)
{
    uint64_t waited = st_os_milliseconds() - start;

    if (timeout_ms < 0)
        return UINT64_MAX;
    return waited < (uint64_t)timeout_ms ? (uint64_t)timeout_ms - waited : 0;
}

int stitch_wait(stitch_region *region, uint64_t seen_generation, int64_t timeout_ms)
{
    uint64_t start, slice;
    st_word *announcement;

    st_error_set_code(0);
    if (!region || timeout_ms < -1)
        return STITCH_EINVAL;
    start = st_os_milliseconds();
    announcement = st_handle_is_readonly(region) ? st_roster_waiting(&region->roster) : NULL;
    slice = st_handle_is_readonly(region) && !announcement ? UNANNOUNCED_MS : LOOK_AGAIN_MS;
    while (st_load(region->shared_generation) == seen_generation) {
        uint64_t left = time_left(start, timeout_ms);

        if (left == 0)
            return STITCH_ETIMEDOUT;
        if (announcement)
            st_store_ordered(announcement, 1);
        else if (!st_handle_is_readonly(region))
            st_directory_announce_waiter(region->directory);
        st_os_wait(&region->locks, region->shared_generation, seen_generation, st_min(left, slice));
    }
    return 0;
}
