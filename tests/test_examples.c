/* SPDX-License-Identifier: MIT */
/*
 * The examples do what they say.
 */
#include "test.h"
#include "tool_run.h"

static void consumer_reads_what_producer_writes(void)
{
    static const char *const orders[] = {
        "producer pair 20000 & first=$!; consumer pair && wait $first",          /* at once */
        "producer pair 20000 && consumer pair",                                  /* the producer has long gone */
        "consumer pair & first=$!; sleep 0.2; producer pair 20000; wait $first", /* the consumer waits */
    };

    tool_begin();
    for (size_t i = 0; i < T_COUNT(orders); i++) {
        TOOL_OK("%s", orders[i]);
        T_STR_EQ(tool_last.out, "20000 records, all right\n");
        T_EQ(t_folder_count(t_folder()), 1); /* nothing but the scripts' files */
    }
    tool_end();
}

static void consumer_notices_a_damaged_record(void)
{
    tool_begin();
    TOOL_OK("producer pair 10; stitch cat pair > $SCRATCH/log; stitch resize pair 100 -q; "
            "head -c 20000 $SCRATCH/log | tail -c +102 | { printf '!'; cat; } | stitch put pair -q");
    TOOL_GIVES(1, "consumer pair");
    TOOL_COMPLAINS("damaged");
    TOOL_OK("stitch rm pair");
    TOOL_GIVES(2, "producer");
    TOOL_GIVES(2, "consumer");
    tool_end();
}

static void grow_is_the_whole_life_of_a_region(void)
{
    tool_begin();
    TOOL_OK("grow life");
    TOOL_SAYS("hello, 4096 bytes at 0x");
    T_EQ(t_folder_count(t_folder()), 1);
    tool_end();
}

static const struct CMUnitTest tests[] = {
    T_TEST(consumer_reads_what_producer_writes),
    T_TEST(consumer_notices_a_damaged_record),
    T_TEST(grow_is_the_whole_life_of_a_region),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
