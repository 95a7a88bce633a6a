/* SPDX-License-Identifier: MIT */
/* aims.h - the figures that stitch sets out to reach, beside those of a run. */
#ifndef BENCH_AIMS_H
#define BENCH_AIMS_H

#include "run.h"

struct aim_shown {
    char text[112];
    double bound;     /* 0: no aim, shown for comparison */
    bool at_least;    /* the figure should be at least the bound; otherwise at most */
    double figure;    /* the median of the rounds */
    double low, high; /* the least and the greatest of the rounds */
    unsigned rounds;
    bool reached;
};

/*
 * Finds the next aim for which these results have a figure. Returns true and fills *out, or false at the end.
 *   Requires *state is 0 at the first call.
 */
bool aims_next(const struct result *results, unsigned count, unsigned *state, struct aim_shown *out);

#endif
