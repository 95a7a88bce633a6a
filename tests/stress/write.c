/* SPDX-License-Identifier: MIT */
/*
 * write.c - grows, fills, appends and shrinks. Odd numbers of bytes are appended, even ones grown, and resizing goes to
 * multiples of 4: see check_tail.
 */
#include "write.h"

#include "block.h"
#include "check.h"

/* Returns whether the call succeeded; false if STITCH_NOWAIT met another writer. Anything else fails the test. */
static bool done(struct worker *worker, int e, const char *what)
{
    board_count(worker->board, worker->slot, COUNT_OPERATIONS);
    if (e == STITCH_EBUSY && worker->handle->nowait) {
        board_count(worker->board, worker->slot, COUNT_BUSY);
        return false;
    }
    if (e)
        T_FAIL("%s gave %s (system's code %d), with %" PRIu64 " bytes in generation %" PRIu64, what,
               stitch_error_name(e), stitch_os_error(), stitch_size(worker->handle->region),
               stitch_generation(worker->handle->region));
    return true;
}

/* Notes the sizes that a single thread's call found and published. `was` is the handle's generation before the call. */
static void note_change(struct worker *worker, uint64_t was, uint64_t from, uint64_t to)
{
    uint64_t generation = stitch_generation(worker->handle->region);

    if (!worker->alone)
        return;
    T_EQ(stitch_size(worker->handle->region), to);
    if (worker->handle->exclusive)
        T_EQ(generation, was + 1);
    T_TRUE(generation > was);
    board_note_size(worker->board, generation, to);
    board_note_size(worker->board, generation - 1, from);
}

static uint64_t random_length(struct worker *worker)
{
    static const uint64_t limits[] = { 256, 4096, 4096, 65536, 65536, 512 << 10, 5 << 19 };
    uint64_t limit = limits[t_random_below(&worker->random, T_COUNT(limits))];

    if (limit == 5 << 19 && t_random_below(&worker->random, 8)) /* rarely */
        limit = 4096;
    return BLOCK_LEAST + t_random_below(&worker->random, limit - 2 * BLOCK_LEAST);
}

/* ---------------------------------------------------------------------------------------------------- growing --- */

static board_entry entry_of(struct worker *worker, uint64_t kind, uint64_t length)
{
    return (board_entry){ .kind = kind,
                          .length = length,
                          .sequence = worker->sequence++,
                          .writer = worker->slot + 1,
                          .since = board_since(worker->board) };
}

/* Everybody may claim the block from now on; this thread does so at once. */
static void publish(struct worker *worker, const board_entry *entry)
{
    board_add(worker->board, entry);
    check_entry(worker, entry);
}

static void append(struct worker *worker)
{
    uint64_t was = stitch_generation(worker->handle->region);
    board_entry entry = entry_of(worker, ENTRY_BLOCK, random_length(worker) | 1);
    block_name name = { entry.length, BLOCK_NOWHERE, entry.sequence, entry.writer };

    if (worker->handle->exclusive && worker->alone)
        name.offset = stitch_size(worker->handle->region);
    block_make(worker->buffer, &name, false);
    if (!done(worker, stitch_append(worker->handle->region, worker->buffer, entry.length, &entry.offset),
              "stitch_append"))
        return;
    entry.generation = stitch_generation(worker->handle->region);
    if (name.offset != BLOCK_NOWHERE)
        T_EQ(entry.offset, name.offset);
    note_change(worker, was, entry.offset, entry.offset + entry.length);
    publish(worker, &entry);
}

static bool grow(struct worker *worker, board_entry *entry)
{
    uint64_t was = stitch_generation(worker->handle->region);

    if (!done(worker, stitch_grow(worker->handle->region, entry->length, &entry->offset), "stitch_grow"))
        return false;
    note_change(worker, was, entry->offset, entry->offset + entry->length);
    entry->generation = stitch_generation(worker->handle->region);
    return true;
}

/* No process ever stores there, so the bytes are zero as long as they last, also after the right is given up. */
static void grow_zero(struct worker *worker)
{
    board_entry entry = entry_of(worker, ENTRY_ZERO, random_length(worker) & ~UINT64_C(1));

    if (!grow(worker, &entry))
        return;
    publish(worker, &entry);
    if (t_random_below(&worker->random, 4) || !board_take(worker->board, worker->slot, RIGHT_FILL))
        return;
    if (!board_may_be_cut(worker->board, entry.since, entry.offset + entry.length)) {
        T_OK(stitch_discard(worker->handle->region, entry.offset, entry.length));
        check_entry(worker, &entry);
    }
    board_leave(worker->board, worker->slot);
}

