/* SPDX-License-Identifier: MIT */
/*
 * region.c - THE STORY: how a region grows and shrinks.
 *
 *   grow    catch up -> [journal: commit in the last extent -> plan, create, map, commit, name a segment] -> publish
 *   shrink  journal -> publish -> let go
 *
 * Grow publishes last, so that a failure or a death before has changed nothing that anyone can see; undo is the exact reverse of
 * do. Shrink publishes first, then lets go: whatever is left undone then is only memory, and the next writer's (recover.c).
 * May call follow, recover, directory, segments, extent, names and os.
 */
#include "region.h"

#include <string.h>

#include "extent.h"
#include "follow.h"
#include "recover.h"

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ---------------------------------------------------------------------------------------- entering as writer --- */

/* In a forked child the directory's handle is shared with the parent, and with it its locks: get one of our own. */
static int part_from_parent(struct stitch_region *region)
{
    st_os_object own;
    int e;

    if (st_load(region->fork_mark) == 1)
        return 0;
    e = st_os_object_again(&region->object, &own);
    if (e)
        return e;
    e = st_os_attend(&own, region->readonly);
    if (e) {
        st_os_object_close(&own);
        return e;
    }
    st_os_object_close(&region->object);
    region->object = own;
    st_store(region->fork_mark, 1);
    return 0;
}

static void leave(struct stitch_region *region)
{
    st_os_mutex_unlock(&region->table);
    st_os_writer_leave(&region->object);
    st_os_mutex_unlock(&region->writing);
}

/* Afterwards this thread is the region's one writer, region->now is what counts, and no dead writer's rest is about. */
static int enter(struct stitch_region *region)
{
    int e;

    if (region->readonly)
        return STITCH_EREADONLY;
    st_os_mutex_lock(&region->writing);
    e = part_from_parent(region);
    if (!e)
        e = st_os_writer_enter(&region->object);
    if (e) {
        st_os_mutex_unlock(&region->writing);
        return e;
    }
    st_os_mutex_lock(&region->table);
    e = st_directory_snapshot(region->directory, &region->geometry, &region->now);
    if (e)
        leave(region);
    else
        region->owing = !st_recover(region);
    return e;
}

static void open_journal(struct stitch_region *region)
{
    st_directory_journal_set(region->directory, true);
}

static void close_journal(struct stitch_region *region)
{
    if (!region->owing)
        st_directory_journal_set(region->directory, false);
}

static void publish(struct stitch_region *region, const struct st_record *next, const struct st_entry *added)
{
    if (st_directory_publish(region->directory, &region->geometry, &region->now, next, added))
        st_os_wake(region->shared_generation);
}

/* ----------------------------------------------------------------------------------------------------- growing --- */

static bool is_lazy(const struct stitch_region *region)
{
    return (region->geometry.flags & STITCH_LAZY) != 0;
}

/* What the commit mark becomes, so that [offset, upto) of an extent ending at `end` is backed. */
static uint64_t mark_for(const struct stitch_region *region, uint64_t upto, uint64_t end)
{
    return is_lazy(region) ? end : smaller(st_extent_round(upto, region->geometry.page), end);
}

/* Keep the last segment's object open: growing inside it commits through it, again and again. */
static int open_tail(struct stitch_region *region, const struct st_segment_view *last)
{
    st_os_status status;
    int e;

    if (region->tail_id == last->id)
        return 0;
    st_os_object_close(&region->tail);
    region->tail_id = 0;
    e = st_follow_open_segment(region, last->id, last->extent, &region->tail, &status);
    if (!e)
        region->tail_id = last->id;
    return e;
}

/* Commit in the last extent so far as it goes towards `size`. */
static int commit_tail(struct stitch_region *region, uint64_t size, struct st_record *next)
{
    uint64_t end = st_segments_end(&region->segments), mark = mark_for(region, size, end);
    struct st_segment_view last;
    int e;

    if (region->segments.count == 0 || next->commit >= mark)
        return 0;
    st_segments_at(&region->segments, region->segments.count - 1, &last);
    e = open_tail(region, &last);
    if (!e)
        e = st_os_commit(&region->tail, st_region_at(region, last.offset), next->commit - last.offset,
                         mark - next->commit, is_lazy(region));
    if (!e)
        next->commit = mark;
    return e;
}

