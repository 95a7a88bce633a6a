/* SPDX-License-Identifier: MIT */
/*
 * objects.c - stitch's technique by hand: shared memory objects of one size, mapped end to end in a reservation. Grow
 * makes and maps one more, shrink unlinks the last, attach opens and maps each by its name. There is no directory, no
 * lock, no commit and no check, so it shows the cost of segments in the kernel.
 */
#include "peers/memfd.h"
#include "peers/peers.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct self {
    char name[64];
    char *base;
    uint64_t extent, count, max;
    bool owner;
};

static void name_of(const struct self *self, uint64_t index, char name[96])
{
    snprintf(name, 96, "/%s.%08llx", self->name, (unsigned long long)index);
}

/* Opens object number `count` (with O_CREAT: makes it), maps it after the last one, and closes the descriptor. */
static int add(struct self *self, int flags)
{
    char name[96];
    struct stat status;
    int fd, err = 0;

    name_of(self, self->count, name);
    fd = shm_open(name, flags | O_RDWR, 0600);
    if (fd < 0)
        return peer_fail_errno("shm_open");
    if (flags & O_CREAT)
        err = memfd_resize(fd, self->extent);
    else if (fstat(fd, &status) != 0 || (uint64_t)status.st_size != self->extent)
        err = peer_fail("an object has another size");
    if (err == 0 && mmap(self->base + self->count * self->extent, (size_t)self->extent, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
        err = peer_fail_errno("mmap");
    close(fd);
    if (err == 0)
        self->count++;
    else if (flags & O_CREAT)
        shm_unlink(name);
    return err;
}

static int drop(struct self *self)
{
    char name[96];
    char *at = self->base + --self->count * self->extent;

    name_of(self, self->count, name);
    if (mmap(at, (size_t)self->extent, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) ==
        MAP_FAILED)
        return peer_fail_errno("mmap");
    return shm_unlink(name) == 0 ? 0 : peer_fail_errno("shm_unlink");
}

static int grow(void *opaque, uint64_t size)
{
    struct self *self = opaque;

    while (self->count * self->extent < size)
        if (add(self, O_CREAT | O_EXCL) != 0)
            return -1;
    return 0;
}

static int shrink(void *opaque, uint64_t size)
{
    struct self *self = opaque;

    while (self->count > 0 && (self->count - 1) * self->extent >= size)
        if (drop(self) != 0)
            return -1;
    return 0;
}

static void close_objects(void *opaque)
{
    struct self *self = opaque;
    char name[96];

    for (uint64_t i = 0; self->owner && i < self->count; i++) {
        name_of(self, i, name);
        shm_unlink(name);
    }
    if (self->base)
        memfd_unreserve(self->base, self->max);
    free(self);
}

static void *open_objects(const struct peer *peer, const struct peer_need *need)
{
    struct self *self = calloc(1, sizeof *self);

    (void)peer;
    if (!self) {
        peer_fail("out of memory");
        return NULL;
    }
    peer_unique_name(self->name, sizeof self->name);
    self->owner = true;
    self->extent = need->extent;
    self->max = need->max;
    self->base = memfd_reserve(self->max);
    if (!self->base || grow(self, need->start) != 0) {
        close_objects(self);
        return NULL;
    }
    return self;
}

static void *attach_objects(void *opaque)
{
    const struct self *owner = opaque;
    struct self *self = malloc(sizeof *self);

    if (!self) {
        peer_fail("out of memory");
        return NULL;
    }
    *self = *owner;
    self->owner = false;
    self->count = 0;
    self->base = memfd_reserve(self->max);
    while (self->base && self->count < owner->count)
        if (add(self, 0) != 0)
            break;
    if (!self->base || self->count < owner->count) {
        close_objects(self);
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
    return ((struct self *)self)->count * ((struct self *)self)->extent;
}

static uint64_t segments_now(void *self)
{
    return ((struct self *)self)->count;
}

/* Does nothing, since a follower has no way to learn the number of objects. */
static int look(void *self, uint64_t times)
{
    (void)self;
    (void)times;
    return 0;
}

const struct peer peer_objects[] = {
    { .name = "objects by hand",
      .note = "one shm object for each extent, opened and mapped end to end by hand; no commit",
      .flags = PEER_SHARED | PEER_ZEROES | PEER_NAMED,
      .open = open_objects,
      .grow = grow,
      .shrink = shrink,
      .base = base,
      .size = size_now,
      .close = close_objects,
      .attach = attach_objects,
      .sync = look,
      .segments = segments_now },
    { 0 },
};
