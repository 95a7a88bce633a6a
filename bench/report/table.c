/* SPDX-License-Identifier: MIT */
/* table.c - the results as tables for people, at most 120 columns wide. */
#include "report/report.h"

#include "report/aims.h"

#include <stitch/stitch.h>

#include <stdio.h>

enum { NAME_WIDTH = 22 };

/* Prints three or four significant digits in `width` columns; a dash for a figure that is not known. */
static void number(double value, int width)
{
    if (value <= 0)
        printf("%*s", width, "-");
    else
        printf("%*.*f", width, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value);
}

static void ruler(char c, int width)
{
    while (width-- > 0)
        putchar(c);
    putchar('\n');
}

void table_heading(const struct heading *heading)
{
    const struct sys_machine *machine = heading->machine;
    const char *missing = peers_missing();
    const struct peer *peer;

    printf("stitch-bench, stitch %s\n", stitch_version());
    printf("machine       %s, %u CPUs, %.1f GiB, %s\n", machine->processor, machine->cpus,
           (double)machine->memory / (double)(1 << 30), machine->system);
    printf("huge pages    %s\n", machine->huge_pages);
    printf("work          up to %.0f MiB, %u repetitions of each, all peers in turn; data checked in every one\n",
           (double)heading->settings->max / (1 << 20), heading->settings->reps);
    printf(
        "figures       medians over the repetitions; x: how many times as long as \"%s\" it took (the median of the\n"
        "              ratios of the rounds); the clock%s takes %.0f ns, which single calls include\n",
        peer_at(0)->name, heading->settings->busy ? " (processor time)" : "", heading->clock_cost);
    printf("memory        the system's own count%s, so other programs that run here show in it\n",
           heading->exact_memory ? "" : " (not root: give or take 1 MiB)");
    puts(heading->settings->cold
             ? "warm          no page, so the times mean little"
             : "warm          before each trial as much memory as it uses is touched and freed, so that no peer pays\n"
               "              for pages that a hypervisor has not backed yet; the rates are at the end");
    if (missing)
        printf("left out      %s\n", missing);
    puts("\npeers");
    for (unsigned i = 0; (peer = peer_at(i)); i++)
        printf("  %-*s %s\n", NAME_WIDTH, peer->name, peer->note);
}

/* Prints the name of the row. Returns true if figures must follow; otherwise completes the row with the reason. */
static bool begin_row(const struct row *row)
{
    printf("%-*s", NAME_WIDTH, row->peer->name);
    if (row->failure[0] != '\0')
        printf("  FAILED: %s\n", row->failure);
    else if (row->left_out)
        printf("  - %s\n", row->left_out);
    else if (row->count == 0)
        puts("  - interrupted");
    else
        return true;
    return false;
}

static void memory_columns(const struct row *row)
{
    printf(" | %8.1f %8.0f %6.0f %6llu", row_memory(row, MEMORY_PEAK) / (1 << 20), row_memory(row, MEMORY_BACK) / 1024,
           row_memory(row, MEMORY_LEFT) / 1024, (unsigned long long)row->outcomes[row->count - 1].moves);
}

/* Prints the sum of all calls of each phase, and the memory. */
static void table_of_totals(const struct result *result)
{
    unsigned phases = work_phase_count(result->work);

    printf("%-*s", NAME_WIDTH, "all calls together");
    for (unsigned i = 0; i < phases; i++)
        printf("%7s ms     x", result->work->phases[i]);
    printf(" | %8s %8s %6s %6s\n", "peak MiB", "back KiB", "left", "moves");
    ruler('-', NAME_WIDTH + 16 * (int)phases + 34);
    for (unsigned i = 0; i < result->row_count; i++) {
        const struct row *row = &result->rows[i];

        if (!begin_row(row))
            continue;
        for (unsigned phase = 0; phase < phases; phase++) {
            number(row_median(row, METRIC_TOTAL, phase) / 1e6, 10);
            number(row_ratio(row, result_reference(result), METRIC_TOTAL, phase), 6);
        }
        memory_columns(row);
        putchar('\n');
    }
}

