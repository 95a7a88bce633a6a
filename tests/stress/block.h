/* SPDX-License-Identifier: MIT */
/*
 * block.h - a block of bytes that identifies itself: no other bytes of that length can be in its place unnoticed.
 *
 * Its header has its length, offset, sequence number and writer, and a checksum of these; every byte after the header
 * follows from the header. It may begin at any address.
 */
#ifndef STRESS_BLOCK_H
#define STRESS_BLOCK_H

#include "test.h"

#define BLOCK_LEAST   48         /* bytes: the header alone */
#define BLOCK_NOWHERE UINT64_MAX /* an appending process does not know the offset beforehand */

typedef struct block_name {
    uint64_t length, offset, sequence, writer;
} block_name;

/* Stores the block at `to`; with `slowly`, it lets others have the processor meanwhile. */
void block_make(unsigned char *to, const block_name *name, bool slowly);

/* Returns NULL if a block of that length is at `at`, whole, and fills *out in; otherwise what is wrong with it. */
const char *block_check(const unsigned char *at, uint64_t length, block_name *out);

#endif
