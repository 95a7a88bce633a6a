/* SPDX-License-Identifier: MIT */
/*
 * Bytes through the command: `stitch put` and `stitch cat`, alone, at once, and when one of them is stopped.
 */
#include "test.h"
#include "tool_run.h"

static void what_is_put_is_what_cat_gives(void)
{
    static const uint64_t sizes[] = { 0, 1, 4095, 4096, 4097, (1 << 20) - 1, (1 << 20) + 1, (5 << 20) + 13, 33333333 };

    tool_begin();
    for (size_t i = 0; i < T_COUNT(sizes); i++) {
        char stored[64];

        tool_make_file("in", sizes[i]);
        TOOL_OK("stitch put r < $SCRATCH/in");
        (void)snprintf(stored, sizeof stored, "r: %" PRIu64 " bytes stored in ", sizes[i]);
        TOOL_SAYS(stored);
        TOOL_OK("stitch cat r | cmp - $SCRATCH/in; stitch verify r --quiet; stitch rm r");
        TOOL_OK("cat $SCRATCH/in | stitch put r --quiet; stitch cat r > $SCRATCH/out; cmp $SCRATCH/out $SCRATCH/in");
        T_STR_EQ(tool_last.out, "");
        TOOL_OK("stitch rm r");
    }
    tool_end();
}

static void put_adds_at_the_end_or_replaces(void)
{
    tool_begin();
    TOOL_OK("printf abc | stitch put r -q --reserve 2M -m 0644; printf defg | stitch put r -q; stitch cat r");
    T_STR_EQ(tool_last.out, "abcdefg");
    TOOL_OK("stitch ls");
    TOOL_SAYS("   7      4K       2M     1");
    TOOL_SAYS("  0644  ");
    TOOL_OK("printf xy | stitch put r --replace; stitch cat r");
    TOOL_SAYS("; size now 2\n");
    TOOL_SAYS("\nxy");
    TOOL_GIVES(2, "stitch put < /dev/null");
    TOOL_GIVES(2, "stitch put x --reserve=1 < /dev/null");
    TOOL_GIVES(2, "stitch put x --size=1 < /dev/null");
    TOOL_GIVES(6, "stitch put r < /");
    TOOL_COMPLAINS("stitch: put: cannot read the input: ");
    TOOL_OK("stitch rm r");
    tool_end();
}

static void cat_gives_the_part_that_was_asked_for(void)
{
    tool_begin();
    tool_make_file("in", 3000000);
    TOOL_OK("stitch put r -q < $SCRATCH/in; stitch cat r --offset=1M | cmp -i 0:1048576 - $SCRATCH/in");
    TOOL_OK("stitch cat r --offset=2097151 --length=3 > $SCRATCH/out; cmp -i 0:2097151 -n 3 $SCRATCH/out $SCRATCH/in; "
            "wc -c < $SCRATCH/out");
    TOOL_SAYS("3\n");
    TOOL_OK("stitch cat r --offset=3000000; stitch cat r --length=0");
    T_EQ(tool_last.out_size, 0);
    TOOL_GIVES(1, "stitch cat r --length=3000001 > $SCRATCH/out");
    TOOL_COMPLAINS("stitch: cat: r: the region ends at 3000000 bytes, before all that was asked for");
    TOOL_OK("cmp $SCRATCH/out $SCRATCH/in");
    TOOL_GIVES(1, "stitch cat r --offset=3000001");
    TOOL_GIVES(1, "stitch cat r --offset=18446744073709551615 --length=18446744073709551615");
    TOOL_GIVES(2, "stitch cat r --offset=x");
    TOOL_GIVES(2, "stitch cat r --length=-1");
    TOOL_GIVES(2, "stitch cat r --wait=x");
    TOOL_GIVES(2, "stitch cat r r");
    TOOL_GIVES(3, "stitch cat nobody");
    TOOL_OK("stitch rm r");
    tool_end();
}

static void cat_follows_while_put_writes(void)
{
    tool_begin();
    tool_make_file("in", 20000003);
    for (int round = 0; round < 3; round++) {
        TOOL_OK("stitch cat -f --wait r > $SCRATCH/out & reader=$!\n"
                "{ head -c 1000; sleep 0.1; head -c 7000001; sleep 0.2; cat; } < $SCRATCH/in | stitch put r -q\n"
                "wait $reader && cmp $SCRATCH/out $SCRATCH/in && stitch verify r -q && stitch rm r");
    }
    TOOL_OK("{ printf abc; sleep 0.3; printf defghi; } | stitch put r -q &\n"
            "stitch cat -f --wait=20 r --offset 4 --length 3; wait; stitch rm r");
    T_STR_EQ(tool_last.out, "efg");
    TOOL_OK("stitch create r -q; stitch cat -f r; stitch rm r"); /* nobody writes: it is complete */
    T_EQ(tool_last.out_size, 0);
    tool_end();
}

static void a_piece_is_seen_as_soon_as_it_comes(void)
{
    tool_begin();
    TOOL_OK("mkfifo $SCRATCH/fifo; stitch put r -q < $SCRATCH/fifo & exec 3> $SCRATCH/fifo; printf abc >&3\n"
            "stitch cat -f --wait=20 r --length 3 > $SCRATCH/out; cat $SCRATCH/out; printf de >&3\n"
            "stitch cat -f r --length 5; stitch cat r --length 6 2> $SCRATCH/err || echo \" $?\"; exec 3>&-; wait\n"
            "stitch cat r; stitch rm r");
    T_STR_EQ(tool_last.out, "abcabcdeabcde 1\nabcde"); /* without -f cat does not wait for the sixth */
    tool_end();
}

