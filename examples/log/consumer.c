/* SPDX-License-Identifier: MIT */
/*
 * consumer.c - follows the log that producer.c writes, as it grows, and checks every record.
 *
 *     consumer NAME
 *
 * It may be started before or after the producer. When it has read the log to its end, it removes the region.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <stitch/stitch.h>

#include "record.h"

enum { MORE, END, DAMAGED };

/* Checks the records in [*next, size). Returns END after the last one, MORE if others will follow, or DAMAGED. */
static int read_records(const unsigned char *base, uint64_t size, uint64_t *next, uint64_t *sequence)
{
    while (*next < size) {
        struct record_head head;
        const unsigned char *text = base + *next + sizeof head;

        memcpy(&head, base + *next, sizeof head); /* a record may start at any address */
        if (head.sequence != *sequence || head.length > RECORD_SPACE ||
            head.check != record_check(head.sequence, text, head.length))
            return DAMAGED;
        if (head.length == 0)
            return END;
        *next += sizeof head + head.length;
        ++*sequence;
    }
    return MORE;
}

/* Follows the log to its end. Returns END there, DAMAGED if a record is wrong, or a stitch error. */
static int follow(stitch_region *region, uint64_t *sequence)
{
    uint64_t next = 0;

    for (;;) {
        int seen = read_records(stitch_base(region), stitch_size(region), &next, sequence);
        int err;

        if (seen != MORE)
            return seen;
        err = stitch_wait(region, stitch_generation(region), PATIENCE_MS); /* sleeps until something changes */
        if (err == 0)
            err = stitch_sync(region); /* maps it; the base stays the same */
        if (err < 0)
            return err;
    }
}

/* Ends the region. One that is not kept ends with its last user: tell the producer that it may leave. */
static int finish(stitch_region *region, const char *name, bool kept)
{
    int err = kept ? 0 : stitch_resize(region, 0);

    stitch_close(region);
    return kept ? stitch_unlink(name) : err;
}

int main(int argc, char **argv)
{
    stitch_region *region;
    uint64_t sequence = 0;
    bool kept;
    int err;

    if (argc < 2) {
        fprintf(stderr, "usage: consumer NAME\n");
        return 2;
    }
    err = record_attach(argv[1], &region, &kept);
    if (err == 0) {
        err = follow(region, &sequence);
        if (err == END)
            err = finish(region, argv[1], kept);
        else
            stitch_close(region);
    }
    if (err != 0) {
        fprintf(stderr, "consumer: record %" PRIu64 ": %s\n", sequence, err < 0 ? stitch_strerror(err) : "damaged");
        return 1;
    }
    printf("%" PRIu64 " records, all right\n", sequence);
    return 0;
}
