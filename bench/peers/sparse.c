/* SPDX-License-Identifier: MIT */
/*
 * sparse.c - the honest baseline: one memfd of the largest size, mapped whole from the start. Grow stores the new size
 * in a shared word; shrink stores it and punches the rest out. Nothing can be cheaper; README.md lists what it lacks.
 * The variant "blocks" commits exactly as stitch does, so the difference to stitch is the cost of segments, lock and
 * directory.
 */
#include "peers/memfd.h"
#include "peers/peers.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum variant { AS_USED, COMMIT, BLOCKS };

/* In shared memory: after the data, in its own page of the memfd. */
struct shared {
    _Atomic uint64_t size;
};

#define SHARED_BYTES UINT64_C(4096)
#define PAGE         UINT64_C(4096)
#define BLOCK        (UINT64_C(2) << 20)

struct self {
    int fd;
    enum variant variant;
    char *base;
    struct shared *shared;
    uint64_t max;
    uint64_t size;      /* as last seen */
    uint64_t mark;      /* BLOCKS: [0, mark) is committed */
    uint64_t dirty_end; /* BLOCKS: no process has stored at or beyond this offset */
};

static void close_memfd(void *opaque)
{
    struct self *self = opaque;

    if (self->base)
        memfd_unreserve(self->base, self->max + SHARED_BYTES);
    close(self->fd);
    free(self);
}

/* Consumes the descriptor, also on failure. The reservation below the mapping is only for alignment. */
static struct self *map_whole(int fd, uint64_t max, enum variant variant)
{
    uint64_t whole = max + SHARED_BYTES;
    struct self *self = calloc(1, sizeof *self);

    if (!self) {
        peer_fail("out of memory");
        close(fd);
        return NULL;
    }
    *self = (struct self){ .fd = fd, .variant = variant, .base = memfd_reserve(whole), .max = max };
    if (!self->base) {
        close_memfd(self);
        return NULL;
    }
    if (mmap(self->base, (size_t)whole, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
        peer_fail_errno("mmap");
        close_memfd(self);
        return NULL;
    }
    self->shared = (struct shared *)(void *)(self->base + max);
    return self;
}

static uint64_t rounded(uint64_t size, uint64_t unit)
{
    return (size + unit - 1) & ~(unit - 1);
}

/* Returns the end of the committed part. BLOCKS: to the page up to 2 MiB, then to the block, as grow and as shrink. */
static uint64_t mark_for(const struct self *self, uint64_t size)
{
    uint64_t mark = rounded(size, self->variant == BLOCKS && size > BLOCK ? BLOCK : PAGE);

    return mark < self->max ? mark : self->max;
}

static int commit(struct self *self, uint64_t size)
{
    uint64_t to = mark_for(self, size);

    if (self->variant == AS_USED)
        return 0;
    if (self->variant == COMMIT)
        return memfd_commit(self->fd, self->size, size);
    if (to <= self->mark)
        return 0;
    if (memfd_commit_blocks(self->fd, self->base, self->mark, to) != 0)
        return -1;
    self->mark = to;
    return 0;
}

static int grow(void *opaque, uint64_t size)
{
    struct self *self = opaque;

    if (commit(self, size) != 0)
        return -1;
    if (self->variant == BLOCKS && self->size < self->dirty_end) /* committed bytes must read as zero again */
        memset(self->base + self->size, 0, (size_t)((size < self->dirty_end ? size : self->dirty_end) - self->size));
    self->dirty_end = size > self->dirty_end ? size : self->dirty_end;
    self->size = size;
    atomic_store_explicit(&self->shared->size, size, memory_order_release);
    return 0;
}

static void *open_memfd(const struct peer *peer, const struct peer_need *need)
{
    uint64_t max = rounded(need->max, PAGE);
    int fd = memfd_new(max + SHARED_BYTES, false);
    struct self *self = fd < 0 ? NULL : map_whole(fd, max, (enum variant)peer->variant);

    if (self && grow(self, need->start) != 0) {
        close_memfd(self);
        self = NULL;
    }
    return self;
}

static void *attach_memfd(void *opaque)
{
    struct self *owner = opaque;
    int fd = memfd_reopen(owner->fd);
    uint64_t whole;
    struct self *self;

    if (fd < 0)
        return NULL;
    if (memfd_size(fd, &whole) != 0) {
        close(fd);
        return NULL;
    }
    self = map_whole(fd, whole - SHARED_BYTES, AS_USED);
    if (self)
        self->size = atomic_load_explicit(&self->shared->size, memory_order_acquire);
    return self;
}

static int shrink(void *opaque, uint64_t size)
{
    struct self *self = opaque;
    uint64_t from = size, to = self->size;

    if (self->variant == BLOCKS) {
        from = mark_for(self, size);
        to = self->mark;
        self->mark = from < to ? from : to;
        self->dirty_end = self->dirty_end < self->mark ? self->dirty_end : self->mark;
    }
    self->size = size;
    atomic_store_explicit(&self->shared->size, size, memory_order_release);
    return from < to ? memfd_punch(self->fd, from, to) : 0;
}

static int look(void *opaque, uint64_t times)
{
    struct self *self = opaque;

    while (times-- > 0) {
        uint64_t size = atomic_load_explicit(&self->shared->size, memory_order_acquire);

        if (size != self->size)
            self->size = size;
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

#define SPARSE_PEER(variant_name, variant_note, which, more_flags)                                                     \
    {                                                                                                                  \
        .name = variant_name, .note = variant_note, .flags = PEER_SHARED | PEER_ZEROES | (more_flags),                 \
        .variant = which, .open = open_memfd, .grow = grow, .shrink = shrink, .base = base, .size = size_now,          \
        .close = close_memfd, .attach = attach_memfd, .sync = look                                                     \
    }

const struct peer peer_sparse[] = {
    SPARSE_PEER("sparse", "one sparse memfd mapped whole: grow is a store, shrink punches", AS_USED, 0),
    SPARSE_PEER("sparse +commit", "the same, and fallocate of what is new", COMMIT, 0),
    SPARSE_PEER("sparse +blocks", "the same, and the commit of stitch: pwrite and MADV_COLLAPSE of 2 MiB", BLOCKS,
                PEER_HUGE),
    { 0 },
};
