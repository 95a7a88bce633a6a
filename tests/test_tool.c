/* SPDX-License-Identifier: MIT */
/*
 * The command `stitch`: making, listing, showing, resizing, verifying, removing; what it refuses, and how it says so.
 * Bytes through it: test_tool_stream.c.
 */
#include "test.h"
#include "tool_run.h"

#include <jansson.h>

/* ------------------------------------------------------------------------------------------------------- JSON --- */

static json_t *parse_output(void)
{
    json_error_t error;
    json_t *root = json_loads(tool_last.out, JSON_REJECT_DUPLICATES, &error);

    if (root == NULL)
        T_FAIL("no JSON: %s, in line %d of:\n%.2000s", error.text, error.line, tool_last.out);
    return root;
}

static uint64_t number_of(const json_t *object, const char *key)
{
    const json_t *member = json_object_get(object, key);

    if (!json_is_integer(member))
        T_FAIL("\"%s\" is not an integer in:\n%.2000s", key, tool_last.out);
    return (uint64_t)json_integer_value(member);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    if (text == NULL)
        T_FAIL("\"%s\" is not a string in:\n%.2000s", key, tool_last.out);
    return text;
}

static const json_t *by_name(const json_t *array, const char *name)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (strcmp(text_of(json_array_get(array, i), "name"), name) == 0)
            return json_array_get(array, i);
    T_FAIL("%s is not in:\n%.2000s", name, tool_last.out);
}

/* --------------------------------------------------------------------------------------------------- commands --- */

static void create_makes_what_was_asked_for(void)
{
    json_t *root;

    tool_begin();
    TOOL_OK("stitch create a --size=5M --reserve 1G --mode 0644 --lazy --extent 4M --segments 77");
    TOOL_SAYS("a: made, 5M of at most 1G, stitched");
    TOOL_OK("stitch show --json a");
    root = parse_output();
    T_STR_EQ(text_of(root, "name"), "a");
    T_EQ(number_of(root, "size"), T_MIB(5));
    T_EQ(number_of(root, "reserve"), T_GIB(1));
    T_EQ(number_of(root, "mode"), 0644);
    T_EQ(number_of(root, "extent"), T_MIB(4));
    T_EQ(number_of(root, "capacity"), 77);
    T_TRUE(json_is_true(json_object_get(root, "lazy")));
    T_TRUE(json_is_true(json_object_get(root, "keep")));
    T_STR_EQ(text_of(root, "backend"), "stitched");
    json_decref(root);
    TOOL_OK("stitch create b --single -q");
    T_STR_EQ(tool_last.out, "");
    TOOL_OK("stitch show --json b");
    root = parse_output();
    T_STR_EQ(text_of(root, "backend"), "single");
    T_TRUE(json_is_false(json_object_get(root, "lazy")));
    T_EQ(number_of(root, "size"), 0);
    T_EQ(number_of(root, "reserve"), STITCH_RESERVE_DEFAULT);
    json_decref(root);
    TOOL_GIVES(6, "stitch create a");
    TOOL_COMPLAINS("stitch: create: a: a region of that name exists");
    TOOL_COMPLAINS("(STITCH_EEXIST)");
    TOOL_OK("stitch rm a b");
    tool_end();
}

static void create_refuses_nonsense(void)
{
    static const char *const lines[] = {
        "create", "create ''", "create a/b", "create a b", "create 'a\\b'", "create \"$(printf 'a\\001b')\"",
        "create x --size=12Q", "create x --size=-5", "create x --size=1.5", "create x --size=16777216T",
        "create x --size=", "create x --size", "create x --reserve=1M", "create x --reserve=65T",
        "create x --reserve=0",
        "create x --mode=0666", "create x --mode=rw", "create x --extent=0", "create x --segments=0",
        "create x --segments=65537", "create x --segments=1K", "create x --backend=other",
        "create x --single --backend=stitched", "create x --siz=1", "create x -z", "create -- --x y",
    };

    tool_begin();
    for (size_t i = 0; i < T_COUNT(lines); i++) {
        TOOL_GIVES(2, "stitch %s", lines[i]);
        TOOL_COMPLAINS("stitch: create: ");
        T_STR_EQ(tool_last.out, "");
        T_TRUE(strstr(tool_last.err, "stitch.h") == NULL); /* the tool's own words, not the library's for programs */
    }
    TOOL_GIVES(2, "stitch create $(printf '%%0201d' 0)");
    TOOL_GIVES(5, "stitch create x --size=2G --reserve=1G");
    TOOL_COMPLAINS("(STITCH_ERESERVE)");
    TOOL_OK("stitch ls --json");
    T_STR_EQ(tool_last.out, "[]\n");
    tool_end();
}