/* Prints the median and the 99th percentile of the single calls. */
static void table_of_calls(const struct result *result)
{
    const struct work *work = result->work;
    unsigned phases = work_phase_count(work);
    bool nanoseconds = (work->flags & WORK_NANOSECONDS) != 0, ratios = !(work->flags & WORK_TOTALS) && phases < 4;

    printf("%-*s", NAME_WIDTH, nanoseconds ? "single calls, ns" : "single calls, us");
    for (unsigned i = 0; i < phases; i++)
        printf("%*s p50%8s%s", ratios ? 13 : 12, work->phases[i], "p99", ratios ? "      x" : "");
    putchar('\n');
    ruler('-', NAME_WIDTH + (ratios ? 32 : 24) * (int)phases);
    for (unsigned i = 0; i < result->row_count; i++) {
        const struct row *row = &result->rows[i];

        if (!begin_row(row))
            continue;
        for (unsigned phase = 0; phase < phases; phase++) {
            double unit = nanoseconds ? 1 : 1e3;

            number(row_median(row, METRIC_MEDIAN, phase) / unit, ratios ? 17 : 16);
            number(row_median(row, METRIC_P99, phase) / unit, 8);
            if (ratios)
                number(row_ratio(row, result_reference(result), METRIC_MEDIAN, phase), 7);
        }
        putchar('\n');
    }
}

/* Prints how far apart the trials of one peer were. */
static void spread(const struct result *result)
{
    enum metric metric = result->work->flags & WORK_TOTALS ? METRIC_TOTAL : METRIC_MEDIAN;
    struct series apart = { 0 };

    for (unsigned i = 0; i < result->row_count; i++) {
        const struct row *row = &result->rows[i];

        for (unsigned phase = 0; row->count > 1 && phase < work_phase_count(result->work); phase++) {
            double least = row_extreme(row, metric, phase, false);

            if (least > 0)
                series_add(&apart, row_extreme(row, metric, phase, true) / least);
        }
    }
    if (apart.count > 0)
        printf("spread: a peer's slowest trial took %.2f times its fastest (median), at most %.2f times\n",
               series_quantile(&apart, 0.5), series_quantile(&apart, 1));
    series_free(&apart);
}

void table_result(const struct result *result)
{
    printf("\n%s: %s\n", result->work->name, result->work->what);
    if (result->work->flags & WORK_TOTALS)
        table_of_totals(result);
    table_of_calls(result);
    spread(result);
    fflush(stdout);
}

/* Prints "short by 12 %", "over by 5 %". */
static void verdict(const struct aim_shown *aim)
{
    if (aim->bound <= 0)
        fputs("no aim", stdout);
    else if (aim->reached)
        fputs("reached", stdout);
    else if (aim->at_least)
        printf("short by %.0f %%", 100 * (1 - aim->figure / aim->bound));
    else
        printf("over by %.0f %%", 100 * (aim->figure / aim->bound - 1));
}

void table_aims(const struct result *results, unsigned count)
{
    struct aim_shown aim;
    unsigned state = 0, shown = 0, judged = 0, reached = 0;

    for (; aims_next(results, count, &state, &aim); shown++) {
        if (shown == 0) {
            printf("\naims\n%-72s %9s %19s\n", "the median of the rounds, and their least and greatest", "aim", "seen");
            ruler('-', 118);
        }
        printf("%-70s %s", aim.text, aim.bound <= 0 ? "  " : aim.at_least ? ">=" : "<=");
        number(aim.bound, 8);
        number(aim.figure, 9);
        printf("  (");
        number(aim.low, 0);
        printf(" - ");
        number(aim.high, 0);
        printf(")  ");
        verdict(&aim);
        putchar('\n');
        judged += aim.bound > 0;
        reached += aim.reached;
    }
    if (shown > 0)
        printf("%u of %u reached\n", reached, judged);
}

void table_footing(const struct heading *heading, double seconds)
{
    struct series passes = heading->conditions->passes, shares = heading->conditions->shares;

    puts("\nconditions");
    if (passes.count > 0)
        printf("  warming     %.2f GB/s in the first pass; then %.2f (median), %.2f (slowest)\n",
               heading->conditions->first_warming / 1e9, 1e-9 / series_quantile(&passes, 0.5),
               1e-9 / series_quantile(&passes, 1));
    if (shares.count > 0)
        printf("  processor   a trial had one for %.0f %% of its time (median), the worst one for %.0f %%\n",
               100 * series_quantile(&shares, 0.5), 100 * series_quantile(&shares, 0));
    printf("%s after %.0f s\n", heading->interrupted ? "interrupted" : "done", seconds);
}
