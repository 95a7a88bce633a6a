/* SPDX-License-Identifier: MIT */
/* Up to a greatest size rung by rung, touching each new page, and back down the same rungs. */
#include "works/work.h"

enum phase { GROW, TOUCH, BOTH, SHRINK };

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

static uint64_t top(const struct work *work, const struct settings *settings)
{
    return settings->max < work->limit ? settings->max : work->limit;
}

/* The next rung above `size`, and the one below. A step of 0 doubles and halves. */
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

#define LADDER(work_name, work_what, work_start, work_step, work_limit, more_flags, ...)                               \
    {                                                                                                                  \
        .name = work_name, .what = work_what, .flags = WORK_TOTALS | WORK_MEMORY | (more_flags),                       \
        .phases = { "grow", "touch", "both", "shrink" }, .peak = top, .run = run, .start = work_start,                 \
        .step = work_step, .limit = work_limit, __VA_ARGS__                                                            \
    }

/* Those who take small pages are slow; the others, beside whom they show it, are few. */
#define STEPPERS                                                                                                       \
    "stitch,stitch lazy,memfd mremap,memfd mremap +commit,memfd extend,memfd extend +commit,sparse,sparse +commit,"    \
    "sparse +blocks,Boost managed,Boost managed +commit,Boost object,Boost object +commit,realloc,private huge pages"

/* Those who take huge pages, and the limit: they are close to each other, and soon done. */
#define HUGE "stitch,stitch 2 threads,sparse +blocks,private huge pages,memset,memset 2 threads"

const struct work work_ladder[] = {
    LADDER("doubling", "from 64 KiB by doubling, each new page touched; back by halving", 64 * KIB, 0, UINT64_MAX, 0,
           .only = STEPPERS ",new+memcpy,new+memcpy +commit"),
    LADDER("doubling-huge", "the same with huge pages only; twice as many rounds", 64 * KIB, 0, UINT64_MAX, 0,
           .only = HUGE, .rounds = 2),
    LADDER("steps", "from 1 MiB in steps of 1 MiB, each new page touched; back in the same steps", MIB, MIB, UINT64_MAX,
           WORK_NO_COPIES, .only = STEPPERS),
    LADDER("steps-huge", "the same with huge pages only; twice as many rounds", MIB, MIB, UINT64_MAX, 0, .only = HUGE,
           .rounds = 2),
    LADDER("steps-32M", "as steps, to 32 MiB only: short enough for those who copy", MIB, MIB, 32 * MIB, 0,
           .only = NULL),
    LADDER("appends", "from 64 KiB in steps of 64 KiB to 256 MiB, each new page touched; back in the same steps",
           64 * KIB, 64 * KIB, 256 * MIB, WORK_NO_COPIES, .only = NULL),
    { 0 },
};
