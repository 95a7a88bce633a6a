/* SPDX-License-Identifier: MIT */
/* What the peers that keep one memfd share: making it, committing, finding its size, opening it a second time. */
#ifndef BENCH_MEMFD_H
#define BENCH_MEMFD_H

#include <stdbool.h>
#include <stdint.h>

/* A new memfd of `size` bytes, committed or not; -1 after peer_fail(). */
int memfd_new(uint64_t size, bool commit);

/* Make [from, to) really there (fallocate). 0 or -1 after peer_fail(). */
int memfd_commit(int fd, uint64_t from, uint64_t to);

/*
 * As stitch commits (src/os/linux_commit.c): the whole blocks of 2 MiB in it as huge pages, by a byte written into each
 * and MADV_COLLAPSE; the rest, and what the kernel refuses, by fallocate. `base` is where the memfd is mapped, at a
 * multiple of 2 MiB.
 */
int memfd_commit_blocks(int fd, char *base, uint64_t from, uint64_t to);

/* ftruncate to `size`, which grows or shrinks. */
int memfd_resize(int fd, uint64_t size);

/* Give the whole pages of [from, to) back. */
int memfd_punch(int fd, uint64_t from, uint64_t to);

/* Its size by fstat; -1 after peer_fail(). */
int memfd_size(int fd, uint64_t *size);

/* Open it once more, as another process does through /proc/PID/fd/N; -1 after peer_fail(). */
int memfd_reopen(int fd);

/* Map [0, size) anywhere; NULL after peer_fail(). */
char *memfd_map(int fd, uint64_t size);

/* A block of `size` bytes of address space without memory, at a multiple of 2 MiB; NULL after peer_fail(). */
char *memfd_reserve(uint64_t size);
void memfd_unreserve(char *base, uint64_t size);

#endif