static void sizes_change_and_are_told(void)
{
    tool_begin();
    TOOL_OK("stitch create r");
    TOOL_OK("stitch grow r 64K");
    T_STR_EQ(tool_last.out, "r: size 0 -> 64K (65536 bytes), memory 0 -> 64K\n");
    TOOL_OK("stitch resize r 5M");
    T_STR_EQ(tool_last.out, "r: size 64K -> 5M (5242880 bytes), memory 64K -> 5M\n");
    TOOL_OK("stitch shrink r 1M --bytes");
    T_STR_EQ(tool_last.out, "r: size 5242880 -> 4194304, memory 5242880 -> 4194304\n");
    TOOL_OK("stitch resize r 0 --quiet");
    T_STR_EQ(tool_last.out, "");
    TOOL_GIVES(2, "stitch shrink r 1");
    TOOL_COMPLAINS("stitch: shrink: r: the region is not that large: it has 0");
    TOOL_GIVES(2, "stitch grow r");
    TOOL_GIVES(2, "stitch grow r 1X");
    TOOL_COMPLAINS("stitch: grow: SIZE: \"1X\" is not a size");
    TOOL_GIVES(5, "stitch resize r 33G");
    TOOL_GIVES(3, "stitch grow other 1");
    TOOL_COMPLAINS("stitch: grow: other: no region of that name exists in this folder; create it first (STITCH_ENOENT");
    TOOL_OK("stitch rm r");
    tool_end();
}

/* True if the machine has the locale C.UTF-8. */
static bool has_utf8(void)
{
    return tool_run("locale -a | grep -qix 'c.utf-*8'") == 0;
}

static void ls_lists_all_and_hides_none(void)
{
    /* An a-umlaut, a byte that is not UTF-8, a control character of two bytes, and one that reverses the direction. */
    const char *wild = "w\xc3\xa4" "x\xff" "31m\xc2\x9b\xe2\x80\xae";
    stitch_region *region;
    stitch_options options = STITCH_OPTIONS_INIT;
    json_t *root;

    tool_begin();
    TOOL_OK("stitch ls");
    TOOL_SAYS("no regions in ");
    TOOL_OK("stitch create one -q -s 64K; stitch create two -q -s 3M -m 0644 --single\n"
            "echo rubbish > $STITCH_DIR/stitch.r.x");
    options.flags = STITCH_KEEP;
    T_OK(stitch_create(wild, &options, &region));
    t_close(region);
    TOOL_OK("stitch ls");
    T_TRUE(strncmp(tool_last.out, "SIZE  COMMIT  RESERVE  SEGS  GEN  MODE  OWNER ", 46) == 0);
    TOOL_SAYS(" 64K     64K      32G     1    ");
    TOOL_SAYS("  3M      3M      32G     1    ");
    TOOL_SAYS("  0644  ");
    TOOL_SAYS("  w\\xc3\\xa4x\\xff31m\\xc2\\x9b\\xe2\\x80\\xae\n");
    TOOL_SAYS("  x: the region's directory is damaged");
    for (const char *byte = tool_last.out; *byte != '\0'; byte++)
        T_TRUE(*byte == '\n' || (*byte >= 0x20 && *byte < 0x7f));
    TOOL_OK("LC_ALL=C.UTF-8 stitch ls");
    T_TRUE(strstr(tool_last.out, "  w\xc3\xa4x\\xff31m\\xc2\\x9b\\xe2\\x80\\xae\n") != NULL || !has_utf8());
    TOOL_OK("stitch ls --bytes");
    TOOL_SAYS("34359738368");
    TOOL_OK("LC_ALL=C.UTF-8 stitch ls --json");
    root = parse_output();
    T_EQ(json_array_size(root), 4);
    T_EQ(number_of(by_name(root, "one"), "size"), 65536);
    T_STR_EQ(text_of(by_name(root, "one"), "backend"), "stitched");
    T_EQ(number_of(by_name(root, "two"), "mode"), 0644);
    T_EQ(number_of(by_name(root, "two"), "segments"), 1);
    T_STR_EQ(text_of(by_name(root, "two"), "backend"), "single");
    T_STR_EQ(text_of(by_name(root, "x"), "error"), "STITCH_ECORRUPT");
    T_TRUE(json_object_get(by_name(root, "x"), "size") == NULL);
    T_STR_EQ(text_of(json_array_get(root, 2), "name_hex"), "77c3a478ff33316dc29be280ae");
    json_decref(root);
    TOOL_GIVES(6, "stitch rm x");
    TOOL_GIVES(3, "stitch ls --folder $STITCH_DIR/nowhere");
    T_OK(stitch_unlink(wild));
    TOOL_OK("unset STITCH_DIR; rm '%s/stitch.r.x'; stitch rm -d '%s' one two", t_folder(), t_folder());
    tool_end();
}

