/* SPDX-License-Identifier: MIT */
/*
 * guard.c - makes calls that are counted: in instructions by valgrind, in system calls by strace. Nothing is timed.
 *
 *   guard CASE COUNT   makes the call so many times and nothing else that depends on COUNT; twice COUNT less COUNT is
 *                      the cost of the calls, and start and end of the process cancel out
 *   guard --marks      every case, ROUNDS times, between two marks that strace shows: write(-1, "+case") and "-case"
 *
 * It uses the public API only. Other calls of a round (`before`, `after`) are outside of the marks, but count with
 * COUNT.
 */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <stitch/stitch.h>

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

enum { ROUNDS = 10 };

/* Another handle of the same region, or of another region, that a case opens and closes itself. */
struct rig {
    stitch_region *owner, *follower, *other;
    char name[64];
};

typedef void act(struct rig *);

struct guard_case {
    const char *name;
    act *before, *op, *after;
    uint64_t size, extent, segments; /* of the owner's region at the start */
    uint64_t flags;
};

static void check(const char *what, int code)
{
    if (code >= 0)
        return;
    fprintf(stderr, "guard: %s: %s (errno %d)\n", what, stitch_error_name(code), stitch_os_error());
    exit(1);
}

/* ---------------------------------------------------------------------------------------------------- the calls --- */

static void grow(struct rig *rig, uint64_t bytes)
{
    check("grow", stitch_grow(rig->owner, bytes, NULL));
}

static void shrink(struct rig *rig, uint64_t bytes)
{
    check("shrink", stitch_shrink(rig->owner, bytes));
}

static void grow_byte(struct rig *rig)
{
    grow(rig, 1);
}

static void shrink_byte(struct rig *rig)
{
    shrink(rig, 1);
}

static void append_byte(struct rig *rig)
{
    check("append", stitch_append(rig->owner, "", 1, NULL));
}

static void grow_block(struct rig *rig)
{
    grow(rig, 2 * MIB);
}

static void shrink_block(struct rig *rig)
{
    shrink(rig, 2 * MIB);
}

static void grow_blocks(struct rig *rig)
{
    grow(rig, 32 * MIB);
}

static void shrink_blocks(struct rig *rig)
{
    shrink(rig, 32 * MIB);
}

static void sync_follower(struct rig *rig)
{
    check("sync", stitch_sync(rig->follower));
}

static void grow_byte_followed(struct rig *rig)
{
    grow(rig, 1);
    sync_follower(rig);
}

static void grow_followed(struct rig *rig)
{
    grow_block(rig);
    sync_follower(rig);
}

static void shrink_followed(struct rig *rig)
{
    shrink_block(rig);
    sync_follower(rig);
}

static void grow_followed_shrink(struct rig *rig)
{
    grow_followed(rig);
    shrink_block(rig);
}

static void wait_for_nothing(struct rig *rig)
{
    check("wait", stitch_wait(rig->follower, 0, -1)); /* generations begin at 1, so 0 is over */
}

static void discard_page(struct rig *rig)
{
    check("discard", stitch_discard(rig->owner, 0, 4 * KIB));
}

static void ask_size(struct rig *rig)
{
    static volatile uint64_t sink;

    sink = stitch_size(rig->follower) + stitch_generation(rig->follower);
    (void)sink;
}

static void open_other(struct rig *rig)
{
    check("open", stitch_open(rig->name, NULL, &rig->other));
}

static void close_other(struct rig *rig)
{
    check("close", stitch_close(rig->other));
}

static void open_and_close(struct rig *rig)
{
    open_other(rig);
    close_other(rig);
}

static void create_other(struct rig *rig)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    char name[80];

    options.size = MIB;
    options.reserve = 16 * MIB;
    snprintf(name, sizeof name, "%s-other", rig->name);
    check("create", stitch_create(name, &options, &rig->other));
}

/* ---------------------------------------------------------------------------------------------------- the cases --- */

#define IN_COMMITTED .size = 3 * MIB, .extent = 64 * MIB /* committed to 4 MiB, by blocks */
#define AT_A_BLOCK   .size = 4 * MIB, .extent = 64 * MIB
#define AT_A_SEAM    .size = 4 * MIB, .extent = 2 * MIB

