/* SPDX-License-Identifier: MIT */
/*
 * pingpong.c - growing and shrinking by the same 64 KiB again and again, touching them each time: at the end of an
 * extent, where stitch makes and removes a segment each time, and inside an extent.
 */
#include "works/work.h"

enum phase { GROW, TOUCH, SHRINK };

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

/* Returns the size at the start. A region that is created with that size has one segment of exactly that extent. */
static uint64_t start_size(const struct work *work, const struct settings *settings)
{
    return work->start < settings->max / 2 ? work->start : settings->max / 2;
}

static uint64_t peak(const struct work *work, const struct settings *settings)
{
    return start_size(work, settings) + work->limit + work->step;
}

static int play(const struct work *work, struct trial *trial)
{
    uint64_t low = trial->peer->size(trial->self), high = low + work->step;

    for (uint64_t i = 0; i < work->count; i++) {
        double grow = trial_resize(trial, high), touch, shrink;

        if (grow < 0)
            return -1;
        touch = trial_touch(trial, low, high);
        shrink = trial_resize(trial, low);
        if (shrink < 0)
            return -1;
        series_add(&trial->phase[GROW], grow);
        series_add(&trial->phase[TOUCH], touch);
        series_add(&trial->phase[SHRINK], shrink);
    }
    return 0;
}

static int play_and_check(const struct work *work, struct trial *trial, uint64_t start)
{
    trial_touch(trial, 0, start);
    if (work->limit > 0) {
        if (trial_resize(trial, start + work->limit) < 0)
            return -1;
        trial_touch(trial, start, start + work->limit);
    }
    trial->moves = 0;
    if (play(work, trial) != 0 || trial_check(trial, start + work->limit) != 0)
        return -1;
    return trial_check_regrown(trial);
}

static int run(const struct work *work, struct trial *trial)
{
    uint64_t start = start_size(work, trial->settings);
    int err;

    if (trial_open(trial, start, start + work->limit + MIB, 0) != 0)
        return -1;
    err = play_and_check(work, trial, start);
    trial_close(trial);
    return err;
}

#define PINGPONG(work_name, work_what, beyond)                                                                         \
    {                                                                                                                  \
        .name = work_name, .what = work_what, .flags = WORK_NO_COPIES, .phases = { "grow", "touch", "shrink" },        \
        .peak = peak, .run = run, .start = 64 * MIB, .step = 64 * KIB, .limit = beyond, .count = 500                   \
    }

const struct work work_pingpong[] = {
    PINGPONG("pingpong-edge", "at 64 MiB, the end of an extent: 64 KiB more, touched, 64 KiB less; 500 times", 0),
    PINGPONG("pingpong-inside", "at 64 MiB and 128 KiB, inside an extent: the same", 128 * KIB),
    { 0 },
};
