/* SPDX-License-Identifier: MIT */
/*
 * The command `stitch` where many processes share a region: who, gc, what shrink reports of others, and several puts
 * at once with a follower. Commands that go on reporting: live.c.
 */
#include "test.h"
#include "tool_json.h"
#include "tool_run.h"

/* ------------------------------------------------------------------------------------------------------ who --- */

/* Returns this process's member from `stitch who --json`, or NULL. The caller frees *root. */
static const json_t *own_member(const char *name, json_t **root)
{
    const json_t *members;

    TOOL_OK("stitch who %s --json", name);
    *root = tool_json();
    members = json_object_get(*root, "members");
    for (size_t i = 0; i < json_array_size(members); i++)
        if (tool_number(json_array_get(members, i), "pid") == t_process_id(NULL))
            return json_array_get(members, i);
    return NULL;
}

static void who_tells_each_process(void)
{
    stitch_region *region;
    const json_t *own;
    uint64_t others;
    json_t *root;

    tool_begin();
    tool_make("@r", "-s 3M");
    T_TRUE(own_member("@r", &root) == NULL);
    others = tool_number(root, "processes"); /* none, or the one that keeps the region */
    T_EQ(others, t_has(T_KEPT) ? 0 : 1);
    json_decref(root);
    TOOL_OK("stitch who @r");
    TOOL_SAYS(others > 0 ? "1 process; generation " : "@r: nobody is attached\n");
    region = t_open_readonly(tool_text("@r"));
    own = own_member("@r", &root);
    T_TRUE(own != NULL);
    T_STR_EQ(tool_string(own, "access"), "read");
    T_TRUE(tool_string(own, "command")[0] != '\0'); /* test_tool_many, or its emulator */
    T_EQ(tool_number(own, "generation"), stitch_generation(region));
    T_EQ(tool_number(own, "behind"), 0);
    T_EQ(tool_number(own, "base"), (uintptr_t)stitch_base(region));
    T_EQ(tool_number(own, "mapped"), t_info(region).extents);
    T_EQ(tool_number(own, "retired"), 0);
    T_EQ(tool_number(own, "proved"), 0);
    T_EQ(tool_number(root, "processes"), others + 1);
    json_decref(root);
    TOOL_OK("stitch who @r");
    TOOL_SAYS("  read ");
    TOOL_SAYS(others > 0 ? "\n2 processes; generation " : "\n1 process; generation ");
    t_close(region);
    T_TRUE(own_member("@r", &root) == NULL);
    json_decref(root);
    tool_remove("@r");
    TOOL_GIVES(3, "stitch who @r");
    TOOL_GIVES(2, "stitch who");
    TOOL_GIVES(2, "stitch who @r @r");
    tool_finish();
}

static void who_tells_writers_apart(void)
{
    struct stitch_options options;
    stitch_region *region, *second;
    const json_t *own;
    json_t *root;

    tool_begin();
    options = t_options();
    options.flags = STITCH_EXCLUSIVE;
    region = t_create_with(tool_text("@r"), &options);
    second = t_open_readonly(tool_text("@r"));
    own = own_member("@r", &root);
    T_TRUE(own != NULL);
    T_EQ(tool_number(root, "processes"), 1);
    T_EQ(json_array_size(json_object_get(root, "members")), 2);
    json_decref(root);
    TOOL_OK("stitch who @r");
    TOOL_SAYS("  exclusive ");
    TOOL_SAYS("  read ");
    TOOL_SAYS("\n1 process with 2 handles; ");
    t_close(second);
    t_close(region);
    tool_finish();
}

