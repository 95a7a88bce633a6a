/* SPDX-License-Identifier: MIT */
/* stats.c - series of durations, their quantiles and medians. */
#include "stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void series_clear(struct series *series)
{
    series->count = 0;
    series->total = 0;
}

void series_add(struct series *series, double ns)
{
    if (series->count == series->capacity) {
        uint64_t capacity = series->capacity == 0 ? 1024 : 2 * series->capacity;
        double *larger = realloc(series->ns, (size_t)capacity * sizeof *larger);

        if (!larger) {
            fputs("stitch-bench: out of memory\n", stderr);
            exit(1);
        }
        series->ns = larger;
        series->capacity = capacity;
    }
    series->ns[series->count++] = ns;
    series->total += ns;
}

void series_free(struct series *series)
{
    free(series->ns);
    *series = (struct series){ 0 };
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

double series_quantile(struct series *series, double share)
{
    uint64_t rank;

    if (series->count == 0)
        return 0;
    qsort(series->ns, (size_t)series->count, sizeof *series->ns, compare);
    rank = (uint64_t)ceil(share * (double)series->count);
    return series->ns[rank == 0 ? 0 : rank - 1];
}

double stats_median(const double *values, uint64_t count)
{
    double sorted[STATS_MEDIAN_MAX], middle;

    if (count == 0)
        return 0;
    memcpy(sorted, values, (size_t)count * sizeof *values);
    qsort(sorted, (size_t)count, sizeof *sorted, compare);
    middle = sorted[count / 2];
    return count % 2 == 1 ? middle : (middle + sorted[count / 2 - 1]) / 2;
}
