/* SPDX-License-Identifier: MIT */
/*
 * memory.c - the memory of a region that changes its size.
 *
 * Everything here happens beyond the size of the published state, so no state that a process can sync to shows it.
 */
#include "region/memory.h"

#include <string.h>

#include "base/arith.h"
#include "handle/views.h"
#include "region/commit.h"

bool st_memory_is_lazy(const struct stitch_region *region)
{
    return (region->geometry.flags & STITCH_LAZY) && region->store.folder.can_be_lazy;
}

/* Huge pages are not for lazy regions, nor for a view that moves: that is not aligned, and ends with the size. */
static bool has_blocks(const struct stitch_region *region)
{
    return !(region->geometry.flags & (STITCH_SMALL_PAGES | STITCH_LAZY)) &&
           !st_handle_is(region, STITCH_BACKEND_REMAP) && !st_os_blocks_fail();
}

void st_memory_rules(const struct stitch_region *region, struct st_rules *out)
{
    const struct st_geometry *geometry = &region->geometry;

    *out = (struct st_rules){
        .reserve = geometry->reserve,
        .capacity = geometry->capacity,
        .extent = geometry->extent,
        .page = geometry->page,
        .block = has_blocks(region) ? region->store.folder.block : geometry->page,
        .one_segment = !st_handle_is(region, STITCH_BACKEND_STITCHED),
        .lazy = st_memory_is_lazy(region),
        .fixed = st_handle_is(region, STITCH_BACKEND_FIXED),
        .gives_back = region->store.folder.gives_back,
    };
}

/* ----------------------------------------------------------------------------------------- objects of segments --- */

/* The address of a segment's first `upto` bytes, for systems that commit or give back through views; NULL: none. */
static void *view_of(const struct stitch_region *region, const struct st_segment_view *view, uint64_t upto)
{
    return upto <= view->mapped ? st_handle_at(region, view->offset) : NULL;
}

/*
 * Opens the object of a mapped segment in the table, where it stays open: growing commits through it again and again.
 */
static int open_object(struct stitch_region *region, struct st_segment_view *view)
{
    struct st_entry entry = st_segments_entry(view);
    st_os_status status;

    return view->object.handle != -1 ? 0 : st_store_open_segment(&region->store, &entry, &view->object, &status);
}

/* Requires: there is one. */
static struct st_segment_view *last_of(struct stitch_region *region)
{
    return st_segments_view(&region->segments, region->segments.count - 1);
}

/* Closes the object of a segment that is no longer the last one: nothing is committed in it any more. */
static void close_object(struct stitch_region *region, struct st_segment_view *view)
{
    if (region->store.folder.objects_persist)
        st_os_object_close(&view->object);
}

/* Gives the memory of [from, to) in a segment back. Does nothing if from >= to. */
static int give_back(struct stitch_region *region, struct st_segment_view *view, uint64_t from, uint64_t to)
{
    int err;

    if (from >= to || !region->store.folder.gives_back)
        return 0;
    err = st_os_decommit(&view->object, view_of(region, view, to - view->offset), from - view->offset, to - from);
    /* If the program has locked the view in memory, it only works through the object. */
    if (err && open_object(region, view) == 0)
        err = st_os_decommit(&view->object, NULL, from - view->offset, to - from);
    return err;
}

/* ----------------------------------------------------------------------------------------------------- provide --- */

/* A commit in one segment, from an offset of the region to one of the marks. */
struct commit {
    const struct st_segment_view *view; /* its object is open */
    uint64_t from;
    const struct st_marks *marks;
    int how;
};

static int commit_to(struct stitch_region *region, const struct commit *what, uint64_t mark, int how)
{
    const struct st_segment_view *view = what->view;
    struct st_commit_target target = { &view->object, view_of(region, view, mark - view->offset) };

    return st_commit_range(&target, what->from - view->offset, mark - what->from, what->how | how, &region->parallel);
}

/*
 * Commits to the best mark; *mark receives the one that was reached. A folder that has no room for a whole block may
 * have room for the pages that are needed. (For a lack of memory, unlike a lack of room, this is not tried: the kernel
 * would kill a process to find the last page.)
 */
