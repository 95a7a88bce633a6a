/* SPDX-License-Identifier: MIT */
/*
 * Bytes through the command: `stitch put` and `stitch cat`, alone, at once, and when one of them is stopped; and
 * `stitch hold`, which keeps the region that they leave.
 */
#include "test.h"
#include "tool_run.h"

static void feed(tool_process *process, const char *text)
{
    tool_write(process, text, strlen(text));
}

/* Runs a command with this text as input; it must succeed. */
static void give(const char *text, const char *command)
{
    tool_process *process = tool_start("%s", command);

    feed(process, text);
    T_EQ(tool_end(process), 0);
}

static void what_is_put_is_what_cat_gives(void)
{
    static const uint64_t sizes[] = { 0, 1, 4095, 4096, 4097, (1 << 20) - 1, (1 << 20) + 1, (5 << 20) + 13, 33333333 };

    tool_begin();
    tool_make("@r", "");
    for (size_t i = 0; i < T_COUNT(sizes); i++) {
        char stored[64];

        tool_make_file("in", sizes[i]);
        TOOL_OK("stitch put @r --replace <in");
        (void)snprintf(stored, sizeof stored, "@r: %" PRIu64 " bytes stored in ", sizes[i]);
        TOOL_SAYS(stored);
        TOOL_OK("stitch cat @r >out\nstitch verify @r --quiet");
        tool_same_file("out", "in", 0, TOOL_ALL);
    }
    tool_remove("@r");
    tool_finish();
}

/* The bytes have those of an end of text and of line ends among them. */
static void input_may_be_a_pipe(void)
{
    static const char bytes[] = "a\r\nb\nc\r\x1a\0d\xff\n";
    tool_process *put;

    tool_begin();
    tool_write_file("in", bytes, sizeof bytes);
    tool_make("@r", "");
    put = tool_start("stitch put @r -q");
    tool_write(put, bytes, sizeof bytes);
    T_EQ(tool_end(put), 0);
    T_STR_EQ(tool_last.out, "");
    TOOL_OK("stitch cat @r >out");
    tool_same_file("out", "in", 0, TOOL_ALL);
    tool_remove("@r");
    tool_finish();
}

static void put_adds_at_the_end_or_replaces(void)
{
    tool_begin();
    tool_make("@r", "--reserve 2M -m 0644");
    give("abc", "stitch put @r -q");
    give("defg", "stitch put @r -q");
    TOOL_OK("stitch cat @r");
    T_STR_EQ(tool_last.out, "abcdefg");
    TOOL_OK("stitch ls --bytes");
    TOOL_SAYS("  7  ");
    TOOL_SAYS("  2097152  ");
    TOOL_SAYS("  0644  ");
    give("xy", "stitch put @r --replace");
    TOOL_SAYS("; size now 2\n");
    TOOL_OK("stitch cat @r");
    T_STR_EQ(tool_last.out, "xy");
    TOOL_GIVES(2, "stitch put");
    TOOL_GIVES(2, "stitch put @x --reserve=1");
    TOOL_GIVES(2, "stitch put @x --size=1");
    tool_remove("@r");
    tool_finish();
}

static void put_makes_the_region(void)
{
    tool_process *put;

    tool_begin();
    put = tool_start("stitch put @r --reserve 8M");
    feed(put, "abc");
    TOOL_OK("stitch cat --wait=20 @r");
    TOOL_OK("stitch cat -f @r --length 3\nstitch ls --bytes");
    TOOL_SAYS("  8388608  ");
    T_EQ(tool_end(put), 0);
    TOOL_SAYS("@r: 3 bytes stored in ");
    if (t_has(T_KEPT)) {
        TOOL_OK("stitch cat r\nstitch rm r");
        T_STR_EQ(tool_last.out, "abc");
    } else {
        put = tool_start("stitch put @r --linger=0");
        T_EQ(tool_end(put), 0);
        TOOL_COMPLAINS("stitch: put: @r: on this system a region lives as long as somebody is attached");
        TOOL_GIVES(3, "stitch cat @r");
    }
    tool_finish();
}

