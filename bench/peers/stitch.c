/* SPDX-License-Identifier: MIT */
/* stitch.c - stitch itself, through its public headers and its shared library, as any program would use it. */
#include "peers/peers.h"

#include <stitch/inspect.h>
#include <stitch/memory.h>
#include <stitch/stitch.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>

enum variant { EAGER, EXCLUSIVE, LAZY, SINGLE, TWO_THREADS };

struct self {
    stitch_region *region;
    char name[64];

    /* TWO_THREADS: the second thread, which zeroes memory for stitch. */
    pthread_t thread;
    bool has_thread;
    sem_t begin, done;
    void (*work)(void *job); /* NULL: end */
    void *job;
};

static int failed(const char *call, int err)
{
    return peer_fail("%s: %s: %s (errno %d)", call, stitch_error_name(err), stitch_strerror(err), stitch_os_error());
}

static void *second_thread(void *opaque)
{
    struct self *self = opaque;

    for (;;) {
        sem_wait(&self->begin);
        if (!self->work)
            return NULL;
        self->work(self->job);
        sem_post(&self->done);
    }
}

static void run_on_both(void *opaque, void (*work)(void *job), void *job)
{
    struct self *self = opaque;

    self->work = work;
    self->job = job;
    sem_post(&self->begin);
    work(job);
    sem_wait(&self->done);
}

static int start_thread(struct self *self)
{
    struct stitch_parallel parallel = { .run = run_on_both, .arg = self };
    int err;

    sem_init(&self->begin, 0, 0);
    sem_init(&self->done, 0, 0);
    self->has_thread = pthread_create(&self->thread, NULL, second_thread, self) == 0;
    if (!self->has_thread)
        return peer_fail("no second thread");
    err = stitch_set_parallel(self->region, &parallel);
    return err < 0 ? failed("stitch_set_parallel", err) : 0;
}

static void close_region(void *opaque)
{
    struct self *self = opaque;

    if (self->has_thread) {
        self->work = NULL;
        sem_post(&self->begin);
        pthread_join(self->thread, NULL);
        sem_destroy(&self->begin);
        sem_destroy(&self->done);
    }
    stitch_close(self->region);
    free(self);
}

static void *open_region(const struct peer *peer, const struct peer_need *need)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    struct self *self = calloc(1, sizeof *self);
    int err;

    if (!self) {
        peer_fail("out of memory");
        return NULL;
    }
    options.reserve = need->max < STITCH_EXTENT_UNIT ? STITCH_EXTENT_UNIT : need->max;
    options.size = need->start;
    options.extent = need->extent;
    options.segments = need->segments;
    options.backend = peer->variant == SINGLE ? STITCH_BACKEND_SINGLE : STITCH_BACKEND_STITCHED;
    options.flags = peer->variant == LAZY ? STITCH_LAZY : peer->variant == EXCLUSIVE ? STITCH_EXCLUSIVE : 0;
    peer_unique_name(self->name, sizeof self->name);
    err = stitch_create(self->name, &options, &self->region);
    if (err < 0) {
        failed("stitch_create", err);
        free(self);
        return NULL;
    }
    if (peer->variant == TWO_THREADS && start_thread(self) != 0) {
        close_region(self);
        return NULL;
    }
    return self;
}

static void *attach_region(void *owner)
{
    struct self *self = calloc(1, sizeof *self);
    int err;

    if (!self) {
        peer_fail("out of memory");
        return NULL;
    }
    err = stitch_open(((struct self *)owner)->name, NULL, &self->region);
    if (err < 0) {
        failed("stitch_open", err);
        free(self);
        return NULL;
    }
    return self;
}

static int grow(void *opaque, uint64_t size)
{
    struct self *self = opaque;
    int err = stitch_grow(self->region, size - stitch_size(self->region), NULL);

    return err < 0 ? failed("stitch_grow", err) : 0;
}

static int shrink(void *opaque, uint64_t size)
{
    struct self *self = opaque;
    int err = stitch_shrink(self->region, stitch_size(self->region) - size);

    return err < 0 ? failed("stitch_shrink", err) : 0;
}

static char *base(void *opaque)
{
    return stitch_base(((struct self *)opaque)->region);
}

static uint64_t size_now(void *opaque)
{
    return stitch_size(((struct self *)opaque)->region);
}

static int sync_region(void *opaque, uint64_t times)
{
    struct self *self = opaque;

    while (times-- > 0) {
        int err = stitch_sync(self->region);

        if (err < 0)
            return failed("stitch_sync", err);
    }
    return 0;
}

static int wait_for_more(void *opaque)
{
    struct self *self = opaque;
    int err = stitch_wait(self->region, stitch_generation(self->region), -1);

    return err < 0 ? failed("stitch_wait", err) : 0;
}

static uint64_t segments_now(void *opaque)
{
    struct stitch_info info;

    return stitch_info(((struct self *)opaque)->region, &info) < 0 ? 0 : info.segments;
}

#define STITCH_PEER(variant_name, variant_note, which)                                                                 \
    {                                                                                                                  \
        .name = variant_name, .note = variant_note,                                                                    \
        .flags = PEER_SHARED | PEER_ZEROES | (which == LAZY ? 0 : PEER_HUGE), .variant = which, .open = open_region,   \
        .grow = grow, .shrink = shrink, .base = base, .size = size_now, .close = close_region,                         \
        .attach = attach_region, .sync = sync_region, .wait = wait_for_more, .segments = segments_now                  \
    }

const struct peer peer_stitch[] = {
    STITCH_PEER("stitch", "the default: segments end to end, committed when grow returns", EAGER),
    STITCH_PEER("stitch exclusive", "STITCH_EXCLUSIVE: the only writer, which takes no lock at each call", EXCLUSIVE),
    STITCH_PEER("stitch 2 threads", "stitch_set_parallel: a second thread commits with the growing one", TWO_THREADS),
    STITCH_PEER("stitch lazy", "STITCH_LAZY: memory is found at first touch", LAZY),
    STITCH_PEER("stitch single", "STITCH_BACKEND_SINGLE: one object as large as the reserve", SINGLE),
    { 0 },
};
