/* SPDX-License-Identifier: MIT */
/* memfd.h - the functions that peers with one memfd share: make, commit, resize, open a second time, map. */
#ifndef BENCH_MEMFD_H
#define BENCH_MEMFD_H

#include <stdbool.h>
#include <stdint.h>

/* Makes a memfd of `size` bytes, committed or not. Returns a descriptor, or -1 after peer_fail(). */
int memfd_new(uint64_t size, bool commit);

/* Commits [from, to) with fallocate. Returns 0, or -1 after peer_fail(). */
int memfd_commit(int fd, uint64_t from, uint64_t to);

/*
 * Commits [from, to) as stitch does (src/os/linux/memory.c): whole blocks of 2 MiB as huge pages, by a byte written
 * into each and MADV_COLLAPSE; the rest, and blocks that the kernel refuses, by fallocate.
 *   Requires the memfd is mapped at `base`, a multiple of 2 MiB.
 */
int memfd_commit_blocks(int fd, char *base, uint64_t from, uint64_t to);

/* Grows or shrinks to `size` with ftruncate. */
int memfd_resize(int fd, uint64_t size);

/* Gives the whole pages of [from, to) back. */
int memfd_punch(int fd, uint64_t from, uint64_t to);

/* Asks for the size with fstat. Returns 0, or -1 after peer_fail(). */
int memfd_size(int fd, uint64_t *size);

/* Opens it once more, as another process does through /proc/PID/fd/N. Returns a descriptor, or -1 after peer_fail(). */
int memfd_reopen(int fd);

/* Maps [0, size) at any address. Returns NULL after peer_fail(). */
char *memfd_map(int fd, uint64_t size);

/* Reserves `size` bytes of address space without memory, at a multiple of 2 MiB. Returns NULL after peer_fail(). */
char *memfd_reserve(uint64_t size);
void memfd_unreserve(char *base, uint64_t size);

#endif
