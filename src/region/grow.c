/* SPDX-License-Identifier: MIT */
/*
 * region.c - THE STORY: how a region grows and shrinks.
 *
 *   grow    catch up -> [journal -> put memory behind it: backing.c] -> publish
 *   shrink  journal -> publish -> let go
 *
 * Grow publishes last, so that a failure or a death before has changed nothing that anyone can see; undo is the exact
 * reverse of do. Shrink publishes first, then lets go: whatever is left undone then is only memory, and the next
 * writer's (recover.c). May call writer, backing, follow, directory, segments, extent, names and os.
 */
#include "handle/handle.h"

#include <stddef.h>

#include "region/memory.h"
#include "shared/plan.h"
#include "region/sync.h"
#include "region/write.h"

static void close_journal(struct stitch_region *region)
{
    if (!region->owing)
        st_directory_journal_close(region->directory);
}

static void publish(struct stitch_region *region, const struct st_record *next, const struct st_entry *added)
{
    if (st_directory_publish(region->directory, &region->geometry, &region->now, next, added,
                             st_roster_waiting(&region->roster)))
        st_os_wake(&region->locks, region->shared_generation);
}

/* ----------------------------------------------------------------------------------------------------- growing --- */

/*
 * Map all that is listed. Where objects go with their last user, a segment can be gone for good: then the region is cut
 * back to what is whole, so that it can be used again.
 */
static int catch_up(struct stitch_region *region)
{
    struct st_record next = region->now.record;
    uint64_t end;
    int e = st_follow_adopt(region);

    if (e != STITCH_EGONE || region->folder.objects_persist)
        return e;
    end = st_segments_end(&region->segments);
    next.count = region->segments.count;
    next.size = st_min(next.size, end);
    next.commit = st_min(next.commit, end);
    next.dirty_end = st_min(next.dirty_end, end);
    publish(region, &next, NULL);
    st_follow_remember(region);
    return 0;
}

/* Give the new bytes, which have memory, an address and what they hold. */
static int cover(struct stitch_region *region, uint64_t size, const void *data)
{
    const struct st_record *now = &region->now.record;
    int e = st_follow_resize_view(region, size);

    if (!e && data)
        return st_backing_fill(region, now->size, data, size - now->size);
    if (!e)
        st_backing_wipe(region, now->size, st_min(size, now->dirty_end));
    return e;
}

/* Grow to `size`, with the writer lock and caught up. The new bytes come from `data`, or are zero. */
static int extend(struct stitch_region *region, uint64_t size, const void *data)
{
    const struct st_record *now = &region->now.record;
    struct st_record next;
    struct st_entry entry;
    bool added = false;
    int e = 0;

    if (size > region->geometry.reserve)
        return STITCH_ERESERVE;
    e = st_backing_make_sure(region, size);
    if (e)
        return e;
    next = *now;
    if (size > now->commit || data)
        st_directory_journal_open(region->directory, data ? size : 0);
    if (!data)
        e = st_backing_wipe_lazy(region, now->size, st_min(size, now->dirty_end));
    if (!e && size > now->commit)
        e = st_backing_add(region, size, &next, &entry, &added);
    if (!e) {
        e = cover(region, size, data);
        if (e)
            st_backing_undo(region, &next, added ? &entry : NULL);
    }
    if (!e) {
        next.size = size;
        next.dirty_end = next.dirty_end > size ? next.dirty_end : size;
        publish(region, &next, added ? &entry : NULL);
        st_follow_remember(region);
    }
    close_journal(region);
    return e;
}

/* --------------------------------------------------------------------------------------------------- shrinking --- */

/* Remove the names of segments that were listed behind the `kept` first. Their memory goes with the last view. */
static int remove_names(struct stitch_region *region, uint64_t kept, uint64_t count)
{
    char name[ST_NAME_SIZE];
    int result = 0;

    for (uint64_t i = kept; i < count; i++) {
        int e;

        st_names_segment(name, region->geometry.tag, region->now.entries[i].id);
        e = st_os_object_remove(&region->folder, name);
        if (e && e != STITCH_ENOENT)
            result = e;
    }
    return result;
}

/*
 * Give back what lies behind the commit mark in the last extent, if this process has it mapped; else the next writer
 * does (recover.c). All of it, not only what this shrink uncovers: followers with an old size may have stored there.
 */
