/* SPDX-License-Identifier: MIT */
/* Running works and keeping what came out. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "sys.h"
#include "works/work.h"

/* What is kept of the calls of one phase in one trial, in nanoseconds. */
enum metric { METRIC_TOTAL, METRIC_MEDIAN, METRIC_P99, METRIC_WORST, METRICS };

/* One trial, boiled down. */
struct outcome {
    double metric[METRICS][PHASES_MAX];
    uint64_t calls[PHASES_MAX];
    uint64_t before, moves;
    int64_t memory[MEMORY_POINTS];
};

/* One peer in one work. */
struct row {
    const struct peer *peer;
    const char *left_out; /* why it does not take part, or NULL */
    char failure[200];    /* why it stopped, or "" */
    unsigned count;       /* of outcomes; less than the repetitions after a failure or an interruption */
    struct outcome outcomes[STATS_MEDIAN_MAX];
};

struct result {
    const struct work *work;
    struct row *rows;
    unsigned row_count;
    double seconds; /* that the work took, all in all */
};

/* Under what circumstances the trials ran. */
struct conditions {
    double first_warming; /* bytes per second of the very first pass, before any trial */
    double best[2];       /* ... of the fastest one, in small pages and in huge ones */
    struct series passes; /* seconds per byte of those in small pages */
    struct series shares; /* the part of each trial's time for which it had a processor, 0 to 1 */
};

/*
 * Every peer that `wanted` accepts does the work `settings->reps` times `work->rounds`, in turn: all once, then all
 * again in another order, and so on. Before each trial as much memory is warmed as it will use.
 */
void run_work(const struct work *work, const struct settings *settings, bool (*wanted)(const struct peer *),
              struct conditions *conditions, struct result *out);
void run_free(struct result *result);

/* Did every trial run to its end with the right data? */
bool run_succeeded(const struct result *result);

/* The median of the trials. */
double row_median(const struct row *row, enum metric metric, unsigned phase);
/* The smallest or the largest of the trials. */
double row_extreme(const struct row *row, enum metric metric, unsigned phase, bool largest);
/* The median of the memory at that point, in bytes. */
double row_memory(const struct row *row, enum memory_point point);
/* How many times as long as `reference` it took: the median of the ratios of the trials of one round; 0: unknown. */
double row_ratio(const struct row *row, const struct row *reference, enum metric metric, unsigned phase);

/* The row that ratios are against: the first peer's, or NULL if it did not take part. */
const struct row *result_reference(const struct result *result);

/* How many phases the work has. */
unsigned work_phase_count(const struct work *work);

#endif
