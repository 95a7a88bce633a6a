/* SPDX-License-Identifier: MIT */
/*
 * verify.c - proving promise 2 from the system's own map.
 *
 * May call follow, segments, directory, names and os. Nothing here believes the table: that tells only what to expect.
 */
#include <stdlib.h>

#include "shared/plan.h"
#include "region/sync.h"
#include "look/look.h"

#define VERIFY_TRIES 10

/* Walks the system's ranges and the expected segments side by side. */
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
    if (range->kind != ST_OS_VIEW || range->identity.device != expected->identity.device ||
        range->identity.number != expected->identity.number)
        return STITCH_FAULT_FOREIGN;
    if (range->object_offset != walk->at - expected->offset ||
        range->length > expected->offset + expected->mapped - walk->at)
        return STITCH_FAULT_SHIFTED;
    if (!range->readable || !range->shared || range->writable == walk->region->readonly)
        return STITCH_FAULT_PROTECTION;
    return STITCH_FAULT_NONE;
}

/* A program may split a view by madvise or mprotect, so a segment may come in several ranges. */
static int step(const st_os_range *range, void *arg)
{
    struct walk *walk = arg;
    enum stitch_fault found;

    if (walk->index == walk->region->segments.count) { /* behind the last segment */
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

static int walk_maps(struct stitch_region *region, uint64_t index, uint64_t from, uint64_t to, struct stitch_verify_report *report)
{
    struct walk walk = { .region = region, .report = report, .index = index, .at = from, .end = to };

    if (from == to)
        return 0; /* an empty region of the backend remap may have no address at all */
    st_segments_at(&region->segments, index, &walk.expected);
    return st_os_survey(st_region_at(region, from), to - from, step, &walk);
}

int st_verify_segment(struct stitch_region *region, uint64_t index)
{
    struct st_segment_view view, before;
    struct stitch_verify_report report = { 0 };
    uint64_t from = 0, first = index;
    int e;

    st_segments_at(&region->segments, index, &view);
    if (index > 0) { /* the neighbour is part of the question */
        first = index - 1;
        st_segments_at(&region->segments, first, &before);
        from = before.offset;
    }
    e = walk_maps(region, first, from, view.offset + view.mapped, &report);
    return e == STITCH_EUNSOUND ? 0 : e ? e : report.segments == index - first + 1;
}

/* The objects themselves: is each what it must be, and does it hold what was promised? */
static int check_objects(struct stitch_region *region, const struct st_snapshot *fresh, struct stitch_verify_report *report)
{
    bool lazy = (region->geometry.flags & STITCH_LAZY) != 0;

    for (uint64_t i = 0; i < fresh->record.count; i++) {
        const struct st_entry *entry = &fresh->entries[i];
        uint64_t mark = fresh->record.commit;
        uint64_t promised = mark <= entry->offset ? 0 : mark - entry->offset;
        char name[ST_NAME_SIZE];
        st_os_status status;
        struct st_segment_view view;
        int e;

        if (promised > entry->extent)
            promised = entry->extent;
        st_names_segment(name, region->geometry.tag, entry->id);
        e = st_os_object_status_by_name(&region->folder, name, &status);
        if (e && e != STITCH_ENOENT)
            return e;
        report->fault_offset = entry->offset;
        report->fault_id = entry->id;
        if (e || !status.regular || status.owner != region->owner || status.size != entry->extent ||
            (region->folder.objects_persist && st_segments_by_id(&region->segments, entry->id, &view) == 0 &&
             (view.identity.device != status.identity.device || view.identity.number != status.identity.number)))
            report->fault = STITCH_FAULT_OBJECT;
        else if (!lazy && status.resident < promised)
            report->fault = STITCH_FAULT_UNCOMMITTED;
        if (report->fault)
            return STITCH_EUNSOUND;
    }
    report->fault_offset = report->fault_id = 0;
    return 0;
}

/*
 * The directory may move on while its objects are looked at: what is found wrong counts only if it is still the state
 * that counts afterwards.
 */
static int check_listed(struct stitch_region *region, struct st_snapshot *fresh, struct stitch_verify_report *report)
{
    int e = STITCH_EUNSOUND;

    for (int tries = 0; tries < VERIFY_TRIES && e == STITCH_EUNSOUND; tries++) {
        struct stitch_verify_report found = *report;

        e = st_directory_snapshot(region->directory, &region->geometry, fresh);
        if (e == STITCH_ECORRUPT) {
            report->fault = STITCH_FAULT_DIRECTORY;
            return STITCH_EUNSOUND;
        }
        e = check_objects(region, fresh, &found);
        if (e != STITCH_EUNSOUND || st_load(region->shared_generation) == fresh->generation) {
            *report = found;
            return e;
        }
    }
    return 0; /* it never stood still long enough to be wrong */
}

int st_verify_region(struct stitch_region *region, struct stitch_verify_report *out)
{
    struct stitch_verify_report report = { 0 };
    struct st_snapshot fresh = { 0 };
    int e;

    fresh.entries = calloc((size_t)region->geometry.capacity, sizeof *fresh.entries);
    if (!fresh.entries)
        return STITCH_ENOMEM;
    st_os_mutex_lock(&region->table);
    e = walk_maps(region, 0, 0, region->reservation.size, &report);
    if (!e)
        e = check_listed(region, &fresh, &report);
    st_os_mutex_unlock(&region->table);
    free(fresh.entries);
    if (e == 0 || e == STITCH_EUNSOUND)
        *out = report;
    return e;
}
