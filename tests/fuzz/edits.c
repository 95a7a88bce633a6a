/* SPDX-License-Identifier: MIT */
/* edits.c - makes a sound directory and roster, and damages them as an input says. It does not use files. */
#include <string.h>

#include "shared/directory.h"
#include "fuzz.h"

#define HEADER_WORDS 12
#define RECORD_WORDS 6
#define SINGLE_WORDS 4
#define ENTRY_WORDS  (3 * FUZZ_CAPACITY)
#define ROSTER_PART  0xc0

void fuzz_make_directory(struct st_directory *directory, uint64_t keep)
{
    const uint64_t unit = STITCH_EXTENT_UNIT;
    const struct st_geometry geometry = {
        .tag = FUZZ_TAG,
        .length = FUZZ_LENGTH,
        .reserve = FUZZ_RESERVE,
        .backend = STITCH_BACKEND_STITCHED,
        .flags = keep,
        .mode = 0600,
        .capacity = FUZZ_CAPACITY,
        .page = 4096,
    };
    struct st_entry entries[FUZZ_CAPACITY] = { { 0, 0, 0 } };
    struct st_snapshot now = { .generation = 1, .record = { .next_id = 1 }, .entries = entries };

    st_directory_format(directory, &geometry);
    for (uint64_t i = 0; i < FUZZ_SEGMENTS; i++) {
        const struct st_entry entry = { i + 1, i * unit, unit };
        const uint64_t size = i + 1 == FUZZ_SEGMENTS ? entry.offset + unit / 2 : entry.offset + unit;
        const struct st_record next = { size, size, size, 0, i + 1, i + 2 };

        (void)st_directory_publish(directory, &geometry, &now, &next, &entry, NULL);
    }
    st_directory_declare(directory);
}

void fuzz_make_roster(struct st_roster_shared *roster)
{
    st_store(&roster->magic, ST_ROSTER_MAGIC);
    st_store(&roster->tag, FUZZ_TAG);
    st_store(&roster->seat[0].id, 1);
    st_store(&roster->seat[0].last_id, FUZZ_SEGMENTS);
    st_store(&roster->seat[0].mapped, FUZZ_SEGMENTS * STITCH_EXTENT_UNIT);
    st_store(&roster->seat[0].started, 1);
}

static st_word *directory_word(struct st_directory *directory, unsigned which)
{
    st_word *const single[SINGLE_WORDS] = { &directory->generation, &directory->waiting, &directory->journal,
                                            &directory->exclusive };

    which %= HEADER_WORDS + SINGLE_WORDS + 2 * RECORD_WORDS + ENTRY_WORDS;
    if (which < HEADER_WORDS)
        return &directory->header.magic + which;
    which -= HEADER_WORDS;
    if (which < SINGLE_WORDS)
        return single[which];
    which -= SINGLE_WORDS;
    if (which < 2 * RECORD_WORDS)
        return &directory->record[which / RECORD_WORDS].size + which % RECORD_WORDS;
    which -= 2 * RECORD_WORDS;
    return &directory->entry[which / 3].id + which % 3;
}

static st_word *roster_word(struct st_roster_shared *roster, unsigned which)
{
    st_word *const single[] = { &roster->magic, &roster->tag, &roster->waiting };

    return which < 3 ? single[which] : &roster->seat[(which - 3) / 9].id + (which - 3) % 9;
}

void fuzz_edit(struct st_directory *directory, struct st_roster_shared *roster, const uint8_t edit[FUZZ_EDIT])
{
    const unsigned where = edit[0];
    const uint64_t value = edit[2], shifted = (uint64_t)(int64_t)(int8_t)edit[2];
    st_word *word =
        roster && where >= ROSTER_PART ? roster_word(roster, where - ROSTER_PART) : directory_word(directory, where);
    const uint64_t old = st_load(word);

    switch (edit[1] % 8) {
    case 0:
        st_store(word, value);
        break;
    case 1:
        st_store(word, value * STITCH_EXTENT_UNIT);
        break;
    case 2:
        st_store(word, old + shifted);
        break;
    case 3:
        st_store(word, old + shifted * STITCH_EXTENT_UNIT);
        break;
    case 4:
        st_store(word, UINT64_MAX - value);
        break;
    case 5:
        st_store(word, UINT64_C(1) << value % 64);
        break;
    case 6:
        st_store(word, st_load(directory_word(directory, edit[2])));
        break;
    default:
        st_store(word, old ^ UINT64_C(1) << value % 64);
        break;
    }
}
