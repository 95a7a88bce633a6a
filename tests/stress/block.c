/* SPDX-License-Identifier: MIT */
/*
 * block.c - makes and checks blocks. A checked block is read once, into private memory.
 */
#include "block.h"

#define MAGIC UINT64_C(0x6b636f6c62737473)

enum { PIECE = 512 };

struct header {
    uint64_t magic, length, offset, sequence, writer, checksum;
};

static uint64_t checksum_of(const struct header *header)
{
    t_random random = t_random_from(header->length);
    uint64_t sum = t_random_next(&random);

    random.state ^= header->offset;
    sum ^= t_random_next(&random);
    random.state ^= header->sequence;
    sum ^= t_random_next(&random);
    random.state ^= header->writer;
    return sum ^ t_random_next(&random);
}

/* Returns the next bytes after the header. */
static void next_piece(t_random *random, unsigned char *piece)
{
    for (size_t i = 0; i < PIECE; i += 8) {
        uint64_t word = t_random_next(random);

        memcpy(piece + i, &word, 8);
    }
}

void block_make(unsigned char *to, const block_name *name, bool slowly)
{
    struct header header = { MAGIC, name->length, name->offset, name->sequence, name->writer, 0 };
    unsigned char piece[PIECE];
    t_random random;

    header.checksum = checksum_of(&header);
    random = t_random_from(header.checksum);
    memcpy(to, &header, sizeof header);
    for (uint64_t at = sizeof header; at < name->length; at += PIECE) {
        uint64_t left = name->length - at;

        next_piece(&random, piece);
        memcpy(to + at, piece, left < PIECE ? (size_t)left : PIECE);
        if (slowly && at % (64 * PIECE) == sizeof header)
            t_sleep_us(100);
    }
}

const char *block_check(const unsigned char *at, uint64_t length, block_name *out)
{
    unsigned char piece[PIECE], found[PIECE];
    struct header header;
    t_random random;

    if (length < sizeof header)
        return "too short for a block";
    memcpy(&header, at, sizeof header);
    if (header.magic != MAGIC)
        return header.magic == 0 ? "zero where its header should be" : "no header";
    if (header.checksum != checksum_of(&header))
        return "its header does not fit its checksum";
    *out = (block_name){ header.length, header.offset, header.sequence, header.writer };
    if (header.length != length)
        return "another length";
    random = t_random_from(header.checksum);
    for (uint64_t done = sizeof header; done < length; done += PIECE) {
        size_t part = length - done < PIECE ? (size_t)(length - done) : PIECE;

        next_piece(&random, piece);
        memcpy(found, at + done, part);
        if (memcmp(found, piece, part) != 0)
            return "a wrong byte after its header";
    }
    return NULL;
}
