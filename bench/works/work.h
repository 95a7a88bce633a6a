/* SPDX-License-Identifier: MIT */
/*
 * work.h - a work: a task that every peer does in the same way, call by call, with a clock around each call.
 *
 * A file of this folder defines an array of works; works.c lists the arrays.
 */
#ifndef BENCH_WORK_H
#define BENCH_WORK_H

#include "works/trial.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the user asked for. */
struct settings {
    uint64_t max;  /* bytes that a region may reach */
    unsigned reps; /* trials of each peer in each work, 1 to STATS_MEDIAN_MAX */
    bool busy;     /* count processor time, since the machine has other things to do */
    bool cold;     /* warm no pages: the run only shows that everything works */
    bool all;      /* include peers with PEER_EXTRA */
};

enum work_flag {
    WORK_NEEDS_SHARED = 1, /* only for peers that can be attached to */
    WORK_NO_COPIES = 2,    /* not for PEER_COPIES: it would take minutes */
    WORK_TOTALS = 4,       /* the sum of the calls is the figure that counts; without it, the median call */
    WORK_NANOSECONDS = 8,  /* single calls are shown in ns; without it, in us */
    WORK_MEMORY = 16,      /* memory is read at every enum memory_point */
    WORK_NEEDS_WAIT = 32   /* only for peers whose followers can sleep */
};

struct work {
    const char *name;
    const char *what;
    unsigned flags;   /* enum work_flag */
    const char *only; /* the peers that take part, with commas between; NULL: all */
    const char *phases[PHASES_MAX];
    unsigned rounds; /* multiplies the repetitions, where differences of some per cent count; 0: as 1 */

    /* Returns the most memory that the work uses at one time, for warming. */
    uint64_t (*peak)(const struct work *work, const struct settings *settings);
    /* Does one trial. Returns 0, or -1 after peer_fail(). Closes the peer in either case. */
    int (*run)(const struct work *work, struct trial *trial);

    uint64_t start, step, limit, count; /* for the file that defines the work */
};

/* Returns work number `index`, in the order in which they run; NULL after the last. */
const struct work *work_at(unsigned index);

extern const struct work work_ladder[];
extern const struct work work_bytes[];
extern const struct work work_pingpong[];
extern const struct work work_sync[];
extern const struct work work_attach[];
extern const struct work work_follow[];
extern const struct work work_reads[];
extern const struct work work_segments[];

#endif
