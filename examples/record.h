/* SPDX-License-Identifier: MIT */
/* record.h - what producer and consumer agree on: a log of records, one behind the other, each with a check sum. */
#ifndef RECORD_H
#define RECORD_H

#include <stdint.h>

#define RECORD_SPACE 1000 /* bytes of text, at most */

struct record_head {
    uint64_t sequence; /* 0, 1, 2, ... */
    uint32_t length;   /* bytes of text behind this head; 0: the log ends here */
    uint32_t check;    /* of sequence and text */
};

static inline uint32_t record_check(uint64_t sequence, const unsigned char *text, uint32_t length)
{
    uint32_t sum = (uint32_t)(2166136261u ^ sequence); /* FNV-1a */
    for (uint32_t i = 0; i < length; i++) {
        sum = (sum ^ text[i]) * 16777619u;
    }
    return sum;
}

#endif
