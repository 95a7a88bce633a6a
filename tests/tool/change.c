/* SPDX-License-Identifier: MIT */
/*
 * The command `stitch`: making, resizing and removing regions; what it refuses, and how it says so. Looking at regions:
 * look.c. Bytes through the command: stream.c.
 */
#include "test.h"
#include "tool_json.h"
#include "tool_run.h"

/* Returns the step through so many cases: more than 1 where each command takes long. */
static size_t some_of(size_t count)
{
    size_t rounds = (size_t)t_rounds(count);

    return rounds > 0 && rounds < count ? count / rounds : 1;
}

static void create_makes_what_was_asked_for(void)
{
    json_t *root;

    tool_begin();
    tool_make("@a", "--size=5M --reserve 1G --mode 0644 --lazy --extent 4M --segments 77");
    TOOL_OK("stitch show --json @a");
    root = tool_json();
    T_STR_EQ(tool_string(root, "name"), tool_text("@a"));
    T_EQ(tool_number(root, "size"), T_MIB(5));
    T_EQ(tool_number(root, "reserve"), T_GIB(1));
    T_EQ(tool_number(root, "mode"), 0644);
    T_EQ(tool_number(root, "extent"), strcmp(tool_backend(), "stitched") == 0 ? T_MIB(4) : T_GIB(1));
    T_EQ(tool_number(root, "capacity"), 77);
    T_TRUE(json_is_true(json_object_get(root, "lazy")));
    T_EQ(json_is_true(json_object_get(root, "keep")), t_has(T_KEPT));
    T_STR_EQ(tool_string(root, "backend"), tool_backend());
    json_decref(root);
    tool_make("@b", "--single");
    TOOL_OK("stitch show --json @b");
    root = tool_json();
    T_STR_EQ(tool_string(root, "backend"), "single");
    T_TRUE(json_is_false(json_object_get(root, "lazy")));
    T_EQ(tool_number(root, "size"), 0);
    T_EQ(tool_number(root, "reserve"), STITCH_RESERVE_DEFAULT);
    json_decref(root);
    TOOL_GIVES(6, "stitch create @a");
    TOOL_COMPLAINS("stitch: create: @a: a region of that name exists");
    TOOL_COMPLAINS("(STITCH_EEXIST)");
    tool_remove("@a");
    tool_remove("@b");
    tool_finish();
}

static void create_tells_what_becomes_of_it(void)
{
    tool_begin();
    T_EQ(tool_run("stitch create '@a' --size=5M --reserve 1G --single"), 0);
    T_STR_EQ(tool_last.out, tool_text("@a: made, 5M of at most 1G, single\n"));
    if (t_has(T_KEPT)) {
        T_STR_EQ(tool_last.err, "");
        TOOL_OK("stitch rm @a");
    } else {
        TOOL_COMPLAINS("stitch: create: @a: on this system a region lives as long as somebody is attached");
        TOOL_COMPLAINS("`stitch hold`");
        TOOL_GIVES(3, "stitch show @a");
    }
    TOOL_OK("stitch create '@with blank' -q");
    T_STR_EQ(tool_last.out, "");
    TOOL_GIVES(t_has(T_KEPT) ? 0 : 3, "stitch rm '@with blank'");
    tool_finish();
}

static void other_backends_are_made_and_shown(void)
{
    static const struct {
        const char *arguments, *backend;
        uint64_t reserve, committed;
    } cases[] = {
        { "--size=3M --backend=fixed", "fixed", T_MIB(4), T_MIB(4) },
        { "--size=3M --backend=fixed --reserve=6M", "fixed", T_MIB(6), T_MIB(6) },
        { "--size=3M --backend=remap --reserve=6M", "remap", T_MIB(6), T_MIB(3) },
    };

    tool_begin();
    for (size_t i = 0; i < T_COUNT(cases); i++) {
        json_t *root;

        tool_make("@r", cases[i].arguments);
        TOOL_OK("stitch show --json @r");
        root = tool_json();
        T_STR_EQ(tool_string(root, "backend"), cases[i].backend);
        T_EQ(tool_number(root, "size"), T_MIB(3));
        T_EQ(tool_number(root, "reserve"), cases[i].reserve);
        T_EQ(tool_number(root, "committed"), cases[i].committed);
        T_EQ(json_array_size(json_object_get(root, "segments")), 1);
        json_decref(root);
        TOOL_OK("stitch grow @r 1M -q\nstitch verify @r\nstitch show @r");
        TOOL_SAYS(cases[i].backend);
        TOOL_OK("stitch cat @r >out");
        T_EQ(tool_file_size("out"), T_MIB(4));
        tool_remove("@r");
    }
    tool_finish();
}