/* There are so many lines that begin like this, each of 80 characters. */
static void lines_are_whole(const char *begin, size_t lines)
{
    const char *line = tool_last.out;
    size_t found = 0;

    for (; *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t characters = 0;

        if (strncmp(line, begin, strlen(begin)) != 0)
            continue;
        for (const char *byte = line; *byte != '\n'; byte++)
            characters += ((unsigned char)*byte & 0xc0) != 0x80;
        T_EQ(characters, 80);
        found++;
    }
    T_EQ(found, lines);
}

static void show_draws_to_scale(void)
{
    tool_begin();
    TOOL_OK("stitch create r -q -r 8M --extent 2M; for i in 1 2 3; do stitch grow r -q 2M; done; stitch show r");
    lines_are_whole("  +-", 2);
    lines_are_whole("  |", 1);
    TOOL_SAYS("\n  +-------------------+------------------+-------------------------------------+\n"
              "  |#########################################################                   |\n");
    TOOL_SAYS("size 6M ^\n");
    TOOL_SAYS("\n0   1       0      2M      2M        2M  0x");
    TOOL_SAYS("yes\n");
    TOOL_OK("stitch create many -q -r 256G --lazy; for i in 1 2 3 4 5 6 7 8 9; do stitch grow many 2M -q; "
            "stitch resize many ${i}00M -q; done; LC_ALL=C.UTF-8 stitch show many");
    if (strstr(tool_last.out, "┌") != NULL || has_utf8()) {
        lines_are_whole("  ┌", 2);
        lines_are_whole("  │", 2);
        lines_are_whole("  └", 2);
        TOOL_SAYS("extents, enlarged: ");
        TOOL_SAYS("┬");
        TOOL_SAYS("▲");
    }
    TOOL_OK("stitch create empty -q; stitch show empty");
    TOOL_SAYS("^ size 0");
    TOOL_OK("stitch rm r many empty");
    tool_end();
}

static void show_tells_every_segment(void)
{
    stitch_segment_t segment;
    stitch_region *region;
    json_t *root, *segments;
    uint64_t end = 0;

    tool_begin();
    TOOL_OK("stitch create r -q -s 3M; stitch resize r 9M -q; stitch resize r 33333333 -q; stitch show r --json");
    root = parse_output();
    segments = json_object_get(root, "segments");
    region = t_open("r");
    T_EQ(number_of(root, "size"), 33333333);
    T_EQ(json_array_size(segments), t_info(region).segments);
    T_TRUE(json_array_size(segments) > 2);
    for (size_t i = 0; i < json_array_size(segments); i++) {
        const json_t *object = json_array_get(segments, i);

        T_OK(stitch_segment(region, i, &segment));
        T_EQ(number_of(object, "index"), i);
        T_EQ(number_of(object, "id"), segment.id);
        T_EQ(number_of(object, "offset"), end);
        T_EQ(number_of(object, "extent"), segment.extent);
        T_EQ(number_of(object, "committed"), segment.committed);
        T_EQ(number_of(object, "resident"), segment.resident);
        T_EQ(number_of(object, "address"), number_of(root, "base") + end);
        T_TRUE(json_is_true(json_object_get(object, "adjacent")));
        end += segment.extent;
    }
    T_EQ(number_of(root, "extents"), end);
    T_TRUE(json_is_false(json_object_get(root, "writers")));
    json_decref(root);
    TOOL_OK("stitch show r"); /* this process is attached and may write */
    TOOL_SAYS("writers     attached\n");
    t_close(region);
    TOOL_GIVES(3, "stitch show nobody");
    TOOL_GIVES(2, "stitch show");
    TOOL_OK("stitch rm r");
    tool_end();
}

