/* SPDX-License-Identifier: MIT */
/*
 * query.c - info, segment, find, presence. Each takes region->table and asks the system for what only it can know.
 * May call verify, follow, directory, segments, names and os.
 */
#include "look/look.h"

#include <stdlib.h>

#include "shared/plan.h"
#include "region/sync.h"

/* Bytes of [offset, offset + extent) below the commit mark. */
static uint64_t committed_of(uint64_t offset, uint64_t extent, uint64_t mark)
{
    return mark <= offset ? 0 : mark - offset < extent ? mark - offset : extent;
}

/*
 * What the system says the object of a segment holds; 0 if its name is gone (shrunk away; only views hold it). A system
 * that does not tell has charged what was committed.
 */
static int resident_of(const struct stitch_region *region, uint64_t id, uint64_t committed, uint64_t *out)
{
    char name[ST_NAME_SIZE];
    st_os_status status;
    int e;

    st_names_segment(name, region->geometry.tag, id);
    e = st_os_object_status_by_name(&region->folder, name, &status);
    *out = e ? 0 : status.resident == ST_OS_UNKNOWN ? committed : status.resident;
    return e == STITCH_ENOENT ? 0 : e;
}

/* A state of its own, so that what this handle has taken over stays as it is. */
static int look(const struct stitch_region *region, struct st_snapshot *fresh)
{
    int e;

    *fresh = (struct st_snapshot){ 0 };
    fresh->entries = calloc((size_t)region->geometry.capacity, sizeof *fresh->entries);
    if (!fresh->entries)
        return STITCH_ENOMEM;
    e = st_directory_snapshot(region->directory, &region->geometry, fresh);
    if (e)
        free(fresh->entries);
    return e;
}

static int sum_listed(const struct stitch_region *region, const struct st_snapshot *fresh, struct stitch_info *info)
{
    int e = 0;

    for (uint64_t i = 0; e == 0 && i < fresh->record.count; i++) {
        const struct st_entry *entry = &fresh->entries[i];
        uint64_t resident;

        e = resident_of(region, entry->id, committed_of(entry->offset, entry->extent, fresh->record.commit), &resident);
        info->resident += resident;
        info->extents += entry->extent;
    }
    return e;
}

static void describe_region(const struct stitch_region *region, struct stitch_info *info)
{
    const struct st_geometry *geometry = &region->geometry;

    info->reserve = geometry->reserve;
    info->page = geometry->page;
    info->extent = geometry->extent;
    info->capacity = geometry->capacity;
    info->backend = geometry->backend;
    info->mode = geometry->mode;
    info->owner = region->owner;
    info->created = geometry->created;
    info->tag = geometry->tag;
}

int st_query_info(struct stitch_region *region, struct stitch_info *out)
{
    struct stitch_info info = { 0 };
    struct st_snapshot fresh;
    int writers, e = look(region, &fresh);

    if (e)
        return e;
    describe_region(region, &info);
    info.region_size = fresh.record.size;
    info.region_generation = fresh.generation;
    info.region_segments = fresh.record.count;
    info.committed = fresh.record.commit;
    e = sum_listed(region, &fresh, &info);
    free(fresh.entries);
    writers = region->readonly ? st_os_has_writer(&region->locks) : 1;
    if (!e && writers < 0)
        e = writers;
    if (e)
        return e;
    info.writers = (uint64_t)writers;
    st_os_mutex_lock(&region->table);
    info.flags = region->geometry.flags | (region->readonly ? STITCH_READONLY : 0) |
                 (region->exclusive ? STITCH_EXCLUSIVE : 0) | (region->nowait ? STITCH_NOWAIT : 0);
    info.size = st_load(&region->size);
    info.generation = st_load(&region->generation);
    info.segments = region->segments.count;
    st_os_mutex_unlock(&region->table);
    *out = info;
    return 0;
}

/* What the system's own map says of a segment, from its start on as far as it is what it must be. */
struct answer {
    const struct st_segment_view *view;
    uint64_t length, access, present;
    bool present_known, ended;
};

static int take_answer(const st_os_range *range, void *arg)
{
    struct answer *answer = arg;
    const st_os_identity *identity = &answer->view->identity;

    if (answer->ended || range->kind != ST_OS_VIEW || range->identity.device != identity->device ||
        range->identity.number != identity->number || range->object_offset != answer->length) {
        answer->ended = true;
        return 0;
    }
    answer->length += range->length;
    answer->access &= (range->readable ? STITCH_ACCESS_READ : 0) | (range->writable ? STITCH_ACCESS_WRITE : 0);
    answer->present_known = range->present != ST_OS_UNKNOWN;
    answer->present += range->present;
    return 0;
}

