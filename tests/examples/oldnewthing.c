/* SPDX-License-Identifier: MIT */
/*
 * The article as a program, examples/oldnewthing.c of the tree: its output, line by line.
 */
#include "test.h"
#include "tool_run.h"

/* Returns the program's words for a letter of presence. */
static const char *word_of(char letter)
{
    return letter == 'P'   ? "present"
           : letter == '-' ? "not present: address space only"
                           : "no address: beyond the view";
}

/* The expected text, to which lines are added. */
struct expected {
    char text[8192];
    size_t length;
};

static void expect(struct expected *expected, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    expected->length += (size_t)vsnprintf(expected->text + expected->length, sizeof expected->text - expected->length,
                                          format, arguments);
    va_end(arguments);
    T_TRUE(expected->length < sizeof expected->text);
}

/* Sizes in MiB: of the region, of its memory, of a part, of the whole. */
struct state {
    uint64_t size, memory, segments;
    const char *presence;
};

static void expect_report(struct expected *expected, uint64_t part, uint64_t whole, struct state state)
{
    const struct {
        uint64_t offset;
        const char *what;
    } bytes[] = {
        { 0, "first byte of all" },
        { T_MIB(part) - 1, "last of the first part" },
        { T_MIB(part), "first behind it" },
        { T_MIB(2 * part) - 1, "last of the second part" },
        { T_MIB(2 * part), "first behind it" },
        { T_MIB(whole) - 1, "last byte of all" },
    };

    expect(expected, "   size %" PRIu64 " MiB, memory for %" PRIu64 " MiB, segments %" PRIu64 "\n", state.size,
           state.memory, state.segments);
    for (size_t i = 0; i < T_COUNT(bytes); i++)
        expect(expected, "   offset %11" PRIu64 "  %-24s %s\n", bytes[i].offset, bytes[i].what,
               word_of(state.presence[i]));
}

static void expect_all(struct expected *expected, uint64_t part, uint64_t whole, bool stitches)
{
    expect(expected, "1. Everything committed at once (backend fixed)\n");
    expect_report(expected, part, whole, (struct state){ whole, whole, 1, "PPPPPP" });
    expect(expected, "2. The block reserved, nothing committed (backend single)\n");
    expect_report(expected, part, whole, (struct state){ 0, 0, 1, "------" });
    expect(expected, "3. The first part committed\n");
    expect_report(expected, part, whole, (struct state){ part, part, 1, "PP----" });
    expect(expected, "4. Grown by a second part\n");
    expect_report(expected, part, whole, (struct state){ 2 * part, 2 * part, 1, "PPPP--" });
    expect(expected, "5. Only what is committed is mapped (backend remap)\n");
    expect_report(expected, part, whole, (struct state){ part, part, 1, "PP    " });
    expect(expected, "   grown: a larger view, perhaps at another base\n");
    expect_report(expected, part, whole, (struct state){ 2 * part, 2 * part, 1, "PPPP  " });
    expect(expected, "   what was written is at the same offset: yes\n");
    expect(expected, "6. Several sections side by side (backend stitched): it grows, and it shrinks\n");
    if (!stitches) {
        expect(expected, "   this system cannot do that\n");
        return;
    }
    expect_report(expected, part, whole, (struct state){ 2 * part, 2 * part, 2, "PPPP--" });
    expect_report(expected, part, whole, (struct state){ part, part, 1, "PP----" });
    expect_report(expected, part, whole, (struct state){ 0, 0, 0, "------" });
}

/* The option decides, whatever STITCH_BACKEND says. */
static bool system_stitches(void)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;
    int e;

    options.backend = STITCH_BACKEND_STITCHED;
    e = stitch_create(t_name(), &options, &region);
    if (e == 0)
        t_close(region);
    return e == 0;
}

static void every_line_is_as_the_article_has_it(void)
{
    static const struct {
        uint64_t part, whole; /* MiB: a tenth and less of the article's sizes */
    } sizes[] = { { 10, 102 }, { 2, 20 } };

    tool_begin();
    for (size_t i = 0; i < T_COUNT(sizes); i++) {
        struct expected expected = { .length = 0 };

        TOOL_OK("oldnewthing %" PRIu64 " @article", sizes[i].part);
        expect_all(&expected, sizes[i].part, sizes[i].whole, system_stitches());
        T_STR_EQ(tool_last.out, expected.text);
        T_TRUE(!t_has(T_FOLDERS) || t_folder_count(t_folder()) == 1); /* nothing but the commands' files */
    }
    tool_finish();
}

static void nonsense_is_refused(void)
{
    static const char *const arguments[] = { "0", "1", "3", "x", "-2", "100002", "''", "2x" };

    tool_begin();
    for (size_t i = 0; i < T_COUNT(arguments); i++) {
        TOOL_GIVES(2, "oldnewthing %s", arguments[i]);
        TOOL_COMPLAINS("usage: oldnewthing");
    }
    tool_finish();
}

static const struct CMUnitTest tests[] = {
    T_TEST(every_line_is_as_the_article_has_it),
    T_TEST(nonsense_is_refused),
};

T_MAIN(tests, tool_helpers)
