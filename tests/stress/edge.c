/* SPDX-License-Identifier: MIT */
/*
 * edge.c - --edge: one process shrinks and grows, across seams and inside pages; the others read the last of the bytes
 * that they have mapped, whether or not they have synced. None of them ever gets a signal, and every byte is either
 * zero or as it was stored.
 */
#include "roles.h"

#include "base/atomic.h"
#include "maps.h"

enum { MARK = 0xa5, LAST_BYTES = 96, PROVE_ROUNDS = 2000, READERS_MOST = 32 };

/* A page of shared memory tells when to stop. */
typedef struct edge_board {
    st_word stop, rounds[READERS_MOST];
} edge_board;

static void read_last(stitch_region *region)
{
    uint64_t size = stitch_size(region), count = size < LAST_BYTES ? size : LAST_BYTES;
    const volatile unsigned char *end = t_bytes(region) + size;

    for (uint64_t i = 1; i <= count; i++) {
        unsigned char byte = *(end - i);

        if (byte != 0 && byte != MARK)
            T_FAIL("the byte at offset %" PRIu64 " of %" PRIu64 " is %#x", size - i, size, byte);
    }
}

void edge_process(void)
{
    stitch_region *region = t_argument_number(3) ? t_open(t_argument(0)) : t_open_readonly(t_argument(0));
    stitch_region *board_region = t_open(t_argument(1));
    edge_board *board = stitch_base(board_region);
    uint64_t number = t_argument_number(2), rounds = 0;
    t_random random = t_random_from(number);

    t_default_signals();
    t_note("reader %" PRIu64, number);
    t_tell(t_parent(), "here");
    while (!st_load(&board->stop)) {
        /* Some sync every time, some a thousand times less. */
        uint64_t looks = number % 3 == 0 ? 1 : number % 3 == 1 ? 1 + t_random_below(&random, 30) : 1000;

        for (uint64_t i = 0; i < looks; i++)
            read_last(region);
        T_TRUE(t_synced(region));
        if (++rounds % PROVE_ROUNDS == 0)
            (void)t_prove_follower(region);
        st_store(&board->rounds[number], rounds);
    }
    T_TRUE(stitch_sync(region) >= 0);
    (void)t_prove_follower(region);
    t_close(region);
    t_close(board_region);
}

/* Returns a number of bytes: a few, some pages, or some segments. */
static uint64_t random_step(t_random *random, uint64_t most)
{
    static const uint64_t limits[] = { 16, 16, 16, 16, 4096, 4096, 20000, 300000 };
    uint64_t limit = t_random_below(random, 32) ? limits[t_random_below(random, T_COUNT(limits))] : 5 << 20;

    return 1 + t_random_below(random, limit < most ? limit : most);
}

/* Makes one round: down and up again, with or without storing bytes. */
static void step(stitch_region *region, const unsigned char *marks, t_random *random)
{
    uint64_t down = random_step(random, stitch_size(region) - 1), up = random_step(random, T_MIB(5));

    if (stitch_size(region) > T_MIB(16))
        down = stitch_size(region) - T_MIB(2);
    T_OK(stitch_shrink(region, down));
    if (t_random_below(random, 2))
        T_OK(stitch_append(region, marks, up, NULL));
    else
        T_OK(stitch_grow(region, up, NULL));
}

void edge_test(uint64_t rounds, unsigned readers, t_random *random)
{
    const char *name = t_name(), *board_name = t_name();
    struct stitch_options options = t_options(), fixed = STITCH_OPTIONS_INIT;
    t_process *process[READERS_MOST];
    stitch_region *region, *board_region;
    unsigned char *marks = malloc(T_MIB(5));
    edge_board *board;

    T_TRUE(marks != NULL && readers <= READERS_MOST);
    memset(marks, MARK, T_MIB(5));
    options.reserve = T_MIB(64);
    options.size = T_MIB(3);
    options.extent = T_MIB(2);
    region = t_create_with(name, &options);
    fixed.backend = STITCH_BACKEND_FIXED;
    fixed.size = sizeof *board;
    board_region = t_create_with(board_name, &fixed);
    board = stitch_base(board_region);
    for (unsigned i = 0; i < readers; i++) {
        process[i] = t_start("edge", "%s %s %u %u", name, board_name, i, i % 2);
        t_expect(process[i], "here");
    }
    for (uint64_t i = 0; i < rounds; i++) {
        step(region, marks, random);
        if (i % 1024 == 0)
            for (unsigned reader = 0; reader < readers; reader++)
                if (t_heard(process[reader]))
                    T_FAIL("reader %u ended in round %" PRIu64 ": %d", reader, i, t_wait(process[reader]));
    }
    st_store(&board->stop, 1);
    for (unsigned i = 0; i < readers; i++)
        t_finish(process[i]);
    for (unsigned i = 0; i < readers; i++)
        T_TRUE(st_load(&board->rounds[i]) > 0);
    (void)t_prove(region);
    t_close(board_region);
    t_close(region);
    free(marks);
}