static const struct guard_case cases[] = {
    { "size", NULL, ask_size, NULL, IN_COMMITTED },
    { "sync_nothing", NULL, sync_follower, NULL, IN_COMMITTED },
    { "sync_inside", grow_byte, sync_follower, NULL, IN_COMMITTED },
    { "sync_segment_came", grow_block, sync_follower, shrink_followed, AT_A_SEAM },
    { "sync_segment_gone", grow_followed_shrink, sync_follower, NULL, AT_A_SEAM },
    { "wait_gone_by", NULL, wait_for_nothing, NULL, IN_COMMITTED },
    { "grow_inside", NULL, grow_byte, NULL, IN_COMMITTED },
    { "grow_inside_exclusive", NULL, grow_byte, NULL, IN_COMMITTED, .flags = STITCH_EXCLUSIVE },
    { "grow_inside_lazy", NULL, grow_byte, NULL, IN_COMMITTED, .flags = STITCH_LAZY },
    { "grow_and_sync", NULL, grow_byte_followed, NULL, IN_COMMITTED },
    { "append_byte", NULL, append_byte, NULL, IN_COMMITTED },
    { "append_byte_exclusive", NULL, append_byte, NULL, IN_COMMITTED, .flags = STITCH_EXCLUSIVE },
    { "shrink_inside", NULL, shrink_byte, NULL, IN_COMMITTED },
    { "shrink_inside_exclusive", NULL, shrink_byte, NULL, IN_COMMITTED, .flags = STITCH_EXCLUSIVE },
    { "grow_block", NULL, grow_block, shrink_block, AT_A_BLOCK },
    { "grow_16_blocks", NULL, grow_blocks, shrink_blocks, AT_A_BLOCK },
    { "shrink_block", grow_block, shrink_block, NULL, AT_A_BLOCK },
    { "grow_segment", NULL, grow_block, shrink_block, AT_A_SEAM },
    { "shrink_segment", grow_block, shrink_block, NULL, AT_A_SEAM },
    { "discard_page", NULL, discard_page, NULL, IN_COMMITTED },
    { "open_1", NULL, open_other, close_other, AT_A_BLOCK },
    { "open_41", NULL, open_other, close_other, AT_A_SEAM, .segments = 41 },
    { "close_1", open_other, close_other, NULL, AT_A_BLOCK },
    { "close_41", open_other, close_other, NULL, AT_A_SEAM, .segments = 41 },
    { "open_close_41", NULL, open_and_close, NULL, AT_A_SEAM, .segments = 41 },
    { "create", NULL, create_other, close_other, IN_COMMITTED },
    { "close_last", create_other, close_other, NULL, IN_COMMITTED },
};

enum { CASES = sizeof cases / sizeof cases[0] };

/* ----------------------------------------------------------------------------------------------------- running --- */

static void set_up(const struct guard_case *c, struct rig *rig)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;

    *rig = (struct rig){ 0 };
    options.size = c->size;
    options.extent = c->extent;
    options.flags = c->flags;
    options.reserve = 256 * MIB;
    snprintf(rig->name, sizeof rig->name, "stitch-guard-%ld", (long)getpid());
    check("create", stitch_create(rig->name, &options, &rig->owner));
    for (uint64_t i = 1; i < c->segments; i++) /* the first segment is as large as the size was */
        grow(rig, c->extent);
    check("open", stitch_open(rig->name, NULL, &rig->follower));
}

static void tear_down(struct rig *rig)
{
    stitch_close(rig->follower);
    stitch_close(rig->owner);
}

static void mark(char sign, const char *name)
{
    char text[64];
    int length = snprintf(text, sizeof text, "%c%s", sign, name);

    if (write(-1, text, (size_t)length) >= 0)
        exit(1);
}

static void call(act *which, struct rig *rig)
{
    if (which != NULL)
        which(rig);
}

static void run_marked(const struct guard_case *c)
{
    struct rig rig;

    set_up(c, &rig);
    for (int i = 0; i <= ROUNDS; i++) { /* the first round is not counted: it may do more */
        call(c->before, &rig);
        if (i > 0)
            mark('+', c->name);
        c->op(&rig);
        if (i > 0)
            mark('-', c->name);
        call(c->after, &rig);
    }
    tear_down(&rig);
}

static void run_count(const struct guard_case *c, unsigned long count)
{
    struct rig rig;

    set_up(c, &rig);
    while (count-- > 0) {
        call(c->before, &rig);
        c->op(&rig);
        call(c->after, &rig);
    }
    tear_down(&rig);
}

int main(int argc, char **argv)
{
    unsigned done = 0;

    for (int i = 0; i < CASES; i++) {
        if (argc == 2 && strcmp(argv[1], "--marks") == 0) {
            run_marked(&cases[i]);
            done++;
        } else if (argc == 3 && strcmp(argv[1], cases[i].name) == 0) {
            run_count(&cases[i], strtoul(argv[2], NULL, 10));
            done++;
        }
    }
    if (done == 0)
        fputs("usage: guard CASE COUNT | guard --marks\n", stderr);
    return done > 0 ? 0 : 2;
}
