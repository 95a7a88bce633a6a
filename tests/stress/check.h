/* SPDX-License-Identifier: MIT */
/*
 * check.h - the claims that a process of the stress program makes about the bytes it reads.
 */
#ifndef STRESS_CHECK_H
#define STRESS_CHECK_H

#include "handle.h"

/* Checks all blocks below the floor, or one of them. They exist, however old the state of the handle is. */
void check_floor(struct worker *worker, bool all);

/* Check one entry of the ledger; any of them. */
void check_entry(struct worker *worker, const board_entry *entry);
void check_ledger(struct worker *worker);

/* Checks one of the last appended blocks, if the sizes since prove that it exists: it must be complete at once. */
void check_tail(struct worker *worker);

/* Reads the last bytes, the seams, and a byte of each page. They may have any value, but they are mapped. */
void read_edges(struct worker *worker);
void read_all(struct worker *worker);

/* Compares the mapping in the system's map with the library's answers. At most once in that time per thread. */
void prove(struct worker *worker, uint64_t every_us);

/* The segments that have left the region, in a handle that does not sync: their bytes never change again. */
struct frozen;
struct frozen *frozen_begin(struct worker *worker);
void frozen_check(struct worker *worker, struct frozen *frozen);
void frozen_end(struct frozen *frozen);

#endif
