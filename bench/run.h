/* SPDX-License-Identifier: MIT */
/* run.h - runs works, and keeps the results. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "sys.h"
#include "works/work.h"

/* The figures that are kept of all calls of one phase in one trial, in nanoseconds. */
enum metric { METRIC_TOTAL, METRIC_MEDIAN, METRIC_P99, METRIC_WORST, METRICS };

/* The figures of one trial. */
struct outcome {
    double metric[METRICS][PHASES_MAX];
    uint64_t calls[PHASES_MAX];
    uint64_t before, moves;
    int64_t memory[MEMORY_POINTS];
};

/* One peer in one work. */
struct row {
    const struct peer *peer;
    const char *left_out; /* the reason why it does not take part, or NULL */
    char failure[200];    /* the reason why it stopped, or "" */
    unsigned count;       /* of outcomes; fewer than the repetitions after a failure or an interruption */
    struct outcome outcomes[STATS_MEDIAN_MAX];
};

struct result {
    const struct work *work;
    struct row *rows;
    unsigned row_count;
    double seconds; /* duration of the whole work */
};

/* The conditions under which the trials ran. */
struct conditions {
    double first_warming; /* bytes per second of the first warming pass, before any trial */
    double best[2];       /* bytes per second of the fastest pass, in small pages and in huge pages */
    struct series passes; /* seconds per byte of the passes in small pages */
    struct series shares; /* of each trial: the fraction of its time for which it had a processor, 0 to 1 */
};

/*
 * Runs one work. Every peer that `wanted` accepts does it `settings->reps` times `work->rounds` times, in turn: all
 * peers once, then all again in another order, and so on. Before each trial, warms as much memory as the trial will
 * use.
 */
void run_work(const struct work *work, const struct settings *settings, bool (*wanted)(const struct peer *),
              struct conditions *conditions, struct result *out);
void run_free(struct result *result);

/* Returns whether every trial ran to its end with the right data. */
bool run_succeeded(const struct result *result);

/* Returns the median of the trials. */
double row_median(const struct row *row, enum metric metric, unsigned phase);
/* Returns the smallest or the largest of the trials. */
double row_extreme(const struct row *row, enum metric metric, unsigned phase, bool largest);
/* Returns the median of the memory at that point, in bytes. */
double row_memory(const struct row *row, enum memory_point point);
/* Returns how many times as long as `reference` it took: the median of the ratios within each round; 0: unknown. */
double row_ratio(const struct row *row, const struct row *reference, enum metric metric, unsigned phase);

/* Returns the row that ratios refer to: that of the first peer, or NULL if it did not take part. */
const struct row *result_reference(const struct result *result);

/* Returns the number of phases of the work. */
unsigned work_phase_count(const struct work *work);

#endif