static void cat_gives_the_part_that_was_asked_for(void)
{
    tool_begin();
    tool_make_file("in", 3000000);
    tool_make("@r", "");
    TOOL_OK("stitch put @r -q <in\nstitch cat @r --offset=1M >out");
    tool_same_file("out", "in", 1 << 20, TOOL_ALL);
    TOOL_OK("stitch cat @r --offset=2097151 --length=3 >out");
    tool_same_file("out", "in", 2097151, 3);
    TOOL_OK("stitch cat @r --offset=3000000\nstitch cat @r --length=0");
    T_EQ(tool_last.out_size, 0);
    TOOL_GIVES(1, "stitch cat @r --length=3000001 >out");
    TOOL_COMPLAINS("stitch: cat: @r: the region ends at 3000000 bytes, before all that was asked for");
    tool_same_file("out", "in", 0, TOOL_ALL);
    TOOL_GIVES(1, "stitch cat @r --offset=3000001");
    TOOL_GIVES(1, "stitch cat @r --offset=18446744073709551615 --length=18446744073709551615");
    TOOL_GIVES(2, "stitch cat @r --offset=x");
    TOOL_GIVES(2, "stitch cat @r --length=-1");
    TOOL_GIVES(2, "stitch cat @r --wait=x");
    TOOL_GIVES(2, "stitch cat @r @r");
    TOOL_GIVES(3, "stitch cat @nobody");
    tool_remove("@r");
    tool_finish();
}

static void cat_follows_while_put_writes(void)
{
    tool_process *cat, *put;
    char *in;
    size_t size;

    tool_begin();
    tool_make_file("in", 20000003);
    in = tool_read_file("in", &size);
    for (int round = 0; round < 2; round++) {
        cat = tool_start("stitch cat -f --wait=20 @r >out");
        put = tool_start("stitch put @r -q");
        tool_write(put, in, 1000);
        t_sleep_us(100000);
        tool_write(put, in + 1000, 7000001);
        tool_wait_for_output(cat, 7001001);
        tool_write(put, in + 7001001, size - 7001001);
        T_EQ(tool_end(put), 0);
        T_EQ(tool_end(cat), 0);
        T_STR_EQ(tool_last.err, "");
        tool_same_file("out", "in", 0, TOOL_ALL);
        if (t_has(T_KEPT))
            TOOL_OK("stitch verify r -q\nstitch rm r");
    }
    free(in);
    tool_finish();
}

static uint64_t sum_of(uint64_t sum, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211); /* FNV-1a */
    return sum;
}

/* A file of many megabytes goes through one command's input, the region and another's output, a pipe. */
static void much_goes_through_two_commands(void)
{
    enum { PIECE = 1 << 16 };
    uint64_t bytes = T_MIB(64), got_bytes = 0, sum = 0, in_sum;
    tool_process *cat, *put;
    char *piece = malloc(PIECE), *in;
    size_t size;

    T_TRUE(piece != NULL);
    tool_begin();
    tool_make_file("in", bytes);
    in = tool_read_file("in", &size);
    in_sum = sum_of(0, in, size);
    free(in);
    cat = tool_start_piped("stitch cat -f --wait=20 @r");
    put = tool_start("stitch put @r -q <in");
    while ((size = tool_read(cat, piece, PIECE)) > 0) {
        sum = sum_of(sum, piece, size);
        got_bytes += size;
    }
    T_EQ(tool_end(cat), 0);
    T_EQ(tool_end(put), 0);
    T_EQ(got_bytes, bytes);
    T_EQ(sum, in_sum);
    free(piece);
    if (t_has(T_KEPT))
        TOOL_OK("stitch rm r");
    tool_finish();
}