static int ask_system(const struct stitch_region *region, const struct st_segment_view *view, struct answer *out)
{
    *out = (struct answer){ .view = view, .access = STITCH_ACCESS_READ | STITCH_ACCESS_WRITE };
    return st_os_survey(st_region_at(region, view->offset), view->mapped, take_answer, out);
}

/* With region->table. */
static int describe_segment(struct stitch_region *region, uint64_t index, struct stitch_segment *out)
{
    struct st_segment_view view;
    struct answer answer;
    uint64_t resident, committed;
    int adjacent, e = st_segments_at(&region->segments, index, &view);

    if (e)
        return e;
    adjacent = st_verify_segment(region, index);
    if (adjacent < 0)
        return adjacent;
    committed = committed_of(view.offset, view.extent, region->now.record.commit);
    e = resident_of(region, view.id, committed, &resident);
    if (!e)
        e = ask_system(region, &view, &answer);
    if (e)
        return e;
    *out = (struct stitch_segment){
        .index = index,
        .id = view.id,
        .offset = view.offset,
        .extent = view.extent,
        .committed = committed,
        .resident = resident,
        .address = st_region_at(region, view.offset),
        .adjacent = (uint64_t)adjacent,
        .view = answer.length,
        .access = answer.length > 0 ? answer.access : 0,
        /* Linux counts a block for a moment before it knows that somebody else has put that page there. */
        .present = st_min(answer.present_known ? answer.present : resident, answer.length),
    };
    return 0;
}

int st_query_segment(struct stitch_region *region, uint64_t index, struct stitch_segment *out)
{
    int e;

    st_os_mutex_lock(&region->table);
    e = describe_segment(region, index, out);
    st_os_mutex_unlock(&region->table);
    return e;
}

int st_query_find(struct stitch_region *region, const void *address, struct stitch_segment *out)
{
    uintptr_t base, at = (uintptr_t)address;
    uint64_t index;
    int e = STITCH_ENOENT;

    st_os_mutex_lock(&region->table);
    base = (uintptr_t)region->reservation.base;
    if (at >= base && at - base < region->reservation.size)
        e = st_segments_at_offset(&region->segments, at - base, &index);
    if (!e)
        e = describe_segment(region, index, out);
    st_os_mutex_unlock(&region->table);
    return e;
}

/* ---------------------------------------------------------------------------------------------------- presence --- */

static int take_range(const st_os_range *range, void *arg)
{
    *(st_os_range *)arg = *range;
    return 0;
}

/*
 * Is there memory behind this byte of a segment? The system tells what was ever touched; memory that was committed and
 * not yet touched it reports as a hole, so there its count for the whole object is compared with the commit mark.
 */
static int has_memory(struct stitch_region *region, const struct st_segment_view *view, uint64_t offset)
{
    uint64_t committed = committed_of(view->offset, view->extent, region->now.record.commit);
    st_os_object object;
    st_os_status status;
    bool data;
    int e = st_follow_open_segment(region, view->id, view->extent, &object, &status);

    if (e == STITCH_EGONE)
        return 1; /* unlisted and only held by views: frozen as it was */
    if (e)
        return e;
    e = st_os_object_has_data(&object, offset, &data);
    st_os_object_close(&object);
    if (e)
        return e;
    return data || (offset < committed && status.resident >= committed);
}

int st_query_presence(struct stitch_region *region, uint64_t offset)
{
    uint64_t page = region->geometry.page, at = offset & ~(page - 1), index;
    struct st_segment_view view;
    st_os_range range;
    int e;

    if (offset >= region->geometry.reserve)
        return STITCH_EINVAL;
    st_os_mutex_lock(&region->table);
    e = STITCH_PRESENCE_UNMAPPED;
    if (offset >= region->reservation.size)
        goto unlock;
    e = st_os_survey(st_region_at(region, at), page, take_range, &range);
    if (e)
        goto unlock;
    if (st_segments_at_offset(&region->segments, at, &index) != 0) {
        e = range.kind == ST_OS_RESERVED ? STITCH_PRESENCE_RESERVED : STITCH_PRESENCE_FOREIGN;
        goto unlock;
    }
    st_segments_at(&region->segments, index, &view);
    if (range.kind != ST_OS_VIEW || range.identity.device != view.identity.device ||
        range.identity.number != view.identity.number) {
        e = STITCH_PRESENCE_FOREIGN;
        goto unlock;
    }
    e = has_memory(region, &view, at - view.offset);
    if (e >= 0)
        e = e ? STITCH_PRESENCE_COMMITTED : STITCH_PRESENCE_RESERVED;
unlock:
    st_os_mutex_unlock(&region->table);
    return e;
}
