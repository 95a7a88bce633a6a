/* SPDX-License-Identifier: MIT */
/*
 * handle.c - opens, closes, touches and follows.
 */
#include "handle.h"

/* ------------------------------------------------------------------------------------------------- the watcher --- */

static void wait_for_touchers(void *arg, uint64_t offset, uint64_t length)
{
    struct handle *handle = arg;

    T_TRUE(length > 0);
    T_EQ(offset + length, handle->told);
    handle->told = offset;
    st_store_ordered(&handle->limit, offset);
    for (unsigned i = 0; i < handle->threads; i++)
        while (st_load_ordered(&handle->touching[i]) > offset)
            t_sleep_us(10);
}

static void end_limit(void *arg, uint64_t offset, uint64_t length)
{
    struct handle *handle = arg;

    T_TRUE(length > 0);
    T_EQ(offset, handle->told);
    handle->told = offset + length;
    T_EQ(handle->told, stitch_size(handle->region));
    st_store_ordered(&handle->limit, UINT64_MAX);
}

/* Bytes below the size are there; those below the limit are not about to go. */
bool touch_begin(struct worker *worker, uint64_t end)
{
    struct handle *handle = worker->handle;

    if (handle->threads == 1)
        return end <= stitch_size(handle->region);
    st_store_ordered(&handle->touching[worker->thread], end);
    if (end <= st_load_ordered(&handle->limit) && end <= stitch_size(handle->region))
        return true;
    touch_end(worker);
    return false;
}

void touch_end(struct worker *worker)
{
    if (worker->handle->threads > 1)
        st_store_ordered(&worker->handle->touching[worker->thread], 0);
}

/* --------------------------------------------------------------------------------------------- open and close --- */

/*
 * Where objects end with their last holder, a reader cannot open the region while a segment is missing that died with
 * its maker, until the next writer recovers.
 */
stitch_region *region_open(const char *name, uint64_t flags)
{
    struct stitch_options options = { .struct_size = sizeof options, .flags = flags };
    uint64_t deadline = t_deadline_us();
    stitch_region *region = NULL;
    int e;

    while ((e = stitch_open(name, &options, &region)) == STITCH_EGONE && !t_has(T_KEPT) && t_now_us() < deadline)
        t_sleep_us(5000);
    if (e == STITCH_EBUSY && (flags & STITCH_EXCLUSIVE) && (flags & STITCH_NOWAIT))
        return NULL;
    if (e == STITCH_EBUSY && (flags & STITCH_NOWAIT) && !t_has(T_KEPT)) /* it would recover from a death */
        return NULL;
    T_OK(e);
    return region;
}

struct handle *handle_open(struct board *board, const char *name, uint64_t flags, unsigned slot, unsigned threads)
{
    stitch_region *region = region_open(name, flags);
    struct handle *made;

    if (!region)
        return NULL;
    made = calloc(1, sizeof *made);
    T_TRUE(made != NULL);
    made->region = region;
    made->board = board;
    made->slot = slot;
    made->threads = threads;
    made->writes = !(flags & STITCH_READONLY);
    made->nowait = (flags & STITCH_NOWAIT) != 0;
    made->exclusive = (flags & STITCH_EXCLUSIVE) != 0;
    if (threads > 1) {
        struct stitch_watcher watcher = { wait_for_touchers, end_limit, made };

        st_store(&made->limit, UINT64_MAX);
        made->told = stitch_size(region);
        T_OK(stitch_set_watcher(region, &watcher));
    }
    return made;
}

/* Where objects end with their last holder, a segment may end here. */
void region_close(struct board *board, unsigned slot, stitch_region *region)
{
    if (!t_has(T_KEPT)) {
        board_begin_cut(board, slot);
        board_tell_cut(board, FLOOR);
    }
    t_close(region);
    board_leave(board, slot);
}

void handle_close(struct handle *handle)
{
    region_close(handle->board, handle->slot, handle->region);
    free(handle);
}

/* --------------------------------------------------------------------------------------------------- following --- */

bool still(struct worker *worker, uint64_t generation)
{
    int e = stitch_wait(worker->handle->region, generation, 0);

    T_TRUE(e == 0 || e == STITCH_ETIMEDOUT);
    return e == STITCH_ETIMEDOUT;
}

void note_size(struct worker *worker)
{
    uint64_t generation = stitch_generation(worker->handle->region);
    uint64_t size = stitch_size(worker->handle->region);

    T_TRUE(size <= stitch_reserve(worker->handle->region));
    if (generation < worker->seen)
        T_FAIL("the generation goes back from %" PRIu64 " to %" PRIu64, worker->seen, generation);
    worker->seen = generation;
    T_TRUE(size >= FLOOR);
    /* A handle with a watcher unmaps before it shrinks, also one that failed to follow. */
    if (worker->alone && still(worker, generation))
        board_note_size(worker->board, generation, size);
}

void follow(struct worker *worker)
{
    uint64_t before = stitch_generation(worker->handle->region), after;
    int e = stitch_sync(worker->handle->region);

    T_TRUE(e == 0 || e == 1 || (e == STITCH_EGONE && !t_has(T_KEPT)));
    after = stitch_generation(worker->handle->region);
    if (worker->alone)
        T_EQ(after > before, e == 1);
    note_size(worker);
}
