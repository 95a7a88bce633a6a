/* SPDX-License-Identifier: MIT */
/*
 * fuzz_snapshot.c - the checks of shared memory. A state that they accept keeps every rule of docs/LAYOUT.md, which is
 * written down here once more; also when entries are copied from the snapshot before.
 */
#include <stdlib.h>
#include <string.h>

#include "shared/directory.h"
#include "fuzz.h"

static void check_geometry(const struct st_geometry *g)
{
    FUZZ_MUST(g->length == FUZZ_LENGTH && g->capacity >= 1 && 1024 + 24 * g->capacity <= FUZZ_LENGTH);
    FUZZ_MUST(g->reserve % STITCH_EXTENT_UNIT == 0 && g->reserve > 0 && g->reserve <= STITCH_RESERVE_MAX);
    FUZZ_MUST(g->extent % STITCH_EXTENT_UNIT == 0 && g->extent <= g->reserve);
    FUZZ_MUST(g->backend >= STITCH_BACKEND_STITCHED && g->backend <= STITCH_BACKEND_REMAP);
    FUZZ_MUST(g->page >= 4096 && g->page <= STITCH_EXTENT_UNIT && (g->page & (g->page - 1)) == 0);
    FUZZ_MUST(g->backend == STITCH_BACKEND_STITCHED || g->extent == g->reserve);
}

static void check_state(const struct st_geometry *g, const struct st_snapshot *now)
{
    const struct st_record *r = &now->record;
    uint64_t end = 0, id = 0;

    FUZZ_MUST(r->size <= r->dirty_end && r->dirty_end <= g->reserve && r->size <= r->commit && r->commit <= g->reserve);
    FUZZ_MUST(r->first < g->capacity && r->count <= g->capacity && r->count < r->next_id);
    for (uint64_t i = 0; i < r->count; i++) {
        const struct st_entry *entry = &now->entries[i];

        FUZZ_MUST(entry->id > id && entry->id < r->next_id && entry->offset == end);
        FUZZ_MUST(entry->extent > 0 && entry->extent % STITCH_EXTENT_UNIT == 0);
        FUZZ_MUST(entry->extent <= g->reserve - end);
        id = entry->id;
        end += entry->extent;
    }
    FUZZ_MUST(r->size <= end && r->commit <= end && (r->count <= 1 || r->size > now->entries[r->count - 1].offset));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    static union {
        struct st_directory directory;
        unsigned char bytes[FUZZ_LENGTH];
    } shared;
    struct st_geometry geometry;
    struct st_snapshot now = { .generation = 0 };
    size_t first = length > 0 ? (size_t)data[0] * FUZZ_EDIT : 0, at = 1;

    memset(&shared, 0, sizeof shared);
    fuzz_make_directory(&shared.directory, STITCH_KEEP);
    for (; at + FUZZ_EDIT <= length && at < 1 + first; at += FUZZ_EDIT)
        fuzz_edit(&shared.directory, NULL, data + at);
    if (fuzz_code(st_directory_geometry(&shared.directory, FUZZ_LENGTH, &geometry)) != 0)
        return 0;
    check_geometry(&geometry);
    now.entries = calloc((size_t)geometry.capacity, sizeof *now.entries);
    FUZZ_MUST(now.entries != NULL);
    /* The other edits come one by one, with a snapshot after each, which may copy entries from the one before. */
    for (;; at += FUZZ_EDIT) {
        if (fuzz_code(st_directory_snapshot(&shared.directory, &geometry, &now)) == 0)
            check_state(&geometry, &now);
        else
            FUZZ_MUST(now.generation == 0 && now.record.next_id == 0);
        if (at + FUZZ_EDIT > length)
            break;
        fuzz_edit(&shared.directory, NULL, data + at);
    }
    free(now.entries);
    return 0;
}
