/* SPDX-License-Identifier: MIT */
/* record.h - what producer and consumer agree on: a log of records, one behind the other, with check sums. */
#ifndef RECORD_H
#define RECORD_H

#include <stdint.h>

#include <stitch/inspect.h>
#include <stitch/stitch.h>

#define RECORD_SPACE 1000 /* bytes of text, at most */
#define PATIENCE_MS  30000 /* as long as one waits for the other */

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

/*
 * Whoever comes first makes the region, and it stays until it is unlinked. On Windows nothing can stay without a user
 * (STITCH_ENOTSUP): there the two have to meet. *kept says which it is.
 */
static inline int record_attach(const char *name, stitch_region **region, int *kept)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    options.flags = STITCH_KEEP;
    int code = stitch_attach(name, &options, region);
    if (code == STITCH_ENOTSUP) {
        options.flags = 0;
        code = stitch_attach(name, &options, region);
    }
    if (code == 0) {
        struct stitch_info info;
        code = stitch_info(*region, &info);
        *kept = code == 0 && (info.flags & STITCH_KEEP) != 0;
        if (code < 0) {
            stitch_close(*region);
        }
    }
    return code;
}

#endif