static int give_back_tail(struct stitch_region *region)
{
    const struct st_record *now = &region->now.record;

    if (now->count == 0)
        return 0;
    if (region->segments.count != now->count)
        return STITCH_EBUSY;
    if (region->folder.gives_back)
        return st_backing_give_back(region, now->commit, st_segments_end(&region->segments));
    st_backing_reset(region, st_align_up(now->size, region->geometry.page), now->commit);
    return 0;
}

/* Where segments end with their users: before anything else, cut off what is gone. What else is in the way of catching
 * up is none of a shrink's business. */
static void cut_to_whole(struct stitch_region *region)
{
    if (!region->folder.objects_persist)
        catch_up(region);
}

/* What the commit mark becomes when the size does: where memory is not given back in part, it is still there. */
static uint64_t mark_after_cut(const struct stitch_region *region, uint64_t size, uint64_t commit, uint64_t end)
{
    bool gives_back = region->folder.gives_back && region->geometry.backend != STITCH_BACKEND_FIXED;

    return st_min(commit, gives_back ? st_backing_kept(region, size, end) : end);
}

/*
 * Shrink to `size`, with the writer lock. Needs no memory, descriptor or mapping, and so cannot fail: it may find that
 * this process had not caught up and cannot now; then the region has shrunk, and the next sync says what is the matter.
 */
static int cut(struct stitch_region *region, uint64_t size)
{
    struct st_record was = region->now.record, next = was;
    uint64_t fewest = st_region_has_one_segment(region) ? 1 : 0, end = 0;
    bool done;

    if (size >= was.size)
        return 0;
    while (next.count > fewest && region->now.entries[next.count - 1].offset >= size)
        next.count--;
    if (next.count > 0)
        end = region->now.entries[next.count - 1].offset + region->now.entries[next.count - 1].extent;
    next.size = size;
    next.commit = mark_after_cut(region, size, was.commit, end);
    next.dirty_end = st_min(was.dirty_end, end);

    st_directory_journal_open(region->directory, 0);
    publish(region, &next, NULL);
    done = remove_names(region, next.count, was.count) == 0;
    st_follow_adopt(region);
    if (give_back_tail(region) != 0)
        done = false;
    if (done)
        close_journal(region);
    return 0;
}

/* --------------------------------------------------------------------------------------------------- the calls --- */

int st_region_grow(struct stitch_region *region, uint64_t bytes, const void *data, uint64_t *offset)
{
    uint64_t old;
    int e = st_writer_enter(region);

    if (e)
        return e;
    e = catch_up(region);
    old = region->now.record.size;
    if (!e && bytes > UINT64_MAX - old)
        e = STITCH_EINVAL;
    if (!e && bytes > 0)
        e = extend(region, old + bytes, data);
    st_writer_leave(region);
    if (!e)
        *offset = old;
    return e;
}

int st_region_begin(struct stitch_region *region)
{
    struct st_record next;
    struct st_entry entry;
    bool added;
    int e = st_writer_enter(region);

    if (e)
        return e;
    next = region->now.record;
    st_directory_journal_open(region->directory, 0);
    e = st_backing_add(region, 0, &next, &entry, &added);
    if (!e) {
        publish(region, &next, &entry);
        st_follow_remember(region);
    }
    close_journal(region);
    st_writer_leave(region);
    return e;
}

/*
 * Cut by so many bytes, or to so many; the watcher knows before. *entered: false if we are no longer the writer, and
 * `table` is not held. *old_count: how many segments there were.
 */
static int cut_told(struct stitch_region *region, uint64_t bytes, bool by, bool *entered, uint64_t *old_count)
{
    uint64_t listed = region->now.record.size; /* what is lost counts as cut already */

    *entered = true;
    cut_to_whole(region);
    for (;; listed = region->now.record.size) {
        uint64_t size = listed, target = by ? size - bytes : bytes;
        int e;

        if (by && bytes > size) { /* by now; then nothing ends */
            st_store(&region->generation, 0);
            (void)st_follow_adopt(region);
            return STITCH_EINVAL;
        }
        *old_count = region->now.record.count;
        if (!region->watcher.before_unmap || target >= st_load(&region->size))
            return cut(region, target);
        e = st_writer_tell_end(region, target);
        *entered = e == 0;
        if (e)
            return e;
    }
}

/* Which part of the segments [count, old_count) behind `end`, which were listed until now, does a seat hold? */
static uint64_t held_of(const struct stitch_region *region, const struct st_seat *seat, uint64_t old_count,
                        uint64_t end)
{
    uint64_t held = 0;

    for (uint64_t i = region->now.record.count; i < old_count && region->now.entries[i].id <= seat->last_id; i++)
        held = region->now.entries[i].offset + region->now.entries[i].extent - end;
    return held;
}

