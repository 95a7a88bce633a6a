/* SPDX-License-Identifier: MIT */
/*
 * verify.c - stitch_verify: proves promise 2 (adjacent) from the system's own map. Our table only says what to expect;
 * nothing here believes it.
 */
#include "look/verify.h"

#include <stitch/inspect.h>

#include <stddef.h>

#include "base/arith.h"
#include "handle/state.h"

#define VERIFY_TRIES 10

/* A walk over the system's ranges and the expected segments, side by side. */
struct walk {
    struct stitch_region *region;
    struct stitch_verify_report *report;
    struct st_segment_view expected;
    uint64_t index; /* of `expected` */
    uint64_t at;    /* offset up to which everything is proved */
    uint64_t end;   /* of the walk */
};

static int fault(struct walk *walk, enum stitch_fault what, uint64_t offset)
{
    walk->report->fault = what;
    walk->report->fault_offset = offset;
    walk->report->fault_id = walk->index < walk->region->segments.count ? walk->expected.id : 0;
    return STITCH_EUNSOUND;
}

static enum stitch_fault judge_view(const struct walk *walk, const st_os_range *range)
{
    const struct st_segment_view *expected = &walk->expected;

    if (range->kind == ST_OS_FREE)
        return STITCH_FAULT_MISSING;
    if (range->kind != ST_OS_VIEW || !st_os_identity_is(range->identity, expected->identity))
        return STITCH_FAULT_FOREIGN;
    if (range->object_offset != walk->at - expected->offset ||
        range->length > expected->offset + expected->mapped - walk->at)
        return STITCH_FAULT_SHIFTED;
    if (!range->readable || !range->shared || range->writable == st_handle_is_readonly(walk->region))
        return STITCH_FAULT_PROTECTION;
    return STITCH_FAULT_NONE;
}

/* A program may split a view by madvise or mprotect, so a segment may come in several ranges. */
static int step(const st_os_range *range, void *arg)
{
    struct walk *walk = arg;
    enum stitch_fault found;

    if (walk->index == walk->region->segments.count) { /* past the last segment */
        if (range->kind != ST_OS_RESERVED)
            return fault(walk, STITCH_FAULT_RESERVATION, walk->at);
        walk->at += range->length;
        walk->report->reservation += range->length;
        return 0;
    }
    found = judge_view(walk, range);
    if (found)
        return fault(walk, found, walk->at);
    walk->at += range->length;
    walk->report->bytes += range->length;
    if (walk->at == walk->expected.offset + walk->expected.mapped) {
        walk->report->segments++;
        walk->report->seams += walk->index > 0;
        walk->index++;
        st_segments_at(&walk->region->segments, walk->index, &walk->expected);
    }
    return 0;
}

static int walk_maps(struct stitch_region *region, uint64_t index, uint64_t from, uint64_t to,
                     struct stitch_verify_report *report)
{
    struct walk walk = { .region = region, .report = report, .index = index, .at = from, .end = to };

    if (from == to)
        return 0; /* an empty region of the backend remap may have no address at all */
    st_segments_at(&region->segments, index, &walk.expected);
    return st_os_survey(st_handle_at(region, from), to - from, step, &walk);
}

int st_verify_segment(struct stitch_region *region, uint64_t index)
{
    struct st_segment_view view, before;
    struct stitch_verify_report report = { 0 };
    uint64_t from = 0, first = index;
    int err;

    st_segments_at(&region->segments, index, &view);
    if (index > 0) { /* the neighbour is part of the question */
        first = index - 1;
        st_segments_at(&region->segments, first, &before);
        from = before.offset;
    }
    err = walk_maps(region, first, from, view.offset + view.mapped, &report);
    return err == STITCH_EUNSOUND ? 0 : err ? err : report.segments == index - first + 1;
}

/* Is an object what it must be, and does it hold what was promised? Returns the fault, or an error. */
static int judge_object(const struct stitch_region *region, const struct st_snapshot *fresh,
                        const struct st_entry *entry)
{
    bool lazy = (region->geometry.flags & STITCH_LAZY) != 0;
    uint64_t mark = fresh->record.commit;
    uint64_t promised = mark <= entry->offset ? 0 : st_min(mark - entry->offset, entry->extent);
    struct st_segment_view view;
    st_os_status status;
    int err = st_store_segment_status(&region->store, entry->id, &status);

    if (err)
        return err == STITCH_ENOENT ? STITCH_FAULT_OBJECT : err;
    if (!st_store_fits(&region->store, &status, entry->extent))
        return STITCH_FAULT_OBJECT;
    if (region->store.folder.objects_persist && st_segments_by_id(&region->segments, entry->id, &view) == 0 &&
        !st_os_identity_is(view.identity, status.identity))
        return STITCH_FAULT_OBJECT;
    return !lazy && status.resident < promised ? STITCH_FAULT_UNCOMMITTED : STITCH_FAULT_NONE;
}

/* Looks at the objects themselves. */
static int check_objects(const struct stitch_region *region, const struct st_snapshot *fresh,
                         struct stitch_verify_report *report)
{
    for (uint64_t i = 0; i < fresh->record.count; i++) {
        const struct st_entry *entry = &fresh->entries[i];
        int found = judge_object(region, fresh, entry);

        if (found < 0)
            return found;
        if (found == STITCH_FAULT_NONE)
            continue;
        report->fault = (uint64_t)found;
        report->fault_offset = entry->offset;
        report->fault_id = entry->id;
        return STITCH_EUNSOUND;
    }
    return 0;
}

/*
 * The region may change while its objects are looked at: a fault counts only if the state is still the published one
 * afterwards.
 */
static int check_listed(struct stitch_region *region, struct st_snapshot *fresh, struct stitch_verify_report *report)
{
    int err = STITCH_EUNSOUND;

    for (int tries = 0; tries < VERIFY_TRIES && err == STITCH_EUNSOUND; tries++) {
        struct stitch_verify_report found = *report;

        err = st_state_copy(region, fresh);
        if (err == STITCH_ECORRUPT) {
            report->fault = STITCH_FAULT_DIRECTORY;
            return STITCH_EUNSOUND;
        }
        if (err)
            return err;
        err = check_objects(region, fresh, &found);
        if (err != STITCH_EUNSOUND || st_load(region->shared_generation) == fresh->generation) {
            *report = found;
            return err;
        }
    }
    return 0; /* the state never lasted long enough to be wrong */
}

static int verify(struct stitch_region *region, struct stitch_verify_report *report)
{
    struct st_snapshot fresh = { 0 };
    int err = walk_maps(region, 0, 0, region->reservation.size, report);

    if (!err)
        err = check_listed(region, &fresh, report);
    st_state_free(&fresh);
    return err;
}

int stitch_verify(stitch_region *region, struct stitch_verify_report *out)
{
    struct stitch_verify_report report = { 0 };
    int err;

    st_error_set_code(0);
    if (!region || !out)
        return STITCH_EINVAL;
    st_os_mutex_lock(&region->table);
    err = verify(region, &report);
    st_os_mutex_unlock(&region->table);
    if (err == 0 || err == STITCH_EUNSOUND)
        *out = report;
    return err;
}

const char *stitch_fault_name(uint64_t fault)
{
    static const char *const names[] = { "none",   "missing",     "foreign",     "shifted",  "protection",
                                         "object", "uncommitted", "reservation", "directory" };

    return fault < sizeof names / sizeof names[0] ? names[fault] : "not a fault of stitch";
}
