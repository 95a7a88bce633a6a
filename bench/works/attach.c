/* SPDX-License-Identifier: MIT */
/*
 * attach.c - a second handle to memory that was grown in steps of 2 MiB. In stitch each step is a segment of its own;
 * the other peers have one object of the same size.
 */
#include "sys.h"
#include "works/work.h"

#include <string.h>

enum phase { ATTACH, READ, DETACH };

enum { ATTACHMENTS = 20, QUICK_MOST = 99 };

static uint64_t whole(const struct work *work, const struct settings *settings)
{
    uint64_t count = settings && settings->cold && work->count > QUICK_MOST ? QUICK_MOST : work->count;

    return count * work->step;
}

/* Checks the first word of each step, as the follower sees it. */
static int read_all(const struct work *work, const struct trial *trial, void *follower)
{
    const char *base = trial->peer->base(follower);

    for (uint64_t offset = 0; offset < whole(work, trial->settings); offset += work->step) {
        uint64_t word;

        memcpy(&word, base + offset, sizeof word);
        if (word != trial_word(offset))
            return peer_fail("the follower reads wrong data at the start of a step");
    }
    return 0;
}

static int attach_once(const struct work *work, struct trial *trial)
{
    const struct peer *peer = trial->peer;
    double begin = sys_now(), attached, seen;
    void *follower = peer->attach(trial->self);
    int err;

    attached = sys_now();
    if (!follower)
        return -1;
    if (peer->size(follower) != whole(work, trial->settings)) {
        peer->close(follower);
        return peer_fail("the follower sees another size");
    }
    err = read_all(work, trial, follower);
    seen = sys_now();
    peer->close(follower);
    series_add(&trial->phase[DETACH], sys_now() - seen);
    series_add(&trial->phase[READ], seen - attached);
    series_add(&trial->phase[ATTACH], attached - begin);
    return err;
}

static int grow_and_attach(const struct work *work, struct trial *trial)
{
    for (uint64_t size = work->step; size <= whole(work, trial->settings); size += work->step)
        if (size > work->step && trial_resize(trial, size) < 0)
            return -1;
    trial_touch(trial, 0, whole(work, trial->settings));
    for (int i = 0; i < ATTACHMENTS; i++)
        if (attach_once(work, trial) != 0)
            return -1;
    return 0;
}

static int run(const struct work *work, struct trial *trial)
{
    int err;

    if (trial_open(trial, work->step, whole(work, trial->settings), work->step) != 0)
        return -1;
    err = grow_and_attach(work, trial);
    trial_close(trial);
    return err;
}

#define ATTACH_WORK(work_name, work_what, segments, peers)                                                             \
    {                                                                                                                  \
        .name = work_name, .what = work_what, .flags = WORK_NEEDS_SHARED, .only = peers,                               \
        .phases = { "attach", "read", "detach" }, .peak = whole, .run = run, .step = UINT64_C(2) << 20,                \
        .count = segments                                                                                              \
    }

const struct work work_attach[] = {
    ATTACH_WORK("attach-1", "attach to 2 MiB (stitch: 1 segment), read a word, detach; 20 times", 1, NULL),
    ATTACH_WORK("attach-41", "attach to 82 MiB (stitch: 41 segments), read a word of each, detach; 20 times", 41, NULL),
    ATTACH_WORK("attach-99", "attach to 198 MiB (stitch: 99 segments), read a word of each, detach; 20 times", 99,
                "stitch,memfd extend,sparse,sparse +blocks,Boost object"),
    ATTACH_WORK("attach-1000", "attach to 2000 MiB (stitch: 1000 segments), read a word of each, detach; 20 times",
                1000, "stitch,sparse +blocks"),
    { 0 },
};
