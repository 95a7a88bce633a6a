/* SPDX-License-Identifier: MIT */
/*
 * consumer.c - the other half: follow the log that producer.c writes, as it grows, and check every record.
 *
 *     consumer NAME
 *
 * It may be started before or after the producer. When it has read the log to its end it removes the region.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "record.h"
#include "stitch/stitch.h"

/* The records in [*next, size). Returns 1 at the end of the log, 0 if more is to come, -1 if one is wrong. */
static int read_records(const unsigned char *base, uint64_t size, uint64_t *next, uint64_t *sequence)
{
    while (*next < size) {
        struct record_head head;
        const unsigned char *text = base + *next + sizeof head;
        memcpy(&head, base + *next, sizeof head); /* records lie at any address */
        if (head.sequence != *sequence || head.length > RECORD_SPACE ||
            head.check != record_check(head.sequence, text, head.length)) {
            return -1;
        }
        if (head.length == 0) {
            return 1;
        }
        *next += sizeof head + head.length;
        (*sequence)++;
    }
    return 0;
}

/* Follow the log to its end. Returns 0 there, 1 if a record is wrong, or a stitch error. */
static int follow(stitch_region *region, uint64_t *sequence)
{
    uint64_t next = 0;
    for (;;) {
        int end = read_records(stitch_base(region), stitch_size(region), &next, sequence);
        if (end != 0) {
            return end == 1 ? 0 : 1;
        }
        int code = stitch_wait(region, stitch_generation(region), PATIENCE_MS); /* asleep until something changes */
        code = code == 0 ? stitch_sync(region) : code;                          /* take it over: the base stays */
        if (code < 0) {
            return code;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: consumer NAME\n");
        return 2;
    }
    stitch_region *region;
    uint64_t sequence = 0;
    int kept;

    int code = record_attach(argv[1], &region, &kept);
    if (code == 0) {
        code = follow(region, &sequence);
        if (code == 0 && !kept) {
            code = stitch_resize(region, 0); /* tells the producer that it may leave */
        }
        stitch_close(region);
    }
    if (code == 0) {
        printf("%" PRIu64 " records, all right\n", sequence);
        code = kept ? stitch_unlink(argv[1]) : 0;
    }
    if (code != 0) {
        fprintf(stderr, "consumer: record %" PRIu64 ": %s\n", sequence, code < 0 ? stitch_strerror(code) : "damaged");
        return 1;
    }
    return 0;
}
