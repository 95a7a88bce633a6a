/* SPDX-License-Identifier: MIT */
/*
 * The directory without any region: format, publish, snapshot, and the check of every field (promise 10). A damaged
 * word anywhere gives STITCH_ECORRUPT or a state that is sound in itself, never anything else.
 */
#include "test.h"

#include "shared/directory.h"
#include "shared/layout.h"

enum { CAPACITY = 8 };
#define UNIT STITCH_EXTENT_UNIT

static struct {
    _Alignas(64) unsigned char bytes[4096];
} memory;
static struct st_geometry geometry;
static struct st_entry entries[STITCH_SEGMENTS_MAX];
static struct st_snapshot now;

static struct st_directory *shared(void)
{
    return (struct st_directory *)(void *)memory.bytes;
}

static void format(void)
{
    memset(&memory, 0, sizeof memory);
    geometry = (struct st_geometry){ .tag = 77,
                                     .length = sizeof memory,
                                     .reserve = T_MIB(64),
                                     .backend = STITCH_BACKEND_STITCHED,
                                     .mode = 0600,
                                     .capacity = CAPACITY,
                                     .page = 4096,
                                     .created = 1 };
    st_directory_format(shared(), &geometry);
    st_directory_declare(shared());
    now = (struct st_snapshot){ .entries = entries };
    T_EQ(st_directory_snapshot(shared(), &geometry, &now), 0);
}

/* Publishes as a writer would: the size changes, and perhaps a segment is added or dropped. */
static void publish(uint64_t size, uint64_t add_units)
{
    struct st_change change = { .next = now.record, .adds = add_units > 0 };
    struct st_record *next = &change.next;

    if (change.adds) {
        change.added = (struct st_entry){ next->next_id++, st_snapshot_end(&now, next->count), add_units * UNIT };
        next->count++;
    }
    while (next->count > 0 && now.entries[next->count - 1].offset >= size && !add_units)
        next->count--;
    next->size = size;
    next->commit = (size + 4095) & ~UINT64_C(4095);
    next->dirty_end = next->commit;
    (void)st_directory_publish(shared(), &geometry, &now, &change, NULL);
}

/* Makes a region of three segments, of 1, 2 and 3 units. */
static void build(void)
{
    format();
    publish(100, 1);
    publish(2 * UNIT, 2);
    publish(4 * UNIT, 3);
}

static int snapshot_fresh(struct st_snapshot *out)
{
    static struct st_entry room[STITCH_SEGMENTS_MAX];

    *out = (struct st_snapshot){ .entries = room };
    return st_directory_snapshot(shared(), &geometry, out);
}

static void new_directory_is_empty(void)
{
    struct st_geometry read_back;
    struct st_snapshot snapshot;

    format();
    T_EQ(st_directory_geometry(shared(), sizeof memory, &read_back), 0);
    T_TRUE(memcmp(&read_back, &geometry, sizeof geometry) == 0);
    T_EQ(snapshot_fresh(&snapshot), 0);
    T_EQ(snapshot.generation, 1);
    T_EQ(snapshot.record.size, 0);
    T_EQ(snapshot.record.count, 0);
    T_EQ(snapshot.record.next_id, 1);
    T_EQ(st_directory_generation(shared()), 1);
    T_EQ(st_directory_journal(shared()), 0);
    T_TRUE(st_directory_length(CAPACITY) <= sizeof memory);
    T_EQ(st_directory_length(10) - st_directory_length(9), 24);
}

static void publish_and_snapshot(void)
{
    struct st_snapshot snapshot;

    build();
    T_EQ(snapshot_fresh(&snapshot), 0);
    T_EQ(snapshot.generation, 4);
    T_EQ(snapshot.record.count, 3);
    T_EQ(snapshot.record.size, 4 * UNIT);
    T_EQ(snapshot.entries[2].offset, 3 * UNIT);
    T_EQ(snapshot.entries[2].extent, 3 * UNIT);
    publish(UNIT, 0);
    T_EQ(st_directory_snapshot(shared(), &geometry, &snapshot), 0); /* the snapshot has an earlier state */
    T_EQ(snapshot.generation, 5);
    T_EQ(snapshot.record.count, 1);
    publish(UNIT * 2, 5); /* a new segment in the place of an old one */
    T_EQ(st_directory_snapshot(shared(), &geometry, &snapshot), 0);
    T_EQ(snapshot.entries[1].extent, 5 * UNIT);
    T_EQ(snapshot.entries[1].id, 4);
}

