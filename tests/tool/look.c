/* SPDX-License-Identifier: MIT */
/*
 * The command `stitch`: ls, show and verify, for people and for programs.
 */
#include "test.h"
#include "tool_json.h"
#include "tool_run.h"

static void ls_lists_all_in_json(void)
{
    json_t *root;

    tool_begin();
    tool_make("@one", "-s 64K");
    tool_make("@two", "-s 3M -m 0644 --single");
    TOOL_OK("stitch ls --json");
    root = tool_json();
    T_EQ(tool_number(tool_by_name(root, tool_text("@one")), "size"), 65536);
    T_STR_EQ(tool_string(tool_by_name(root, tool_text("@one")), "backend"), tool_backend());
    T_EQ(tool_number(tool_by_name(root, tool_text("@two")), "segments"), 1);
    T_STR_EQ(tool_string(tool_by_name(root, tool_text("@two")), "backend"), "single");
    json_decref(root);
    TOOL_OK("stitch ls --bytes");
    TOOL_SAYS("34359738368");
    TOOL_GIVES(3, "stitch ls --folder nowhere/at/all");
    TOOL_COMPLAINS("stitch: ls: nowhere/at/all: there is no such folder");
    tool_remove("@one");
    tool_remove("@two");
    tool_finish();
}

static void ls_hides_none_of_a_folder(void)
{
    const char *wild = "w\xc3\xa4"
                       "x\xff"
                       "31m\xc2\x9b\xe2\x80\xae"; /* with a byte that is not UTF-8 */
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;
    json_t *root;

    t_needs(T_FOLDERS);
    tool_begin();
    TOOL_OK("stitch ls");
    TOOL_SAYS("no regions in ");
    TOOL_OK("stitch create one -q -s 64K\nstitch create two -q -s 4M -m 0644 --single");
    tool_shell("echo rubbish >../stitch.r.x");
    options.flags = STITCH_KEEP;
    T_OK(stitch_create(wild, &options, &region));
    t_close(region);
    TOOL_OK("stitch ls");
    T_TRUE(strncmp(tool_last.out, "SIZE  COMMIT  RESERVE  SEGS  GEN  MODE  OWNER ", 46) == 0);
    TOOL_SAYS(" 64K     64K      32G     1    ");
    TOOL_SAYS("  4M      4M      32G     1    ");
    TOOL_SAYS("  0644  ");
    TOOL_SAYS("  w\\xc3\\xa4x\\xff31m\\xc2\\x9b\\xe2\\x80\\xae\n");
    TOOL_SAYS("  x: the region's directory is damaged");
    if (tool_utf8(true)) {
        TOOL_OK("stitch ls");
        TOOL_SAYS("  w\xc3\xa4x\\xff31m\\xc2\\x9b\\xe2\\x80\\xae\n");
    }
    TOOL_OK("stitch ls --json");
    root = tool_json();
    T_EQ(json_array_size(root), 4);
    T_STR_EQ(tool_string(tool_by_name(root, "x"), "error"), "STITCH_ECORRUPT");
    T_TRUE(json_object_get(tool_by_name(root, "x"), "size") == NULL);
    T_STR_EQ(tool_string(json_array_get(root, 2), "name_hex"), "77c3a478ff33316dc29be280ae");
    json_decref(root);
    TOOL_GIVES(6, "stitch rm x");
    T_OK(stitch_unlink(wild));
    tool_shell("rm ../stitch.r.x; folder=$STITCH_DIR; unset STITCH_DIR; stitch rm -d \"$folder\" one two");
    tool_finish();
}

/* Fails unless so many lines begin like this, each of 80 characters. */
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
    tool_make("@r", "--reserve 8M --extent 2M");
    TOOL_OK("stitch grow @r -q 2M\nstitch grow @r -q 2M\nstitch grow @r -q 2M");
    if (!tool_utf8(false)) {
        TOOL_OK("stitch show @r");
        lines_are_whole("  +-", 2);
        lines_are_whole("  |", 1);
        TOOL_SAYS("\n  +-------------------+------------------+-------------------------------------+\n"
                  "  |#########################################################                   |\n");
        TOOL_SAYS("size 6M ^\n");
    }
    if (tool_utf8(true)) {
        TOOL_OK("stitch show @r");
        lines_are_whole("  ┌─", 1);
        lines_are_whole("  │", 1);
        TOOL_SAYS("\n  ┌───────────────────┬──────────────────┬─────────────────────────────────────┐\n"
                  "  │█████████████████████████████████████████████████████████                   │\n");
        TOOL_SAYS("size 6M ▲\n");
    }
    TOOL_SAYS("\n0   1       0      2M      2M        2M      2M ");
    TOOL_SAYS("yes\n");
    tool_remove("@r");
    tool_make("@many", "--reserve 16G");
    TOOL_OK("stitch grow @many 10M -q\nstitch resize @many 30M -q\nstitch resize @many 90M -q\nstitch show @many");
    TOOL_SAYS("extents, enlarged: ");
    if (tool_utf8(true)) {
        lines_are_whole("  ┌", 2);
        lines_are_whole("  │", 2);
        lines_are_whole("  └", 2);
        TOOL_SAYS("┬");
    }
    tool_remove("@many");
    tool_make("@empty", "");
    TOOL_OK("stitch show @empty");
    TOOL_SAYS(" size 0");
    tool_remove("@empty");
    tool_finish();
}

