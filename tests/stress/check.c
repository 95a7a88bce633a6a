/* SPDX-License-Identifier: MIT */
/*
 * check.c - the claims. Each reads first, then asks whether these bytes had to be there, and only then fails.
 */
#include "check.h"

#include "block.h"
#include "maps.h"

enum { TAIL_REACH = 300, FROZEN_SEGMENTS = 256 };

/* ----------------------------------------------------------------------------------------------------- blocks --- */

void check_floor(struct worker *worker, bool all)
{
    uint64_t count = FLOOR / FLOOR_BLOCK, from = all ? 0 : t_random_below(&worker->random, count);
    block_name name = { 0 };

    for (uint64_t i = from; i < (all ? count : from + 1); i++) {
        const char *wrong;

        T_TRUE(touch_begin(worker, FLOOR));
        wrong = block_check(t_bytes(worker->handle->region) + i * FLOOR_BLOCK, FLOOR_BLOCK, &name);
        touch_end(worker);
        if (wrong)
            T_FAIL("the block at offset %" PRIu64 " of what nobody shrinks: %s", i * FLOOR_BLOCK, wrong);
        T_EQ(name.offset, i * FLOOR_BLOCK);
        T_EQ(name.sequence, i);
        board_count(worker->board, worker->slot, COUNT_BLOCKS);
    }
}

static const char *check_zero(const unsigned char *at, uint64_t length)
{
    static const unsigned char zero[4096];

    for (uint64_t done = 0; done < length; done += sizeof zero)
        if (memcmp(at + done, zero, length - done < sizeof zero ? (size_t)(length - done) : sizeof zero) != 0)
            return "not zero";
    return NULL;
}

static const char *read_entry(struct worker *worker, const board_entry *entry)
{
    const unsigned char *at = t_bytes(worker->handle->region) + entry->offset;
    block_name name = { 0 };
    const char *wrong;

    if (entry->kind == ENTRY_ZERO)
        return check_zero(at, entry->length);
    wrong = block_check(at, entry->length, &name);
    if (!wrong && (name.sequence != entry->sequence || name.writer != entry->writer))
        wrong = "another's block";
    if (!wrong && name.offset != entry->offset && name.offset != BLOCK_NOWHERE)
        wrong = "a block of another place";
    return wrong;
}

void check_entry(struct worker *worker, const board_entry *entry)
{
    stitch_region *region = worker->handle->region;
    uint64_t end = entry->offset + entry->length, generation = stitch_generation(region);
    const char *wrong;

    if (generation < entry->generation || board_may_be_cut(worker->board, entry->since, end))
        return; /* this handle may have another segment there, or none */
    if (!touch_begin(worker, end)) {
        if (!board_may_be_cut(worker->board, entry->since, end) && worker->alone)
            T_FAIL("offset %" PRIu64 " is not there: size %" PRIu64 " in generation %" PRIu64 ", made by %" PRIu64, end,
                   stitch_size(region), generation, entry->generation);
        return;
    }
    wrong = read_entry(worker, entry);
    touch_end(worker);
    if (board_may_be_cut(worker->board, entry->since, end))
        return;
    if (wrong)
        T_FAIL("[%" PRIu64 ", %" PRIu64 ") of kind %" PRIu64 ", block %" PRIu64 " of writer %" PRIu64
               ", made by generation %" PRIu64 " and read in %" PRIu64 ": %s",
               entry->offset, end, entry->kind, entry->sequence, entry->writer, entry->generation, generation, wrong);
    board_count(worker->board, worker->slot, COUNT_BLOCKS);
}

void check_ledger(struct worker *worker)
{
    board_entry entry;

    if (board_pick(worker->board, &worker->random, &entry))
        check_entry(worker, &entry);
}

/* ------------------------------------------------------------------------------------------------------ tails --- */

/* Returns whether the region was at least so large in each of these generations. */
static bool at_least(const struct board *board, uint64_t from, uint64_t to, uint64_t size)
{
    uint64_t had;

    for (uint64_t generation = from; generation <= to; generation++)
        if (!board_size_of(board, generation, &had) || had < size)
            return false;
    return true;
}

/*
 * An odd number of bytes is appended, an even one grown, and resizing goes to multiples of 4. So the sizes alone tell
 * where a block must be.
 */
void check_tail(struct worker *worker)
{
    stitch_region *region = worker->handle->region;
    uint64_t now = stitch_generation(region), back = t_random_below(&worker->random, 2) ? 1 : TAIL_REACH;
    uint64_t made, from, to;
    block_name name = { 0 };
    const char *wrong;

    made = now - t_random_below(&worker->random, back < now ? back : 1);
    if (made < 2 || !board_size_of(worker->board, made - 1, &from) || !board_size_of(worker->board, made, &to) ||
        to <= from || (to - from) % 2 == 0 || to % 4 == 0 || !at_least(worker->board, made, now, to) ||
        !touch_begin(worker, to))
        return;
    wrong = block_check(t_bytes(region) + from, to - from, &name);
    touch_end(worker);
    if (!still(worker, now)) {
        if (!worker->follows)
            return;
        follow(worker);
        if (!at_least(worker->board, now, stitch_generation(region), to))
            return;
    }
    if (wrong)
        T_FAIL("[%" PRIu64 ", %" PRIu64 ") was appended in generation %" PRIu64 ", is there in %" PRIu64 ", and: %s",
               from, to, made, now, wrong);
    board_count(worker->board, worker->slot, COUNT_TAILS);
}

/* ------------------------------------------------------------------------------------------------------ edges --- */