/* A directory is not accepted before it is declared. */
static void declared_last(void)
{
    struct st_geometry read_back = { 0 };

    format();
    memset(&memory, 0, sizeof memory);
    T_EQ(st_directory_geometry(shared(), sizeof memory, &read_back), STITCH_EBUSY);
    st_directory_format(shared(), &geometry);
    T_EQ(st_directory_geometry(shared(), sizeof memory, &read_back), STITCH_EBUSY);
    T_EQ(read_back.length, 0);
    st_directory_declare(shared());
    T_EQ(st_directory_geometry(shared(), sizeof memory, &read_back), 0);
}

static void journal_and_waiters(void)
{
    struct st_change same = { .adds = false };

    build();
    st_directory_journal_open(shared(), 12345);
    T_EQ(st_directory_journal(shared()), 12345);
    st_directory_journal_open(shared(), 0); /* open, and no byte is stored */
    T_TRUE(st_directory_journal(shared()) != 0);
    st_directory_journal_close(shared());
    T_EQ(st_directory_journal(shared()), 0);
    same.next = now.record;
    T_TRUE(!st_directory_publish(shared(), &geometry, &now, &same, NULL));
    st_directory_announce_waiter(shared());
    T_TRUE(st_directory_publish(shared(), &geometry, &now, &same, NULL));  /* a waiter sleeps: it must be woken */
    T_TRUE(!st_directory_publish(shared(), &geometry, &now, &same, NULL)); /* only once */
    T_TRUE(st_directory_generation_word(shared()) == &shared()->generation);
}

/* ------------------------------------------------------------------------------------------------------ damage --- */

static void put(size_t at, uint64_t value)
{
    memcpy(memory.bytes + at, &value, 8);
}

#define HEADER(field) offsetof(struct st_directory, header.field)

static void every_field_of_the_header_is_checked(void)
{
    static const struct {
        size_t at;
        uint64_t value;
        int code;
    } wrong[] = {
        { HEADER(magic), 0, STITCH_EBUSY }, /* not declared, or not yet */
        { HEADER(magic), ST_MAGIC + 1, STITCH_ECORRUPT },
        { HEADER(version), 0, STITCH_EVERSION },
        { HEADER(version), ST_LAYOUT_VERSION + 1, STITCH_EVERSION },
        { HEADER(length), 0, STITCH_ECORRUPT },
        { HEADER(length), 4095, STITCH_ECORRUPT },
        { HEADER(length), 8192, STITCH_ECORRUPT },
        { HEADER(length), UINT64_MAX, STITCH_ECORRUPT },
        { HEADER(reserve), 0, STITCH_ECORRUPT },
        { HEADER(reserve), UNIT + 4096, STITCH_ECORRUPT },
        { HEADER(reserve), STITCH_RESERVE_MAX + UNIT, STITCH_ECORRUPT },
        { HEADER(reserve), UINT64_MAX, STITCH_ECORRUPT },
        { HEADER(backend), 0, STITCH_ECORRUPT },
        { HEADER(backend), STITCH_BACKEND_REMAP + 1, STITCH_ECORRUPT },
        { HEADER(flags), STITCH_READONLY, STITCH_ECORRUPT },
        { HEADER(flags), UINT64_C(1) << 60, STITCH_ECORRUPT },
        { HEADER(mode), 0622, STITCH_ECORRUPT },
        { HEADER(mode), 04600, STITCH_ECORRUPT },
        { HEADER(extent), 4096, STITCH_ECORRUPT },
        { HEADER(extent), UINT64_MAX, STITCH_ECORRUPT },
        { HEADER(capacity), 0, STITCH_ECORRUPT },
        { HEADER(capacity), 1000, STITCH_ECORRUPT }, /* more entries than there is room for */
        { HEADER(capacity), STITCH_SEGMENTS_MAX + 1, STITCH_ECORRUPT },
        { HEADER(capacity), UINT64_MAX / 24, STITCH_ECORRUPT },
        { HEADER(capacity), UINT64_MAX, STITCH_ECORRUPT },
        { HEADER(page), 0, STITCH_ECORRUPT },
        { HEADER(page), 1, STITCH_ECORRUPT },
        { HEADER(page), 4097, STITCH_ECORRUPT },
        { HEADER(page), 12288, STITCH_ECORRUPT },
        { HEADER(page), 2 * UNIT, STITCH_ECORRUPT },
    };

    for (size_t i = 0; i < T_COUNT(wrong); i++) {
        struct st_geometry out = { 0 };

        build();
        put(wrong[i].at, wrong[i].value);
        if (st_directory_geometry(shared(), sizeof memory, &out) != wrong[i].code)
            T_FAIL("damage %zu of the header is not noticed", i);
        T_EQ(out.tag, wrong[i].code == STITCH_EVERSION ? 77 : 0);
    }
    build();
    T_EQ(st_directory_geometry(shared(), sizeof memory - 1, &geometry), STITCH_ECORRUPT);
    T_EQ(st_directory_geometry(shared(), 100, &geometry), STITCH_ECORRUPT);
    T_EQ(st_directory_geometry(shared(), 0, &geometry), STITCH_ECORRUPT);
}

