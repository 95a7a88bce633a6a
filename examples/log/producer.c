/* SPDX-License-Identifier: MIT */
/*
 * producer.c - one half of a pair: write a log of records into a region that grows with it. consumer.c reads it.
 *
 *     producer NAME [RECORDS]
 *
 * Each record is one stitch_append: readers see it whole or not at all, so that neither side needs a lock or a flag.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "stitch/stitch.h"

/* A record of that sequence number with `length` bytes of text. */
static int append_record(stitch_region *region, uint64_t sequence, uint32_t length)
{
    unsigned char record[sizeof(struct record_head) + RECORD_SPACE];
    unsigned char *text = record + sizeof(struct record_head);
    for (uint32_t i = 0; i < length; i++) {
        text[i] = (unsigned char)('a' + (sequence + i) % 26);
    }
    struct record_head head = { sequence, length, record_check(sequence, text, length) };
    memcpy(record, &head, sizeof head);
    return stitch_append(region, record, sizeof head + length, NULL);
}

/* What is not kept has to be held until the consumer has read it: it empties the region then. */
static int wait_for_consumer(stitch_region *region)
{
    int code = 0;
    while (code == 0 && stitch_size(region) > 0) {
        code = stitch_wait(region, stitch_generation(region), PATIENCE_MS);
        if (code == 0) {
            code = stitch_sync(region);
        }
        code = code > 0 ? 0 : code;
    }
    return code;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: producer NAME [RECORDS]\n");
        return 2;
    }
    uint64_t records = argc > 2 ? strtoull(argv[2], NULL, 10) : 100000;

    stitch_region *region;
    int kept;
    int code = record_attach(argv[1], &region, &kept);
    if (code == 0) {
        for (uint64_t i = 0; i < records && code == 0; i++) {
            code = append_record(region, i, 1 + (uint32_t)(i * 7919 % RECORD_SPACE));
        }
        if (code == 0) {
            code = append_record(region, records, 0); /* the end of the log */
        }
        if (code == 0 && !kept) {
            code = wait_for_consumer(region);
        }
        stitch_close(region);
    }
    if (code < 0) {
        fprintf(stderr, "producer: %s (%s)\n", stitch_strerror(code), stitch_error_name(code));
        return 1;
    }
    return 0;
}
