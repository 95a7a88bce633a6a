/* SPDX-License-Identifier: MIT */
/*
 * check.h - the claims of a process of the stress program about the bytes that it reads.
 */
#ifndef STRESS_CHECK_H
#define STRESS_CHECK_H

#include "handle.h"

/* Checks all bytes below the floor, or one block of them. They are there whatever the handle has missed. */
void check_floor(struct worker *worker, bool all);

/* Checks this entry of the ledger; any of them. */
void check_entry(struct worker *worker, const board_entry *entry);
void check_ledger(struct worker *worker);

/* Checks one of the last appended blocks: by the sizes since, it must be whole from the first moment on. */
void check_tail(struct worker *worker);

/* Reads the last bytes, the seams, and a byte of each page. They may have any value, but they must be there. */
void read_edges(struct worker *worker);
void read_all(struct worker *worker);

/* Proves the mapping by the system's own map, and what the library says of it. At most so often per thread. */
void prove(struct worker *worker, uint64_t every_us);

/* Checks segments that have left the region in a handle that does not sync: their bytes never change again. */
struct frozen;
struct frozen *frozen_begin(struct worker *worker);
void frozen_check(struct worker *worker, struct frozen *frozen);
void frozen_end(struct frozen *frozen);

#endif
