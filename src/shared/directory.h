/* SPDX-License-Identifier: MIT */
/*
 * directory.h - the shared side of a region: header, two records, ring of entries, generation. No system calls, no
 * malloc.
 *
 * Everything that comes out of here has been copied out of shared memory and checked (promise 10). The types below
 * live in THIS PROCESS ONLY; struct st_directory is the shared one.
 */
#ifndef ST_DIRECTORY_H
#define ST_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"

struct st_directory; /* layout.h */

/* What a region is made with for ever; the other flags are a handle's. */
#define ST_REGION_FLAGS (STITCH_LAZY | STITCH_KEEP | STITCH_SMALL_PAGES)

/* The header, checked once when the directory was mapped; never read from shared memory again. */
struct st_geometry {
    uint64_t tag, length, reserve, backend, flags, mode, extent, capacity, page, created;
};

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

/* Bytes of a directory object with so many entries, not yet rounded to the folder's page. */
uint64_t st_directory_length(uint64_t capacity);

/* Fill a zeroed directory. The region is empty; its generation is 1. Nobody takes it for one before it is declared. */
void st_directory_format(struct st_directory *shared, const struct st_geometry *geometry);
void st_directory_declare(struct st_directory *shared);

/*
 * Copy and check the header of an object of `length` bytes, at least sizeof(struct st_directory) of them mapped.
 * Returns 0; STITCH_ECORRUPT; STITCH_EBUSY (not declared, or not yet); STITCH_EVERSION, then out->tag is set, nothing
 * else.
 */
int st_directory_geometry(const struct st_directory *shared, uint64_t length, struct st_geometry *out);

/*
 * The record alone, as it is now, if it is sane in itself: of a copy, for who looks only. 0 or STITCH_ECORRUPT. Its
 * entries are not looked at, and nothing tells whether it is whole.
 */
int st_directory_record(const struct st_directory *copy, const struct st_geometry *geometry, struct st_record *out);

/* One acquire load; and the word itself, to sleep on. */
uint64_t st_directory_generation(const struct st_directory *shared);
st_word *st_directory_generation_word(struct st_directory *shared);

/*
 * Copy and check the state that counts. *snapshot is in and out: what it holds from before saves copying entries that
 * cannot have changed, and must be of the same geometry; a zeroed one has no past. Returns 0 or STITCH_ECORRUPT; then
 * *snapshot has no past either. The work is bounded, whatever is done to the words meanwhile.
 */
int st_directory_snapshot(const struct st_directory *shared, const struct st_geometry *geometry,
                          struct st_snapshot *snapshot);

/*
 * Make `next` the state that counts; `added`, if not NULL, becomes its last entry. Only with the writer lock, and with
 * `now` the state that counts. Updates *now to match. Returns true if somebody may be asleep and must be woken;
 * `also_waiting` (may be NULL) is another word where that may be announced.
 */
bool st_directory_publish(struct st_directory *shared, const struct st_geometry *geometry, struct st_snapshot *now,
                          const struct st_record *next, const struct st_entry *added, st_word *also_waiting);

/*
 * The journal: not 0 (open) while a writer has changed something that the published state does not yet show, or no
 * longer. Its value is the offset below which that writer may have stored bytes beyond the size; at least 1. Unchecked.
 */
uint64_t st_directory_journal(const struct st_directory *shared);
void st_directory_journal_open(struct st_directory *shared, uint64_t stores_below);
void st_directory_journal_close(struct st_directory *shared);

/* Some handle is, or was once, the one writer for its life. */
bool st_directory_had_exclusive(const struct st_directory *shared);
void st_directory_note_exclusive(struct st_directory *shared);

/* Say that this process is about to sleep on the generation. Then look at the generation, then sleep. */
void st_directory_announce_waiter(struct st_directory *shared);

#endif
