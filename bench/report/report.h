/* SPDX-License-Identifier: MIT */
/* report.h - the results: tables for people, JSON and lines with tabs for programs. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "run.h"

/* The facts about the run, which stand above the results. */
struct heading {
    const struct settings *settings;
    const struct sys_machine *machine;
    const struct conditions *conditions;
    double clock_cost; /* ns of one reading */
    bool exact_memory;
    bool interrupted;
};

void table_heading(const struct heading *heading);
void table_result(const struct result *result);
void table_aims(const struct result *results, unsigned count);
void table_footing(const struct heading *heading, double seconds);

/* Writes one file with everything, including the figures of each trial. Returns 0, or -1 with a sentence on stderr. */
int json_write(const char *path, const struct heading *heading, const struct result *results, unsigned count);

/* Writes one line for each phase of each peer in each work: medians, with tabs between. Returns as json_write. */
int tsv_write(const char *path, const struct result *results, unsigned count);

#endif