static void security_is_the_systems_affair(void)
{
    tool_begin();
    if (t_has(T_FOLDERS)) {
        TOOL_GIVES(2, "stitch create r --security=D:P(A;;GA;;;OW)");
        TOOL_COMPLAINS("stitch: create: --security: only on Windows");
    } else {
        TOOL_GIVES(2, "stitch create @r --security=rubbish");
        TOOL_COMPLAINS("stitch: create: --security: that is no security descriptor string");
        tool_make("@r", "--security=D:P(A;;GR;;;WD)(A;;GA;;;OW)");
        TOOL_OK("stitch show @r");
        tool_remove("@r");
    }
    tool_finish();
}

static void create_refuses_nonsense(void)
{
    static const char *const lines[] = {
        "create",
        "create ''",
        "create a/b",
        "create a b",
        "create 'a\\b'",
        "create 'Local\\a'",
        "create 'a\001b'",
        "create x --size=12Q",
        "create x --size=-5",
        "create x --size=1.5",
        "create x --size=16777216T",
        "create x --size=",
        "create x --size",
        "create x --reserve=1M",
        "create x --reserve=65T",
        "create x --reserve=0",
        "create x --mode=0666",
        "create x --mode=rw",
        "create x --extent=0",
        "create x --segments=0",
        "create x --segments=65537",
        "create x --segments=1K",
        "create x --backend=other",
        "create x --single --backend=stitched",
        "create x --lazy --backend=fixed",
        "create x --lazy --backend=remap",
        "create x --backend=fixed",
        "put x --backend=fixed",
        "hold x --backend=fixed",
        "create x --siz=1",
        "create x -z",
        "create -- --x y",
        "hold",
        "hold x --time=y",
        "hold x --time=",
        "hold a/b",
        "hold x --size=z",
        "hold x --linger=1",
        "put x --linger=-1",
        "put x --linger=y",
        "grow x 1 --linger=",
    };

    tool_begin();
    for (size_t i = 0; i < T_COUNT(lines); i += some_of(T_COUNT(lines))) {
        char command[32];

        TOOL_GIVES(2, "stitch %s", lines[i]);
        (void)snprintf(command, sizeof command, "stitch: %.*s: ", (int)strcspn(lines[i], " "), lines[i]);
        TOOL_COMPLAINS(command);
        T_STR_EQ(tool_last.out, "");
        T_TRUE(strstr(tool_last.err, "stitch.h") == NULL); /* the sentence for the shell, not the one for programs */
    }
    t_environment("STITCH_BACKEND", "other");
    TOOL_GIVES(2, "stitch create @x");
    TOOL_COMPLAINS("stitch: create: STITCH_BACKEND: there is auto, stitched, single, fixed and remap");
    t_environment("STITCH_BACKEND", NULL);
    TOOL_GIVES(2, "stitch create %0201d", 0);
    TOOL_GIVES(5, "stitch create @x --size=2G --reserve=1G");
    TOOL_COMPLAINS("(STITCH_ERESERVE)");
    TOOL_GIVES(3, "stitch show @x");
    tool_finish();
}

static void sizes_change_and_are_told(void)
{
    bool back = t_has(T_GIVING_BACK); /* else the memory of a segment's end stays */

    tool_begin();
    tool_make("@r", "");
    TOOL_OK("stitch grow @r 64K");
    TOOL_SAYS(back ? "@r: size 0 -> 64K (65536 bytes), memory 0 -> 64K\n" : "@r: size 0 -> 64K (65536 bytes), memory ");
    TOOL_OK("stitch resize @r 6M"); /* whole blocks take the same memory in either way */
    TOOL_SAYS(back ? "@r: size 64K -> 6M (6291456 bytes), memory 64K -> 6M\n" : "@r: size 64K -> 6M (6291456 bytes), ");
    TOOL_OK("stitch shrink @r 2M --bytes");
    TOOL_SAYS(back ? "@r: size 6291456 -> 4194304, memory 6291456 -> 4194304\n" : "@r: size 6291456 -> 4194304, ");
    TOOL_OK("stitch resize @r 0 --quiet");
    T_STR_EQ(tool_last.out, "");
    TOOL_GIVES(2, "stitch shrink @r 1");
    TOOL_COMPLAINS("stitch: shrink: @r: the region is not that large: it has 0");
    TOOL_GIVES(2, "stitch grow @r");
    TOOL_GIVES(2, "stitch grow @r 1X");
    TOOL_COMPLAINS("stitch: grow: SIZE: \"1X\" is not a size");
    TOOL_GIVES(5, "stitch resize @r 33G");
    TOOL_GIVES(3, "stitch grow @other 1");
    TOOL_COMPLAINS("stitch: grow: @other: no region of that name exists in this folder; stitch ls shows which do, "
                   "stitch create makes one (STITCH_ENO");
    tool_remove("@r");
    tool_finish();
}

