/* SPDX-License-Identifier: MIT */
/*
 * shrink.c - THE STORY of shrinking: stitch_shrink and stitch_shrink_report.
 *
 *   1. Begin a cut: the watcher is told, then this thread is the one writer and the new size is fixed (write.c).
 *   2. Plan the record after the cut (plan.c), and open the journal.
 *   3. Publish: from here on the region has shrunk.
 *   4. Remove the objects that are no longer listed; their memory goes with the last view of them.
 *   5. Unmap what is no longer listed, and give back the rest of the last extent. Close the journal.
 *
 * Growing publishes last, shrinking publishes first: whatever is not done after that only wastes memory, and the open
 * journal makes the next writer do it (recover.c).
 */
#include "region/shrink.h"

#include <stitch/inspect.h>

#include <stddef.h>

#include "base/arith.h"
#include "handle/state.h"
#include "region/memory.h"
#include "region/sync.h"

/* Removes the names of the listed segments [from, to). Returns 0 or the last error. */
static int remove_objects(struct stitch_region *region, uint64_t from, uint64_t to)
{
    int result = 0;

    for (uint64_t i = from; i < to; i++) {
        int err = st_store_remove_segment(&region->store, region->known.entries[i].id);

        if (err && err != STITCH_ENOENT)
            result = err;
    }
    return result;
}

/*
 * The error of st_sync_map is ignored: a shrink must succeed even if this process cannot map the newest segments. Then
 * the region has shrunk, and the next sync says what is wrong.
 */
void st_shrink_to(struct st_write *write, uint64_t size)
{
    struct stitch_region *region = write->region;
    struct st_change *change = &write->change;
    uint64_t old_count = region->known.record.count;
    struct st_rules rules;
    bool done;

    if (size >= region->known.record.size) {
        (void)st_write_catch_up(write);
        return;
    }
    st_memory_rules(region, &rules);
    *change = (struct st_change){ .adds = false };
    st_plan_shrink(&rules, &region->known, size, &change->next);
    st_write_open_journal(write, 0);
    st_state_publish(region, change);
    done = remove_objects(region, change->next.count, old_count) == 0;
    (void)st_sync_map(region);
    if (st_memory_give_back_tail(region) != 0)
        done = false;
    if (done)
        st_write_close_journal(write);
}

/* ------------------------------------------------------------------------------------------------------ report --- */

/* Counts the bytes of the segments [count, old_count), which were listed until now, that a seat's handle has mapped. */
static uint64_t held_by(const struct stitch_region *region, const struct st_seat *seat, uint64_t old_count)
{
    const struct st_snapshot *known = &region->known;
    uint64_t last = known->record.count;

    while (last < old_count && known->entries[last].id <= seat->last_id)
        last++;
    return st_snapshot_end(known, last) - st_snapshot_end(known, known->record.count);
}

static void count_holders(const struct stitch_region *region, uint64_t old_count, struct stitch_shrink_report *report)
{
    struct st_seat seat;
    int taken = 0;

    for (uint64_t i = 0; report->left > 0 && taken >= 0; i++) {
        uint64_t held;

        taken = st_roster_read(&region->roster, i, &seat);
        held = taken == 1 && !seat.own ? held_by(region, &seat, old_count) : 0;
        if (held == 0 || st_os_process_lives(&seat.process) == 0)
            continue;
        report->holders++;
        report->held = st_max(report->held, held);
    }
}

static struct stitch_shrink_report report_on(const struct stitch_region *region, uint64_t old_count)
{
    const struct st_snapshot *known = &region->known;
    uint64_t count = known->record.count;
    struct stitch_shrink_report report = { .size = known->record.size };

    if (old_count > count) /* the entries of the segments that left are still in place */
        report.left = st_snapshot_end(known, old_count) - st_snapshot_end(known, count);
    count_holders(region, old_count, &report);
    return report;
}

/* ------------------------------------------------------------------------------------------------------- calls --- */

/* `out` may be NULL. */
static int shrink_by(stitch_region *region, uint64_t bytes, struct stitch_shrink_report *out)
{
    struct st_cut cut = { .take = bytes, .limit = UINT64_MAX };
    struct st_write write;
    uint64_t size, old_count;
    int err = st_write_begin_cut(&write, region, &cut, &size);

    if (err)
        return err;
    old_count = region->known.record.count;
    st_shrink_to(&write, size);
    if (out)
        *out = report_on(region, old_count);
    st_write_end(&write);
    return 0;
}

int stitch_shrink(stitch_region *region, uint64_t bytes)
{
    st_error_set_code(0);
    return region ? shrink_by(region, bytes, NULL) : STITCH_EINVAL;
}

int stitch_shrink_report(stitch_region *region, uint64_t bytes, struct stitch_shrink_report *out)
{
    st_error_set_code(0);
    return region && out ? shrink_by(region, bytes, out) : STITCH_EINVAL;
}
