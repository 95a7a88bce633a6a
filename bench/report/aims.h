/* SPDX-License-Identifier: MIT */
/* What stitch sets out to reach, and what a run shows of it. */
#ifndef BENCH_AIMS_H
#define BENCH_AIMS_H

#include "run.h"

struct aim_shown {
    char text[112];
    double bound;     /* 0: no aim, only told */
    bool at_least;    /* the figure should be at least the bound; else at most */
    double figure;    /* the median of the rounds */
    double low, high; /* of the rounds */
    unsigned rounds;
    bool reached;
};

/* The next aim that these results tell something of: true and *out; false at the end. `state` begins at 0. */
bool aims_next(const struct result *results, unsigned count, unsigned *state, struct aim_shown *out);

#endif