static void a_piece_is_seen_as_soon_as_it_comes(void)
{
    tool_process *put, *cat;
    char seen[8] = "";

    tool_begin();
    put = tool_start("stitch put @r -q");
    feed(put, "abc");
    TOOL_OK("stitch cat -f --wait=20 @r --length 3");
    T_STR_EQ(tool_last.out, "abc");
    feed(put, "de");
    TOOL_OK("stitch cat -f @r --length 5");
    T_STR_EQ(tool_last.out, "abcde");
    TOOL_GIVES(1, "stitch cat @r --length 6"); /* without -f it does not wait for the sixth */
    T_STR_EQ(tool_last.out, "abcde");
    cat = tool_start_piped("stitch cat -f @r --offset 4 --length 3");
    T_EQ(tool_read(cat, seen, sizeof seen), 1);
    feed(put, "fghi");
    T_EQ(tool_read(cat, seen + 1, sizeof seen - 1), 2);
    T_STR_EQ(seen, "efg");
    T_EQ(tool_end(cat), 0);
    T_EQ(tool_end(put), 0);
    if (t_has(T_KEPT))
        TOOL_OK("stitch rm r");
    tool_finish();
}

static void several_puts_at_once_lose_nothing(void)
{
    enum { PUTS = 4, BYTES = 3000000 };
    tool_process *put[PUTS];
    size_t size, count[PUTS] = { 0 };
    char *bytes = malloc(BYTES), name[2] = "a";

    T_TRUE(bytes != NULL);
    tool_begin();
    tool_make("@r", "");
    for (int i = 0; i < PUTS; i++) {
        name[0] = (char)('a' + i);
        memset(bytes, name[0], BYTES);
        tool_write_file(name, bytes, BYTES);
    }
    free(bytes);
    for (int i = 0; i < PUTS; i++)
        put[i] = tool_start("stitch put @r -q <%c", 'a' + i);
    for (int i = 0; i < PUTS; i++)
        T_EQ(tool_end(put[i]), 0);
    TOOL_OK("stitch cat @r >out\nstitch verify @r -q");
    bytes = tool_read_file("out", &size);
    for (size_t i = 0; i < size; i++) {
        T_TRUE(bytes[i] >= 'a' && bytes[i] < 'a' + PUTS);
        count[bytes[i] - 'a']++;
    }
    for (int i = 0; i < PUTS; i++)
        T_EQ(count[i], BYTES);
    free(bytes);
    tool_remove("@r");
    tool_finish();
}

static void waiting_ends_when_it_is_said_to(void)
{
    uint64_t began;

    tool_begin();
    began = t_now_us();
    TOOL_GIVES(7, "stitch cat --wait=0.3 @r");
    T_TRUE(t_now_us() - began >= 290000); /* there are two clocks, with ticks of several milliseconds */
    TOOL_COMPLAINS("stitch: cat: @r: no region of that name came");
    tool_make("@r", "");
    if (t_has(T_KEPT)) { /* elsewhere the holder may write */
        TOOL_GIVES(7, "stitch cat -f --wait=0.1 @r");
        TOOL_COMPLAINS("stitch: cat: @r: the region is empty and nobody came to write");
    }
    give("abc", "stitch put @r -q");
    TOOL_OK("stitch cat --wait=0.1 @r\nstitch cat @r --wait");
    T_STR_EQ(tool_last.out, "abcabc");
    tool_remove("@r");
    tool_finish();
}

