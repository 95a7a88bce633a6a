/* SPDX-License-Identifier: MIT */
/*
 * backing.c - the memory behind a region that is about to grow: commit in the last extent, then another segment.
 *
 * May call follow, directory, segments, extent, names and os. Everything here happens beyond the size and the commit
 * mark that count, so nobody sees it; each step that fails undoes the ones before it.
 */
#include "region/memory.h"

#include <string.h>

#include "region/commit.h"
#include "shared/plan.h"
#include "region/sync.h"

#define NAME_TRIES     16
#define FIRST_BY_PAGES STITCH_EXTENT_UNIT /* a small region takes no more than it needs */

bool st_backing_is_lazy(const struct stitch_region *region)
{
    return (region->geometry.flags & STITCH_LAZY) && region->folder.can_be_lazy;
}

static bool is_fixed(const struct stitch_region *region)
{
    return region->geometry.backend == STITCH_BACKEND_FIXED;
}

/* Whole blocks are cheaper than their pages; but a small region takes no more than it needs. */
static bool by_blocks(const struct stitch_region *region, uint64_t upto)
{
    return upto > FIRST_BY_PAGES && region->folder.block > region->geometry.page && !st_os_blocks_fail() &&
           !(region->geometry.flags & STITCH_SMALL_PAGES) &&
           region->geometry.backend != STITCH_BACKEND_REMAP; /* its view lies anyhow, and ends with the size */
}

static uint64_t round_up(const struct stitch_region *region, uint64_t size, uint64_t end, bool blocks)
{
    return st_min(st_align_up(size, blocks ? region->folder.block : region->geometry.page), end);
}

/*
 * What the commit mark becomes, so that [offset, upto) of an extent ending at `end` is backed: by blocks never more
 * than one ahead of the size.
 */
static uint64_t mark_for(const struct stitch_region *region, uint64_t upto, uint64_t end, bool blocks)
{
    if (st_backing_is_lazy(region) || is_fixed(region))
        return end;
    return round_up(region, upto, end, blocks);
}

uint64_t st_backing_kept(const struct stitch_region *region, uint64_t size, uint64_t end)
{
    return round_up(region, size, end, by_blocks(region, size) && !st_backing_is_lazy(region));
}

/* Where the bytes [0, upto) of a segment are, for a system that commits or gives back through views; NULL: nowhere. */
static void *view_of(const struct stitch_region *region, const struct st_segment_view *view, uint64_t upto)
{
    return upto <= view->mapped ? st_region_at(region, view->offset) : NULL;
}

/* The last segment, with its object open and kept so: growing inside it commits through it, again and again. */
static int open_tail(struct stitch_region *region, struct st_segment_view *last, st_os_object **object)
{
    uint64_t index = region->segments.count - 1;
    st_os_status status;

    st_segments_at(&region->segments, index, last);
    *object = st_segments_object(&region->segments, index);
    return (*object)->handle != -1 ? 0 : st_follow_open_segment(region, last->id, last->extent, *object, &status);
}

/*
 * Commit a segment from `from` (offsets of the region) so far as it goes towards `size`; *mark tells how far. Where a
 * folder has no room for whole blocks it may have for the pages that are needed. (Of memory, as opposed to room, one
 * must not ask for the last page: the kernel would kill somebody to find it.)
 */
static int commit_segment(struct stitch_region *region, const struct st_segment_view *view, const st_os_object *object,
                          uint64_t from, uint64_t size, int how, uint64_t *mark)
{
    struct st_commit_target target = { object, NULL };
    bool blocks = by_blocks(region, size);
    int e;

    if (st_backing_is_lazy(region))
        how |= ST_OS_LAZY;

    for (;;) {
        *mark = mark_for(region, size, view->offset + view->extent, blocks);
        target.view = view_of(region, view, *mark - view->offset);
        e = st_commit_range(&target, from - view->offset, *mark - from, how | (blocks ? ST_OS_BLOCKS : 0),
                            &region->lender);
        if (e != STITCH_ENOSPC || !blocks || *mark == mark_for(region, size, view->offset + view->extent, false))
            return e;
        blocks = false;
    }
}

/* Commit in the last extent so far as it goes towards `size`. */
static int commit_tail(struct stitch_region *region, uint64_t size, struct st_record *next)
{
    uint64_t end = st_segments_end(&region->segments), mark;
    struct st_segment_view last;
    st_os_object *object;
    int e;

    if (region->segments.count == 0 || next->commit >= mark_for(region, size, end, false))
        return 0;
    e = open_tail(region, &last, &object);
    if (!e)
        e = commit_segment(region, &last, object, next->commit, size, 0, &mark);
    if (e)
        return e;
    if (region->sure_id == last.id && region->sure_to == next->commit)
        region->sure_to = mark;
    next->commit = mark;
    return 0;
}