static void uncommit_tail(struct stitch_region *region, uint64_t mark, uint64_t committed)
{
    struct st_segment_view last;

    if (committed == mark)
        return;
    st_segments_at(&region->segments, region->segments.count - 1, &last);
    st_os_decommit(&region->tail, st_region_at(region, last.offset), mark - last.offset, committed - mark);
}

/* Give the object its name. A stranger's object under it (names can be guessed by whoever may read the directory) costs an id. */
static int name_segment(struct stitch_region *region, const st_os_object *object, struct st_record *next)
{
    char name[ST_NAME_SIZE];
    int e;

    for (int tries = 0; tries < 100; tries++) {
        st_names_segment(name, region->geometry.tag, next->next_id);
        e = st_os_object_publish(&region->folder, name, object);
        if (e != STITCH_EEXIST)
            return e;
        next->next_id++;
    }
    return STITCH_EACCES;
}

/* Create, map, commit and name a segment at the end of the mapped ones that reaches `size`. */
static int add_segment(struct stitch_region *region, uint64_t size, struct st_record *next, struct st_entry *entry)
{
    uint64_t end = st_segments_end(&region->segments), reserve = region->geometry.reserve;
    uint64_t extent = st_extent_next(end, size - end, reserve, region->geometry.extent);
    uint64_t mark = mark_for(region, size, end + extent);
    struct st_segment_view view = { next->next_id, end, extent, { 0, 0 } };
    char name[ST_NAME_SIZE];
    st_os_object object;
    st_os_status status;
    int e;

    if (next->count == region->geometry.capacity)
        return STITCH_ESEGMENTS;
    st_names_segment(name, region->geometry.tag, next->next_id);
    e = st_os_object_create(&region->folder, name, extent, region->geometry.mode, &object);
    if (e)
        return e;
    e = st_os_view_map(&region->reservation, end, extent, &object, false);
    if (e)
        goto close;
    e = st_os_commit(&object, st_region_at(region, end), 0, mark - end, is_lazy(region));
    if (!e)
        e = st_os_object_status(&object, &status);
    if (!e)
        e = name_segment(region, &object, next);
    if (e)
        goto unmap;
    view.id = next->next_id;
    view.identity = status.identity;
    e = st_segments_add(&region->segments, &view);
    if (e)
        goto unname;

    st_os_object_close(&region->tail);
    region->tail = object;
    region->tail_id = view.id;
    *entry = (struct st_entry){ view.id, end, extent };
    next->next_id = view.id + 1;
    next->count++;
    next->commit = mark;
    return 0;

unname:
    st_names_segment(name, region->geometry.tag, view.id);
    st_os_object_remove(&region->folder, name);
unmap:
    st_os_view_unmap(&region->reservation, end, extent);
close:
    st_os_object_close(&object);
    return e;
}

/* Put memory behind [now.commit, size). */
static int back(struct stitch_region *region, uint64_t size, struct st_record *next, struct st_entry *entry, bool *added)
{
    uint64_t mark = next->commit;
    int e;

    open_journal(region);
    e = commit_tail(region, size, next);
    *added = !e && size > st_segments_end(&region->segments);
    if (*added) {
        uint64_t committed = next->commit;

        e = add_segment(region, size, next, entry);
        if (e)
            uncommit_tail(region, mark, committed);
    }
    if (e)
        close_journal(region);
    return e;
}