/* build() ends with generation 4, so record 0 counts and its entries are at ring positions 0 to 2. */
#define RECORD(field)   offsetof(struct st_directory, record[0].field)
#define ENTRY(i, field) (offsetof(struct st_directory, entry) + (i)*24 + offsetof(struct st_entry_shared, field))

static void every_field_of_record_and_entries_is_checked(void)
{
    static const struct {
        size_t at;
        uint64_t value;
    } wrong[] = {
        { RECORD(size), 4 * UNIT + 1 },
        { RECORD(size), UINT64_MAX },
        { RECORD(size), 3 * UNIT }, /* the last segment would be empty */
        { RECORD(size), 0 },
        { RECORD(dirty_end), 4 * UNIT - 1 },
        { RECORD(dirty_end), UINT64_MAX },
        { RECORD(commit), 4 * UNIT - 4096 },
        { RECORD(commit), 6 * UNIT + 4096 },
        { RECORD(commit), T_MIB(64) + 4096 },
        { RECORD(commit), UINT64_MAX },
        { RECORD(first), CAPACITY },
        { RECORD(first), UINT64_MAX },
        { RECORD(first), 1 }, /* other entries */
        { RECORD(count), 0 },
        { RECORD(count), 2 },
        { RECORD(count), 4 },
        { RECORD(count), CAPACITY + 1 },
        { RECORD(count), UINT64_MAX },
        { RECORD(next_id), 0 },
        { RECORD(next_id), 3 },
        { ENTRY(0, id), 0 },
        { ENTRY(0, id), 2 },
        { ENTRY(1, id), 1 },
        { ENTRY(1, id), 3 },
        { ENTRY(2, id), 4 },
        { ENTRY(2, id), UINT64_MAX },
        { ENTRY(0, offset), UNIT },
        { ENTRY(1, offset), 0 },
        { ENTRY(1, offset), UNIT - 4096 },
        { ENTRY(2, offset), UINT64_MAX },
        { ENTRY(0, extent), 0 },
        { ENTRY(0, extent), UNIT + 4096 },
        { ENTRY(0, extent), 2 * UNIT },
        { ENTRY(1, extent), UINT64_MAX - UNIT + 1 },
        { ENTRY(2, extent), UNIT }, /* the size would end beyond it... */
        { ENTRY(2, extent), T_MIB(64) },
        { ENTRY(2, extent), UINT64_MAX },
    };

    for (size_t i = 0; i < T_COUNT(wrong); i++) {
        struct st_snapshot snapshot;
        bool size_fits = wrong[i].at == ENTRY(2, extent) && wrong[i].value == UNIT; /* 4 units: exactly */

        build();
        put(wrong[i].at, wrong[i].value);
        if (snapshot_fresh(&snapshot) != (size_fits ? 0 : STITCH_ECORRUPT))
            T_FAIL("damage %zu is not noticed", i);
        if (!size_fits)
            T_EQ(snapshot.record.next_id, 0); /* it has no earlier state */
    }
}