static void tell_holders(const struct stitch_region *region, uint64_t old_count, uint64_t end, struct stitch_shrink_report *report)
{
    struct st_seat seat;
    int taken = 0;

    for (uint64_t i = 0; report->left > 0 && taken >= 0; i++) {
        uint64_t held;

        taken = st_roster_read(&region->roster, i, &seat);
        held = taken == 1 && !seat.own ? held_of(region, &seat, old_count, end) : 0;
        if (held == 0 || st_os_process_lives(&seat.process) == 0)
            continue;
        report->holders++;
        report->held = report->held > held ? report->held : held;
    }
}

static uint64_t end_of_listed(const struct st_snapshot *now, uint64_t count)
{
    return count > 0 ? now->entries[count - 1].offset + now->entries[count - 1].extent : 0;
}

int st_region_shrink(struct stitch_region *region, uint64_t bytes, struct stitch_shrink_report *report)
{
    struct stitch_shrink_report found = { 0 };
    uint64_t old_count;
    bool entered = true;
    int e = st_writer_enter(region);

    if (e)
        return e;
    old_count = region->now.record.count;
    if (bytes > region->now.record.size)
        e = STITCH_EINVAL;
    else if (bytes > 0)
        e = cut_told(region, bytes, true, &entered, &old_count);
    else
        (void)catch_up(region); /* what is in the way of mapping more is none of a shrink's business */
    if (!entered) {
        st_writer_give_up(region);
        return e;
    }
    if (!e && report) {
        uint64_t end = end_of_listed(&region->now, region->now.record.count);

        found.size = region->now.record.size;
        found.left = end_of_listed(&region->now, old_count) - end;
        tell_holders(region, old_count, end, &found);
        *report = found;
    }
    st_writer_leave(region);
    return e;
}

int st_region_resize(struct stitch_region *region, uint64_t size)
{
    uint64_t old_count;
    bool entered = true;
    int e = st_writer_enter(region);

    if (e)
        return e;
    cut_to_whole(region);
    if (size < region->now.record.size)
        e = cut_told(region, size, false, &entered, &old_count);
    if (!entered) {
        st_writer_give_up(region);
        return e;
    }
    if (!e && size >= region->now.record.size)
        e = catch_up(region);
    if (!e && size > region->now.record.size)
        e = extend(region, size, NULL);
    st_writer_leave(region);
    return e;
}

/* In one segment: a range over a seam is not one object, and no system's calls on memory need cross it. */
static int discard_in(const struct stitch_region *region, const struct st_segment_view *view, uint64_t from,
                      uint64_t to)
{
    unsigned char *start = st_region_at(region, view->offset);

    st_os_object object;
    st_os_status status;
    int e;

    if (!st_backing_is_lazy(region))
        return st_os_discard_hint(start + (from - view->offset), to - from);
    e = st_os_decommit(&view->object, start, from - view->offset, to - from);
    if (e && st_follow_open_segment(region, view->id, view->extent, &object, &status) == 0) {
        e = st_os_decommit(&object, NULL, from - view->offset, to - from); /* what the program has locked in memory */
        st_os_object_close(&object);
    }
    return e;
}

int st_region_lend(struct stitch_region *region, const struct stitch_parallel *lender)
{
    if (region->readonly)
        return STITCH_EREADONLY;
    st_os_mutex_lock(&region->writing);
    region->lender = lender ? *lender : (struct stitch_parallel){ NULL, NULL };
    st_os_mutex_unlock(&region->writing);
    return 0;
}

int st_region_discard(struct stitch_region *region, uint64_t offset, uint64_t length)
{
    uint64_t page = region->geometry.page, size, from, to;
    int e = 0;

    if (region->readonly)
        return STITCH_EREADONLY;
    st_os_mutex_lock(&region->table);
    size = st_load(&region->size);
    if (offset > size || length > size - offset)
        e = STITCH_EINVAL;
    from = e ? 0 : st_align_up(offset, page);
    to = e ? 0 : (offset + length) & ~(page - 1);
    while (e == 0 && from < to) {
        struct st_segment_view view;
        uint64_t index, end;

        st_segments_at_offset(&region->segments, from, &index);
        st_segments_at(&region->segments, index, &view);
        end = st_min(to, view.offset + view.extent);
        e = discard_in(region, &view, from, end);
        from = end;
    }
    st_os_mutex_unlock(&region->table);
    return e;
}
