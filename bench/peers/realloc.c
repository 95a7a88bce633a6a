/* SPDX-License-Identifier: MIT */
/* realloc.c - realloc of the C library: private memory, which shows the cost of sharing. */
#include "peers/peers.h"

#include <stdlib.h>

struct self {
    char *base;
    uint64_t size;
};

static int resize(void *opaque, uint64_t size)
{
    struct self *self = opaque;
    char *base = realloc(self->base, (size_t)size);

    if (!base)
        return peer_fail_errno("realloc");
    self->base = base;
    self->size = size;
    return 0;
}

static void *open_memory(const struct peer *peer, const struct peer_need *need)
{
    struct self *self = calloc(1, sizeof *self);

    (void)peer;
    if (!self) {
        peer_fail("out of memory");
        return NULL;
    }
    if (resize(self, need->start) != 0) {
        free(self);
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

static void close_memory(void *opaque)
{
    struct self *self = opaque;

    free(self->base);
    free(self);
}

const struct peer peer_realloc[] = {
    { .name = "realloc",
      .note = "the C library's realloc: private, 4 KiB pages; the base moves",
      .flags = PEER_ANON,
      .open = open_memory,
      .grow = resize,
      .shrink = resize,
      .base = base,
      .size = size_now,
      .close = close_memory },
    { 0 },
};
