/* SPDX-License-Identifier: MIT */
/*
 * The command `stitch`: watch and top, which report changes until they are stopped. top on a terminal: screen_linux.c.
 */
#include "test.h"
#include "tool_json.h"
#include "tool_run.h"

/* ----------------------------------------------------------------------------------------------------- watch --- */

static void wait_for_text(const char *file, const char *text)
{
    uint64_t deadline = t_deadline_us();
    bool there = false;

    while (!there) {
        size_t size;
        char *written = tool_read_file(file, &size);

        there = strstr(written, text) != NULL;
        if (!there && t_now_us() > deadline)
            T_FAIL("\"%s\" has not come within %u s, only:\n%.600s", text, t_patience_ms() / 1000, written);
        free(written);
        t_sleep_us(10000);
    }
}

static void watch_tells_every_change(void)
{
    tool_process *watch;

    tool_begin();
    tool_make("@r", "-s 3M");
    watch = tool_start("stitch watch @r --count 3 >seen");
    tool_wait_for_output(watch, 1);
    wait_for_text("seen", "  size 3M  segments ");
    wait_for_text("seen", "  now");
    TOOL_OK("stitch grow @r 1M -q");
    wait_for_text("seen", "  size 4M  ");
    wait_for_text("seen", "  +1M (grown)");
    TOOL_OK("stitch shrink @r 2M -q");
    wait_for_text("seen", "  size 2M  ");
    wait_for_text("seen", "  -2M (shrunk)");
    TOOL_OK("stitch grow @r 8M -q");
    T_EQ(tool_end(watch), 0);
    T_STR_EQ(tool_last.err, "");
    wait_for_text("seen", "  +8M (grown)");
    watch = tool_start("stitch watch @r --bytes >then");
    tool_wait_for_output(watch, 1);
    TOOL_OK("stitch grow @r 1000 -q");
    wait_for_text("then", "  size 10486760  ");
    wait_for_text("then", "  +1000 (grown)");
    tool_interrupt(watch);
    T_EQ(tool_end(watch), 0);
    tool_remove("@r");
    tool_finish();
}

static void watch_tells_it_to_programs(void)
{
    tool_process *watch;
    json_t *line;
    char *second;

    tool_begin();
    tool_make("@r", "-s 3M");
    watch = tool_start("stitch watch @r --count 1 --json");
    tool_wait_for_output(watch, 1);
    TOOL_OK("stitch shrink @r 1M -q");
    T_EQ(tool_end(watch), 0);
    second = strchr(tool_last.out, '\n');
    T_TRUE(second != NULL);
    *second = '\0';
    line = tool_json();
    T_EQ(tool_number(line, "changes"), 0);
    T_EQ(tool_number(line, "change"), 0);
    T_EQ(tool_number(line, "size"), T_MIB(3));
    json_decref(line);
    memmove(tool_last.out, second + 1, strlen(second + 1) + 1);
    line = tool_json();
    T_EQ(tool_number(line, "changes"), 1);
    T_TRUE(json_integer_value(json_object_get(line, "change")) == -1048576);
    T_EQ(tool_number(line, "size"), T_MIB(2));
    json_decref(line);
    tool_remove("@r");
    tool_finish();
}

static void watch_ends_when_it_is_said_to(void)
{
    tool_begin();
    tool_make("@r", "");
    TOOL_OK("stitch watch @r --count 0");
    TOOL_SAYS("  size 0  segments ");
    TOOL_OK("stitch watch @r --time 0.2");
    TOOL_GIVES(7, "stitch watch @r --time 0.2 --count 2");
    TOOL_COMPLAINS("stitch: watch: @r: the time was over after 0 of 2 changes\n");
    TOOL_GIVES(2, "stitch watch @r --time x");
    TOOL_GIVES(2, "stitch watch @r --count -1");
    TOOL_GIVES(3, "stitch watch @nobody");
    tool_remove("@r");
    tool_finish();
}

