/* SPDX-License-Identifier: MIT */
/* memfd.c - the system calls of peers with one memfd. */
#include "peers/memfd.h"

#include "peers/peer.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HUGE     (UINT64_C(2) << 20)
#define COLLAPSE 25 /* MADV_COLLAPSE, which older headers lack */

int memfd_new(uint64_t size, bool commit)
{
    int fd = memfd_create("stitch-bench", MFD_CLOEXEC);

    if (fd < 0)
        return peer_fail_errno("memfd_create");
    if (memfd_resize(fd, size) != 0 || (commit && memfd_commit(fd, 0, size) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

int memfd_commit(int fd, uint64_t from, uint64_t to)
{
    return fallocate(fd, 0, (off_t)from, (off_t)(to - from)) == 0 ? 0 : peer_fail_errno("fallocate");
}

int memfd_commit_blocks(int fd, char *base, uint64_t from, uint64_t to)
{
    uint64_t first = (from + HUGE - 1) & ~(HUGE - 1), end = to & ~(HUGE - 1);

    if (first >= end)
        return to > from ? memfd_commit(fd, from, to) : 0;
    if (first > from && memfd_commit(fd, from, first) != 0)
        return -1;
    for (uint64_t block = first; block < end; block += HUGE)
        if (pwrite(fd, "", 1, (off_t)block) != 1)
            return peer_fail_errno("pwrite");
    if (madvise(base + first, (size_t)(end - first), COLLAPSE) != 0 && memfd_commit(fd, first, end) != 0)
        return -1;
    return to > end ? memfd_commit(fd, end, to) : 0;
}

int memfd_resize(int fd, uint64_t size)
{
    return ftruncate(fd, (off_t)size) == 0 ? 0 : peer_fail_errno("ftruncate");
}

int memfd_punch(int fd, uint64_t from, uint64_t to)
{
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

    return fallocate(fd, mode, (off_t)from, (off_t)(to - from)) == 0 ? 0 : peer_fail_errno("fallocate(PUNCH_HOLE)");
}

int memfd_size(int fd, uint64_t *size)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return peer_fail_errno("fstat");
    *size = (uint64_t)status.st_size;
    return 0;
}

int memfd_reopen(int fd)
{
    char path[64];
    int again;

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    again = open(path, O_RDWR | O_CLOEXEC);
    return again >= 0 ? again : peer_fail_errno("open of /proc/self/fd");
}

char *memfd_map(int fd, uint64_t size)
{
    void *base = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (base == MAP_FAILED) {
        peer_fail_errno("mmap");
        return NULL;
    }
    return base;
}

char *memfd_reserve(uint64_t size)
{
    char *base = mmap(NULL, (size_t)(size + HUGE), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint64_t before;

    if (base == MAP_FAILED) {
        peer_fail_errno("mmap of a reservation");
        return NULL;
    }
    before = HUGE - (uintptr_t)base % HUGE; /* 1 to HUGE bytes, so that munmap never gets 0 */
    munmap(base, (size_t)before);
    if (before < HUGE)
        munmap(base + before + size, (size_t)(HUGE - before));
    return base + before;
}

void memfd_unreserve(char *base, uint64_t size)
{
    munmap(base, (size_t)size);
}
