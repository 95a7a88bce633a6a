/* SPDX-License-Identifier: MIT */
/*
 * block.h - a block of bytes that tells what it is: nothing else of that length can stand in its place unnoticed.
 *
 * Its header names its length, offset, sequence number and writer and has a checksum of these; every byte behind the
 * header follows from the header. It may begin at any address.
 */
#ifndef STRESS_BLOCK_H
#define STRESS_BLOCK_H

#include "test.h"

#define BLOCK_LEAST   48         /* bytes: the header alone */
#define BLOCK_NOWHERE UINT64_MAX /* who appends does not know the offset beforehand */

typedef struct block_name {
    uint64_t length, offset, sequence, writer;
} block_name;

/* Store the block at `to`; with `slowly`, let others have the processor on the way. */
void block_make(unsigned char *to, const block_name *name, bool slowly);

/* NULL if a block of that length is at `at`, all of it right, and *out its name; else what is wrong with it. */
const char *block_check(const unsigned char *at, uint64_t length, block_name *out);

#endif