/* This process has not synced the change, and neither has one that is stopped. */
static void who_tells_what_each_pins(void)
{
    stitch_region *region;
    tool_process *hold;
    const json_t *own;
    json_t *root;

    tool_begin();
    tool_make("@r", "--extent 2M -s 2M");
    TOOL_OK("stitch grow @r 4M -q");
    region = t_open_readonly(tool_text("@r"));
    hold = tool_start("stitch hold @r -r");
    tool_wait_for_output(hold, 1);
    tool_pause(hold);
    TOOL_OK("stitch shrink @r 4M");
    TOOL_SAYS("\n@r: segments of 4M removed, 4M of it still held by ");
    TOOL_SAYS(": see stitch who\n");
    if (t_has(T_KEPT))
        TOOL_SAYS("by 2 handles: ");
    own = own_member("@r", &root);
    T_TRUE(own != NULL);
    T_EQ(tool_number(own, "behind"), 1);
    T_EQ(tool_number(own, "mapped"), T_MIB(6));
    T_EQ(tool_number(own, "retired"), T_MIB(4));
    T_EQ(tool_number(own, "proved"), T_MIB(4));
    T_TRUE(tool_number(root, "retired") >= T_MIB(8));
    T_TRUE(tool_number(root, "proved") >= T_MIB(8));
    T_EQ(tool_number(root, "unproved"), 0);
    json_decref(root);
    T_EQ(stitch_sync(region), 1);
    own = own_member("@r", &root);
    T_TRUE(own != NULL);
    T_EQ(tool_number(own, "retired"), 0);
    T_EQ(tool_number(own, "proved"), 0);
    json_decref(root);
    TOOL_OK("stitch top --json");
    root = tool_json();
    T_TRUE(tool_number(tool_by_name(json_object_get(root, "regions"), tool_text("@r")), "pinned") >= T_MIB(4));
    json_decref(root);
    tool_continue(hold);
    t_close(region);
    tool_interrupt(hold);
    T_EQ(tool_end(hold), 0);
    TOOL_OK("stitch grow @r 4M -q\nstitch shrink @r 1M");
    T_TRUE(strstr(tool_last.out, "segments of") == NULL); /* none has left */
    TOOL_OK("stitch shrink @r 3M --quiet");
    T_STR_EQ(tool_last.out, "");
    tool_remove("@r");
    tool_finish();
}

/* ------------------------------------------------------------------------------------------------------- gc --- */

static void killed(const char *line)
{
    tool_process *process = tool_start("%s", line);

    tool_wait_for_output(process, 1);
    tool_kill(process);
    T_EQ(tool_end(process), T_END_KILLED);
}

static void gc_removes_what_was_left(void)
{
    json_t *root;
    const json_t *regions, *region;
    tool_process *hold;

    tool_begin();
    if (!t_has(T_KEPT)) { /* the system removes objects at once */
        killed("stitch hold @r -s 5M");
        TOOL_OK("stitch gc");
        TOOL_SAYS("nothing to remove in ");
        tool_finish();
        return;
    }
    TOOL_OK("stitch create kept -s 1M -q\nstitch create gone -s 3M -q");
    hold = tool_start("stitch hold used -s 1M");
    tool_wait_for_output(hold, 1);
    killed("stitch hold left -s 5M");
    TOOL_OK("stitch gc --json");
    root = tool_json();
    regions = json_object_get(root, "regions");
    T_EQ(json_array_size(regions), 1);
    region = tool_by_name(regions, "left");
    T_TRUE(tool_number(region, "objects") >= 3);
    T_TRUE(tool_number(region, "bytes") >= T_MIB(5));
    T_EQ(strlen(tool_string(region, "tag")), 16);
    T_EQ(tool_number(root, "objects"), tool_number(region, "objects"));
    T_EQ(tool_number(root, "bytes"), tool_number(region, "bytes"));
    json_decref(root);
    killed("stitch hold left -s 64K");
    {
        tool_process *user = tool_start("stitch hold gone -r");

        tool_wait_for_output(user, 1);
        TOOL_OK("stitch rm gone");
        tool_kill(user);
        T_EQ(tool_end(user), T_END_KILLED);
    }
    TOOL_OK("stitch gc");
    TOOL_SAYS("left: removed, ");
    TOOL_SAYS("unlinked region ");
    TOOL_SAYS("2 regions removed, ");
    TOOL_OK("stitch gc");
    TOOL_SAYS("nothing to remove in ");
    TOOL_OK("stitch gc --quiet\nstitch verify used -q\nstitch verify kept -q\nstitch rm kept");
    T_STR_EQ(tool_last.out, "");
    TOOL_GIVES(3, "stitch gc --folder nowhere/at/all");
    TOOL_GIVES(2, "stitch gc left");
    tool_interrupt(hold);
    T_EQ(tool_end(hold), 0);
    tool_finish();
}

/* ------------------------------------------------------------------------------------------ several producers --- */

enum { PRODUCERS = 4, RECORD = 64, RECORDS = 50000 };

typedef struct record {
    uint64_t producer, number, noise[5], sum;
} record;

static uint64_t sum_of(const record *one)
{
    const unsigned char *byte = (const unsigned char *)one;
    uint64_t sum = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < offsetof(record, sum); i++)
        sum = (sum ^ byte[i]) * UINT64_C(1099511628211); /* FNV-1a */
    return sum;
}

/* Returns the sum of all its records. */
static uint64_t make_records(const char *file, uint64_t producer, uint64_t count)
{
    record *records = calloc((size_t)count, sizeof *records);
    t_random random = t_random_from(producer);
    uint64_t sum = 0;

    T_EQ(sizeof *records, RECORD);
    T_TRUE(records != NULL);
    for (uint64_t i = 0; i < count; i++) {
        records[i].producer = producer;
        records[i].number = i;
        for (size_t n = 0; n < T_COUNT(records[i].noise); n++)
            records[i].noise[n] = t_random_next(&random);
        records[i].sum = sum_of(&records[i]);
        sum += records[i].sum;
    }
    tool_write_file(file, records, (size_t)count * sizeof *records);
    free(records);
    return sum;
}