/* Stores a block in the middle of the grown bytes. As long as this thread has the right nobody shrinks. */
static void grow_and_fill(struct worker *worker)
{
    uint64_t before = t_random_below(&worker->random, 64);
    board_entry whole, block;
    block_name name;

    if (!board_take(worker->board, worker->slot, RIGHT_FILL))
        return;
    whole = entry_of(worker, ENTRY_ZERO, (random_length(worker) + 128) & ~UINT64_C(1));
    if (grow(worker, &whole)) {
        check_entry(worker, &whole);
        block = whole;
        block.kind = ENTRY_BLOCK;
        block.offset += before;
        block.length -= before + 8;
        name = (block_name){ block.length, block.offset, block.sequence, block.writer };
        block_make(t_bytes(worker->handle->region) + block.offset, &name, t_random_below(&worker->random, 4) == 0);
        publish(worker, &block);
        whole.length = before;
        publish(worker, &whole);
    }
    board_leave(worker->board, worker->slot);
}

/* -------------------------------------------------------------------------------------------------- shrinking --- */

/* Returns where to cut: at a block's beginning, or anywhere; rarely at the floor. */
static uint64_t random_cut(struct worker *worker, uint64_t size)
{
    board_entry entry;
    uint64_t depth = size - FLOOR;

    switch (t_random_below(&worker->random, 8)) {
    case 0:
        return FLOOR;
    case 1:
        return FLOOR + t_random_below(&worker->random, depth + 1);
    case 2:
    case 3:
        depth = depth < STITCH_EXTENT_UNIT ? depth : STITCH_EXTENT_UNIT;
        return size - t_random_below(&worker->random, depth + 1);
    case 4:
        depth = depth < 8192 ? depth : 8192;
        return size - t_random_below(&worker->random, depth + 1);
    default:
        return board_pick(worker->board, &worker->random, &entry) && entry.offset >= FLOOR && entry.offset < size
                   ? entry.offset
                   : size;
    }
}

static void resize(struct worker *worker)
{
    uint64_t size, target;

    if (!board_take(worker->board, worker->slot, RIGHT_RESIZE))
        return;
    size = stitch_size(worker->handle->region);
    target = random_cut(worker, size);
    if (t_random_below(&worker->random, 8) == 0 && size < MOST) /* at times it grows */
        target = size + t_random_below(&worker->random, 8192);
    target &= ~UINT64_C(3);
    board_tell_cut(worker->board, target);
    if (done(worker, stitch_resize(worker->handle->region, target), "stitch_resize") && worker->alone)
        T_EQ(stitch_size(worker->handle->region), target);
    board_leave(worker->board, worker->slot);
}

static int shrink_somehow(struct worker *worker, uint64_t bytes)
{
    struct stitch_shrink_report report;
    int e;

    if (t_random_below(&worker->random, 2))
        return stitch_shrink(worker->handle->region, bytes);
    e = stitch_shrink_report(worker->handle->region, bytes, &report);
    if (e)
        return e;
    T_TRUE(report.held <= report.left);
    T_EQ(report.held > 0, report.holders > 0);
    if (worker->alone)
        T_EQ(report.size, stitch_size(worker->handle->region));
    return 0;
}

/*
 * Shrinks by so many bytes from the size at that time: as nobody else shrinks, the region ends no lower than announced.
 * Where segments end with a killed process, others cut it too, unless this handle is the one writer.
 */
static void shrink(struct worker *worker)
{
    uint64_t was, size, target;

    if (!(t_has(T_KEPT) || worker->handle->exclusive) || !board_take(worker->board, worker->slot, RIGHT_SHRINK))
        return;
    follow(worker);
    was = stitch_generation(worker->handle->region);
    size = stitch_size(worker->handle->region);
    target = random_cut(worker, size);
    board_tell_cut(worker->board, target);
    if (size > target && done(worker, shrink_somehow(worker, size - target), "stitch_shrink")) {
        uint64_t now = stitch_size(worker->handle->region);

        T_TRUE(now >= target || !worker->alone);
        note_change(worker, was, now + (size - target), now);
    }
    board_leave(worker->board, worker->slot);
}

/* --------------------------------------------------------------------------------------------------------------- */

void write_step(struct worker *worker)
{
    uint64_t size = stitch_size(worker->handle->region), dice = t_random_below(&worker->random, 16);

    if (size > MOST) {
        dice = 12 + dice % 4;
        follow(worker);
    }
    if (dice < 6)
        append(worker);
    else if (dice < 8)
        grow_zero(worker);
    else if (dice < 12)
        grow_and_fill(worker);
    else if (dice < 14)
        resize(worker);
    else if (dice < 15)
        shrink(worker);
    else if (size > MOST || t_random_below(&worker->random, 2))
        resize(worker);
    note_size(worker);
}