/* Reads from the system what this process's view is like; the command's is the same. */
static void segment_is(const json_t *object, const struct stitch_segment *segment)
{
    T_EQ(tool_number(object, "id"), segment->id);
    T_EQ(tool_number(object, "extent"), segment->extent);
    T_EQ(tool_number(object, "committed"), segment->committed);
    T_EQ(tool_number(object, "resident"), segment->resident);
    T_EQ(tool_number(object, "mapped"), segment->extent);
    T_EQ(tool_number(object, "present"), segment->present);
    T_STR_EQ(tool_string(object, "access"), "r-");
    T_TRUE(json_is_true(json_object_get(object, "adjacent")));
}

static void show_tells_every_segment(void)
{
    struct stitch_segment segment;
    stitch_region *region;
    json_t *root, *segments;
    uint64_t end = 0;

    tool_begin();
    tool_make("@r", "-s 3M");
    TOOL_OK("stitch resize @r 9M -q\nstitch resize @r 33333333 -q\nstitch show @r --json");
    root = tool_json();
    segments = json_object_get(root, "segments");
    region = t_open_readonly(tool_text("@r"));
    T_EQ(tool_number(root, "size"), 33333333);
    T_EQ(json_array_size(segments), t_info(region).segments);
    T_TRUE(json_array_size(segments) > 2);
    for (size_t i = 0; i < json_array_size(segments); i++) {
        const json_t *object = json_array_get(segments, i);

        T_OK(stitch_segment(region, i, &segment));
        T_EQ(tool_number(object, "index"), i);
        T_EQ(tool_number(object, "offset"), end);
        T_EQ(tool_number(object, "address"), tool_number(root, "base") + end);
        segment_is(object, &segment);
        end += segment.extent;
    }
    T_EQ(segment.present, segment.committed); /* the last segment, of which a part is committed */
    T_EQ(tool_number(root, "extents"), end);
    T_EQ(json_is_true(json_object_get(root, "writers")), !t_has(T_KEPT)); /* there the holder may write */
    json_decref(root);
    t_close(region);
    region = t_open(tool_text("@r")); /* this process is attached and may write */
    TOOL_OK("stitch show @r");
    TOOL_SAYS("writers     attached\n");
    t_close(region);
    TOOL_GIVES(3, "stitch show @nobody");
    TOOL_GIVES(2, "stitch show");
    tool_remove("@r");
    tool_finish();
}

static void verify_tells_that_a_region_is_sound(void)
{
    json_t *root;

    tool_begin();
    tool_make("@r", "-s 3M");
    TOOL_OK("stitch resize @r 9M -q\nstitch verify @r");
    TOOL_SAYS("@r: sound: ");
    TOOL_OK("stitch verify @r --quiet");
    T_STR_EQ(tool_last.out, "");
    TOOL_OK("stitch verify @r --json");
    root = tool_json();
    T_TRUE(json_is_true(json_object_get(root, "sound")));
    T_EQ(tool_number(root, "segments"), tool_number(root, "seams") + 1);
    T_EQ(tool_number(root, "bytes") + tool_number(root, "reservation"), STITCH_RESERVE_DEFAULT);
    json_decref(root);
    TOOL_GIVES(3, "stitch verify @nobody");
    tool_remove("@r");
    tool_finish();
}

static void verify_tells_what_is_unsound(void)
{
    json_t *root;

    t_needs(T_FOLDERS);
    tool_begin();
    TOOL_OK("stitch create r -q -s 3M\nstitch resize r 9M -q");
    tool_shell("for f in ../stitch.s.*; do :; done; mv $f segment; echo $f >was");
    TOOL_GIVES(1, "stitch verify r --json"); /* the last segment is gone */
    root = tool_json();
    T_TRUE(json_is_false(json_object_get(root, "sound")));
    T_STR_EQ(tool_string(root, "error"), "STITCH_EGONE");
    json_decref(root);
    tool_shell("mv segment $(cat was)");
    TOOL_OK("stitch verify r");
    tool_shell("fallocate -p -o 0 -l 4096 $(cat was)"); /* takes memory away without the library */
    T_EQ(tool_run("stitch verify r --quiet"), 1);
    TOOL_SAYS("r: UNSOUND: uncommitted: an object holds less memory than is committed");
    T_EQ(tool_run("stitch verify r --json"), 1);
    root = tool_json();
    T_STR_EQ(tool_string(root, "fault"), "uncommitted");
    T_TRUE(tool_number(root, "fault_id") > 0);
    json_decref(root);
    TOOL_OK("stitch rm r");
    tool_finish();
}

static const struct CMUnitTest tests[] = {
    T_TEST(ls_lists_all_in_json),
    T_TEST(ls_hides_none_of_a_folder),
    T_STITCHED(show_draws_to_scale),
    T_STITCHED(show_tells_every_segment),
    T_TEST(verify_tells_that_a_region_is_sound),
    T_TEST(verify_tells_what_is_unsound),
};

T_MAIN(tests, tool_helpers)
