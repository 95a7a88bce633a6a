/* SPDX-License-Identifier: MIT */
/*
 * segments.c - the cost of grow, shrink and attach when there are 1 to 10 000 segments already. The segments have no
 * memory, since the cost of memory would hide that of segments. Up to 1000 of them are measured committed as well.
 */
#include "sys.h"
#include "works/work.h"

#include <inttypes.h>

enum phase { GROW, SHRINK, ATTACH, DETACH };

#define EXTENT (UINT64_C(2) << 20)

enum { QUICK_MOST = 99, ATTACHMENTS = 12, MANY = 1000, MORE = 16 };

static uint64_t segments(const struct work *work, const struct settings *settings)
{
    return settings->cold && work->count > QUICK_MOST ? QUICK_MOST : work->count;
}

static uint64_t peak(const struct work *work, const struct settings *settings)
{
    return work->limit > 0 ? segments(work, settings) * EXTENT : EXTENT;
}

static int add_and_remove_one(const struct work *work, struct trial *trial)
{
    uint64_t low = trial->peer->size(trial->self);

    for (uint64_t i = 0; i < work->step; i++) {
        double grow = trial_resize(trial, low + EXTENT), shrink;

        if (grow < 0)
            return -1;
        shrink = trial_resize(trial, low);
        if (shrink < 0)
            return -1;
        series_add(&trial->phase[GROW], grow);
        series_add(&trial->phase[SHRINK], shrink);
    }
    return 0;
}

static int attach(struct trial *trial, uint64_t times)
{
    const struct peer *peer = trial->peer;

    for (uint64_t i = 0; i < times; i++) {
        double begin = sys_now(), attached;
        void *follower = peer->attach(trial->self);
        uint64_t size;

        attached = sys_now();
        if (!follower)
            return -1;
        size = peer->size(follower);
        begin = attached - begin;
        attached = sys_now();
        peer->close(follower);
        series_add(&trial->phase[DETACH], sys_now() - attached);
        series_add(&trial->phase[ATTACH], begin);
        if (size != peer->size(trial->self))
            return peer_fail("the follower sees another size");
    }
    return 0;
}

static int build_and_measure(const struct work *work, struct trial *trial)
{
    uint64_t count = segments(work, trial->settings), there;

    for (uint64_t i = 2; i <= count; i++)
        if (trial_resize(trial, i * EXTENT) < 0)
            return -1;
    there = trial->peer->segments(trial->self);
    if (there != count)
        return peer_fail("%" PRIu64 " segments, not %" PRIu64, there, count);
    if (add_and_remove_one(work, trial) != 0 || attach(trial, count > MANY ? 4 : ATTACHMENTS) != 0)
        return -1;
    trial_touch(trial, 0, EXTENT);
    return trial_check(trial, EXTENT);
}

static int run(const struct work *work, struct trial *trial)
{
    struct peer_need need = { .start = EXTENT, .extent = EXTENT };
    int err;

    need.segments = segments(work, trial->settings) + MORE;
    need.max = need.segments * EXTENT;
    if (trial_open_need(trial, &need) != 0)
        return -1;
    err = build_and_measure(work, trial);
    trial_close(trial);
    return err;
}

#define SEGMENTS_WORK(work_name, work_what, work_count, committed, peers)                                              \
    {                                                                                                                  \
        .name = work_name, .what = work_what, .only = peers, .phases = { "grow", "shrink", "attach", "detach" },       \
        .peak = peak, .run = run, .step = 100, .limit = committed, .count = work_count                                 \
    }

#define LAZY      "stitch lazy,objects by hand"
#define COMMITTED "stitch,stitch exclusive"

const struct work work_segments[] = {
    SEGMENTS_WORK("segments-1", "1 segment: one more, one less, 100 times; a second handle, 12 times", 1, 1, COMMITTED),
    SEGMENTS_WORK("segments-100", "100 segments: the same", 100, 1, COMMITTED),
    SEGMENTS_WORK("segments-1000", "1000 segments: the same", 1000, 1, COMMITTED),
    SEGMENTS_WORK("segments-lazy-1", "1 segment without memory: the same", 1, 0, LAZY),
    SEGMENTS_WORK("segments-lazy-10", "10 segments without memory: the same", 10, 0, LAZY),
    SEGMENTS_WORK("segments-lazy-100", "100 segments without memory: the same", 100, 0, LAZY),
    SEGMENTS_WORK("segments-lazy-1000", "1000 segments without memory: the same", 1000, 0, LAZY),
    SEGMENTS_WORK("segments-lazy-10000", "10 000 segments without memory: the same; the second handle 4 times", 10000,
                  0, LAZY),
    { 0 },
};
