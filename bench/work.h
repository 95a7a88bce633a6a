/* SPDX-License-Identifier: MIT */
/*
 * A work: something that every peer does in the same way, call by call, with a clock around each. A work is an entry in
 * an array of a file work_<name>.c, and one line in works.c.
 */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include "peer.h"
#include "stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORK_PHASES 4 /* kinds of calls that a work tells apart, at most */

/* What the user asked for. */
struct settings {
    uint64_t max;  /* bytes that a region may reach */
    unsigned reps; /* trials of each peer in each work, 1 to STATS_MEDIAN_MAX */
    bool busy;     /* count processor time, since the machine has other things to do */
    bool cold;     /* warm no pages: only to see that everything works */
    bool all;      /* also peers with PEER_EXTRA */
};

/* The moments at which memory is looked at, besides before open. */
enum memory_point {
    MEMORY_PEAK, /* at the largest size */
    MEMORY_BACK, /* after shrinking back */
    MEMORY_LEFT, /* after close */
    MEMORY_POINTS
};

/* One peer doing one work once. */
struct trial {
    const struct peer *peer;
    const struct settings *settings;
    struct series phase[WORK_PHASES];
    void *self;                    /* what the peer's open returned */
    uint64_t before;               /* bytes of memory in use before open */
    int64_t memory[MEMORY_POINTS]; /* bytes more than that */
    uint64_t moves;                /* how often the base was another after grow or shrink */
};

enum work_flag {
    WORK_NEEDS_SHARED = 1, /* only for peers that can be attached to */
    WORK_NO_COPIES = 2,    /* not for PEER_COPIES: it would take minutes */
    WORK_TOTALS = 4,       /* the sum of the calls is the figure that counts, else the median call */
    WORK_NANOSECONDS = 8,  /* single calls are told in ns, else in us */
    WORK_MEMORY = 16,      /* every enum memory_point is looked at */
    WORK_NEEDS_WAIT = 32   /* only for peers whose followers can sleep */
};

struct work {
    const char *name;
    const char *what;
    unsigned flags;   /* enum work_flag */
    const char *only; /* only these peers, with commas; NULL: all */
    const char *phases[WORK_PHASES];
    unsigned rounds; /* times as many repetitions as asked for, where some per cent count; 0: one */

    /* The most memory that it will use at one time, for warming and for refusing. */
    uint64_t (*peak)(const struct work *work, const struct settings *settings);
    /* One trial: 0, or -1 after peer_fail(). The peer must be closed at the end, also on failure. */
    int (*run)(const struct work *work, struct trial *trial);

    uint64_t start, step, limit, count; /* the file's own */
};

/* All works in the order in which they are run; NULL behind the last. */
const struct work *work_at(unsigned index);

extern const struct work work_ladder[];
extern const struct work work_bytes[];
extern const struct work work_pingpong[];
extern const struct work work_sync[];
extern const struct work work_attach[];
extern const struct work work_follow[];
extern const struct work work_reads[];
extern const struct work work_segments[];

/* ------------------------------------------------------- for works: the memory, and what lies in it (block.c) --- */

/* Open the peer, having noted the memory in use. Touches nothing. */
int block_open(struct trial *trial, uint64_t start, uint64_t max, uint64_t extent);
int block_open_need(struct trial *trial, const struct peer_need *need);

/* Close it, and note what it left behind. */
void block_close(struct trial *trial);

/* Memory in use now, less what there was before open. */
int64_t block_memory(const struct trial *trial);

/* Grow or shrink to `size`, counting moves of the base. Returns the nanoseconds it took, or a negative number. */
double block_resize(struct trial *trial, uint64_t size);

/* Store a word, different everywhere, at the start of each page of [from, to). Returns the nanoseconds it took. */
double block_touch(struct trial *trial, uint64_t from, uint64_t to);

/* Are the words of [0, size) there, and the ends of these pages zero if the peer promises that? 0 or -1. */
int block_check(struct trial *trial, uint64_t size);

/* Grow by 1 MiB: do pages that were given back read as zero now, if the peer promises that? Shrinks again. 0 or -1. */
int block_check_regrown(struct trial *trial);

/* The word that block_touch stores at `offset`. */
uint64_t block_word(uint64_t offset);

#endif
