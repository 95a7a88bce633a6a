/* SPDX-License-Identifier: MIT */
/*
 * peer.h - a peer: a way of growing memory, as the benchmark calls it.
 *
 * A file of this folder defines an array of variants; peers.c lists the arrays. The works time these calls one by one,
 * so an implementation does in each call what a careful user of that technique would do, and nothing else: no checks of
 * its own, no printing. Every call that returns int returns 0, or -1 after peer_fail().
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum peer_flag {
    PEER_SHARED = 1, /* other processes can attach: attach and sync are not NULL */
    PEER_ZEROES = 2, /* promises that grown bytes read as zero */
    PEER_COPIES = 4, /* every grow and shrink takes time, and memory, in proportion to the size */
    PEER_ANON = 8,   /* its memory is AnonPages of /proc/meminfo, not Shmem */
    PEER_HUGE = 16,  /* takes memory in huge pages */
    PEER_EXTRA = 32, /* a variant of another peer: takes part with --all, or when the user names it */
    PEER_NAMED = 64  /* takes part only in works that name it */
};

/* The memory that a work is about to use. */
struct peer_need {
    uint64_t start;    /* bytes at open, at least 1 */
    uint64_t max;      /* bytes that the size never exceeds */
    uint64_t extent;   /* bytes of a segment, for a peer that has segments; 0: the peer decides */
    uint64_t segments; /* number of segments, at most; 0: the peer decides */
};

struct peer {
    const char *name; /* in tables and for --peer; "+commit": the memory is committed when grow returns */
    const char *note; /* one line about its grow and shrink */
    unsigned flags;   /* enum peer_flag */
    unsigned variant; /* for the file that defines the peer */

    void *(*open)(const struct peer *peer, const struct peer_need *need); /* NULL after peer_fail() */
    int (*grow)(void *self, uint64_t size);                               /* to `size` bytes */
    int (*shrink)(void *self, uint64_t size);                             /* to `size` bytes */
    char *(*base)(void *self);                                            /* may differ after grow, shrink and sync */
    uint64_t (*size)(void *self);
    void (*close)(void *self); /* of the result of open or attach; followers are closed before the owner */

    /* Only with PEER_SHARED. A follower, the result of attach, stands for another process: it has its own mapping. */
    void *(*attach)(void *owner);
    int (*sync)(void *follower, uint64_t times); /* look for a change of size `times` times, and follow it */
    int (*wait)(void *follower);                 /* sleep until there is a change to follow. NULL: cannot sleep */

    uint64_t (*segments)(void *self); /* the number of segments now. NULL: the peer has none */
};

/* Record why a call failed, as printf does, or as "call: the sentence of errno". Return -1. */
int peer_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int peer_fail_errno(const char *call);

/* Returns the sentence of the last failure. */
const char *peer_failure(void);

/* Makes a name that no other object of this machine has: "stitch-bench-<process>-<counter>". */
void peer_unique_name(char *name, uint64_t size);

/* Returns peer number `index`, in the order of the tables; NULL after the last. Ratios refer to the first. */
const struct peer *peer_at(unsigned index);

/* Returns a sentence about the peers that this build lacks, or NULL. */
const char *peers_missing(void);

#ifdef __cplusplus
}
#endif
#endif