static int commit(struct stitch_region *region, const struct commit *what, uint64_t *mark)
{
    const struct st_marks *marks = what->marks;
    int err = commit_to(region, what, marks->best, marks->blocks ? ST_OS_BLOCKS : 0);

    *mark = marks->best;
    if (err != STITCH_ENOSPC || !marks->blocks || marks->best == marks->by_page)
        return err;
    *mark = marks->by_page;
    return commit_to(region, what, marks->by_page, 0);
}

static int how_of(const struct stitch_region *region)
{
    return st_memory_is_lazy(region) ? ST_OS_LAZY : 0;
}

/* Commits further in the last extent. */
static int extend_tail(struct stitch_region *region, const struct st_marks *marks, struct st_record *next)
{
    struct st_segment_view *last = last_of(region);
    struct commit what = { last, next->commit, marks, how_of(region) };
    struct st_confirmed *confirmed = &region->confirmed;
    uint64_t mark;
    int err = open_object(region, last);

    if (!err)
        err = commit(region, &what, &mark);
    if (err)
        return err;
    if (confirmed->id == last->id && confirmed->to == next->commit)
        confirmed->to = mark;
    next->commit = mark;
    return 0;
}

/* Maps a new object at the end of the mapped segments and commits it; *mark receives how far. */
static int map_and_commit(struct stitch_region *region, struct st_segment_view *view, const struct st_growth *growth,
                          uint64_t *mark)
{
    struct commit what = { view, view->offset, &growth->added, how_of(region) | ST_OS_FRESH };
    int err = st_views_map(region, view, view->identity);

    if (err)
        return err;
    *mark = growth->added.by_page;
    if (*mark > view->offset && !growth->born_whole)
        err = commit(region, &what, mark);
    if (err)
        st_views_unmap(region, view);
    return err;
}

/*
 * Adds a segment: an object, its view, its memory, its name, its place in the table. After an error st_memory_withdraw
 * takes the name away.
 */
static int add_segment(struct stitch_region *region, const struct st_growth *growth, struct st_change *change)
{
    struct st_entry *entry = &change->added;
    struct st_segment_view view = { .offset = entry->offset, .extent = entry->extent };
    uint64_t mark;
    int err = st_store_make_segment(&region->store, entry, growth->born_whole, &view.object, &view.identity);

    if (err)
        return err;
    err = map_and_commit(region, &view, growth, &mark);
    if (err)
        goto close;
    err = st_store_name_segment(&region->store, &view.object, entry);
    if (err)
        goto unmap;
    change->named = true;
    view.id = entry->id;
    err = st_segments_add(&region->segments, &view);
    if (err)
        goto unmap;
    change->adds = true;
    change->next.next_id = entry->id + 1;
    change->next.count++;
    change->next.commit = mark;
    return 0;

unmap:
    st_views_unmap(region, &view);
close:
    st_os_object_close(&view.object);
    return err;
}

int st_memory_provide(struct stitch_region *region, const struct st_growth *growth, struct st_change *change)
{
    int err;

    st_assert(st_handle_is_locked(&region->writing) && st_handle_is_locked(&region->table));
    err = growth->extends ? extend_tail(region, &growth->tail, &change->next) : 0;
    if (err || !growth->adds)
        return err;
    change->added = growth->add;
    return add_segment(region, growth, change);
}

int st_memory_confirm_mark(struct stitch_region *region, uint64_t size)
{
    const struct st_record *now = &region->known.record;
    struct st_confirmed *confirmed = &region->confirmed;
    uint64_t from = st_align_down(now->size, region->geometry.page);
    struct st_commit_target target;
    struct st_segment_view *last;
    int err;

    if (region->segments.count == 0 || now->commit <= from)
        return 0;
    last = last_of(region);
    err = open_object(region, last);
    if (err || (confirmed->id == last->id && confirmed->from <= from && st_min(size, now->commit) <= confirmed->to))
        return err;
    from = st_max(from, last->offset);
    target = (struct st_commit_target){ &last->object, view_of(region, last, now->commit - last->offset) };
    err = st_commit_range(&target, from - last->offset, now->commit - from, 0, &region->parallel);
    if (!err)
        *confirmed = (struct st_confirmed){ last->id, from, now->commit };
    return err;
}

/* ---------------------------------------------------------------------------------------------------- contents --- */

/*
 * Makes [size, to) of a lazy region read zero. Storing where there is no memory could fault, but there it reads zero
 * already; whole pages are given back. The segment is the last listed one, which may not be the last one mapped.
 */