static void read_bytes(const volatile unsigned char *bytes, uint64_t from, uint64_t to, uint64_t step)
{
    for (uint64_t at = from; at < to; at += step)
        (void)bytes[at];
}

void read_edges(struct worker *worker)
{
    uint64_t size = stitch_size(worker->handle->region), at;

    if (!touch_begin(worker, size))
        return;
    read_bytes(t_bytes(worker->handle->region), size - 64, size, 1);
    at = (1 + t_random_below(&worker->random, MOST / STITCH_EXTENT_UNIT)) * STITCH_EXTENT_UNIT;
    if (at + 8 <= size)
        read_bytes(t_bytes(worker->handle->region), at - 8, at + 8, 1);
    touch_end(worker);
}

void read_all(struct worker *worker)
{
    uint64_t size = stitch_size(worker->handle->region);

    if (!touch_begin(worker, size))
        return;
    read_bytes(t_bytes(worker->handle->region), 0, size, 4096);
    touch_end(worker);
}

/* ----------------------------------------------------------------------------------------------------- proofs --- */

static int count_self(const struct stitch_member *member, void *arg)
{
    uint64_t *counts = arg;

    counts[0]++;
    counts[1] += member->self && member->pid == t_process_id(NULL);
    T_TRUE(member->retired <= member->mapped);
    return 0;
}

/*
 * The roster has room for 254; where there was some left, this handle is on it, and once. Not on Windows: Wine asks a
 * process for its map by interrupting it, so processes that ask each other, stopped ones among them, can wait for ever.
 */
static void look_at_members(struct worker *worker)
{
    uint64_t counts[2] = { 0, 0 };

    T_OK(stitch_members(worker->handle->region, count_self, counts));
    if (counts[0] < 200)
        T_EQ(counts[1], 1);
    T_TRUE(counts[1] <= 1);
}

static void look_at_info(struct worker *worker)
{
    struct stitch_info info = t_info(worker->handle->region);

    board_note_size(worker->board, info.region_generation, info.region_size);
    T_TRUE(info.region_size <= info.extents && info.region_size <= info.committed && info.committed <= info.extents);
    T_TRUE(info.region_generation >= worker->seen);
}

void prove(struct worker *worker, uint64_t every_us)
{
    uint64_t now = t_now_us();

    if (now - worker->proved < every_us)
        return;
    worker->proved = now;
    if (worker->alone) {
        (void)t_prove_follower(worker->handle->region);
    } else {
        struct stitch_verify_report report;
        int e = stitch_verify(worker->handle->region, &report);

        if (e == STITCH_EUNSOUND && (t_has(T_KEPT) || report.fault != STITCH_FAULT_OBJECT))
            T_FAIL("%s at offset %" PRIu64, stitch_fault_name(report.fault), report.fault_offset);
        T_TRUE(e == 0 || e == STITCH_EUNSOUND);
    }
    look_at_info(worker);
    if (t_has(T_KEPT))
        look_at_members(worker);
    board_count(worker->board, worker->slot, COUNT_PROOFS);
}

/* ----------------------------------------------------------------------------------------------------- frozen --- */

struct frozen {
    size_t count;
    struct {
        uint64_t id, offset, extent, sum;
        bool left;
    } segment[FROZEN_SEGMENTS];
};

struct frozen *frozen_begin(struct worker *worker)
{
    struct frozen *frozen = calloc(1, sizeof *frozen);
    struct stitch_segment segment;

    T_TRUE(frozen != NULL);
    while (frozen->count < FROZEN_SEGMENTS && stitch_segment(worker->handle->region, frozen->count, &segment) == 0) {
        frozen->segment[frozen->count].id = segment.id;
        frozen->segment[frozen->count].offset = segment.offset;
        frozen->segment[frozen->count++].extent = segment.extent;
    }
    return frozen;
}

static uint64_t sum_of(const unsigned char *bytes, uint64_t length)
{
    uint64_t sum = 0, word;

    for (uint64_t at = 0; at + 8 <= length; at += 8) {
        memcpy(&word, bytes + at, 8);
        sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
    }
    return sum;
}

static bool is_listed(stitch_region *fresh, uint64_t id)
{
    struct stitch_segment segment;

    for (uint64_t i = 0; stitch_segment(fresh, i, &segment) == 0; i++)
        if (segment.id == id)
            return true;
    return false;
}

/* Segments that a newly opened handle does not have have left; ids are never used twice. */
void frozen_check(struct worker *worker, struct frozen *frozen)
{
    uint64_t size = stitch_size(worker->handle->region);
    stitch_region *fresh = region_open(worker->name, STITCH_READONLY);

    for (size_t i = frozen->count; i-- > 0;) {
        uint64_t offset = frozen->segment[i].offset, end = offset + frozen->segment[i].extent, sum;

        if (!frozen->segment[i].left && is_listed(fresh, frozen->segment[i].id))
            continue;
        sum = sum_of(t_bytes(worker->handle->region) + offset, (end < size ? end : size) - offset);
        if (frozen->segment[i].left && sum != frozen->segment[i].sum)
            T_FAIL("the bytes of segment %" PRIu64 " have changed after it left", frozen->segment[i].id);
        if (frozen->segment[i].left)
            board_count(worker->board, worker->slot, COUNT_FROZEN);
        frozen->segment[i].left = true;
        frozen->segment[i].sum = sum;
    }
    region_close(worker->board, worker->slot, fresh);
}

void frozen_end(struct frozen *frozen)
{
    free(frozen);
}
