/* SPDX-License-Identifier: MIT */
/* bytes.c - growing and shrinking by one byte: the cost of a call that has almost nothing to do. */
#include "sys.h"
#include "works/work.h"

enum phase { GROW, SHRINK };

#define SEGMENT (UINT64_C(2) << 20)

enum {
    BATCH = 50 /* calls per sample, so that the cost of the clock vanishes */
};

static uint64_t peak(const struct work *work, const struct settings *settings)
{
    (void)settings;
    return work->start + work->count * BATCH;
}

/* Makes BATCH calls in one direction. Returns the mean nanoseconds of one call, or a negative number. */
static double batch(struct trial *trial, bool up)
{
    int (*resize)(void *, uint64_t) = up ? trial->peer->grow : trial->peer->shrink;
    uint64_t size = trial->peer->size(trial->self);
    double begin = sys_now();

    for (int i = 0; i < BATCH; i++)
        if (resize(trial->self, up ? ++size : --size) != 0)
            return -1;
    return (sys_now() - begin) / BATCH;
}

static int there_and_back(const struct work *work, struct trial *trial)
{
    for (enum phase phase = GROW; phase <= SHRINK; phase++) {
        for (uint64_t i = 0; i < work->count; i++) {
            double ns = batch(trial, phase == GROW);

            if (ns < 0)
                return -1;
            series_add(&trial->phase[phase], ns);
        }
    }
    return trial_check(trial, trial->peer->size(trial->self));
}

/* Grows by 2 MiB at a time; a peer that has segments makes one each time. */
static int grow_to_start(const struct work *work, struct trial *trial)
{
    for (uint64_t size = 2 * SEGMENT; size < work->start; size += SEGMENT)
        if (trial_resize(trial, size) < 0)
            return -1;
    return trial_resize(trial, work->start) < 0 ? -1 : 0;
}

static int run(const struct work *work, struct trial *trial)
{
    uint64_t first = work->start < SEGMENT ? work->start : SEGMENT;
    int err = 0;

    if (trial_open(trial, first, peak(work, trial->settings), SEGMENT) != 0)
        return -1;
    if (first < work->start)
        err = grow_to_start(work, trial);
    if (err == 0) {
        trial_touch(trial, 0, work->start);
        err = there_and_back(work, trial);
    }
    trial_close(trial);
    return err;
}

#define BYTES(work_name, work_what, work_start, more_flags, peers)                                                     \
    {                                                                                                                  \
        .name = work_name, .what = work_what, .flags = WORK_NANOSECONDS | (more_flags), .only = peers,                 \
        .phases = { "grow", "shrink" }, .peak = peak, .run = run, .start = work_start, .count = 100                    \
    }

const struct work work_bytes[] = {
    BYTES("bytes", "from 64 KiB by one byte, 5000 times, and back; a sample is the mean of 50 calls", 64 * 1024, 0,
          NULL),
    BYTES("bytes-99", "the same from 196 MiB and 64 KiB (stitch: 99 segments)", 98 * SEGMENT + 64 * 1024,
          WORK_NO_COPIES, "stitch,stitch exclusive,memfd extend,sparse,sparse +blocks,Boost object"),
    { 0 },
};
