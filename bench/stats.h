/* SPDX-License-Identifier: MIT */
/* Durations of one kind of call, and what is said of them. Nanoseconds. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdint.h>

/* The durations of one trial. Grows by itself, outside of what is timed. */
struct series {
    double *ns;
    uint64_t count;
    uint64_t room;
    double total;
};

void series_clear(struct series *series);
void series_add(struct series *series, double ns);
void series_free(struct series *series);

/* The smallest value that `share` (0 to 1) of the values do not exceed; 0 without values. Sorts the series. */
double series_quantile(struct series *series, double share);

#define STATS_MEDIAN_MAX 64

/* The middle of `count` values, at most STATS_MEDIAN_MAX; of two in the middle their mean; 0 without values. */
double stats_median(const double *values, uint64_t count);

#endif