/* A name with an a-umlaut, a control character of two bytes, and one that reverses the direction. */
#define WILD      "@w\xc3\xa4x31m\xc2\x9b\xe2\x80\xae"
#define WILD_UTF8 "@w\xc3\xa4x31m\\xc2\\x9b\\xe2\\x80\\xae"

static void names_are_written_so_that_they_do_no_harm(void)
{
    tool_begin();
    tool_make(WILD, "--size 64K");
    if (!tool_utf8(false)) {
        TOOL_OK("stitch ls");
        TOOL_SAYS("  w\\xc3\\xa4x31m\\xc2\\x9b\\xe2\\x80\\xae\n");
        for (const char *byte = tool_last.out; *byte != '\0'; byte++)
            T_TRUE(*byte == '\n' || (*byte >= 0x20 && *byte < 0x7f));
    }
    if (tool_utf8(true)) {
        TOOL_OK("stitch ls");
        TOOL_SAYS("  " WILD_UTF8 "\n");
        TOOL_OK("stitch show '" WILD "'"); /* the command line does not change the name */
        TOOL_SAYS(WILD_UTF8 "\n");
        TOOL_GIVES(3, "stitch show '" WILD "x'");
        TOOL_COMPLAINS("stitch: show: " WILD_UTF8 "x: no region");
    }
    tool_remove(WILD);
    tool_finish();
}

static void names_pass_through_the_command_line(void)
{
    static const char *const names[] = { "@\"", "@a\"b", "@a \"b c\" d", "@%PATH%", "@^&|<>()", "@$HOME `x` *?" };

    tool_begin();
    for (size_t i = 0; i < T_COUNT(names); i++) {
        json_t *root;

        tool_make(names[i], "--size 4K");
        TOOL_OK("stitch show --json '%s'", names[i]);
        root = tool_json();
        T_STR_EQ(tool_string(root, "name"), tool_text(names[i]));
        json_decref(root);
        tool_remove(names[i]);
    }
    tool_finish();
}

static void rm_removes_what_it_can(void)
{
    tool_begin();
    TOOL_GIVES(3, "stitch rm @nobody");
    TOOL_COMPLAINS("stitch: rm: @nobody: no region of that name exists");
    TOOL_OK("stitch rm --force @nobody");
    TOOL_GIVES(2, "stitch rm");
    if (!t_has(T_UNLINKING)) {
        tool_make("@r", "");
        TOOL_GIVES(6, "stitch rm @r");
        TOOL_COMPLAINS("stitch: rm: @r: on this system a region's name goes with its last user");
        tool_remove("@r");
    } else {
        TOOL_OK("stitch create a -q\nstitch create b -q -s 3M\nstitch create c -q");
        TOOL_GIVES(3, "stitch rm a nobody b");
        TOOL_OK("stitch rm --force nobody c\nstitch ls --json");
        T_STR_EQ(tool_last.out, "[]\n");
    }
    tool_finish();
}

static void another_user_has_to_be_named(void)
{
    if (!t_has(T_FOLDERS))
        t_skip("on Windows a security descriptor says who may attach, and there is no number of an owner");
    if (system("test \"$(id -u)\" = 0") != 0)
        t_skip("only root can give a file away");
    tool_begin();
    TOOL_OK("stitch create r -q -s 3M -m 0644");
    tool_shell("chown 12345 ../stitch.*");
    TOOL_GIVES(4, "stitch show r");
    TOOL_COMPLAINS("not permitted");
    TOOL_GIVES(4, "stitch cat r");
    TOOL_GIVES(4, "stitch hold r -r --time 1");
    TOOL_OK("stitch show r --other-owner");
    TOOL_SAYS("owner       12345\n");
    TOOL_OK("stitch verify r --other-owner\nstitch hold r -o --time=0\nstitch cat -o r >out");
    T_EQ(tool_file_size("out"), T_MIB(3));
    TOOL_GIVES(4, "stitch grow r 1");
    TOOL_OK("stitch ls");
    TOOL_SAYS("12345");
    tool_shell("chown $(id -u) ../stitch.*; stitch rm r");
    tool_finish();
}