static int zero_lazily(struct stitch_region *region, uint64_t to)
{
    uint64_t from = region->known.record.size, page = region->geometry.page, whole = st_align_up(from, page);
    struct st_segment_view *view = st_segments_view(&region->segments, region->known.record.count - 1);
    bool data = true;
    int err = open_object(region, view);

    if (!err && from < whole)
        err = st_os_object_has_data(&view->object, whole - page - view->offset, &data);
    if (!err && from < whole && data) { /* "data" may be a guess: committing what has memory already costs nothing */
        err = st_os_populate(&view->object, whole - page - view->offset, page);
        if (!err)
            memset(st_handle_at(region, from), 0, (size_t)(st_min(whole, to) - from));
    }
    if (!err)
        err = give_back(region, view, whole, st_align_up(to, page));
    return err;
}

int st_memory_zero(struct stitch_region *region, const struct st_growth *growth)
{
    uint64_t from = region->known.record.size;

    if (growth->zeroing == ST_ZEROING_GIVE_BACK)
        return zero_lazily(region, growth->zero_to);
    if (growth->zeroing == ST_ZEROING_STORE)
        memset(st_handle_at(region, from), 0, (size_t)(growth->zero_to - from));
    return 0;
}

/*
 * Commits [from, to) of a lazy region before we store there: for us too a lack of memory is an error and not a fault.
 */
static int populate(struct stitch_region *region, uint64_t from, uint64_t to)
{
    uint64_t page = region->geometry.page;
    int err = 0;

    from = st_align_down(from, page);
    to = st_align_up(to, page);
    while (!err && from < to) {
        struct st_segment_view view;
        struct st_entry entry;
        st_os_object object;
        st_os_status status;
        uint64_t index, end;

        st_segments_at_offset(&region->segments, from, &index);
        st_segments_at(&region->segments, index, &view);
        end = st_min(to, view.offset + view.extent);
        entry = st_segments_entry(&view);
        err = st_store_open_segment(&region->store, &entry, &object, &status);
        if (err)
            break;
        err = st_os_populate(&object, from - view.offset, end - from);
        st_os_object_close(&object);
        from = end;
    }
    return err;
}

int st_memory_store(struct stitch_region *region, uint64_t size, const void *data)
{
    uint64_t from = region->known.record.size;
    int err = st_memory_is_lazy(region) ? populate(region, from, size) : 0;

    if (!err)
        memcpy(st_handle_at(region, from), data, (size_t)(size - from));
    return err;
}

/* ------------------------------------------------------------------------------------------ withdraw, give back --- */

bool st_memory_withdraw(struct stitch_region *region, const struct st_change *change)
{
    const struct st_record *now = &region->known.record;
    /* Lazy: zeroing and storing may have committed any page beyond the size. */
    uint64_t from = st_memory_is_lazy(region) ? st_align_up(now->size, region->geometry.page) : now->commit;
    int code = st_error_code();
    uint64_t end;
    bool done = true;

    if (change->named) {
        int err = st_store_remove_segment(&region->store, change->added.id);

        done = err == 0 || err == STITCH_ENOENT;
    }
    if (change->adds)
        st_views_drop_last(region);
    end = st_segments_end(&region->segments);
    if (end > 0 && give_back(region, last_of(region), from, st_min(change->next.commit, end)) != 0)
        done = false;
    st_error_set_code(code);
    return done;
}

void st_memory_settle(struct stitch_region *region)
{
    if (region->segments.count > 1)
        close_object(region, st_segments_view(&region->segments, region->segments.count - 2));
}

/* Tells the system that the contents of [from, to) are of no use. A hint: its failure costs nothing. */
static void discard_hint(struct stitch_region *region, uint64_t from, uint64_t to)
{
    if (from < to && to <= region->reservation.size) /* it has an address */
        st_os_discard_hint(st_handle_at(region, from), to - from);
}

int st_memory_give_back_tail(struct stitch_region *region)
{
    const struct st_record *now = &region->known.record;

    if (now->count == 0)
        return 0;
    if (region->segments.count != now->count)
        return STITCH_EBUSY;
    if (region->store.folder.gives_back)
        return give_back(region, last_of(region), now->commit, st_segments_end(&region->segments));
    discard_hint(region, st_align_up(now->size, region->geometry.page), now->commit);
    return 0;
}