/* Two of them do not keep the region for each other either. */
static void watch_keeps_no_region(void)
{
    tool_process *hold, *watch[2];

    tool_begin();
    hold = tool_start("stitch hold @r -s 3M");
    tool_wait_for_output(hold, 1);
    watch[0] = tool_start("stitch watch @r");
    watch[1] = tool_start("stitch watch @r --count 1");
    for (int i = 0; i < 2; i++)
        tool_wait_for_output(watch[i], 1);
    tool_interrupt(hold);
    T_EQ(tool_end(hold), 0);
    T_EQ(tool_end(watch[0]), 0);
    TOOL_COMPLAINS("stitch: watch: @r: the region has ended\n");
    T_EQ(tool_end(watch[1]), 3);
    TOOL_COMPLAINS("stitch: watch: @r: it ended after 0 of 1 changes\n");
    TOOL_GIVES(3, "stitch show @r");
    if (t_has(T_KEPT)) {
        TOOL_OK("stitch create r -q");
        watch[0] = tool_start("stitch watch r");
        tool_wait_for_output(watch[0], 1);
        TOOL_OK("stitch rm r");
        T_EQ(tool_end(watch[0]), 0);
        TOOL_COMPLAINS("stitch: watch: r: the region has ended\n");
    }
    tool_finish();
}

/* ------------------------------------------------------------------------------------------------------ top --- */

static void top_shows_all_regions(void)
{
    stitch_region *region;
    const json_t *one;
    uint64_t others = t_has(T_KEPT) ? 0 : 1;
    json_t *root;

    tool_begin();
    tool_make("@one", "-s 3M");
    tool_make("@two", "--single -s 64K");
    region = t_open(tool_text("@one"));
    TOOL_OK("stitch top");
    TOOL_SAYS(" committed, ");
    TOOL_SAYS("  @one\n");
    TOOL_SAYS("  @two\n");
    TOOL_OK("stitch top --json");
    root = tool_json();
    one = tool_by_name(json_object_get(root, "regions"), tool_text("@one"));
    T_EQ(tool_number(one, "size"), T_MIB(3));
    T_EQ(tool_number(one, "generation"), stitch_generation(region));
    T_EQ(tool_number(one, "segments"), t_info(region).segments);
    T_EQ(tool_number(one, "processes"), others + 1);
    T_EQ(tool_number(one, "pinned"), 0);
    T_TRUE(json_is_null(json_object_get(one, "size_rate"))); /* this is the first look */
    T_EQ(tool_number(tool_by_name(json_object_get(root, "regions"), tool_text("@two")), "processes"), others);
    json_decref(root);
    t_close(region);
    TOOL_GIVES(2, "stitch top --interval 0");
    TOOL_GIVES(2, "stitch top --count 0");
    TOOL_GIVES(2, "stitch top --time soon");
    TOOL_GIVES(2, "stitch top @one");
    TOOL_GIVES(3, "stitch top --folder nowhere/at/all");
    tool_remove("@one");
    tool_remove("@two");
    tool_finish();
}

/* Returns the last whole line of a file. The caller frees it. */
static char *last_line(const char *file)
{
    size_t size;
    char *text = tool_read_file(file, &size), *start;

    while (size > 0 && text[size - 1] != '\n')
        size--;
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    text[size] = '\0';
    start = strrchr(text, '\n');
    if (start != NULL)
        memmove(text, start + 1, strlen(start));
    return text;
}

static void top_tells_how_fast_it_goes(void)
{
    uint64_t deadline = t_deadline_us();
    tool_process *top;
    bool grew = false;

    tool_begin();
    tool_make("@r", "-s 3M");
    top = tool_start("stitch top --json --interval 0.1 --time 60 >seen");
    tool_wait_for_output(top, 1);
    while (!grew) { /* until there are two looks with a grow in between */
        char *line;
        json_t *root;

        TOOL_OK("stitch grow @r 64K -q --linger=0");
        line = last_line("seen");
        root = json_loads(line, 0, NULL);
        if (root != NULL) {
            const json_t *region = tool_by_name(json_object_get(root, "regions"), tool_text("@r"));

            grew = json_real_value(json_object_get(region, "size_rate")) > 0 &&
                   json_real_value(json_object_get(region, "generation_rate")) > 0;
        }
        if (t_now_us() > deadline)
            T_FAIL("no growth was seen, the last line is:\n%.600s", line);
        json_decref(root);
        free(line);
    }
    tool_interrupt(top);
    T_EQ(tool_end(top), 0);
    T_STR_EQ(tool_last.err, "");
    TOOL_OK("stitch top --count 2 --interval 0.1");
    TOOL_SAYS("\n\n"); /* between the looks */
    tool_remove("@r");
    tool_finish();
}

static const struct CMUnitTest tests[] = {
    T_TEST(watch_tells_every_change), T_TEST(watch_tells_it_to_programs), T_TEST(watch_ends_when_it_is_said_to),
    T_TEST(watch_keeps_no_region),    T_TEST(top_shows_all_regions),      T_TEST(top_tells_how_fast_it_goes),
};

T_MAIN(tests, tool_helpers)
