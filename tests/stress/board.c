/* SPDX-License-Identifier: MIT */
/*
 * board.c - the shared words of the stress program. No locks: any process may be killed at any moment.
 */
#include "board.h"

#define SIZE_MASK ((UINT64_C(1) << SIZE_BITS) - 1)

static_assert(sizeof(board_slot) == 16 * 8, "slots do not share cache lines");

void board_count(struct board *board, unsigned slot, enum counter counter)
{
    st_word *word = &board->slot[slot].count[counter];

    st_store(word, st_load(word) + 1);
}

uint64_t board_sum(const struct board *board, enum counter counter)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < SLOTS; i++)
        sum += st_load(&board->slot[i].count[counter]);
    return sum;
}

/* --------------------------------------------------------------------------------------------------- sizes --- */

void board_note_size(struct board *board, uint64_t generation, uint64_t size)
{
    st_word *word = &board->sizes[generation % SIZES];

    if (generation == 0)
        return;
    for (;;) {
        uint64_t was = st_load(word);

        if (was >> SIZE_BITS == generation && (was & SIZE_MASK) != size)
            T_FAIL("generation %" PRIu64 " has size %" PRIu64 " for one and %" PRIu64 " for another", generation,
                   was & SIZE_MASK, size);
        if (was >> SIZE_BITS >= generation || st_claim(word, was, generation << SIZE_BITS | size))
            return;
    }
}

bool board_size_of(const struct board *board, uint64_t generation, uint64_t *size)
{
    uint64_t word = st_load(&board->sizes[generation % SIZES]);

    *size = word & SIZE_MASK;
    return word >> SIZE_BITS == generation;
}

/* -------------------------------------------------------------------------------------------------- rights --- */

static bool excludes(uint64_t mine, uint64_t other)
{
    return other != RIGHT_NONE && (mine != other || mine == RIGHT_SHRINK);
}

/* Two threads that ask at once see each other: the stores and loads are sequentially consistent. */
bool board_take(struct board *board, unsigned slot, enum right right)
{
    if (right != RIGHT_FILL)
        board_begin_cut(board, slot);
    st_store_ordered(&board->slot[slot].right, right);
    for (unsigned i = 0; i < SLOTS; i++)
        if (i != slot && excludes(right, st_load_ordered(&board->slot[i].right))) {
            board_leave(board, slot);
            return false;
        }
    return true;
}

void board_leave(struct board *board, unsigned slot)
{
    st_store_ordered(&board->slot[slot].right, RIGHT_NONE);
    st_store_ordered(&board->slot[slot].since, 0);
}

/* ---------------------------------------------------------------------------------------------------- cuts --- */

void board_begin_cut(struct board *board, unsigned slot)
{
    st_store_ordered(&board->slot[slot].since, st_load_ordered(&board->cuts_begun) + 1);
}

/* The size is stored first, then the count: a process that finds a size that is not counted yet counts it. */
void board_tell_cut(struct board *board, uint64_t size)
{
    for (;;) {
        uint64_t number = st_load_ordered(&board->cuts_begun);
        st_word *cut = &board->cuts[number % CUTS];
        uint64_t was = st_load_ordered(cut);

        if (was >> SIZE_BITS <= number && st_claim(cut, was, (number + 1) << SIZE_BITS | size)) {
            (void)st_claim(&board->cuts_begun, number, number + 1);
            return;
        }
        if (was >> SIZE_BITS == number + 1)
            (void)st_claim(&board->cuts_begun, number, number + 1);
    }
}

/* Cuts that were announced and may still be going on count as later ones. */
uint64_t board_since(const struct board *board)
{
    uint64_t since = st_load_ordered(&board->cuts_begun);

    for (unsigned i = 0; i < SLOTS; i++) {
        uint64_t begun = st_load_ordered(&board->slot[i].since);

        if (begun != 0 && begun - 1 < since)
            since = begun - 1;
    }
    return since;
}

bool board_may_be_cut(struct board *board, uint64_t since, uint64_t end)
{
    uint64_t now = st_load_ordered(&board->cuts_begun);

    if (now - since > CUTS / 2)
        return true;
    for (uint64_t number = since; number <= now; number++) { /* `now` itself may be announced and not counted */
        uint64_t cut = st_load_ordered(&board->cuts[number % CUTS]);

        if (cut >> SIZE_BITS == number + 1 ? (cut & SIZE_MASK) < end : number < now)
            return true;
    }
    return false;
}

/* -------------------------------------------------------------------------------------------------- ledger --- */

static uint64_t hash_of(uint64_t serial, const uint64_t *fields)
{
    t_random random = t_random_from(serial);

    for (int i = 0; i < ENTRY_FIELDS; i++) {
        random.state ^= fields[i];
        random.state = t_random_next(&random);
    }
    return random.state;
}

/* A process stopped here for a whole round of the ledger stores into another's entry: then the hash is wrong. */
void board_add(struct board *board, const board_entry *entry)
{
    uint64_t fields[ENTRY_FIELDS], serial;

    memcpy(fields, entry, sizeof fields);
    do
        serial = st_load(&board->ledger_head);
    while (!st_claim(&board->ledger_head, serial, serial + 1));
    st_store(&board->ledger[serial % LEDGER].serial, 0);
    for (int i = 0; i < ENTRY_FIELDS; i++)
        st_store(&board->ledger[serial % LEDGER].field[i], fields[i]);
    st_store(&board->ledger[serial % LEDGER].hash, hash_of(serial + 1, fields));
    st_store_ordered(&board->ledger[serial % LEDGER].serial, serial + 1);
}

/* Returns mostly one of the last entries, at times any. */
bool board_pick(const struct board *board, t_random *random, board_entry *out)
{
    uint64_t head = st_load(&board->ledger_head), reach = t_random_below(random, 4) ? 32 : LEDGER, serial;
    uint64_t fields[ENTRY_FIELDS], hash;

    reach = reach < head ? reach : head;
    if (reach == 0)
        return false;
    serial = head - t_random_below(random, reach); /* of the entry, which is 1 for the first */
    if (st_load(&board->ledger[(serial - 1) % LEDGER].serial) != serial)
        return false;
    for (int i = 0; i < ENTRY_FIELDS; i++)
        fields[i] = st_load(&board->ledger[(serial - 1) % LEDGER].field[i]);
    hash = st_load(&board->ledger[(serial - 1) % LEDGER].hash);
    memcpy(out, fields, sizeof fields);
    return hash == hash_of(serial, fields);
}