/* A snapshot that returned 0 is sound in itself. */
static void must_be_sound(const struct st_snapshot *s)
{
    uint64_t end = 0, id = 0;

    T_TRUE(s->record.size <= s->record.commit && s->record.commit <= geometry.reserve);
    T_TRUE(s->record.count <= geometry.capacity);
    for (uint64_t i = 0; i < s->record.count; i++) {
        T_EQ(s->entries[i].offset, end);
        T_TRUE(s->entries[i].extent > 0 && s->entries[i].extent % UNIT == 0);
        T_TRUE(s->entries[i].extent <= geometry.reserve - end);
        T_TRUE(s->entries[i].id > id && s->entries[i].id < s->record.next_id);
        id = s->entries[i].id;
        end += s->entries[i].extent;
    }
    T_TRUE(s->record.commit <= end);
}

static void random_damage(void)
{
    static const uint64_t nasty[] = { 0,       1, 2, 3, 4096, UNIT, 2 * UNIT, UNIT - 1, UINT64_MAX, UINT64_C(1) << 63,
                                      CAPACITY };
    t_random random = t_random_start();
    uint64_t sound = 0, rounds = t_rounds(300000);

    for (uint64_t round = 0; round < rounds; round++) {
        struct st_snapshot snapshot;
        struct st_geometry out;
        uint64_t hits = 1 + t_random_below(&random, 3);

        build();
        while (hits-- > 0) {
            uint64_t at = t_random_below(&random, (sizeof(struct st_directory) + 24 * CAPACITY) / 8) * 8;
            uint64_t value =
                t_random_below(&random, 4) ? nasty[t_random_below(&random, T_COUNT(nasty))] : t_random_next(&random);

            put((size_t)at, value);
        }
        if (st_directory_geometry(shared(), sizeof memory, &out) != 0)
            continue;
        if (st_directory_snapshot(shared(), &geometry, &now) == 0) /* an attached handle keeps its geometry */
            must_be_sound(&now);
        geometry = out;
        if (snapshot_fresh(&snapshot) == 0) {
            must_be_sound(&snapshot);
            sound++;
        }
    }
    T_TRUE(sound > 0 && sound < rounds);
}

/* A writer publishes as fast as it can; every snapshot of a reader must be one whole state. */
static st_word stop;

static void read_on(void *arg)
{
    static struct st_entry room[CAPACITY];
    struct st_snapshot snapshot = { .entries = room };
    st_word *reads = arg;
    uint64_t last = 0;

    while (!st_load(&stop)) {
        T_EQ(st_directory_snapshot(shared(), &geometry, &snapshot), 0);
        T_TRUE(snapshot.generation >= last);
        last = snapshot.generation;
        must_be_sound(&snapshot);
        /* The writer's rules: they tie the size and the extents to the ids. */
        if (snapshot.record.count > 0)
            T_EQ(snapshot.record.size % 4096, snapshot.entries[snapshot.record.count - 1].id % 4096);
        for (uint64_t i = 0; i < snapshot.record.count; i++)
            T_EQ(snapshot.entries[i].extent, (1 + snapshot.entries[i].id % 3) * UNIT);
        st_store(reads, st_load(reads) + 1);
    }
}

static void snapshots_while_a_writer_publishes(void)
{
    t_random random = t_random_start();
    static st_word reads;
    t_thread *reader;

    format();
    st_store(&stop, 0);
    st_store(&reads, 0);
    reader = t_thread_start(read_on, &reads);
    /* A thread may begin late on a busy machine, so the writer goes on until the reader has read. */
    for (uint64_t round = 0; round < t_rounds(200000) || st_load(&reads) == 0; round++) {
        uint64_t count = now.record.count;

        if (count < CAPACITY && (count == 0 || t_random_below(&random, 2))) {
            uint64_t end = count ? now.entries[count - 1].offset + now.entries[count - 1].extent : 0;

            publish(end + 8192 + now.record.next_id % 4096, 1 + now.record.next_id % 3);
        } else {
            const struct st_entry *kept = &now.entries[t_random_below(&random, count)];

            publish(kept->offset + 4096 * (1 + t_random_below(&random, 5)) + kept->id % 4096, 0);
        }
    }
    st_store(&stop, 1);
    t_thread_join(reader);
    T_TRUE(st_load(&reads) > 0);
}

static const struct CMUnitTest tests[] = {
    T_TEST(new_directory_is_empty),
    T_TEST(publish_and_snapshot),
    T_TEST(declared_last),
    T_TEST(journal_and_waiters),
    T_TEST(every_field_of_the_header_is_checked),
    T_TEST(every_field_of_record_and_entries_is_checked),
    T_TEST(random_damage),
    T_TEST(snapshots_while_a_writer_publishes),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
