/* SPDX-License-Identifier: MIT */
/*
 * A snapshot with writers between any two of its loads, without chance. This file includes directory.c, which so takes
 * the place of the one in the library, with a hook in each load and a limit on how many stores a writer makes before it
 * is killed. An accepted snapshot must be one whole published state, and its work must be bounded. (tests/model covers
 * loads that return older values, as a processor may.)
 */
#include "test.h"

#include "base/atomic.h"

static uint64_t hooked_load(const st_word *word);
static void hooked_store(st_word *word, uint64_t value);

#define st_load(word)                 hooked_load(word)
#define st_store(word, value)         hooked_store((word), (value))
#define st_store_ordered(word, value) hooked_store((word), (value))
#include "../../src/shared/directory.c"
#undef st_load
#undef st_store
#undef st_store_ordered

enum { CAPACITY = 4, HISTORY = 32, ALL = 1000, BIG = 1000 };
#define UNIT STITCH_EXTENT_UNIT

static struct {
    _Alignas(64) unsigned char bytes[32768];
} memory;
static struct st_geometry geometry;

/* The state that was published as this generation. */
static struct {
    struct st_record record;
    struct st_entry entries[CAPACITY];
} history[HISTORY];

static struct {
    void (*act)(void); /* runs before a load; NULL: nothing does */
    uint64_t loads, at;
    uint64_t stores_left; /* that the writer at work still makes */
} hook = { .stores_left = UINT64_MAX };

static uint64_t hooked_load(const st_word *word)
{
    void (*act)(void) = hook.act;

    if (act && hook.loads++ >= hook.at) {
        hook.act = NULL; /* the hook's own loads are not disturbed */
        act();
    }
    return st_load(word);
}

static void hooked_store(st_word *word, uint64_t value)
{
    if (hook.stores_left == 0)
        return; /* the writer is dead */
    hook.stores_left--;
    st_store(word, value);
}

static struct st_directory *shared(void)
{
    return (struct st_directory *)(void *)memory.bytes;
}

static void format(uint64_t capacity)
{
    memset(&memory, 0, sizeof memory);
    memset(&hook, 0, sizeof hook);
    hook.stores_left = UINT64_MAX;
    geometry = (struct st_geometry){ .tag = 77,
                                     .length = sizeof memory,
                                     .reserve = (capacity + 1) * UNIT * 3,
                                     .backend = STITCH_BACKEND_STITCHED,
                                     .capacity = capacity,
                                     .page = 4096 };
    st_directory_format(shared(), &geometry);
    memset(history, 0, sizeof history);
    history[1].record.next_id = 1;
}

/* ------------------------------------------------------------------------------------------------- writers --- */

/* A writer that has just come adds a segment, drops one or changes the size, and dies after so many stores. */
static void publish(char what, uint64_t stores)
{
    struct st_entry entries[CAPACITY], entry = { 0 };
    struct st_snapshot now = { .entries = entries };
    struct st_record next;
    uint64_t end;

    T_EQ(st_directory_snapshot(shared(), &geometry, &now), 0);
    next = now.record;
    end = next.count > 0 ? entries[next.count - 1].offset + entries[next.count - 1].extent : 0;
    if (what == '+' && next.count < CAPACITY) {
        entry = (struct st_entry){ next.next_id++, end, (1 + now.generation % 3) * UNIT };
        next.count++;
        next.size = end + 1 + now.generation;
    } else if (what == '-' && next.count > 0) {
        next.count--;
        next.size = next.count > 0 ? entries[next.count].offset : 0;
    } else if (next.count > 0) {
        next.size = entries[next.count - 1].offset + 100 + now.generation;
    }
    next.commit = next.dirty_end = next.size;
    hook.stores_left = stores;
    (void)st_directory_publish(shared(), &geometry, &now, &next, entry.id ? &entry : NULL, NULL);
    if (st_load(&shared()->generation) == now.generation) { /* the writer has lived to the end */
        T_TRUE(now.generation < HISTORY);
        history[now.generation].record = now.record;
        memcpy(history[now.generation].entries, entries, sizeof entries);
    }
    hook.stores_left = UINT64_MAX;
}

static const char *plan;   /* what writers do during the snapshot */
static uint64_t last_done; /* stores of the last writer */

static void carry_out(void)
{
    for (const char *what = plan; *what; what++)
        publish(*what, what[1] ? ALL : last_done);
}

/* Runs the plan, or its first half here and its second half ten loads later. */
static const char *later;

static void carry_out_in_two(void)
{
    carry_out();
    plan = later;
    hook.at = hook.loads + 10;
    hook.act = carry_out;
}

