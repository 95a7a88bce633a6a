/* SPDX-License-Identifier: MIT */
/*
 * info.c - stitch_info, stitch_segment, stitch_find, stitch_presence: what the directory says, what this handle has
 * mapped, and what only the system can know.
 */
#include <stitch/inspect.h>

#include <stddef.h>

#include "base/arith.h"
#include "handle/state.h"
#include "look/verify.h"

/* Bytes of [offset, offset + extent) below the commit mark. */
static uint64_t committed_of(uint64_t offset, uint64_t extent, uint64_t mark)
{
    return mark <= offset ? 0 : st_min(mark - offset, extent);
}

/*
 * What the system says the object of a segment holds; 0 if its name is gone (it was shrunk away, and only views hold
 * it). A system that does not tell has charged what was committed.
 */
static int resident_of(const struct stitch_region *region, uint64_t id, uint64_t committed, uint64_t *out)
{
    st_os_status status;
    int err = st_store_segment_status(&region->store, id, &status);

    *out = err ? 0 : status.resident == ST_OS_UNKNOWN ? committed : status.resident;
    return err == STITCH_ENOENT ? 0 : err;
}

/* -------------------------------------------------------------------------------------------------------- info --- */

static int sum_listed(const struct stitch_region *region, const struct st_snapshot *fresh, struct stitch_info *info)
{
    int err = 0;

    for (uint64_t i = 0; err == 0 && i < fresh->record.count; i++) {
        const struct st_entry *entry = &fresh->entries[i];
        uint64_t committed = committed_of(entry->offset, entry->extent, fresh->record.commit), resident;

        err = resident_of(region, entry->id, committed, &resident);
        info->resident += resident;
        info->extents += entry->extent;
    }
    return err;
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
    info->owner = region->store.owner;
    info->created = geometry->created;
    info->tag = geometry->tag;
}

/* What the directory says, copied on the side, so that the known state of the handle stays as it is. */
static int describe_state(const struct stitch_region *region, struct stitch_info *info)
{
    struct st_snapshot fresh = { 0 };
    int err = st_state_copy(region, &fresh);

    if (!err) {
        info->region_size = fresh.record.size;
        info->region_generation = fresh.generation;
        info->region_segments = fresh.record.count;
        info->committed = fresh.record.commit;
        err = sum_listed(region, &fresh, info);
    }
    st_state_free(&fresh);
    return err;
}

static void describe_handle(struct stitch_region *region, struct stitch_info *info)
{
    st_os_mutex_lock(&region->table);
    info->flags = region->geometry.flags | region->flags | (region->exclusive ? STITCH_EXCLUSIVE : 0);
    info->size = st_load(&region->size);
    info->generation = st_load(&region->mapped_generation);
    info->segments = region->segments.count;
    st_os_mutex_unlock(&region->table);
}

int stitch_info(stitch_region *region, struct stitch_info *out)
{
    struct stitch_info info = { 0 };
    int writers, err;

    st_error_set_code(0);
    if (!region || !out)
        return STITCH_EINVAL;
    describe_region(region, &info);
    err = describe_state(region, &info);
    if (err)
        return err;
    writers = st_handle_is_readonly(region) ? st_os_has_writer(&region->locks) : 1;
    if (writers < 0)
        return writers;
    info.writers = (uint64_t)writers;
    describe_handle(region, &info);
    *out = info;
    return 0;
}

/* ---------------------------------------------------------------------------------------------- one segment --- */

/* What the system's own map says of a segment, from its start up to the first byte that is not what it must be. */
struct answer {
    const struct st_segment_view *view;
    uint64_t length, access, present;
    bool present_known, ended;
};