static void verify_tells_sound_from_unsound(void)
{
    json_t *root;

    tool_begin();
    TOOL_OK("stitch create r -q -s 3M; stitch resize r 9M -q; stitch verify r");
    TOOL_SAYS("r: sound: ");
    TOOL_OK("stitch verify r --quiet");
    T_STR_EQ(tool_last.out, "");
    TOOL_OK("stitch verify r --json");
    root = parse_output();
    T_TRUE(json_is_true(json_object_get(root, "sound")));
    T_EQ(number_of(root, "segments"), number_of(root, "seams") + 1);
    T_EQ(number_of(root, "bytes") + number_of(root, "reservation"), STITCH_RESERVE_DEFAULT);
    json_decref(root);
    TOOL_GIVES(3, "stitch verify nobody");

    TOOL_OK("for f in $STITCH_DIR/stitch.s.*; do :; done; mv $f $SCRATCH/segment; echo $f > $SCRATCH/was");
    TOOL_GIVES(1, "stitch verify r --json"); /* its last segment is gone */
    root = parse_output();
    T_TRUE(json_is_false(json_object_get(root, "sound")));
    T_STR_EQ(text_of(root, "error"), "STITCH_EGONE");
    json_decref(root);
    TOOL_OK("mv $SCRATCH/segment $(cat $SCRATCH/was); stitch verify r");
    TOOL_OK("fallocate -p -o 0 -l 4096 $(cat $SCRATCH/was)"); /* memory taken away behind our back */
    T_EQ(tool_run("stitch verify r --quiet"), 1);
    TOOL_SAYS("r: UNSOUND: uncommitted: an object holds less memory than was promised");
    T_EQ(tool_run("stitch verify r --json"), 1);
    root = parse_output();
    T_STR_EQ(text_of(root, "fault"), "uncommitted");
    T_TRUE(number_of(root, "fault_id") > 0);
    json_decref(root);
    TOOL_OK("stitch rm r");
    tool_end();
}

static void rm_removes_what_it_can(void)
{
    tool_begin();
    TOOL_OK("stitch create a -q; stitch create b -q -s 3M; stitch create c -q");
    TOOL_GIVES(3, "stitch rm a nobody b");
    TOOL_COMPLAINS("stitch: rm: nobody: no region of that name exists");
    TOOL_OK("stitch rm --force nobody c");
    TOOL_GIVES(2, "stitch rm");
    TOOL_OK("stitch ls --json");
    T_STR_EQ(tool_last.out, "[]\n");
    tool_end();
}

static void another_user_has_to_be_named(void)
{
    tool_begin();
    if (tool_run("test \"$(id -u)\" = 0") != 0) {
        tool_end();
        t_skip("only root can give a file away");
    }
    TOOL_OK("stitch create r -q -s 3M -m 0644; chown 12345 $STITCH_DIR/stitch.*");
    TOOL_GIVES(4, "stitch show r");
    TOOL_COMPLAINS("not permitted");
    TOOL_GIVES(4, "stitch cat r");
    TOOL_OK("stitch show r --other-owner");
    TOOL_SAYS("owner       12345\n");
    TOOL_OK("stitch verify r --other-owner && stitch cat -o r | wc -c");
    TOOL_SAYS("3145728");
    TOOL_GIVES(4, "stitch grow r 1");
    TOOL_OK("stitch ls");
    TOOL_SAYS("12345");
    TOOL_OK("chown $(id -u) $STITCH_DIR/stitch.*; stitch rm r");
    tool_end();
}

