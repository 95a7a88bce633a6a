/* SPDX-License-Identifier: MIT */
/* memfd_mremap.c - one memfd: ftruncate and mremap. The base moves when the addresses after it are taken. */
#include "peers/memfd.h"
#include "peers/peers.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum variant { AS_USED, COMMIT };

struct self {
    int fd;
    bool commit;
    char *base;
    uint64_t size;
};

/* Consumes the descriptor, also on failure. */
static void *map_whole(int fd, uint64_t size, bool commit)
{
    struct self *self = calloc(1, sizeof *self);

    if (!self) {
        peer_fail("out of memory");
        close(fd);
        return NULL;
    }
    *self = (struct self){ .fd = fd, .commit = commit, .base = memfd_map(fd, size), .size = size };
    if (!self->base) {
        close(fd);
        free(self);
        return NULL;
    }
    return self;
}

static void *open_memfd(const struct peer *peer, const struct peer_need *need)
{
    int fd = memfd_new(need->start, peer->variant == COMMIT);

    return fd < 0 ? NULL : map_whole(fd, need->start, peer->variant == COMMIT);
}

static void *attach_memfd(void *owner)
{
    int fd = memfd_reopen(((struct self *)owner)->fd);
    uint64_t size;

    if (fd < 0)
        return NULL;
    if (memfd_size(fd, &size) != 0) {
        close(fd);
        return NULL;
    }
    return map_whole(fd, size, false);
}

static int remap(struct self *self, uint64_t size)
{
    char *base = mremap(self->base, (size_t)self->size, (size_t)size, MREMAP_MAYMOVE);

    if (base == MAP_FAILED)
        return peer_fail_errno("mremap");
    self->base = base;
    self->size = size;
    return 0;
}

static int grow(void *opaque, uint64_t size)
{
    struct self *self = opaque;

    if (memfd_resize(self->fd, size) != 0 || (self->commit && memfd_commit(self->fd, self->size, size) != 0))
        return -1;
    return remap(self, size);
}

static int shrink(void *opaque, uint64_t size)
{
    struct self *self = opaque;

    if (remap(self, size) != 0)
        return -1;
    return memfd_resize(self->fd, size);
}

static int look(void *opaque, uint64_t times)
{
    struct self *self = opaque;

    while (times-- > 0) {
        uint64_t size;

        if (memfd_size(self->fd, &size) != 0 || (size != self->size && remap(self, size) != 0))
            return -1;
    }
    return 0;
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

#define MREMAP_PEER(variant_name, variant_note, which)                                                                 \
    {                                                                                                                  \
        .name = variant_name, .note = variant_note,                                                                    \
        .flags = PEER_SHARED | PEER_ZEROES | (which == COMMIT ? PEER_EXTRA : 0), .variant = which, .open = open_memfd, \
        .grow = grow, .shrink = shrink, .base = base, .size = size_now, .close = close_memfd, .attach = attach_memfd,  \
        .sync = look                                                                                                   \
    }

const struct peer peer_memfd_mremap[] = {
    MREMAP_PEER("memfd mremap", "one memfd: ftruncate, mremap; the base moves; another's shrink is SIGBUS", AS_USED),
    MREMAP_PEER("memfd mremap +commit", "the same, and fallocate of what is new", COMMIT),
    { 0 },
};