static void a_put_that_is_stopped_leaves_what_it_stored(void)
{
    tool_process *put, *cat;
    int status;

    tool_begin();
    tool_make("@r", "");
    put = tool_start("stitch put @r");
    feed(put, "abc");
    TOOL_OK("stitch cat -f --wait=20 @r --length 3");
    tool_interrupt(put);
    status = tool_end(put);
    T_TRUE(status == 143 || status == 130); /* SIGTERM; Ctrl-C */
    TOOL_COMPLAINS("stitch: put: @r: interrupted; the region is sound\n@r: 3 bytes stored in ");
    TOOL_OK("stitch verify @r -q\nstitch cat @r");
    T_STR_EQ(tool_last.out, "abc");
    tool_remove("@r");
    if (t_has(T_FOLDERS)) { /* an endless input does not keep the signal off */
        put = tool_start("stitch put r --reserve 1G </dev/zero");
        TOOL_OK("stitch cat -f --wait=20 r --length 1");
        tool_interrupt(put);
        T_EQ(tool_end(put), 143);
        TOOL_OK("stitch verify r -q\nstitch rm r");
    }
    /* The reader ends, however the writer ends. */
    put = tool_start("stitch put @r");
    cat = tool_start("stitch cat -f --wait=20 @r");
    feed(put, "abc");
    tool_wait_for_output(cat, 3);
    tool_kill(put);
    T_EQ(tool_end(put), T_END_KILLED);
    T_EQ(tool_end(cat), 0);
    T_STR_EQ(tool_last.out, "abc");
    if (t_has(T_KEPT)) {
        give("de", "stitch put r -q");
        TOOL_OK("stitch verify r -q\nstitch cat r\nstitch rm r");
        T_STR_EQ(tool_last.out, "abcde");
    }
    tool_finish();
}

static void a_region_that_is_full_keeps_what_went_in(void)
{
    tool_begin();
    tool_make_file("in", 5000000);
    tool_make("@r", "--reserve 4M");
    TOOL_GIVES(5, "stitch put @r <in");
    TOOL_COMPLAINS("stitch: put: @r: the region's reserve is used up");
    TOOL_COMPLAINS("(STITCH_ERESERVE)\n@r: 4194304 bytes stored in ");
    TOOL_OK("stitch verify @r -q\nstitch cat @r >out");
    tool_same_file("out", "in", 0, 4194304);
    tool_remove("@r");
    tool_finish();
}

static void a_follower_tells_that_the_region_shrank(void)
{
    tool_process *put, *cat;
    char *zeros = calloc(1, 100000);

    T_TRUE(zeros != NULL);
    tool_begin();
    put = tool_start("stitch put @r -q");
    cat = tool_start("stitch cat -f --wait=20 @r");
    tool_write(put, zeros, 100000);
    free(zeros);
    tool_wait_for_output(cat, 100000);
    TOOL_OK("stitch resize @r 1000 -q");
    T_EQ(tool_end(cat), 1);
    T_EQ(tool_last.out_size, 100000);
    TOOL_COMPLAINS("stitch: cat: @r: the region shrank to 1000 bytes when 100000 had been read");
    T_EQ(tool_end(put), 0);
    if (t_has(T_KEPT))
        TOOL_OK("stitch rm r");
    tool_finish();
}

static void a_reader_that_has_enough_ends_quietly(void)
{
    tool_process *cat;
    char some[10];

    tool_begin();
    tool_make_file("in", 9000000);
    tool_make("@r", "");
    TOOL_OK("stitch put @r -q <in");
    cat = tool_start_piped("stitch cat @r");
    T_TRUE(tool_read(cat, some, sizeof some) > 0);
    tool_close_output(cat);
    T_EQ(tool_end(cat), 0);
    T_STR_EQ(tool_last.err, "");
    tool_remove("@r");
    tool_finish();
}

/* ----------------------------------------------------------------------------------------------------- hold --- */

static void hold_keeps_what_others_leave(void)
{
    tool_process *hold;

    tool_begin();
    tool_make_file("in", 9000000);
    hold = tool_start("stitch hold @r --size 3M --reserve 64M");
    tool_wait_for_output(hold, 1);
    TOOL_OK("stitch put @r -q <in\nstitch grow @r 1M -q\nstitch verify @r");
    TOOL_OK("stitch cat @r --offset 3M --length 9000000 >out");
    tool_same_file("out", "in", 0, TOOL_ALL);
    tool_interrupt(hold);
    T_EQ(tool_end(hold), 0);
    T_STR_EQ(tool_last.err, "");
    TOOL_SAYS("@r: held, 3M of at most 64M, ");
    TOOL_GIVES(3, "stitch show @r"); /* its region ends with the last user on every system */
    tool_finish();
}