/* --------------------------------------------------------------------------------------------- the reader --- */

static void must_be_one_state(const struct st_snapshot *seen)
{
    T_TRUE(seen->generation >= 1 && seen->generation < HISTORY);
    T_TRUE(memcmp(&seen->record, &history[seen->generation].record, sizeof seen->record) == 0);
    T_TRUE(memcmp(seen->entries, history[seen->generation].entries,
                  (size_t)seen->record.count * sizeof *seen->entries) == 0);
}

/*
 * A reader that knows the state after `before` takes a snapshot; `first` is done at a load, `second` ten loads later.
 * Returns false if the snapshot ended before that load.
 */
static bool look(const char *before, const char *seen, const char *first, const char *second, uint64_t at,
                 uint64_t stores)
{
    struct st_entry entries[CAPACITY];
    struct st_snapshot snapshot = { .entries = entries };

    format(CAPACITY);
    for (; *before; before++)
        publish(*before, ALL);
    T_EQ(st_directory_snapshot(shared(), &geometry, &snapshot), 0);
    must_be_one_state(&snapshot);
    for (; *seen; seen++)
        publish(*seen, ALL);
    plan = first;
    later = second;
    last_done = stores;
    hook.loads = 0;
    hook.at = at;
    hook.act = *second ? carry_out_in_two : carry_out;
    T_EQ(st_directory_snapshot(shared(), &geometry, &snapshot), 0);
    must_be_one_state(&snapshot);
    for (int twice = 0; twice < 2; twice++) { /* and again with that earlier state */
        bool done = hook.act == NULL;

        hook.act = NULL;
        if (!done)
            return false;
        T_EQ(st_directory_snapshot(shared(), &geometry, &snapshot), 0);
        must_be_one_state(&snapshot);
    }
    return true;
}

static void writers_between_any_two_loads(void)
{
    static const char *const before[] = { "", "+", "++", "+++", "++-+", "++++" };
    static const char *const seen[] = { "", "+", "-", "--++", "-+", "=" };
    static const char *const first[] = { "=", "+", "-", "-+", "--", "--++", "-+-+", "==", "+-" };
    static const char *const second[] = { "", "+", "-+", "--++", "=" };
    static const uint64_t stores[] = { 1, 2, 3, 4, 5, 6, 8, 9, 10, ALL };
    uint64_t slow = 20 / t_rounds(20);

    for (size_t b = 0; b < T_COUNT(before); b++)
        for (size_t s = 0; s < T_COUNT(seen); s++)
            for (size_t f = 0; f < T_COUNT(first); f++)
                for (size_t n = 0; n < T_COUNT(second) * T_COUNT(stores); n += slow) {
                    size_t k = n % T_COUNT(stores), m = n / T_COUNT(stores);

                    t_note("%s, %s; then %s (%d stores of the last), %s", before[b], seen[s], first[f], (int)stores[k],
                           second[m]);
                    for (uint64_t at = 0; look(before[b], seen[s], first[f], second[m], at, stores[k]); at += slow)
                        T_TRUE(at < ALL);
                }
}

/* ------------------------------------------------------------------------------------ work of a snapshot --- */

static uint64_t looks;

/* The segments change at each look. No writer is so fast, but a hostile process can be. */
static void other_segments(void)
{
    struct st_record_shared *record = shared()->record;

    looks++;
    T_TRUE(looks < 400000000);
    st_store(&record[1].next_id, st_load(&record[1].next_id) + 1);
    hook.act = other_segments;
}

static void a_hostile_owner_cannot_hold_up_a_snapshot(void)
{
    static struct st_entry entries[BIG];
    struct st_snapshot snapshot = { .entries = entries };

    if (t_rounds(2) < 2)
        t_skip("it takes too long where every instruction is slow");
    format(BIG);
    for (uint64_t i = 0; i < BIG; i++)
        shared()->entry[i] = (struct st_entry_shared){ 0 };
    st_store(&shared()->record[1].count, BIG);
    st_store(&shared()->record[1].commit, 1);
    st_store(&shared()->record[1].next_id, UINT64_C(1) << 20);
    looks = 0;
    hook.act = other_segments;
    T_EQ(st_directory_snapshot(shared(), &geometry, &snapshot), STITCH_ECORRUPT);
    T_TRUE(looks > BIG);
    T_EQ(snapshot.generation, 0);
    T_EQ(snapshot.record.next_id, 0);
}

static const struct CMUnitTest tests[] = {
    T_TEST(writers_between_any_two_loads),
    T_TEST(a_hostile_owner_cannot_hold_up_a_snapshot),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