static void help_tells_of_every_command(void)
{
    static const char *const commands[] = { "create", "ls",   "show",   "verify", "put",
                                            "cat",    "grow", "shrink", "resize", "rm" };

    tool_begin();
    TOOL_OK("stitch --help");
    for (size_t i = 0; i < T_COUNT(commands); i++)
        TOOL_SAYS(commands[i]);
    TOOL_SAYS("Exit status:\n");
    for (size_t i = 0; i < T_COUNT(commands); i++) {
        char usage[64];

        (void)snprintf(usage, sizeof usage, "Usage: stitch %s [OPTION...]", commands[i]);
        TOOL_OK("stitch %s --help", commands[i]);
        TOOL_SAYS(usage);
        TOOL_SAYS("--folder=FOLDER");
        TOOL_SAYS("Exit status:\n");
        TOOL_OK("stitch help %s > $SCRATCH/help; stitch %s -h | cmp - $SCRATCH/help", commands[i], commands[i]);
    }
    TOOL_OK("stitch --version");
    T_STR_EQ(tool_last.out, "stitch " STITCH_VERSION "\n");
    TOOL_GIVES(2, "stitch");
    TOOL_COMPLAINS("Usage: stitch COMMAND");
    TOOL_GIVES(2, "stitch make");
    TOOL_COMPLAINS("stitch: make: there is no such command; see stitch --help\n");
    TOOL_GIVES(2, "stitch --json");
    TOOL_GIVES(2, "stitch help make");
    TOOL_GIVES(2, "stitch ls somewhere");
    TOOL_COMPLAINS("stitch: ls: somewhere: one operand too many; see stitch ls --help\n");
    TOOL_GIVES(2, "stitch ls --jso");
    TOOL_COMPLAINS("stitch: ls: --jso: unknown option; see stitch ls --help\n");
    tool_end();
}

static void output_that_is_lost_is_a_failure(void)
{
    tool_begin();
    TOOL_OK("stitch create r -q -s 3M");
    TOOL_GIVES(6, "stitch ls > /dev/full");
    TOOL_COMPLAINS("stitch: ls: cannot write the output: ");
    TOOL_GIVES(6, "stitch --help > /dev/full");
    TOOL_GIVES(6, "stitch show r --json > /dev/full");
    TOOL_GIVES(6, "stitch cat r > /dev/full");
    TOOL_GIVES(6, "stitch cat r >&-");
    /* What is written to a closed stream never goes into the region by its descriptor. */
    TOOL_GIVES(6, "echo xyz | stitch put r >&-");
    TOOL_GIVES(6, "stitch grow r 4096 <&- >&-");
    T_EQ(tool_run("stitch shrink r 1G <&- >&- 2>&-"), 2);
    T_EQ(tool_run("stitch shrink r 1G >&- 2>&-"), 2);
    T_EQ(tool_run("stitch shrink r 1G 2>&-"), 2);
    TOOL_OK("stitch cat r | tr -d '\\0'");
    T_STR_EQ(tool_last.out, "xyz\n");
    TOOL_OK("stitch verify r -q; stitch show r --bytes | grep -q 'size  *3149828$'");
    TOOL_OK("{ stitch cat r; echo $? >&2; } 2> $SCRATCH/status | head -c 1 > $SCRATCH/one; grep -qx 0 $SCRATCH/status");
    TOOL_OK("stitch rm r");
    tool_end();
}

static const struct CMUnitTest tests[] = {
    T_TEST(create_makes_what_was_asked_for),
    T_TEST(create_refuses_nonsense),
    T_TEST(sizes_change_and_are_told),
    T_TEST(ls_lists_all_and_hides_none),
    T_TEST(show_draws_to_scale),
    T_TEST(show_tells_every_segment),
    T_TEST(verify_tells_sound_from_unsound),
    T_TEST(rm_removes_what_it_can),
    T_TEST(another_user_has_to_be_named),
    T_TEST(help_tells_of_every_command),
    T_TEST(output_that_is_lost_is_a_failure),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
