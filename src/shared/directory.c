/* SPDX-License-Identifier: MIT */
/*
 * directory.c - publishing a state, copying a snapshot of it, and checking every byte that comes out of shared memory.
 *
 * The published state is record[generation & 1] and the entries that it lists. A writer changes only the other record
 * and entries that are not listed, then raises the generation by one.
 */
#include "shared/directory.h"

#include <stitch/stitch.h>

#include "base/arith.h"
#include "shared/layout.h"

/*
 * A snapshot that takes more work than this was not disturbed by writers, each of which needs longer than we do, but by
 * a hostile process. Looking at an entry counts as 1, looking at the record as much more, since its words then travel
 * between processors.
 */
#define SNAPSHOT_WORK 100000000
#define WORK_OF_TRY   1000

uint64_t st_directory_length(uint64_t capacity)
{
    return sizeof(struct st_directory) + capacity * sizeof(struct st_entry_shared);
}

void st_directory_format(struct st_directory *shared, const struct st_geometry *geometry)
{
    struct st_header *header = &shared->header;

    st_store(&header->version, ST_LAYOUT_VERSION);
    st_store(&header->tag, geometry->tag);
    st_store(&header->length, geometry->length);
    st_store(&header->reserve, geometry->reserve);
    st_store(&header->backend, geometry->backend);
    st_store(&header->flags, geometry->flags);
    st_store(&header->mode, geometry->mode);
    st_store(&header->extent, geometry->extent);
    st_store(&header->capacity, geometry->capacity);
    st_store(&header->page, geometry->page);
    st_store(&header->created, geometry->created);
    st_store(&shared->record[1].next_id, 1);
    st_store(&shared->generation, 1);
}

void st_directory_declare(struct st_directory *shared)
{
    st_store(&shared->header.magic, ST_MAGIC);
}

/* Every backend except stitched has one segment for life, of the whole reserve; two of them are never lazy. */
static bool backend_is_sane(const struct st_geometry *g)
{
    bool lazy = (g->flags & STITCH_LAZY) != 0;

    switch (g->backend) {
    case STITCH_BACKEND_STITCHED:
        return true;
    case STITCH_BACKEND_SINGLE:
        return g->extent == g->reserve;
    case STITCH_BACKEND_FIXED:
    case STITCH_BACKEND_REMAP:
        return g->extent == g->reserve && !lazy;
    default:
        return false;
    }
}

static bool geometry_is_sane(const struct st_geometry *g, uint64_t length)
{
    return g->length == length && g->capacity >= 1 && g->capacity <= STITCH_SEGMENTS_MAX && /* so the length is small */
           st_directory_length(g->capacity) <= length && length - st_directory_length(g->capacity) < g->page &&
           g->page >= 4096 && g->page <= STITCH_EXTENT_UNIT && STITCH_EXTENT_UNIT % g->page == 0 &&
           g->reserve >= STITCH_EXTENT_UNIT && g->reserve <= STITCH_RESERVE_MAX &&
           st_is_multiple(g->reserve, STITCH_EXTENT_UNIT) && g->extent <= g->reserve &&
           st_is_multiple(g->extent, STITCH_EXTENT_UNIT) && backend_is_sane(g) && (g->flags & ~ST_REGION_FLAGS) == 0 &&
           (g->mode & ~UINT64_C(0755)) == 0;
}

int st_directory_geometry(const struct st_directory *shared, uint64_t length, struct st_geometry *out)
{
    const struct st_header *header = &shared->header;
    struct st_geometry copy;
    uint64_t magic;

    if (length < sizeof(struct st_directory))
        return STITCH_ECORRUPT;
    magic = st_load(&header->magic);
    if (magic != ST_MAGIC)
        return magic == 0 ? STITCH_EBUSY : STITCH_ECORRUPT;
    if (st_load(&header->version) != ST_LAYOUT_VERSION) {
        out->tag = st_load(&header->tag);
        return STITCH_EVERSION;
    }
    copy.tag = st_load(&header->tag);
    copy.length = st_load(&header->length);
    copy.reserve = st_load(&header->reserve);
    copy.backend = st_load(&header->backend);
    copy.flags = st_load(&header->flags);
    copy.mode = st_load(&header->mode);
    copy.extent = st_load(&header->extent);
    copy.capacity = st_load(&header->capacity);
    copy.page = st_load(&header->page);
    copy.created = st_load(&header->created);
    if (!geometry_is_sane(&copy, length))
        return STITCH_ECORRUPT;
    *out = copy;
    return 0;
}

uint64_t st_directory_generation(const struct st_directory *shared)
{
    return st_load(&shared->generation);
}

st_word *st_directory_generation_word(struct st_directory *shared)
{
    return &shared->generation;
}