static void help_tells_of_every_command(void)
{
    static const char *const commands[] = { "create", "ls",   "show",   "verify", "put", "cat",
                                            "hold",   "grow", "shrink", "resize", "rm" };

    tool_begin();
    TOOL_OK("stitch --help");
    for (size_t i = 0; i < T_COUNT(commands); i++)
        TOOL_SAYS(commands[i]);
    TOOL_SAYS("Exit status:\n");
    for (size_t i = 0; i < T_COUNT(commands); i += some_of(T_COUNT(commands))) {
        char usage[64];

        (void)snprintf(usage, sizeof usage, "Usage: stitch %s [OPTION...]", commands[i]);
        TOOL_OK("stitch %s --help", commands[i]);
        TOOL_SAYS(usage);
        TOOL_SAYS("--folder=FOLDER");
        TOOL_SAYS("Exit status:\n");
        TOOL_OK("stitch help %s >one\nstitch %s -h >two", commands[i], commands[i]);
        tool_same_file("one", "two", 0, TOOL_ALL);
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
    tool_finish();
}

static void output_that_is_lost_is_a_failure(void)
{
    static const char *const lost[] = {
        "ls >/dev/full",
        "--help >/dev/full",
        "show r --json >/dev/full",
        "cat r >/dev/full",
        "cat r >&-",
        "hold r --time=0 >/dev/full",
        /* Text for a closed stream never goes into the region by its descriptor. */
        "put r <xyz >&-",
        "grow r 4096 <&- >&-",
    };
    static const char *const refused[] = { "<&- >&- 2>&-", ">&- 2>&-", "2>&-" };
    char script[256];

    if (!t_has(T_FOLDERS))
        t_skip("on Windows there is no full device and no shell that closes streams");
    tool_begin();
    TOOL_OK("stitch create r -q -s 3M");
    tool_write_file("xyz", "xyz\n", 4);
    for (size_t i = 0; i < T_COUNT(lost); i++) {
        (void)snprintf(script, sizeof script, "{ stitch %s; } 2>err; [ $? = 6 ] && grep -q 'write the output: ' err",
                       lost[i]);
        tool_shell(script);
    }
    for (size_t i = 0; i < T_COUNT(refused); i++) {
        (void)snprintf(script, sizeof script, "{ stitch shrink r 1G; } %s; [ $? = 2 ]", refused[i]);
        tool_shell(script);
    }
    tool_shell("[ \"$(stitch cat r | tr -d '\\0')\" = xyz ] && stitch verify r -q");
    tool_shell("stitch show r --bytes | grep -q 'size  *3149828$'");
    TOOL_OK("stitch rm r");
    tool_finish();
}

static void input_that_cannot_be_read_is_a_failure(void)
{
    if (!t_has(T_FOLDERS))
        t_skip("on Windows a folder cannot be given as input");
    tool_begin();
    tool_shell("stitch put r </ 2>err; [ $? = 6 ] && grep -q 'stitch: put: cannot read the input: ' err");
    TOOL_OK("stitch rm r");
    tool_finish();
}

static const struct CMUnitTest tests[] = {
    T_TEST(create_makes_what_was_asked_for),
    T_TEST(create_tells_what_becomes_of_it),
    T_TEST(create_refuses_nonsense),
    T_TEST(other_backends_are_made_and_shown),
    T_TEST(security_is_the_systems_affair),
    T_TEST(sizes_change_and_are_told),
    T_TEST(names_are_written_so_that_they_do_no_harm),
    T_TEST(names_pass_through_the_command_line),
    T_TEST(rm_removes_what_it_can),
    T_TEST(another_user_has_to_be_named),
    T_TEST(help_tells_of_every_command),
    T_TEST(output_that_is_lost_is_a_failure),
    T_TEST(input_that_cannot_be_read_is_a_failure),
};

T_MAIN(tests, tool_helpers)