static void several_puts_at_once_lose_nothing(void)
{
    tool_begin();
    TOOL_OK("stitch create r -q\n"
            "for c in a b c d; do head -c 3000000 /dev/zero | tr '\\0' $c | stitch put r -q & done; wait\n"
            "for c in a b c d; do stitch cat r | tr -dc $c | wc -c; done; stitch verify r -q; stitch cat r | wc -c; "
            "stitch rm r");
    T_STR_EQ(tool_last.out, "3000000\n3000000\n3000000\n3000000\n12000000\n");
    tool_end();
}

static void waiting_ends_when_it_is_said_to(void)
{
    uint64_t began;

    tool_begin();
    began = t_now_us();
    TOOL_GIVES(7, "stitch cat --wait=0.3 r");
    T_TRUE(t_now_us() - began >= 300000);
    TOOL_COMPLAINS("stitch: cat: r: no region of that name came");
    TOOL_OK("stitch create r -q");
    TOOL_GIVES(7, "stitch cat -f --wait=0.1 r");
    TOOL_COMPLAINS("stitch: cat: r: the region is empty and nobody came to write");
    TOOL_OK("printf abc | stitch put r -q; stitch cat --wait=0.1 r; stitch cat r --wait; stitch rm r");
    T_STR_EQ(tool_last.out, "abcabc");
    tool_end();
}

static void a_put_that_is_stopped_leaves_what_it_stored(void)
{
    tool_begin();
    /* The reader ends too, whichever way the writer goes. */
    T_EQ(tool_run("mkfifo $SCRATCH/fifo; stitch put r < $SCRATCH/fifo & put=$!; exec 3> $SCRATCH/fifo; printf abc >&3\n"
                  "stitch cat -f --wait=20 r --length 3 > $SCRATCH/out; kill -TERM $put; wait $put"), 143);
    TOOL_COMPLAINS("stitch: put: r: interrupted; the region is sound\nr: 3 bytes stored in ");
    TOOL_OK("stitch verify r -q; stitch cat r; stitch rm r");
    T_STR_EQ(tool_last.out, "abc");
    /* An input that always has more does not keep the signal off. */
    T_EQ(tool_run("stitch put r --reserve 1G < /dev/zero & put=$!\n"
                  "stitch cat -f --wait=20 r --length 1 > $SCRATCH/out; kill -TERM $put; wait $put"), 143);
    TOOL_OK("stitch verify r -q; stitch rm r");
    TOOL_OK("rm $SCRATCH/out");
    T_EQ(tool_run("stitch put r < $SCRATCH/fifo & put=$!; exec 3> $SCRATCH/fifo; printf abc >&3\n"
                  "stitch cat -f --wait=20 r > $SCRATCH/out & cat=$!\n"
                  "soon '[ -s $SCRATCH/out ]'; kill -KILL $put; wait $cat; echo $?\n"
                  "cat $SCRATCH/out; wait $put"), 137);
    T_STR_EQ(tool_last.out, "0\nabc");
    TOOL_OK("stitch verify r -q; printf de | stitch put r -q; stitch cat r; stitch rm r");
    T_STR_EQ(tool_last.out, "abcde");
    tool_end();
}

static void a_region_that_is_full_keeps_what_went_in(void)
{
    tool_begin();
    tool_make_file("in", 5000000);
    TOOL_GIVES(5, "stitch put r --reserve 4M < $SCRATCH/in");
    TOOL_COMPLAINS("stitch: put: r: the region's reserve is used up");
    TOOL_COMPLAINS("(STITCH_ERESERVE)\nr: 4194304 bytes stored in ");
    TOOL_OK("stitch verify r -q; stitch cat r | cmp -n 4194304 - $SCRATCH/in; stitch rm r");
    tool_end();
}

static void a_follower_tells_that_the_region_shrank(void)
{
    tool_begin();
    T_EQ(tool_run("mkfifo $SCRATCH/fifo; stitch put r -q < $SCRATCH/fifo & exec 3> $SCRATCH/fifo\n"
                  "stitch cat -f --wait=20 r > $SCRATCH/out & cat=$!; head -c 100000 /dev/zero >&3\n"
                  "soon '[ $(wc -c < $SCRATCH/out) = 100000 ]'; stitch resize r 1000 -q\n"
                  "wait $cat; status=$?; exec 3>&-; wait; exit $status"), 1);
    TOOL_COMPLAINS("stitch: cat: r: the region shrank to 1000 bytes when 100000 had been read");
    TOOL_OK("wc -c < $SCRATCH/out; stitch rm r");
    TOOL_SAYS("100000\n");
    tool_end();
}

static void a_reader_that_has_enough_ends_quietly(void)
{
    tool_begin();
    TOOL_OK("head -c 9000000 /dev/zero | stitch put r -q\n"
            "{ stitch cat r; echo $? > $SCRATCH/status; } | head -c 10 | wc -c; cat $SCRATCH/status; stitch rm r");
    T_STR_EQ(tool_last.out, "10\n0\n");
    tool_end();
}

static const struct CMUnitTest tests[] = {
    T_TEST(what_is_put_is_what_cat_gives),
    T_TEST(put_adds_at_the_end_or_replaces),
    T_TEST(cat_gives_the_part_that_was_asked_for),
    T_TEST(cat_follows_while_put_writes),
    T_TEST(a_piece_is_seen_as_soon_as_it_comes),
    T_TEST(several_puts_at_once_lose_nothing),
    T_TEST(waiting_ends_when_it_is_said_to),
    T_TEST(a_put_that_is_stopped_leaves_what_it_stored),
    T_TEST(a_region_that_is_full_keeps_what_went_in),
    T_TEST(a_follower_tells_that_the_region_shrank),
    T_TEST(a_reader_that_has_enough_ends_quietly),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