/* Copies the current record. Returns false if the generation changed meanwhile. */
static bool copy_record(const struct st_directory *shared, struct st_record *record, uint64_t *generation)
{
    uint64_t before = st_load(&shared->generation);
    const struct st_record_shared *from = &shared->record[before & 1];

    record->size = st_load(&from->size);
    record->dirty_end = st_load(&from->dirty_end);
    record->commit = st_load(&from->commit);
    record->first = st_load(&from->first);
    record->count = st_load(&from->count);
    record->next_id = st_load(&from->next_id);
    *generation = before;
    return st_load(&shared->generation) == before;
}

static bool record_is_sane(const struct st_record *r, const struct st_geometry *g)
{
    return r->size <= r->dirty_end && r->size <= r->commit && r->dirty_end <= g->reserve && r->commit <= g->reserve &&
           r->first < g->capacity && r->count <= g->capacity && r->next_id > r->count &&
           st_is_multiple(r->commit, g->page) && (r->count > 0 || r->commit == 0) &&
           (r->count <= 1 || g->backend == STITCH_BACKEND_STITCHED);
}

int st_directory_record(const struct st_directory *copy, const struct st_geometry *geometry, struct st_record *out)
{
    uint64_t generation;

    (void)copy_record(copy, out, &generation);
    return record_is_sane(out, geometry) ? 0 : STITCH_ECORRUPT;
}

/* Do both list the same segments? Ids are never used twice, so an entry changes only if next_id or the ends do. */
static bool same_segments(const struct st_record *a, const struct st_record *b)
{
    return a->first == b->first && a->count == b->count && a->next_id == b->next_id;
}

static const struct st_entry_shared *entry_at(const struct st_directory *shared, const struct st_geometry *g,
                                              const struct st_record *record, uint64_t i)
{
    return &shared->entry[(record->first + i) % g->capacity];
}

/*
 * Counts how many of the first `known` entries the record still lists. Entries come and go at the end, and no id is
 * used again, so if an id is still in its place, all entries before it are unchanged.
 */
static uint64_t count_kept(const struct st_directory *shared, const struct st_geometry *g,
                           const struct st_record *record, const struct st_entry *entries, uint64_t known)
{
    uint64_t kept = st_min(known, record->count);

    while (kept > 0 && st_load(&entry_at(shared, g, record, kept - 1)->id) != entries[kept - 1].id)
        kept--;
    return kept;
}

static void copy_entries(const struct st_directory *shared, const struct st_geometry *g, const struct st_record *record,
                         uint64_t from, struct st_entry *entries)
{
    for (uint64_t i = from; i < record->count; i++) {
        const struct st_entry_shared *entry = entry_at(shared, g, record, i);

        entries[i].id = st_load(&entry->id);
        entries[i].offset = st_load(&entry->offset);
        entries[i].extent = st_load(&entry->extent);
    }
}

/* Do the entries lie end to end, in whole units, with rising ids? Those before `from` have been checked before. */
static bool entries_are_sane(const struct st_entry *entries, uint64_t from, const struct st_record *record,
                             const struct st_geometry *g)
{
    uint64_t end = from > 0 ? st_entry_end(&entries[from - 1]) : 0;
    uint64_t id = from > 0 ? entries[from - 1].id : 0;

    for (uint64_t i = from; i < record->count; i++) {
        const struct st_entry *entry = &entries[i];

        if (entry->id <= id || entry->offset != end || entry->extent == 0 ||
            !st_is_multiple(entry->extent, STITCH_EXTENT_UNIT) || entry->extent > g->reserve - end ||
            (g->backend != STITCH_BACKEND_STITCHED && entry->extent != g->reserve))
            return false;
        end += entry->extent;
        id = entry->id;
    }
    return id < record->next_id;
}

/* Are size and commit mark inside the last segment? Its entry has been checked. */
static bool record_fits(const struct st_entry *entries, const struct st_record *record)
{
    const struct st_entry *last;

    if (record->count == 0)
        return true; /* record_is_sane: nothing is committed */
    last = &entries[record->count - 1];
    if (record->commit > st_entry_end(last))
        return false;
    return record->size > last->offset || (record->count == 1 && record->size == 0); /* a single segment stays */
}

/*
 * Why an accepted copy is of one moment. Every store of a writer to generation, record and entries is a release, and
 * every load here an acquire (atomic.h). The kernel's lock orders the stores of one writer before those of the next,
 * also if the first was killed. So all stores are in one order of happens-before, and a process that has loaded one of
 * them has seen all stores before it:
 *   1. The first load of the generation returned g, so everything that was prepared for g happens before the copy.
 *   2. Suppose a load of the copy returned a word that a writer prepared for g + 2 (the next state with our record's
 *      parity), even one that died while preparing it. That store is after the store of g + 1, so our second load of
 *      the generation returns at least g + 1, and we retry.
 *   3. A writer adds after the last entry. To overwrite an entry that g lists, the region must shrink first and grow
 *      again: one publication lowers `count`, a later one raises next_id, which never falls. same_segments() compares
 *      both before and after the entries are copied: as in 2, a word of a later entry brings the later generation
 *      along.
 * Entries that an accepted snapshot already had are not copied again: the id that identifies them is loaded between the
 * same two looks. A copy that was not accepted proves nothing and is made again, from the first entry that changed.
 * Segments change rarely, so a writer that publishes sizes as fast as it can does not starve us; one that adds or
 * removes segments as fast as it can leaves us few to copy.
 * tests/model/protocol.pml verifies that this is enough, and needed, with loads that return whatever acquire and
 * release allow.
 */
