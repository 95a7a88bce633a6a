/* SPDX-License-Identifier: MIT */
/*
 * board.h - what the processes of the stress program tell each other, so that each knows what it may claim about bytes
 * that others write, cut off and write again. It lies in a region of its own, of fixed size.
 *
 *   Sizes   what size the region had in each of the last generations. All who see one generation must agree.
 *   Rights  nobody stores into grown bytes while anybody shrinks (caveat 2 of stitch.h: such a store would land in what
 *           somebody has grown since). Asked for, never waited for.
 *   Cuts    whoever shrinks says before how far down it may go.
 *   Ledger  blocks and zero bytes that are whole. An entry tells the number of the first cut that may have come after
 *           it, so that a reader can tell whether it must still be there.
 *
 * A process may be killed between any two stores here. What it has not told then, nobody claims; its rights are put
 * back by whoever killed it.
 */
#ifndef STRESS_BOARD_H
#define STRESS_BOARD_H

#include "test.h"

#include "base/atomic.h"

enum {
    PROCESSES_MOST = 32,
    THREADS_MOST = 8,
    SLOTS = PROCESSES_MOST * THREADS_MOST + 1, /* the last one: who starts and kills the others */
    SIZES = 1 << 16,
    CUTS = 1 << 13,
    LEDGER = 1 << 12,
    SIZE_BITS = 28 /* of a size in a word, which it shares with a number */
};

enum right { RIGHT_NONE, RIGHT_FILL, RIGHT_RESIZE, RIGHT_SHRINK };

/* What a thread counts. They go on when its process has been killed and started again. */
enum counter {
    COUNT_OPERATIONS,
    COUNT_BLOCKS, /* checked, of those that somebody told of */
    COUNT_TAILS,  /* checked, of those that were just appended */
    COUNT_FROZEN, /* segments that had left, looked at again */
    COUNT_PROOFS,
    COUNT_WAITS, /* that something ended */
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
    uint64_t generation; /* it is there from this one on, or an earlier one */
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

/* This generation had this size. Fails if somebody else saw it with another. */
void board_note_size(struct board *board, uint64_t generation, uint64_t size);
bool board_size_of(const struct board *board, uint64_t generation, uint64_t *size);

/* RIGHT_FILL excludes the other two; RIGHT_SHRINK excludes everybody else. False: not now. */
bool board_take(struct board *board, unsigned slot, enum right right);
void board_leave(struct board *board, unsigned slot);

/* Before a cut: the region may get as small as this. Only with a right to it, or between board_begin_cut and _leave. */
void board_begin_cut(struct board *board, unsigned slot);
void board_tell_cut(struct board *board, uint64_t size);

/* Asked for before a call that makes bytes: the first cut that can come behind it. */
uint64_t board_since(const struct board *board);
/* May bytes before `end` have been cut off by now? */
bool board_may_be_cut(struct board *board, uint64_t since, uint64_t end);

void board_add(struct board *board, const board_entry *entry);
bool board_pick(const struct board *board, t_random *random, board_entry *out);

#endif
