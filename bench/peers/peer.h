/* SPDX-License-Identifier: MIT */
/*
 * What a way of growing memory must be able to do to take part in the benchmark. A peer is one file peer_<name>.c (or
 * .cpp) with an array of variants, and one line in peers.c.
 *
 * The works of work_*.c time these calls one by one, so an implementation does in each call what a careful user of that
 * technique would do, and nothing else: no checks of its own, no printing. Every call that returns int returns 0, or
 * -1 after peer_fail().
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum peer_flag {
    PEER_SHARED = 1, /* other processes can attach: attach and sync are there */
    PEER_ZEROES = 2, /* promises that grown bytes read as zero */
    PEER_COPIES = 4, /* every grow and shrink costs time, and memory, in proportion to the size */
    PEER_ANON = 8,   /* its memory is AnonPages of /proc/meminfo, not Shmem */
    PEER_HUGE = 16,  /* takes memory in huge pages */
    PEER_EXTRA = 32, /* a variant of another peer: takes part with --all, or when the user names it */
    PEER_NAMED = 64  /* takes part only in works that name it */
};

/* What a work needs of the memory that it is about to use. */
struct peer_need {
    uint64_t start;    /* bytes at open, at least 1 */
    uint64_t max;      /* bytes that it will never pass */
    uint64_t extent;   /* segments of this many bytes, for a peer that has segments; 0: as it likes */
    uint64_t segments; /* so many segments, at most; 0: as it likes */
};

struct peer {
    const char *name; /* in tables and for --peer; "+commit": grow returns when the memory is there */
    const char *note; /* one line: what it does at each grow and shrink */
    unsigned flags;   /* enum peer_flag */
    unsigned variant; /* the file's own */

    void *(*open)(const struct peer *peer, const struct peer_need *need); /* NULL after peer_fail() */
    int (*grow)(void *self, uint64_t size);                               /* to `size` bytes */
    int (*shrink)(void *self, uint64_t size);                             /* to `size` bytes */
    char *(*base)(void *self);                                            /* may differ after grow, shrink and sync */
    uint64_t (*size)(void *self);
    void (*close)(void *self); /* of what open or attach returned; those attached first */

    /* Only with PEER_SHARED. What attach returns stands for another process: it has its own mapping. */
    void *(*attach)(void *owner);
    int (*sync)(void *follower, uint64_t times); /* look for a change of size `times` times, and take it over */
    int (*wait)(void *follower); /* sleep until there is something that sync has not taken over. NULL: cannot */

    uint64_t (*segments)(void *self); /* how many it consists of. NULL: it has none */
};

/* Say why a call failed: printf-like, "what: errno's sentence" for peer_fail_errno. They return -1 and NULL. */
int peer_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int peer_fail_errno(const char *what);
const char *peer_failure(void);

/* A name that no other object of this process or of another benchmark has: "stitch-bench-<process>-<counter>". */
void peer_unique_name(char *name, uint64_t room);

/* All peers, in the order of the tables; the first is the one that the ratios are against. NULL behind the last. */
const struct peer *peer_at(unsigned index);

/* What is left out of this build and why, or NULL. */
const char *peers_missing(void);

#ifdef __cplusplus
}
#endif
#endif
