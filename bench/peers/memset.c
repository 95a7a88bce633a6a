/* SPDX-License-Identifier: MIT */
/*
 * memset.c - no way of growing, but the limit of all: memory of the largest size that exists already, in huge pages,
 * and is mapped. Grow sets the new bytes to zero, with one thread or with two; shrink does nothing.
 */
#include "peers/memfd.h"
#include "peers/peers.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE (UINT64_C(2) << 20)

enum { ONE_THREAD = 1, TWO_THREADS = 2 };

struct self {
    int fd;
    char *base;
    uint64_t size;
    uint64_t max;

    /* The second thread's part. */
    pthread_t thread;
    bool has_thread;
    sem_t begin, done;
    char *from;
    size_t bytes; /* 0: end */
};

static void *second_thread(void *opaque)
{
    struct self *self = opaque;

    for (;;) {
        sem_wait(&self->begin);
        if (self->bytes == 0)
            return NULL;
        memset(self->from, 0, self->bytes);
        sem_post(&self->done);
    }
}

static int grow(void *opaque, uint64_t size)
{
    struct self *self = opaque;
    uint64_t bytes = size - self->size, half = bytes / 2 & ~(HUGE - 1);
    char *from = self->base + self->size;

    if (self->has_thread && half > 0) { /* less than 2 MiB each is not worth waking a thread */
        self->from = from;
        self->bytes = (size_t)half;
        sem_post(&self->begin);
        memset(from + half, 0, (size_t)(bytes - half));
        sem_wait(&self->done);
    } else {
        memset(from, 0, (size_t)bytes);
    }
    self->size = size;
    return 0;
}

static int shrink(void *opaque, uint64_t size)
{
    struct self *self = opaque;

    self->size = size;
    return 0;
}

static void close_memory(void *opaque)
{
    struct self *self = opaque;

    if (self->has_thread) {
        self->bytes = 0;
        sem_post(&self->begin);
        pthread_join(self->thread, NULL);
    }
    if (self->base)
        memfd_unreserve(self->base, self->max);
    if (self->fd >= 0)
        close(self->fd);
    sem_destroy(&self->begin);
    sem_destroy(&self->done);
    free(self);
}

/* Commits all of it, and maps it: reading each page makes the kernel enter it into the page table. */
static int fill(struct self *self)
{
    if (mmap(self->base, (size_t)self->max, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, self->fd, 0) == MAP_FAILED)
        return peer_fail_errno("mmap");
    if (memfd_commit_blocks(self->fd, self->base, 0, self->max) != 0)
        return -1;
    for (uint64_t offset = 0; offset < self->max; offset += 4096)
        (void)*(volatile char *)(self->base + offset);
    return 0;
}

static void *open_memory(const struct peer *peer, const struct peer_need *need)
{
    struct self *self = calloc(1, sizeof *self);

    if (!self) {
        peer_fail("out of memory");
        return NULL;
    }
    sem_init(&self->begin, 0, 0);
    sem_init(&self->done, 0, 0);
    self->max = (need->max + HUGE - 1) & ~(HUGE - 1);
    self->size = need->start;
    self->fd = memfd_new(self->max, false);
    if (self->fd >= 0)
        self->base = memfd_reserve(self->max);
    if (!self->base || fill(self) != 0) {
        close_memory(self);
        return NULL;
    }
    self->has_thread = peer->variant == TWO_THREADS && pthread_create(&self->thread, NULL, second_thread, self) == 0;
    if (peer->variant == TWO_THREADS && !self->has_thread) {
        peer_fail("no second thread");
        close_memory(self);
        return NULL;
    }
    return self;
}

static char *base(void *self)
{
    return ((struct self *)self)->base;
}

static uint64_t size_now(void *self)
{
    return ((struct self *)self)->size;
}

#define MEMSET_PEER(variant_name, variant_note, which)                                                                 \
    {                                                                                                                  \
        .name = variant_name, .note = variant_note, .flags = PEER_ZEROES | PEER_HUGE, .variant = which,                \
        .open = open_memory, .grow = grow, .shrink = shrink, .base = base, .size = size_now, .close = close_memory     \
    }

const struct peer peer_memset[] = {
    MEMSET_PEER("memset", "the limit: memset of memory that exists already; gives nothing back", ONE_THREAD),
    MEMSET_PEER("memset 2 threads", "the same with two threads", TWO_THREADS),
    { 0 },
};
