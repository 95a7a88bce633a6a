/* SPDX-License-Identifier: MIT */
/* newcopy.c - a new object of the new size, and a copy of everything: the only way where objects have a fixed size. */
#include "peers/memfd.h"
#include "peers/peers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum variant { AS_USED, COMMIT };

struct self {
    int fd;
    bool commit;
    char *base;
    uint64_t size;
};

/* Makes an object of `size` bytes, copies the old one into it, and ends the old one. self->size of 0: there is none. */
static int move_to(struct self *self, uint64_t size)
{
    int fd = memfd_new(size, self->commit);
    char *base;

    if (fd < 0)
        return -1;
    base = memfd_map(fd, size);
    if (!base) {
        close(fd);
        return -1;
    }
    if (self->size > 0) {
        memcpy(base, self->base, (size_t)(size < self->size ? size : self->size));
        munmap(self->base, (size_t)self->size);
        close(self->fd);
    }
    self->fd = fd;
    self->base = base;
    self->size = size;
    return 0;
}

static void *open_memfd(const struct peer *peer, const struct peer_need *need)
{
    struct self *self = calloc(1, sizeof *self);

    if (!self) {
        peer_fail("out of memory");
        return NULL;
    }
    self->commit = peer->variant == COMMIT;
    if (move_to(self, need->start) != 0) {
        free(self);
        return NULL;
    }
    return self;
}

static int resize(void *self, uint64_t size)
{
    return move_to(self, size);
}

static char *base(void *self)
{
    return ((struct self *)self)->base;
}

static uint64_t size_now(void *self)
{
    return ((struct self *)self)->size;
}

static void close_memfd(void *opaque)
{
    struct self *self = opaque;

    munmap(self->base, (size_t)self->size);
    close(self->fd);
    free(self);
}

/* Without attach and sync: how other processes learn of the new object is left to the user. */
#define NEWCOPY_PEER(variant_name, variant_note, which)                                                                \
    {                                                                                                                  \
        .name = variant_name, .note = variant_note,                                                                    \
        .flags = PEER_ZEROES | PEER_COPIES | (which == COMMIT ? PEER_EXTRA : 0), .variant = which, .open = open_memfd, \
        .grow = resize, .shrink = resize, .base = base, .size = size_now, .close = close_memfd                         \
    }

const struct peer peer_newcopy[] = {
    NEWCOPY_PEER("new+memcpy", "a new memfd of the new size, everything copied; the base moves", AS_USED),
    NEWCOPY_PEER("new+memcpy +commit", "the same, and fallocate of the new object", COMMIT),
    { 0 },
};