int st_directory_snapshot(const struct st_directory *shared, const struct st_geometry *geometry,
                          struct st_snapshot *snapshot)
{
    struct st_record known = snapshot->record; /* of the entries that we hold; next_id 0: of none */
    struct st_record record;
    uint64_t kept = known.count; /* this many entries are of an accepted snapshot, and were checked then */
    uint64_t generation;

    for (uint64_t work = 0; work < SNAPSHOT_WORK; work += WORK_OF_TRY) {
        if (!copy_record(shared, &record, &generation))
            continue;
        if (!record_is_sane(&record, geometry))
            break;
        if (!same_segments(&record, &known)) {
            uint64_t before = kept;

            kept = count_kept(shared, geometry, &record, snapshot->entries, before);
            copy_entries(shared, geometry, &record, kept, snapshot->entries);
            known = record;
            work += before - kept + record.count - kept;
            continue; /* once more: the record must still list the same segments */
        }
        if (!entries_are_sane(snapshot->entries, kept, &record, geometry))
            break;
        if (!record_fits(snapshot->entries, &record))
            break;
        snapshot->record = record;
        snapshot->generation = generation;
        return 0;
    }
    snapshot->record = (struct st_record){ 0 };
    snapshot->generation = 0;
    return STITCH_ECORRUPT;
}

static bool take_announcement(st_word *waiting)
{
    if (st_load_ordered(waiting) == 0)
        return false;
    st_store_ordered(waiting, 0);
    return true;
}

/*
 * Publishing comes last. Everything that a reader will follow is stored (release) before the generation; the store of
 * the generation makes it count. A writer that dies before that store has published nothing: the other record counts.
 *
 * Waiters announce themselves (waiting = 1), then look at the generation, then sleep. The writer clears the
 * announcement, stores the generation, then looks for announcements. All of these are sequentially consistent. If an
 * announcement came before the clearing, we have seen it and wake. If it came after, it stays for us or for the next
 * writer. A waiter that announces itself after our last look sees our generation when it looks. So no sleeper is
 * missed, and a waiter that was killed costs one needless wake-up, not one for ever. (tests/model/waiting.pml: release
 * and acquire would not be enough.)
 */
bool st_directory_publish(struct st_directory *shared, const struct st_geometry *geometry, struct st_snapshot *known,
                          const struct st_change *change, st_word *also_waiting)
{
    const struct st_record *next = &change->next;
    uint64_t generation = known->generation + 1;
    struct st_record_shared *to = &shared->record[generation & 1];
    bool waiting = take_announcement(&shared->waiting);
    bool also = also_waiting && take_announcement(also_waiting);

    if (change->adds) {
        struct st_entry_shared *entry = &shared->entry[(next->first + next->count - 1) % geometry->capacity];

        st_store(&entry->id, change->added.id);
        st_store(&entry->offset, change->added.offset);
        st_store(&entry->extent, change->added.extent);
        known->entries[next->count - 1] = change->added;
    }
    st_store(&to->size, next->size);
    st_store(&to->dirty_end, next->dirty_end);
    st_store(&to->commit, next->commit);
    st_store(&to->first, next->first);
    st_store(&to->count, next->count);
    st_store(&to->next_id, next->next_id);
    st_store_ordered(&shared->generation, generation);

    known->record = *next;
    known->generation = generation;
    return waiting || also || st_load_ordered(&shared->waiting) != 0 ||
           (also_waiting && st_load_ordered(also_waiting) != 0);
}

uint64_t st_directory_journal(const struct st_directory *shared)
{
    return st_load(&shared->journal);
}

void st_directory_journal_open(struct st_directory *shared, uint64_t stores_below)
{
    st_store(&shared->journal, stores_below ? stores_below : 1);
    st_compiler_fence();
}

void st_directory_journal_close(struct st_directory *shared)
{
    st_compiler_fence();
    st_store(&shared->journal, 0);
}

bool st_directory_had_exclusive(const struct st_directory *shared)
{
    return st_load(&shared->exclusive) != 0;
}

void st_directory_note_exclusive(struct st_directory *shared)
{
    st_store(&shared->exclusive, 1);
}

void st_directory_announce_waiter(struct st_directory *shared)
{
    st_store_ordered(&shared->waiting, 1);
}