/*
 * Committing again what is committed changes nothing and costs a call, so this handle remembers for which part of the
 * last segment it has done so: from where it first grew up to the commit mark.
 */
int st_backing_make_sure(struct stitch_region *region, uint64_t size)
{
    const struct st_record *now = &region->now.record;
    uint64_t from = now->size & ~(region->geometry.page - 1);
    struct st_commit_target target;
    struct st_segment_view last;
    st_os_object *object;
    int e;

    if (region->folder.can_be_lazy || region->segments.count == 0 || now->commit <= from)
        return 0;
    e = open_tail(region, &last, &object);
    if (e || (region->sure_id == last.id && region->sure_from <= from &&
              st_min(size, now->commit) <= region->sure_to))
        return e;
    from = from > last.offset ? from : last.offset;
    target = (struct st_commit_target){ object, view_of(region, &last, now->commit - last.offset) };
    e = st_commit_range(&target, from - last.offset, now->commit - from, 0, &region->lender);
    if (!e) {
        region->sure_id = last.id;
        region->sure_from = from;
        region->sure_to = now->commit;
    }
    return e;
}

int st_backing_give_back(struct stitch_region *region, uint64_t from, uint64_t to)
{
    struct st_segment_view last;
    st_os_object *object;
    int e;

    if (from >= to || !region->folder.gives_back)
        return 0;
    st_segments_at(&region->segments, region->segments.count - 1, &last);
    e = st_os_decommit(&last.object, view_of(region, &last, to - last.offset), from - last.offset, to - from);
    if (e && open_tail(region, &last, &object) == 0) /* not through the view, if the program has locked it in memory */
        e = st_os_decommit(object, NULL, from - last.offset, to - from);
    return e;
}

void st_backing_reset(struct stitch_region *region, uint64_t from, uint64_t to)
{
    if (from < to && to <= region->reservation.size)       /* it has an address */
        st_os_discard_hint(st_region_at(region, from), to - from); /* a hint; what it cannot do costs nothing */
}

/* Somebody who saw the tag may have taken our name to hold us up; they cannot have taken one a random step further. */
static int skip_ids(struct st_record *next)
{
    uint32_t step;
    int e = st_os_random(&step, sizeof step);

    if (!e)
        next->next_id += (uint64_t)step + 1;
    return e;
}

/* Give the object its name. */
static int name_segment(struct stitch_region *region, const st_os_object *object, struct st_record *next)
{
    char name[ST_NAME_SIZE];
    int e;

    for (int tries = 0; tries < NAME_TRIES; tries++) {
        st_names_segment(name, region->geometry.tag, next->next_id);
        e = st_os_object_publish(&region->folder, name, object);
        if (e != STITCH_EEXIST)
            return e;
        e = skip_ids(next);
        if (e)
            return e;
    }
    return STITCH_EACCES;
}

/* Make the object of the next segment, map it behind the last one and commit it towards `size`; *mark: how far. */
static int make_segment(struct stitch_region *region, const struct st_record *next, uint64_t size,
                        struct st_segment_view *view, uint64_t *mark)
{
    bool born_whole = is_fixed(region) && !region->folder.gives_back; /* SEC_COMMIT, the article's first program */
    st_os_object_spec spec = { .size = view->extent, .mode = region->geometry.mode, .committed = born_whole };
    char name[ST_NAME_SIZE];
    st_os_status status = { 0 };
    int e;

    st_names_segment(name, region->geometry.tag, next->next_id);
    e = st_os_object_create(&region->folder, name, &spec, &view->object);
    if (e)
        return e;
    e = st_os_object_status(&view->object, &status);
    if (!e && status.owner != region->owner) /* this process became another user since it attached */
        e = STITCH_EACCES;
    if (!e)
        e = st_follow_map_view(region, view, status.identity);
    if (e)
        goto close;
    *mark = mark_for(region, size, view->offset + view->extent, false);
    if (*mark > view->offset && !born_whole)
        e = commit_segment(region, view, &view->object, view->offset, size, ST_OS_FRESH, mark);
    if (!e)
        return 0;
    st_follow_unmap_view(region, view);
close:
    st_os_object_close(&view->object);
    return e;
}

