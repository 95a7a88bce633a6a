/* SPDX-License-Identifier: MIT */
/* record.h - the format that producer and consumer agree on: a log of records, one after the other, with check sums. */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include <stitch/inspect.h>
#include <stitch/stitch.h>

#define RECORD_SPACE 1000  /* bytes of text, at most */
#define PATIENCE_MS  30000 /* the longest time that one process waits for the other */

struct record_head {
    uint64_t sequence; /* 0, 1, 2, ... */
    uint32_t length;   /* bytes of text after this head; 0: the log ends here */
    uint32_t check;    /* of sequence and text */
};

static inline uint32_t record_check(uint64_t sequence, const unsigned char *text, uint32_t length)
{
    uint32_t sum = (uint32_t)(2166136261u ^ sequence); /* FNV-1a */

    for (uint32_t i = 0; i < length; i++)
        sum = (sum ^ text[i]) * 16777619u;
    return sum;
}

/*
 * Opens the region, or creates it if this process comes first. It stays until it is unlinked, and *kept is true. On
 * Windows no region can stay without a user (STITCH_ENOTSUP): there both processes must run at the same time, and *kept
 * is false.
 */
static inline int record_attach(const char *name, stitch_region **region, bool *kept)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    struct stitch_info info;
    int err;

    options.flags = STITCH_KEEP;
    err = stitch_attach(name, &options, region);
    if (err == STITCH_ENOTSUP) {
        options.flags = 0;
        err = stitch_attach(name, &options, region);
    }
    if (err < 0)
        return err;
    err = stitch_info(*region, &info);
    if (err < 0)
        stitch_close(*region);
    else
        *kept = (info.flags & STITCH_KEEP) != 0;
    return err;
}

#endif
