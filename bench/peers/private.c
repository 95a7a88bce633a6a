/* SPDX-License-Identifier: MIT */
/*
 * private.c - a private reservation that mprotect makes accessible part by part, in huge pages: the fastest growing
 * memory that a process can have for itself.
 */
#include "peers/memfd.h"
#include "peers/peers.h"

#include <stdlib.h>
#include <sys/mman.h>

struct self {
    char *base;
    uint64_t size;
    uint64_t max;
};

/* Rounds up to whole huge pages. The kernel uses a huge page only where all of it is accessible. */
static uint64_t blocks(uint64_t size)
{
    return (size + (UINT64_C(2) << 20) - 1) & ~((UINT64_C(2) << 20) - 1);
}

static int grow(void *opaque, uint64_t size)
{
    struct self *self = opaque;
    uint64_t from = blocks(self->size), to = blocks(size);

    if (to > from && mprotect(self->base + from, (size_t)(to - from), PROT_READ | PROT_WRITE) != 0)
        return peer_fail_errno("mprotect");
    self->size = size;
    return 0;
}

static int shrink(void *opaque, uint64_t size)
{
    struct self *self = opaque;
    uint64_t keep = (size + 4095) & ~UINT64_C(4095), from = blocks(size), to = blocks(self->size);

    if (to > keep && madvise(self->base + keep, (size_t)(to - keep), MADV_DONTNEED) != 0)
        return peer_fail_errno("madvise(DONTNEED)");
    if (to > from && mprotect(self->base + from, (size_t)(to - from), PROT_NONE) != 0)
        return peer_fail_errno("mprotect");
    self->size = size;
    return 0;
}

static void close_memory(void *opaque)
{
    struct self *self = opaque;

    if (self->base)
        memfd_unreserve(self->base, self->max);
    free(self);
}

static void *open_memory(const struct peer *peer, const struct peer_need *need)
{
    struct self *self = calloc(1, sizeof *self);

    (void)peer;
    if (!self) {
        peer_fail("out of memory");
        return NULL;
    }
    self->max = blocks(need->max);
    self->base = memfd_reserve(self->max);
    if (!self->base || grow(self, need->start) != 0) {
        close_memory(self);
        return NULL;
    }
    if (madvise(self->base, (size_t)self->max, MADV_HUGEPAGE) != 0) {
        peer_fail_errno("madvise(HUGEPAGE)");
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

const struct peer peer_private[] = {
    { .name = "private huge pages",
      .note = "a private reservation: mprotect in units of 2 MiB, MADV_HUGEPAGE",
      .flags = PEER_ANON | PEER_ZEROES | PEER_HUGE,
      .open = open_memory,
      .grow = grow,
      .shrink = shrink,
      .base = base,
      .size = size_now,
      .close = close_memory },
    { 0 },
};
