/* SPDX-License-Identifier: MIT */
/*
 * directory.h - the shared description of a region: header, two records, ring of entries, generation.
 *
 * Makes no system call and allocates nothing. Everything that these functions return has been copied out of shared
 * memory and checked (promise 10). The types below live in THIS PROCESS ONLY; struct st_directory is the shared one.
 */
#ifndef ST_DIRECTORY_H
#define ST_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"

struct st_directory; /* layout.h */

/* The flags that a region keeps for its whole life; the other flags are a handle's. */
#define ST_REGION_FLAGS (STITCH_LAZY | STITCH_KEEP | STITCH_SMALL_PAGES)

/* The header, checked once when the directory is opened; never read from shared memory again. */
struct st_geometry {
    uint64_t tag, length, reserve, backend, flags, mode, extent, capacity, page, created;
};

/* layout.h says what the fields mean. */
struct st_record {
    uint64_t size, dirty_end, commit, first, count, next_id;
};

struct st_entry {
    uint64_t id, offset, extent;
};

/* One state of the region, whole and checked. `entries` is the caller's and has room for geometry.capacity. */
struct st_snapshot {
    uint64_t generation;
    struct st_record record;
    struct st_entry *entries;
};

/* One change of the state on its way: the record to publish, and the segment that it adds, if it adds one. */
struct st_change {
    struct st_record next;
    struct st_entry added; /* if named or adds */
    bool named;            /* its object has its name in the folder already */
    bool adds;
};

static inline uint64_t st_entry_end(const struct st_entry *entry)
{
    return entry->offset + entry->extent;
}

/* The offset at which the first `count` segments of a state end; 0 if count is 0. */
static inline uint64_t st_snapshot_end(const struct st_snapshot *snapshot, uint64_t count)
{
    return count > 0 ? st_entry_end(&snapshot->entries[count - 1]) : 0;
}

/* Bytes of a directory object with that many entries, not yet rounded to the folder's page. */
uint64_t st_directory_length(uint64_t capacity);

/*
 * format fills a zeroed directory: the region is empty, its generation is 1. declare stores the magic number; before
 * that nobody accepts the object as a directory.
 */
void st_directory_format(struct st_directory *shared, const struct st_geometry *geometry);
void st_directory_declare(struct st_directory *shared);

/*
 * Copies and checks the header of an object of `length` bytes.
 * Requires: sizeof(struct st_directory) bytes can be read, or all of the object if that is less.
 * Returns: 0; STITCH_ECORRUPT; STITCH_EBUSY (not declared, or not yet); STITCH_EVERSION, with only out->tag set.
 */
int st_directory_geometry(const struct st_directory *shared, uint64_t length, struct st_geometry *out);

/*
 * Copies the current record and checks it by itself, for listing only: the entries are not looked at, and nothing tells
 * whether the copy is of one moment. Returns 0 or STITCH_ECORRUPT.
 */
int st_directory_record(const struct st_directory *copy, const struct st_geometry *geometry, struct st_record *out);

/* One acquire load of the generation; and the word itself, to sleep on. */
uint64_t st_directory_generation(const struct st_directory *shared);
st_word *st_directory_generation_word(struct st_directory *shared);

/*
 * Copies and checks the published state. *snapshot is in and out: if it holds an earlier state of the same region,
 * unchanged entries are not copied again. Zero-initialise it (except `entries`) for the first call. The work is
 * bounded, whatever other processes do to the words meanwhile.
 * Returns: 0, or STITCH_ECORRUPT and *snapshot holds no state.
 */
int st_directory_snapshot(const struct st_directory *shared, const struct st_geometry *geometry,
                          struct st_snapshot *snapshot);

/*
 * Makes change->next the published state, with change->added as its last entry if the change adds one. Updates *known
 * to match.
 * Requires: the writer lock is held, and *known is the published state.
 * Returns: true if a process may be asleep and must be woken. `also_waiting` (may be NULL) is a second word in which
 * waiters announce themselves.
 */
bool st_directory_publish(struct st_directory *shared, const struct st_geometry *geometry, struct st_snapshot *known,
                          const struct st_change *change, st_word *also_waiting);

/*
 * The journal. It is open (not 0) while a writer has changed something that the published state does not show, or no
 * longer shows. Its value is the offset below which that writer may have stored bytes beyond the size; at least 1. The
 * value is not checked.
 */
uint64_t st_directory_journal(const struct st_directory *shared);
void st_directory_journal_open(struct st_directory *shared, uint64_t stores_below);
void st_directory_journal_close(struct st_directory *shared);

/* Has any handle of this region ever been exclusive? */
bool st_directory_had_exclusive(const struct st_directory *shared);
void st_directory_note_exclusive(struct st_directory *shared);

/* Announces that this process is about to sleep on the generation. After that it must look at the generation again. */
void st_directory_announce_waiter(struct st_directory *shared);

#endif