/* Grow to `size`, with the writer lock. The new bytes come from `data`, or are zero. */
static int extend(struct stitch_region *region, uint64_t size, const void *data)
{
    uint64_t old = region->now.record.size;
    struct st_record next;
    struct st_entry entry;
    bool added = false, backed;
    int e;

    if (size > region->geometry.reserve)
        return STITCH_ERESERVE;
    e = st_follow_adopt(region);
    if (e)
        return e;
    next = region->now.record;
    backed = size > next.commit;
    if (backed)
        e = back(region, size, &next, &entry, &added);
    if (e)
        return e;

    if (data)
        memcpy(st_region_at(region, old), data, (size_t)(size - old));
    else if (next.clean > old) /* used before, in this extent or by a late store: nobody has seen it zeroed since */
        memset(st_region_at(region, old), 0, (size_t)(smaller(size, next.clean) - old));
    next.size = size;
    next.clean = next.clean > size ? next.clean : size;
    publish(region, &next, added ? &entry : NULL);
    if (backed)
        close_journal(region);
    st_follow_remember(region, true);
    return 0;
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

/* Give back [mark, was) of the last extent, if this process has it mapped; else the next writer does (recover.c). */
static int give_back_tail(struct stitch_region *region, uint64_t mark, uint64_t was)
{
    struct st_segment_view last;
    uint64_t end = st_segments_end(&region->segments);

    if (region->now.record.count == 0)
        return 0;
    if (region->segments.count != region->now.record.count)
        return STITCH_EBUSY;
    st_segments_at(&region->segments, region->segments.count - 1, &last);
    if (was > end)
        was = end;
    if (was <= mark)
        return 0;
    return st_os_decommit(region->tail_id == last.id ? &region->tail : &ST_OS_OBJECT_CLOSED,
                          st_region_at(region, last.offset), mark - last.offset, was - mark);
}

/*
 * Shrink to `size`, with the writer lock. Needs no memory, descriptor or mapping, and so cannot fail: it may find that this
 * process had not caught up and cannot now; then the region has shrunk, and the next sync says what is the matter.
 */
static int cut(struct stitch_region *region, uint64_t size)
{
    struct st_record was = region->now.record, next = was;
    bool done;

    while (next.count > 0 && (size == 0 || region->now.entries[next.count - 1].offset >= size))
        next.count--;
    next.size = size;
    next.commit = smaller(was.commit, size == 0 ? 0 : st_extent_round(size, region->geometry.page));
    next.clean = smaller(was.clean, next.commit);

    open_journal(region);
    publish(region, &next, NULL);
    done = remove_names(region, next.count, was.count) == 0;
    st_follow_adopt(region);
    if (give_back_tail(region, next.commit, was.commit) != 0)
        done = false;
    if (done)
        close_journal(region);
    return 0;
}

/* ------------------------------------------------------------------------------------------------------ the calls --- */

int st_region_grow(struct stitch_region *region, uint64_t bytes, const void *data, uint64_t *offset)
{
    uint64_t old;
    int e = enter(region);

    if (e)
        return e;
    old = region->now.record.size;
    if (bytes > UINT64_MAX - old)
        e = STITCH_EINVAL;
    else
        e = bytes > 0 ? extend(region, old + bytes, data) : st_follow_adopt(region);
    leave(region);
    if (!e)
        *offset = old;
    return e;
}

int st_region_shrink(struct stitch_region *region, uint64_t bytes)
{
    int e = enter(region);

    if (e)
        return e;
    if (bytes > region->now.record.size)
        e = STITCH_EINVAL;
    else if (bytes > 0)
        e = cut(region, region->now.record.size - bytes);
    leave(region);
    return e;
}

int st_region_resize(struct stitch_region *region, uint64_t size)
{
    int e = enter(region);

    if (e)
        return e;
    if (size > region->now.record.size)
        e = extend(region, size, NULL);
    else if (size < region->now.record.size)
        e = cut(region, size);
    leave(region);
    return e;
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
    from = e ? 0 : st_extent_round(offset, page);
    to = e ? 0 : (offset + length) & ~(page - 1);
    if (from < to && !is_lazy(region))
        e = st_os_cold(st_region_at(region, from), to - from);
    while (e == 0 && is_lazy(region) && from < to) { /* one segment at a time: a range over a seam is not one object */
        struct st_segment_view view;
        uint64_t index, end;

        st_segments_at_offset(&region->segments, from, &index);
        st_segments_at(&region->segments, index, &view);
        end = smaller(to, view.offset + view.extent);
        e = st_os_decommit(&ST_OS_OBJECT_CLOSED, st_region_at(region, view.offset), from - view.offset, end - from);
        from = end;
    }
    st_os_mutex_unlock(&region->table);
    return e;
}
