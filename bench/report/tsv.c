/* SPDX-License-Identifier: MIT */
/* tsv.c - the results as lines with tabs, for gnuplot and awk. Times are in ns, memory in bytes. */
#include "report/report.h"

#include <stdio.h>

static void write_row(FILE *file, const struct result *result, const struct row *row)
{
    enum metric headline = result->work->flags & WORK_TOTALS ? METRIC_TOTAL : METRIC_MEDIAN;

    for (unsigned phase = 0; row->count > 0 && phase < work_phase_count(result->work); phase++)
        fprintf(file, "%s\t%s\t%s\t%llu\t%.6g\t%.6g\t%.6g\t%.6g\t%.6g\t%.4g\t%.0f\t%.0f\n", result->work->name,
                row->peer->name, result->work->phases[phase], (unsigned long long)row->outcomes[0].calls[phase],
                row_median(row, METRIC_TOTAL, phase), row_median(row, METRIC_MEDIAN, phase),
                row_median(row, METRIC_P99, phase), row_extreme(row, headline, phase, false),
                row_extreme(row, headline, phase, true), row_ratio(row, result_reference(result), headline, phase),
                row_memory(row, MEMORY_PEAK), row_memory(row, MEMORY_BACK));
}

int tsv_write(const char *path, const struct result *results, unsigned count)
{
    FILE *file = fopen(path, "w");
    bool failed = !file;

    if (file) {
        fputs("work\tpeer\tphase\tcalls\ttotal\tp50\tp99\tleast\tmost\tratio\tpeak\tback\n", file);
        for (unsigned i = 0; i < count; i++)
            for (unsigned j = 0; j < results[i].row_count; j++)
                write_row(file, &results[i], &results[i].rows[j]);
        failed = ferror(file) != 0;
        failed = fclose(file) != 0 || failed;
    }
    if (failed)
        fprintf(stderr, "stitch-bench: %s could not be written\n", path);
    return failed ? -1 : 0;
}
