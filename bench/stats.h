/* SPDX-License-Identifier: MIT */
/* stats.h - series of durations, their quantiles and medians. Nanoseconds. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdint.h>

/* The durations of one phase of one trial. It grows when a value is added, outside of the timed calls. */
struct series {
    double *ns;
    uint64_t count;
    uint64_t capacity;
    double total;
};

void series_clear(struct series *series);
void series_add(struct series *series, double ns);
void series_free(struct series *series);

/* Returns the smallest value that `share` (0 to 1) of the values do not exceed; 0 without values. Sorts the series. */
double series_quantile(struct series *series, double share);

#define STATS_MEDIAN_MAX 64

/*
 * Returns the middle one of `count` values, or the mean of the two in the middle; 0 without values.
 *   Requires `count` is at most STATS_MEDIAN_MAX.
 */
double stats_median(const double *values, uint64_t count);

#endif
