/* SPDX-License-Identifier: MIT */
/*
 * check.h - what a process of the stress program claims about what it reads.
 */
#ifndef STRESS_CHECK_H
#define STRESS_CHECK_H

#include "handle.h"

/* The whole of what nobody shrinks, or one block of it. Whatever the handle has missed, it is there. */
void check_floor(struct worker *worker, bool all);

/* An entry of the ledger, or any of them. */
void check_entry(struct worker *worker, const board_entry *entry);
void check_ledger(struct worker *worker);

/* One of the last blocks that were appended: whole from the first moment on, by what is known of the sizes since. */
void check_tail(struct worker *worker);

/* Read the last bytes, the seams, and a byte of each page. They may be anything, but they are there. */
void read_edges(struct worker *worker);
void read_all(struct worker *worker);

/* The mapping, by the system's own map, and what the library says of it. At most so often per thread. */
void prove(struct worker *worker, uint64_t every_us);

/* Segments of a handle that does not sync, and that have left the region: their bytes never change again. */
struct frozen;
struct frozen *frozen_begin(struct worker *worker);
void frozen_check(struct worker *worker, struct frozen *frozen);
void frozen_end(struct frozen *frozen);

#endif