/* Add a segment at the end of the mapped ones that reaches `size`. */
static int add_segment(struct stitch_region *region, uint64_t size, struct st_record *next, struct st_entry *entry)
{
    uint64_t end = st_segments_end(&region->segments), reserve = region->geometry.reserve;
    uint64_t extent = st_plan_extent(end, size - end, reserve, region->geometry.extent);
    struct st_segment_view view = { .offset = end, .extent = extent };
    uint64_t mark = 0;
    char name[ST_NAME_SIZE];
    int e = 0;

    if (next->count == region->geometry.capacity)
        return STITCH_ESEGMENTS;
    for (int tries = 0; tries < NAME_TRIES; tries++) {
        e = make_segment(region, next, size, &view, &mark);
        if (e != STITCH_EEXIST || skip_ids(next) != 0)
            break;
    }
    if (e)
        return e == STITCH_EEXIST ? STITCH_EACCES : e;
    e = name_segment(region, &view.object, next);
    if (e)
        goto unmake;
    view.id = next->next_id;
    e = st_segments_add(&region->segments, &view);
    if (e)
        goto unname;
    if (region->folder.objects_persist && region->segments.count > 1) /* nobody commits in the one before any more */
        st_os_object_close(st_segments_object(&region->segments, region->segments.count - 2));
    *entry = (struct st_entry){ view.id, end, extent };
    next->next_id = view.id + 1;
    next->count++;
    next->commit = mark;
    return 0;

unname:
    st_names_segment(name, region->geometry.tag, view.id);
    st_os_object_remove(&region->folder, name);
unmake:
    st_follow_unmap_view(region, &view);
    st_os_object_close(&view.object);
    return e;
}

int st_backing_add(struct stitch_region *region, uint64_t size, struct st_record *next, struct st_entry *entry,
                   bool *added)
{
    uint64_t mark = next->commit;
    int e = commit_tail(region, size, next);
    *added = !e && (size > st_segments_end(&region->segments) || region->segments.count == 0);
    if (*added) {
        uint64_t committed = next->commit;

        e = add_segment(region, size, next, entry);
        if (e)
            st_backing_give_back(region, mark, committed);
    }
    return e;
}

void st_backing_wipe(struct stitch_region *region, uint64_t from, uint64_t to)
{
    /* What is beyond the commit mark reads zero once it is committed, unless it could not be emptied. */
    if (region->folder.gives_back)
        to = st_min(to, region->now.record.commit);
    if (from < to && !st_backing_is_lazy(region))
        memset(st_region_at(region, from), 0, (size_t)(to - from));
}

int st_backing_wipe_lazy(struct stitch_region *region, uint64_t from, uint64_t to)
{
    struct st_segment_view last;
    st_os_object *object;
    uint64_t page = region->geometry.page, whole = st_align_up(from, page);
    bool data = true;
    int e;

    to = st_min(to, region->now.record.commit);
    if (from >= to || !st_backing_is_lazy(region))
        return 0;
    /* Storing where there is no memory could fault, and there it reads zero as it is. Whole pages go back. */
    e = open_tail(region, &last, &object);
    if (!e && from < whole)
        e = st_os_object_has_data(object, whole - page - last.offset, &data);
    if (!e && from < whole && data) /* "data" may be a guess: what is there already costs nothing to put there */
        e = st_os_populate(object, whole - page - last.offset, page);
    if (!e && from < whole && data)
        memset(st_region_at(region, from), 0, (size_t)(st_min(whole, to) - from));
    if (!e)
        e = st_backing_give_back(region, whole, st_align_up(to, page));
    return e;
}

/* Lazy: before we store, memory must be there, since for us too a lack of it is an error and not a fault. */
static int populate(struct stitch_region *region, uint64_t from, uint64_t to)
{
    uint64_t page = region->geometry.page;
    int e = 0;

    from &= ~(page - 1);
    to = st_align_up(to, page);
    while (!e && from < to) {
        struct st_segment_view view;
        st_os_object object;
        st_os_status status;
        uint64_t index, end;

        st_segments_at_offset(&region->segments, from, &index);
        st_segments_at(&region->segments, index, &view);
        end = st_min(to, view.offset + view.extent);
        e = st_follow_open_segment(region, view.id, view.extent, &object, &status);
        if (e)
            break;
        e = st_os_populate(&object, from - view.offset, end - from);
        st_os_object_close(&object);
        from = end;
    }
    return e;
}

int st_backing_fill(struct stitch_region *region, uint64_t offset, const void *data, uint64_t length)
{
    int e = st_backing_is_lazy(region) ? populate(region, offset, offset + length) : 0;

    if (!e)
        memcpy(st_region_at(region, offset), data, (size_t)length);
    return e;
}

void st_backing_undo(struct stitch_region *region, const struct st_record *next, const struct st_entry *added)
{
    const struct st_record *now = &region->now.record;
    char name[ST_NAME_SIZE];
    uint64_t end, from; /* lazy: st_backing_fill may have put memory behind any page beyond the size */

    if (added) {
        st_names_segment(name, region->geometry.tag, added->id);
        st_os_object_remove(&region->folder, name);
        st_follow_drop_last(region);
    }
    end = st_segments_end(&region->segments);
    from = st_backing_is_lazy(region) ? st_align_up(now->size, region->geometry.page) : now->commit;
    st_backing_give_back(region, from, st_min(next->commit, end));
}
