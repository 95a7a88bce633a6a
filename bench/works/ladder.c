/* SPDX-License-Identifier: MIT */
/* ladder.c - up to a largest size rung by rung, touching each new page, and back down the same rungs. */
#include "works/work.h"

enum phase { GROW, TOUCH, BOTH, SHRINK };

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

static uint64_t top(const struct work *work, const struct settings *settings)
{
    return settings->max < work->limit ? settings->max : work->limit;
}

/* Return the next rung above or below `size`. A step of 0 doubles and halves. */
static uint64_t above(const struct work *work, uint64_t size)
{
    return work->step == 0 ? 2 * size : size + work->step;
}

static uint64_t below(const struct work *work, uint64_t size)
{
    return work->step == 0 ? size / 2 : size - work->step;
}

static int climb(const struct work *work, struct trial *trial, uint64_t max)
{
    uint64_t old = work->start, new;

    trial_touch(trial, 0, old);
    for (; (new = above(work, old)) <= max; old = new) {
        double grow = trial_resize(trial, new), touch;

        if (grow < 0)
            return -1;
        touch = trial_touch(trial, old, new);
        series_add(&trial->phase[GROW], grow);
        series_add(&trial->phase[TOUCH], touch);
        series_add(&trial->phase[BOTH], grow + touch);
    }
    trial->memory[MEMORY_PEAK] = trial_memory(trial);
    return trial_check(trial, old);
}

static int descend(const struct work *work, struct trial *trial)
{
    uint64_t size = trial->peer->size(trial->self);

    while (size > work->start) {
        double shrink;

        size = below(work, size);
        shrink = trial_resize(trial, size);
        if (shrink < 0)
            return -1;
        series_add(&trial->phase[SHRINK], shrink);
    }
    trial->memory[MEMORY_BACK] = trial_memory(trial);
    if (trial_check(trial, size) != 0)
        return -1;
    return trial_check_regrown(trial);
}

static int run(const struct work *work, struct trial *trial)
{
    uint64_t max = top(work, trial->settings);
    int err;

    if (trial_open(trial, work->start, max, 0) != 0)
        return -1;
    err = climb(work, trial, max);
    if (err == 0)
        err = descend(work, trial);
    trial_close(trial);
    return err;
}

/* `step` of 0 doubles; `limit` is the largest size, where --max is larger. */
#define LADDER(work_name, work_what, more_flags, ...)                                                                  \
    {                                                                                                                  \
        .name = work_name, .what = work_what, .flags = WORK_TOTALS | WORK_MEMORY | (more_flags),                       \
        .phases = { "grow", "touch", "both", "shrink" }, .peak = top, .run = run, __VA_ARGS__                          \
    }

/* The peers that take small pages, which are slow, and a few others for comparison. */
#define STEPPERS                                                                                                       \
    "stitch,stitch lazy,memfd mremap,memfd mremap +commit,memfd extend,memfd extend +commit,sparse,sparse +commit,"    \
    "sparse +blocks,Boost managed,Boost managed +commit,Boost object,Boost object +commit,realloc,private huge pages"

/* The peers that take huge pages, and the limit. They are close to each other, and take little time. */
#define HUGE "stitch,stitch 2 threads,sparse +blocks,private huge pages,memset,memset 2 threads"

const struct work work_ladder[] = {
    LADDER("doubling", "from 64 KiB by doubling, each new page touched; back by halving", 0, .start = 64 * KIB,
           .limit = UINT64_MAX, .only = STEPPERS ",new+memcpy,new+memcpy +commit"),
    LADDER("doubling-huge", "the same with huge pages only; twice as many rounds", 0, .start = 64 * KIB,
           .limit = UINT64_MAX, .only = HUGE, .rounds = 2),
    LADDER("steps", "from 1 MiB in steps of 1 MiB, each new page touched; back in the same steps", WORK_NO_COPIES,
           .start = MIB, .step = MIB, .limit = UINT64_MAX, .only = STEPPERS),
    LADDER("steps-huge", "the same with huge pages only; twice as many rounds", 0, .start = MIB, .step = MIB,
           .limit = UINT64_MAX, .only = HUGE, .rounds = 2),
    LADDER("steps-32M", "as steps, to 32 MiB only: short enough for peers that copy", 0, .start = MIB, .step = MIB,
           .limit = 32 * MIB),
    LADDER("appends", "from 64 KiB in steps of 64 KiB to 256 MiB, each new page touched; back in the same steps",
           WORK_NO_COPIES, .start = 64 * KIB, .step = 64 * KIB, .limit = 256 * MIB),
    { 0 },
};
