/* SPDX-License-Identifier: MIT */
/*
 * block.h - a block of bytes that identifies itself: a check notices any other bytes in its place.
 *
 * Its header has its length, offset, sequence number and writer, and a checksum of these. Every byte after the header
 * follows from the header. A block may begin at any address.
 */
#ifndef STRESS_BLOCK_H
#define STRESS_BLOCK_H

#include "test.h"

#define BLOCK_LEAST   48         /* bytes: the header alone */
#define BLOCK_NOWHERE UINT64_MAX /* an append does not know the offset beforehand */

typedef struct block_name {
    uint64_t length, offset, sequence, writer;
} block_name;

/* Stores the block at `to`; with `slowly`, sleeps in between so that others run. */
void block_make(unsigned char *to, const block_name *name, bool slowly);

/* Returns NULL and fills *out if a whole block of that length is at `at`; otherwise a sentence about the fault. */
const char *block_check(const unsigned char *at, uint64_t length, block_name *out);

#endif
