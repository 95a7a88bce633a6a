/* SPDX-License-Identifier: MIT */
/* memfd_extend.c - one memfd in a reservation: ftruncate, mmap of the new part after the old. The base never moves. */
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
    uint64_t max; /* of the reservation */
};

/* Rounds up to whole pages, the unit in which the kernel maps. */
static uint64_t pages(uint64_t size)
{
    return (size + 4095) & ~UINT64_C(4095);
}

/* Maps the pages that `size` adds. The kernel merges adjacent mappings of one file into one. */
static int map_more(struct self *self, uint64_t size)
{
    uint64_t from = pages(self->size), to = pages(size);

    if (to > from && mmap(self->base + from, (size_t)(to - from), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                          self->fd, (off_t)from) == MAP_FAILED)
        return peer_fail_errno("mmap");
    self->size = size;
    return 0;
}

static int map_less(struct self *self, uint64_t size)
{
    uint64_t from = pages(size), to = pages(self->size);

    if (to > from && mmap(self->base + from, (size_t)(to - from), PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
        return peer_fail_errno("mmap");
    self->size = size;
    return 0;
}

static void close_memfd(void *opaque)
{
    struct self *self = opaque;

    if (self->base)
        memfd_unreserve(self->base, self->max);
    close(self->fd);
    free(self);
}

/* Consumes the descriptor, also on failure. */
static void *reserve_and_map(int fd, uint64_t size, uint64_t max, bool commit)
{
    struct self *self = calloc(1, sizeof *self);

    if (!self) {
        peer_fail("out of memory");
        close(fd);
        return NULL;
    }
    *self = (struct self){ .fd = fd, .commit = commit, .base = memfd_reserve(pages(max)), .max = pages(max) };
    if (!self->base || map_more(self, size) != 0) {
        close_memfd(self);
        return NULL;
    }
    return self;
}

static void *open_memfd(const struct peer *peer, const struct peer_need *need)
{
    int fd = memfd_new(need->start, peer->variant == COMMIT);

    return fd < 0 ? NULL : reserve_and_map(fd, need->start, need->max, peer->variant == COMMIT);
}

static void *attach_memfd(void *opaque)
{
    struct self *owner = opaque;
    int fd = memfd_reopen(owner->fd);
    uint64_t size;

    if (fd < 0)
        return NULL;
    if (memfd_size(fd, &size) != 0) {
        close(fd);
        return NULL;
    }
    return reserve_and_map(fd, size, owner->max, false);
}

static int grow(void *opaque, uint64_t size)
{
    struct self *self = opaque;

    if (memfd_resize(self->fd, size) != 0 || (self->commit && memfd_commit(self->fd, self->size, size) != 0))
        return -1;
    return map_more(self, size);
}

static int shrink(void *opaque, uint64_t size)
{
    struct self *self = opaque;

    if (map_less(self, size) != 0)
        return -1;
    return memfd_resize(self->fd, size);
}

static int look(void *opaque, uint64_t times)
{
    struct self *self = opaque;

    while (times-- > 0) {
        uint64_t size;

        if (memfd_size(self->fd, &size) != 0)
            return -1;
        if (size != self->size && (size > self->size ? map_more(self, size) : map_less(self, size)) != 0)
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

#define EXTEND_PEER(variant_name, variant_note, which)                                                                 \
    {                                                                                                                  \
        .name = variant_name, .note = variant_note,                                                                    \
        .flags = PEER_SHARED | PEER_ZEROES | (which == COMMIT ? PEER_EXTRA : 0), .variant = which, .open = open_memfd, \
        .grow = grow, .shrink = shrink, .base = base, .size = size_now, .close = close_memfd, .attach = attach_memfd,  \
        .sync = look                                                                                                   \
    }

const struct peer peer_memfd_extend[] = {
    EXTEND_PEER("memfd extend", "one memfd in a reservation: ftruncate, mmap of the new part after the old", AS_USED),
    EXTEND_PEER("memfd extend +commit", "the same, and fallocate of what is new", COMMIT),
    { 0 },
};
