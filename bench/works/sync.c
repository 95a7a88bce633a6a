/* SPDX-License-Identifier: MIT */
/* sync.c - a follower syncs, and the size has not changed: the cost for a reader before each piece of work. */
#include "sys.h"
#include "works/work.h"

enum { SYNC };

#define MIB (UINT64_C(1) << 20)

/*
 * Returns the number of calls that take some 50 us: the cost of the clock vanishes then, and an interruption of the
 * process shows as an outlier. 0 after peer_fail().
 */
static uint64_t batch_size(const struct peer *peer, void *follower)
{
    uint64_t times = 1;

    for (;;) {
        double begin = sys_now(), ns;

        if (peer->sync(follower, times) != 0)
            return 0;
        ns = sys_now() - begin;
        if (ns > 25e3)
            return times;
        times *= 2;
    }
}

static int ask(const struct work *work, struct trial *trial, void *follower)
{
    const struct peer *peer = trial->peer;
    uint64_t times = batch_size(peer, follower);

    if (times == 0)
        return -1;
    for (uint64_t i = 0; i < work->count; i++) {
        double begin = sys_now();

        if (peer->sync(follower, times) != 0)
            return -1;
        series_add(&trial->phase[SYNC], (sys_now() - begin) / (double)times);
    }
    /* The owner grows, and the follower must see it: this shows that sync looks at all. */
    if (peer->grow(trial->self, 2 * MIB) != 0 || peer->sync(follower, 1) != 0)
        return -1;
    if (peer->size(follower) != 2 * MIB)
        return peer_fail("the follower did not see the owner grow");
    return 0;
}

static int run(const struct work *work, struct trial *trial)
{
    void *follower;
    int err;

    if (trial_open(trial, MIB, 4 * MIB, 0) != 0)
        return -1;
    follower = trial->peer->attach(trial->self);
    err = !follower ? -1 : ask(work, trial, follower);
    if (follower)
        trial->peer->close(follower);
    trial_close(trial);
    return err;
}

static uint64_t peak(const struct work *work, const struct settings *settings)
{
    (void)work;
    (void)settings;
    return 4 * MIB;
}

const struct work work_sync[] = {
    { .name = "sync",
      .what = "a follower syncs, and the size has not changed; 200 samples of many calls",
      .flags = WORK_NEEDS_SHARED | WORK_NANOSECONDS,
      .phases = { "sync" },
      .peak = peak,
      .run = run,
      .count = 200 },
    { 0 },
};
