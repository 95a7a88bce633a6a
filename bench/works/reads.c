/* SPDX-License-Identifier: MIT */
/*
 * reads.c - reading across seams. The memory is grown to the largest size in steps of 2 MiB, so that stitch has as many
 * segments as its sizing rule makes (41 in 1 GiB), and is compared with one flat mapping in pages of the same size.
 */
#include "sys.h"
#include "works/work.h"

#include <string.h>

enum phase { RANDOM, SEQUENTIAL };

#define MIB  (UINT64_C(1) << 20)
#define STEP (2 * MIB)

enum { RANDOM_READS = 2000 /* per sample */ };

static uint64_t whole(const struct work *work, const struct settings *settings)
{
    return settings->max < work->limit ? settings->max : work->limit;
}

static uint64_t word_at(const char *base, uint64_t offset)
{
    uint64_t word;

    memcpy(&word, base + offset, sizeof word);
    return word;
}

/* Reads words of random cache lines. The address of each read depends on the value of the one before it. */
static uint64_t read_random(const char *base, uint64_t size, uint64_t *state)
{
    uint64_t x = *state, before = x;

    for (int i = 0; i < RANDOM_READS; i++)
        x = (x + word_at(base, (x >> 16) % size & ~UINT64_C(63))) * UINT64_C(6364136223846793005) + 1442695040888963407;
    *state = x;
    return x - before;
}

static uint64_t read_all(const char *base, uint64_t from, uint64_t to)
{
    uint64_t sum = 0;

    for (uint64_t offset = from; offset < to; offset += sizeof sum)
        sum += word_at(base, offset);
    return sum;
}

static void read_and_time(const struct work *work, struct trial *trial)
{
    static volatile uint64_t sink; /* without it the compiler would remove the reads */
    uint64_t size = whole(work, trial->settings), state = 1;
    const char *base = trial->peer->base(trial->self);

    for (uint64_t i = 0; i < work->count; i++) {
        double begin = sys_now();

        sink = read_random(base, size, &state);
        series_add(&trial->phase[RANDOM], (sys_now() - begin) / RANDOM_READS);
    }
    for (uint64_t from = 0; from + work->step <= size; from += work->step) {
        double begin = sys_now();

        sink = read_all(base, from, from + work->step);
        series_add(&trial->phase[SEQUENTIAL], (sys_now() - begin) / (double)(work->step / 64));
    }
    (void)sink;
}

static int grow_and_read(const struct work *work, struct trial *trial)
{
    uint64_t size = whole(work, trial->settings);

    for (uint64_t next = 2 * STEP; next <= size; next += STEP)
        if (trial_resize(trial, next) < 0)
            return -1;
    trial_touch(trial, 0, trial->peer->size(trial->self));
    if (trial_check(trial, trial->peer->size(trial->self)) != 0)
        return -1;
    read_and_time(work, trial);
    return 0;
}

static int run(const struct work *work, struct trial *trial)
{
    int err;

    if (trial_open(trial, STEP, whole(work, trial->settings), 0) != 0)
        return -1;
    err = grow_and_read(work, trial);
    trial_close(trial);
    return err;
}

const struct work work_reads[] = {
    { .name = "reads",
      .what =
          "1 GiB grown by 2 MiB (stitch: 41 segments): a cache line at random, each address known only from the one "
          "before; a cache line in order",
      .flags = WORK_NANOSECONDS,
      .only = "stitch,sparse +blocks,private huge pages",
      .phases = { "random", "sequential" },
      .peak = whole,
      .run = run,
      .step = 4 * MIB,
      .limit = 1024 * MIB,
      .rounds = 3,
      .count = 400 },
    { 0 },
};