static void hold_lets_go_after_its_time(void)
{
    uint64_t began;

    tool_begin();
    began = t_now_us();
    TOOL_OK("stitch hold @r --time=0.3");
    T_TRUE(t_now_us() - began >= 290000);
    TOOL_SAYS("@r: held, 0 of at most 32G, ");
    TOOL_OK("stitch hold @r --time=0 -q");
    T_STR_EQ(tool_last.out, "");
    TOOL_GIVES(3, "stitch hold @r --readonly --time=0");
    tool_finish();
}

/* hold is no writer: cat -f ends while it holds. */
static void hold_without_the_right_to_write(void)
{
    tool_process *hold;
    stitch_region *region;
    uint64_t bytes = T_MIB(9);

    tool_begin();
    region = t_create(tool_text("@r"));
    hold = tool_start("stitch hold @r -r");
    tool_wait_for_output(hold, 1);
    T_OK(stitch_grow(region, bytes, NULL));
    t_sleep_us(300000); /* a reader looks every few milliseconds */
    t_close(region);
    TOOL_OK("stitch cat -f @r >out");
    T_EQ(tool_file_size("out"), bytes);
    tool_interrupt(hold);
    T_EQ(tool_end(hold), 0);
    T_STR_EQ(tool_last.err, "");
    tool_finish();
}

/* A segment ends while hold cannot look: it says so and goes on, and on Windows cuts the region back. */
static void hold_tells_what_was_lost(void)
{
    tool_process *hold;

    tool_begin();
    hold = tool_start("stitch hold @r --reserve 64M --size 2M");
    tool_wait_for_output(hold, 1);
    tool_pause(hold);
    T_EQ(tool_run("stitch grow @r 9M -q --linger=0"), 0);
    if (t_has(T_FOLDERS))
        tool_shell("set -- ../stitch.s.*; rm \"$2\"");
    tool_continue(hold);
    tool_wait_for_complaint(hold, t_has(T_FOLDERS) ? "STITCH_EGONE" : "cut back");
    if (!t_has(T_FOLDERS)) {
        TOOL_OK("stitch verify @r\nstitch grow @r 9M -q\nstitch show @r --bytes");
        TOOL_SAYS("size        11534336\n");
    }
    tool_interrupt(hold);
    T_EQ(tool_end(hold), 0);
    TOOL_COMPLAINS("stitch: hold: @r: a segment ended with its last user before it could be held (STITCH_EGONE)\n");
    if (!t_has(T_FOLDERS))
        TOOL_COMPLAINS("stitch: hold: @r: cut back to what is whole: 2097152 bytes\n");
    tool_finish();
}

static const struct CMUnitTest tests[] = {
    T_TEST(what_is_put_is_what_cat_gives),
    T_TEST(input_may_be_a_pipe),
    T_TEST(put_adds_at_the_end_or_replaces),
    T_TEST(put_makes_the_region),
    T_TEST(cat_gives_the_part_that_was_asked_for),
    T_TEST(cat_follows_while_put_writes),
    T_TEST(much_goes_through_two_commands),
    T_TEST(a_piece_is_seen_as_soon_as_it_comes),
    T_TEST(several_puts_at_once_lose_nothing),
    T_TEST(waiting_ends_when_it_is_said_to),
    T_TEST(a_put_that_is_stopped_leaves_what_it_stored),
    T_TEST(a_region_that_is_full_keeps_what_went_in),
    T_TEST(a_follower_tells_that_the_region_shrank),
    T_TEST(a_reader_that_has_enough_ends_quietly),
    T_TEST(hold_keeps_what_others_leave),
    T_TEST(hold_lets_go_after_its_time),
    T_TEST(hold_without_the_right_to_write),
    T_STITCHED(hold_tells_what_was_lost),
};

T_MAIN(tests, tool_helpers)