static int take_answer(const st_os_range *range, void *arg)
{
    struct answer *answer = arg;

    if (answer->ended || range->kind != ST_OS_VIEW || !st_os_identity_is(range->identity, answer->view->identity) ||
        range->object_offset != answer->length) {
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
    return st_os_survey(st_handle_at(region, view->offset), view->mapped, take_answer, out);
}

/* Requires: region->table is held. */
static int describe_segment(struct stitch_region *region, uint64_t index, struct stitch_segment *out)
{
    struct st_segment_view view;
    struct answer answer;
    uint64_t resident, committed;
    int adjacent, err = st_segments_at(&region->segments, index, &view);

    if (err)
        return err;
    adjacent = st_verify_segment(region, index);
    if (adjacent < 0)
        return adjacent;
    committed = committed_of(view.offset, view.extent, region->known.record.commit);
    err = resident_of(region, view.id, committed, &resident);
    if (!err)
        err = ask_system(region, &view, &answer);
    if (err)
        return err;
    *out = (struct stitch_segment){
        .index = index,
        .id = view.id,
        .offset = view.offset,
        .extent = view.extent,
        .committed = committed,
        .resident = resident,
        .address = st_handle_at(region, view.offset),
        .adjacent = (uint64_t)adjacent,
        .view = answer.length,
        .access = answer.length > 0 ? answer.access : 0,
        /* Linux counts a page for a moment before it knows that another process has put that page there. */
        .present = st_min(answer.present_known ? answer.present : resident, answer.length),
    };
    return 0;
}

int stitch_segment(stitch_region *region, uint64_t index, struct stitch_segment *out)
{
    int err;

    st_error_set_code(0);
    if (!region || !out)
        return STITCH_EINVAL;
    st_os_mutex_lock(&region->table);
    err = describe_segment(region, index, out);
    st_os_mutex_unlock(&region->table);
    return err;
}

static int find(struct stitch_region *region, uintptr_t address, struct stitch_segment *out)
{
    uintptr_t base = (uintptr_t)region->reservation.base;
    uint64_t index;

    if (address < base || address - base >= region->reservation.size ||
        st_segments_at_offset(&region->segments, address - base, &index) != 0)
        return STITCH_ENOENT;
    return describe_segment(region, index, out);
}

int stitch_find(stitch_region *region, const void *address, struct stitch_segment *out)
{
    int err;

    st_error_set_code(0);
    if (!region || !out)
        return STITCH_EINVAL;
    st_os_mutex_lock(&region->table);
    err = find(region, (uintptr_t)address, out);
    st_os_mutex_unlock(&region->table);
    return err;
}

/* ---------------------------------------------------------------------------------------------------- presence --- */

static int take_range(const st_os_range *range, void *arg)
{
    *(st_os_range *)arg = *range;
    return 0;
}

/*
 * Is the byte at this offset of a segment backed by memory? Returns 1, 0 or an error. The system tells which pages were
 * ever accessed, and reports memory that was committed but not yet accessed as a hole; so there its count for the whole
 * object is compared with the commit mark.
 */
static int has_memory(struct stitch_region *region, const struct st_segment_view *view, uint64_t offset)
{
    uint64_t committed = committed_of(view->offset, view->extent, region->known.record.commit);
    struct st_entry entry = st_segments_entry(view);
    st_os_object object;
    st_os_status status;
    bool data;
    int err = st_store_open_segment(&region->store, &entry, &object, &status);

    if (err == STITCH_EGONE)
        return 1; /* no longer listed, and held by views only: frozen as it was */
    if (err)
        return err;
    err = st_os_object_has_data(&object, offset, &data);
    st_os_object_close(&object);
    if (err)
        return err;
    return data || (offset < committed && status.resident >= committed);
}

static int presence(struct stitch_region *region, uint64_t at)
{
    struct st_segment_view view;
    st_os_range range;
    uint64_t index;
    int has, err;

    if (at >= region->reservation.size)
        return STITCH_PRESENCE_UNMAPPED;
    err = st_os_survey(st_handle_at(region, at), region->geometry.page, take_range, &range);
    if (err)
        return err;
    if (st_segments_at_offset(&region->segments, at, &index) != 0)
        return range.kind == ST_OS_RESERVED ? STITCH_PRESENCE_RESERVED : STITCH_PRESENCE_FOREIGN;
    st_segments_at(&region->segments, index, &view);
    if (range.kind != ST_OS_VIEW || !st_os_identity_is(range.identity, view.identity))
        return STITCH_PRESENCE_FOREIGN;
    has = has_memory(region, &view, at - view.offset);
    if (has < 0)
        return has;
    return has ? STITCH_PRESENCE_COMMITTED : STITCH_PRESENCE_RESERVED;
}

int stitch_presence(stitch_region *region, uint64_t offset)
{
    int result;

    st_error_set_code(0);
    if (!region || offset >= region->geometry.reserve)
        return STITCH_EINVAL;
    st_os_mutex_lock(&region->table);
    result = presence(region, st_align_down(offset, region->geometry.page));
    st_os_mutex_unlock(&region->table);
    return result;
}
