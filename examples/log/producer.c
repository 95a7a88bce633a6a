/* SPDX-License-Identifier: MIT */
/*
 * producer.c - writes a log of records into a region that grows with it. consumer.c reads the log.
 *
 *     producer NAME [RECORDS]
 *
 * Each record is one stitch_append: readers see it whole or not at all, so neither side needs a lock or a flag.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stitch/stitch.h>

#include "record.h"

/* Appends a record with that sequence number and `length` bytes of text. */
static int append_record(stitch_region *region, uint64_t sequence, uint32_t length)
{
    unsigned char record[sizeof(struct record_head) + RECORD_SPACE];
    unsigned char *text = record + sizeof(struct record_head);
    struct record_head head = { sequence, length, 0 };

    for (uint32_t i = 0; i < length; i++)
        text[i] = (unsigned char)('a' + (sequence + i) % 26);
    head.check = record_check(sequence, text, length);
    memcpy(record, &head, sizeof head);
    return stitch_append(region, record, sizeof head + length, NULL);
}

static int append_records(stitch_region *region, uint64_t records)
{
    int err = 0;

    for (uint64_t i = 0; i < records && err == 0; i++)
        err = append_record(region, i, 1 + (uint32_t)(i * 7919 % RECORD_SPACE));
    if (err == 0)
        err = append_record(region, records, 0); /* the end of the log */
    return err;
}

/* Holds a region that ends with its last user until the consumer has read it. The consumer empties the region then. */
static int wait_for_consumer(stitch_region *region)
{
    int err = 0;

    while (err >= 0 && stitch_size(region) > 0) {
        err = stitch_wait(region, stitch_generation(region), PATIENCE_MS);
        if (err == 0)
            err = stitch_sync(region);
    }
    return err < 0 ? err : 0;
}

int main(int argc, char **argv)
{
    stitch_region *region;
    bool kept;
    int err;

    if (argc < 2) {
        fprintf(stderr, "usage: producer NAME [RECORDS]\n");
        return 2;
    }
    err = record_attach(argv[1], &region, &kept);
    if (err == 0) {
        err = append_records(region, argc > 2 ? strtoull(argv[2], NULL, 10) : 100000);
        if (err == 0 && !kept)
            err = wait_for_consumer(region);
        stitch_close(region);
    }
    if (err < 0)
        fprintf(stderr, "producer: %s (%s)\n", stitch_strerror(err), stitch_error_name(err));
    return err < 0;
}
