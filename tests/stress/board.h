/* SPDX-License-Identifier: MIT */
/*
 * board.h - words that the processes of the stress program share, so that each knows what it may claim about bytes that
 * others write, cut off and write again. It is in a region of its own, of fixed size.
 *
 *   Sizes   the size of the region in each of the last generations. All that see one generation must agree.
 *   Rights  no process stores into grown bytes while another shrinks (caveat 2 of stitch.h: such a store would go into
 *           bytes that were grown since). A process asks for a right and never waits for it.
 *   Cuts    a process that shrinks announces before how far down the size may go.
 *   Ledger  blocks and zero bytes that are whole. An entry has the number of the first cut that may have come after it,
 *           so that a reader knows whether it must still be there.
 *
 * A process may be killed between any two stores here. Nobody claims what it has not announced by then; the process
 * that killed it takes its rights back.
 */
#ifndef STRESS_BOARD_H
#define STRESS_BOARD_H

#include "test.h"

#include "base/atomic.h"

enum {
    PROCESSES_MOST = 32,
    THREADS_MOST = 8,
    SLOTS = PROCESSES_MOST * THREADS_MOST + 1, /* the last slot is that of the coordinator */
    SIZES = 1 << 16,
    CUTS = 1 << 13,
    LEDGER = 1 << 12,
    SIZE_BITS = 28 /* of a size, which shares its word with a number */
};

enum right { RIGHT_NONE, RIGHT_FILL, RIGHT_RESIZE, RIGHT_SHRINK };

/* Counters of a thread. They continue when its process is killed and started again. */
enum counter {
    COUNT_OPERATIONS,
    COUNT_BLOCKS, /* checked, from the ledger */
    COUNT_TAILS,  /* checked, just after they were appended */
    COUNT_FROZEN, /* segments that had left, looked at again */
    COUNT_PROOFS,
    COUNT_WAITS, /* that a change ended */
    COUNT_BUSY,
    COUNTERS
};

typedef struct board_slot {
    st_word right, since;
    st_word count[COUNTERS];
    st_word spare[16 - 2 - COUNTERS]; /* a cache line for each */
} board_slot;

enum entry_kind { ENTRY_ZERO, ENTRY_BLOCK };

typedef struct board_entry {
    uint64_t offset, length, kind, sequence, writer;
    uint64_t since;      /* see board_since */
    uint64_t generation; /* it is there from this generation on, or an earlier one */
} board_entry;

enum { ENTRY_FIELDS = sizeof(board_entry) / 8 };

struct board {
    st_word stop, slots, cuts_begun, ledger_head;
    st_word spare[12];
    board_slot slot[SLOTS];
    st_word sizes[SIZES];
    st_word cuts[CUTS];
    struct {
        st_word serial, hash, field[ENTRY_FIELDS];
    } ledger[LEDGER];
};

void board_count(struct board *board, unsigned slot, enum counter counter);
uint64_t board_sum(const struct board *board, enum counter counter);

/* Notes that this generation had this size. Fails if another process saw it with another size. */
void board_note_size(struct board *board, uint64_t generation, uint64_t size);
bool board_size_of(const struct board *board, uint64_t generation, uint64_t *size);

/*
 * Takes a right: RIGHT_FILL excludes the other two, RIGHT_SHRINK excludes everybody else. Returns false if that fails.
 */
bool board_take(struct board *board, unsigned slot, enum right right);
void board_leave(struct board *board, unsigned slot);

/* Announces, before a cut, how small the region may get. Requires a right to it, or a cut that has begun. */
void board_begin_cut(struct board *board, unsigned slot);
void board_tell_cut(struct board *board, uint64_t size);

/* Returns, before a call that makes bytes, the first cut that can come after it. */
uint64_t board_since(const struct board *board);
/* Returns whether bytes before `end` may have been cut off by now. */
bool board_may_be_cut(struct board *board, uint64_t since, uint64_t end);

void board_add(struct board *board, const board_entry *entry);
bool board_pick(const struct board *board, t_random *random, board_entry *out);

#endif