/* Fails unless all records of every producer are there, whole, and in its order. */
static void check_records(const char *file, uint64_t count, const uint64_t *sums)
{
    uint64_t next[PRODUCERS] = { 0 }, sum[PRODUCERS] = { 0 };
    size_t size;
    char *bytes = tool_read_file(file, &size);

    T_EQ(size, count * PRODUCERS * RECORD);
    for (size_t at = 0; at < size; at += RECORD) {
        record one;

        memcpy(&one, bytes + at, sizeof one);
        if (one.sum != sum_of(&one) || one.producer >= PRODUCERS)
            T_FAIL("the record at %zu of %zu is not whole", at, size);
        T_EQ(one.number, next[one.producer]++);
        sum[one.producer] += one.sum;
    }
    for (size_t i = 0; i < PRODUCERS; i++) {
        T_EQ(next[i], count);
        T_EQ(sum[i], sums[i]);
    }
    free(bytes);
}

static void several_puts_and_a_follower(void)
{
    uint64_t count = t_rounds(RECORDS), sums[PRODUCERS];
    tool_process *cat, *put[PRODUCERS];
    stitch_region *region;

    tool_begin();
    for (uint64_t i = 0; i < PRODUCERS; i++) {
        char file[8];

        (void)snprintf(file, sizeof file, "in%" PRIu64, i);
        sums[i] = make_records(file, i, count);
    }
    region = t_create(tool_text("@r")); /* it stays a writer, so that the follower does not end between two puts */
    cat = tool_start("stitch cat -f @r >out");
    for (int i = 0; i < PRODUCERS; i++)
        put[i] = tool_start("stitch put @r -q <in%d", i);
    for (int i = 0; i < PRODUCERS; i++) {
        T_EQ(tool_end(put[i]), 0);
        T_STR_EQ(tool_last.err, "");
        t_sync(region);
    }
    tool_wait_for_output(cat, count * PRODUCERS * RECORD);
    TOOL_OK("stitch verify @r -q\nstitch cat @r >again");
    t_close(region);
    T_EQ(tool_end(cat), 0);
    T_STR_EQ(tool_last.err, "");
    check_records("out", count, sums);
    tool_same_file("again", "out", 0, TOOL_ALL);
    TOOL_GIVES(3, "stitch show @r");
    tool_finish();
}

/* Waits until the region is as long as `text`, which must be its contents. */
static void holds(const char *text)
{
    TOOL_OK("stitch cat -f --wait=20 @r --length %zu\nstitch cat @r", strlen(text));
    T_EQ(tool_last.out_size, 2 * strlen(text));
    T_STR_EQ(tool_last.out + strlen(text), text);
}

static void lines_are_not_parted(void)
{
    tool_process *one, *other;
    char *dots = malloc(T_MIB(1) + 1);

    T_TRUE(dots != NULL);
    memset(dots, '.', T_MIB(1) + 1);
    tool_begin();
    tool_make("@r", "");
    one = tool_start("stitch put @r -q --lines");
    other = tool_start("stitch put @r -q --lines");
    tool_write(one, "first\nsec", 9);
    holds("first\n");
    tool_write(other, "of another\n\n", 12);
    holds("first\nof another\n\n");
    tool_write(one, "ond\nthird", 9);
    holds("first\nof another\n\nsecond\n");
    tool_write(other, "not at its end", 14);
    T_EQ(tool_end(one), 0);
    holds("first\nof another\n\nsecond\nthird");
    tool_interrupt(other);
    T_TRUE(tool_end(other) > 128);
    holds("first\nof another\n\nsecond\nthird");
    one = tool_start("stitch put @r -q --lines --replace");
    tool_write(one, dots, T_MIB(1) + 1); /* longer than one append */
    T_EQ(tool_end(one), 0);
    TOOL_OK("stitch cat @r >out");
    T_EQ(tool_file_size("out"), T_MIB(1) + 1);
    free(dots);
    tool_remove("@r");
    tool_finish();
}

static const struct CMUnitTest tests[] = {
    T_TEST(who_tells_each_process),   T_TEST(who_tells_writers_apart),     T_STITCHED(who_tells_what_each_pins),
    T_TEST(gc_removes_what_was_left), T_TEST(several_puts_and_a_follower), T_SINGLE(several_puts_and_a_follower),
    T_TEST(lines_are_not_parted),
};

T_MAIN(tests, tool_helpers)
