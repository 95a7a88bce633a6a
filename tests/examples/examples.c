/* SPDX-License-Identifier: MIT */
/*
 * The examples do what they say. (examples/oldnewthing.c of the tree is tested in oldnewthing.c.)
 */
#include "test.h"
#include "tool_run.h"

/* Fails if anything is left but the commands' files. */
static void nothing_is_left(void)
{
    T_TRUE(!t_has(T_FOLDERS) || t_folder_count(t_folder()) == 1);
}

static void consumer_reads_what_producer_writes(void)
{
    unsigned records = (unsigned)t_rounds(20000);
    tool_process *producer, *consumer;
    char all_right[64];

    tool_begin();
    (void)snprintf(all_right, sizeof all_right, "%u records, all right\n", records);
    for (int consumer_first = 0; consumer_first <= 1; consumer_first++) {
        if (consumer_first)
            consumer = tool_start("consumer @pair");
        producer = tool_start("producer @pair %u", records);
        if (!consumer_first)
            consumer = tool_start("consumer @pair");
        T_EQ(tool_end(producer), 0);
        T_STR_EQ(tool_last.err, "");
        T_EQ(tool_end(consumer), 0);
        T_STR_EQ(tool_last.out, all_right);
        nothing_is_left();
    }
    if (t_has(T_KEPT)) { /* the producer may have ended long before */
        TOOL_OK("producer @pair %u\nconsumer @pair", records);
        T_STR_EQ(tool_last.out, all_right);
        nothing_is_left();
    }
    tool_finish();
}

static void consumer_notices_a_damaged_record(void)
{
    tool_process *producer;
    size_t size;
    char *log;

    tool_begin();
    producer = tool_start("producer @pair 10");
    TOOL_OK("stitch cat -f --wait=20 @pair --length 5000 >log\nstitch resize @pair 100 -q");
    log = tool_read_file("log", &size);
    log[100] ^= 1;
    tool_write_file("rest", log + 100, size - 100);
    free(log);
    TOOL_OK("stitch put @pair -q <rest");
    TOOL_GIVES(1, "consumer @pair");
    TOOL_COMPLAINS("damaged");
    if (t_has(T_KEPT)) {
        T_EQ(tool_end(producer), 0);
        TOOL_OK("stitch rm pair");
    } else {
        tool_kill(producer); /* it waits for a consumer */
        T_EQ(tool_end(producer), T_END_KILLED);
    }
    TOOL_GIVES(2, "producer");
    TOOL_GIVES(2, "consumer");
    tool_finish();
}

static void grow_is_the_whole_life_of_a_region(void)
{
    tool_begin();
    TOOL_OK("grow @life");
    TOOL_SAYS("hello, 4096 bytes at ");
    nothing_is_left();
    tool_finish();
}

static const struct CMUnitTest tests[] = {
    T_TEST(consumer_reads_what_producer_writes),
    T_TEST(consumer_notices_a_damaged_record),
    T_TEST(grow_is_the_whole_life_of_a_region),
};

T_MAIN(tests, tool_helpers)
