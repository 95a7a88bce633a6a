/* SPDX-License-Identifier: MIT */
/* run.c - the rounds of a work, the warming before each trial, and the medians of the results. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)

enum { WARM_PASSES_MAX = 2, ROWS_MAX = 64 };

/* Returns whether `name` is one of the words of a list with commas between. */
static bool among(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = strstr(list, name); at; at = strstr(at + 1, name))
        if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

static const char *why_not(const struct work *work, const struct peer *peer)
{
    if ((work->flags & WORK_NEEDS_SHARED) && !(peer->flags & PEER_SHARED))
        return "nothing to attach to";
    if ((work->flags & WORK_NEEDS_WAIT) && !peer->wait)
        return "followers cannot sleep until there is more";
    if ((work->flags & WORK_NO_COPIES) && (peer->flags & PEER_COPIES))
        return "copies everything at each step: would take minutes";
    return NULL;
}

unsigned work_phase_count(const struct work *work)
{
    unsigned count = 0;

    while (count < PHASES_MAX && work->phases[count])
        count++;
    return count;
}

static void keep_figures(struct trial *trial, unsigned phases, struct outcome *out)
{
    *out = (struct outcome){ .before = trial->before, .moves = trial->moves };
    memcpy(out->memory, trial->memory, sizeof out->memory);
    for (unsigned i = 0; i < phases; i++) {
        struct series *series = &trial->phase[i];

        out->calls[i] = series->count;
        out->metric[METRIC_TOTAL][i] = series->total;
        out->metric[METRIC_MEDIAN][i] = series_quantile(series, 0.5);
        out->metric[METRIC_P99][i] = series_quantile(series, 0.99);
        out->metric[METRIC_WORST][i] = series_quantile(series, 1);
    }
}

/*
 * Warms a quarter more memory than the trial will use, and twice as much for a peer that holds two copies at a time. If
 * pages were cold, warms once more: the system need not hand out the same pages next time.
 */
static void warm(uint64_t peak, const struct peer *peer, struct conditions *conditions)
{
    bool huge = (peer->flags & PEER_HUGE) != 0;
    uint64_t bytes = (peak + peak / 4 + 16 * MIB) * (peer->flags & PEER_COPIES ? 2 : 1);

    for (int pass = 0; pass < WARM_PASSES_MAX; pass++) {
        double rate = sys_warm(bytes, huge);

        if (rate <= 0)
            return;
        if (!huge)
            series_add(&conditions->passes, 1 / rate);
        if (rate > conditions->best[huge])
            conditions->best[huge] = rate;
        if (rate > conditions->best[huge] / 2)
            return;
    }
}

static void run_trial(const struct work *work, struct row *row, struct trial *trial, struct series *shares)
{
    unsigned phases = work_phase_count(work);
    struct sys_stopwatch begin = sys_start();
    int err;

    trial->peer = row->peer;
    trial->self = NULL;
    trial->moves = 0;
    memset(trial->memory, 0, sizeof trial->memory);
    for (unsigned i = 0; i < phases; i++)
        series_clear(&trial->phase[i]);
    err = work->run(work, trial);
    series_add(shares, sys_busy_share(&begin));
    if (err == 0)
        keep_figures(trial, phases, &row->outcomes[row->count++]);
    else
        snprintf(row->failure, sizeof row->failure, "%s", peer_failure());
}

static unsigned choose_rows(const struct work *work, bool (*wanted)(const struct peer *), struct row *rows)
{
    const struct peer *peer;
    unsigned count = 0;

    for (unsigned i = 0; (peer = peer_at(i)) && count < ROWS_MAX; i++) {
        if (!wanted(peer) || (work->only ? !among(work->only, peer->name) : (peer->flags & PEER_NAMED) != 0))
            continue;
        if (rows) {
            rows[count].peer = peer;
            rows[count].left_out = why_not(work, peer);
        }
        count++;
    }
    return count;
}

static unsigned rounds_of(const struct work *work, const struct settings *settings)
{
    unsigned rounds = settings->reps * (work->rounds > 0 && !settings->cold ? work->rounds : 1);

    return rounds < STATS_MEDIAN_MAX ? rounds : STATS_MEDIAN_MAX;
}

/* Makes another order for each round, the same in each run. So no peer always suffers from the peer before it. */
static void shuffle(unsigned *order, unsigned count)
{
    static uint64_t state = UINT64_C(88172645463325252);

    for (unsigned i = 0; i < count; i++) {
        unsigned other;

        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        other = (unsigned)(state % (i + 1));
        order[i] = i;
        order[i] = order[other];
        order[other] = i;
    }
}

void run_work(const struct work *work, const struct settings *settings, bool (*wanted)(const struct peer *),
              struct conditions *conditions, struct result *out)
{
    struct trial trial = { .settings = settings };
    struct sys_stopwatch begin = sys_start();
    unsigned order[ROWS_MAX];

    *out = (struct result){ .work = work, .row_count = choose_rows(work, wanted, NULL) };
    out->rows = calloc(out->row_count + 1, sizeof *out->rows);
    if (!out->rows) {
        fputs("stitch-bench: out of memory\n", stderr);
        exit(1);
    }
    choose_rows(work, wanted, out->rows);
    for (unsigned rep = 0; rep < rounds_of(work, settings); rep++) {
        shuffle(order, out->row_count);
        for (unsigned i = 0; i < out->row_count && !sys_interrupted(); i++) {
            struct row *row = &out->rows[order[i]];

            if (row->left_out || row->failure[0] != '\0')
                continue;
            if (!settings->cold)
                warm(work->peak(work, settings), row->peer, conditions);
            run_trial(work, row, &trial, &conditions->shares);
        }
    }
    for (unsigned i = 0; i < PHASES_MAX; i++)
        series_free(&trial.phase[i]);
    out->seconds = sys_seconds(&begin);
}

void run_free(struct result *result)
{
    free(result->rows);
    *result = (struct result){ 0 };
}

bool run_succeeded(const struct result *result)
{
    for (unsigned i = 0; i < result->row_count; i++)
        if (result->rows[i].failure[0] != '\0')
            return false;
    return true;
}

double row_median(const struct row *row, enum metric metric, unsigned phase)
{
    double values[STATS_MEDIAN_MAX];

    for (unsigned i = 0; i < row->count; i++)
        values[i] = row->outcomes[i].metric[metric][phase];
    return stats_median(values, row->count);
}

double row_extreme(const struct row *row, enum metric metric, unsigned phase, bool largest)
{
    double found = row->count > 0 ? row->outcomes[0].metric[metric][phase] : 0;

    for (unsigned i = 1; i < row->count; i++) {
        double value = row->outcomes[i].metric[metric][phase];

        if (largest ? value > found : value < found)
            found = value;
    }
    return found;
}

double row_memory(const struct row *row, enum memory_point point)
{
    double values[STATS_MEDIAN_MAX];

    for (unsigned i = 0; i < row->count; i++)
        values[i] = (double)row->outcomes[i].memory[point];
    return stats_median(values, row->count);
}

double row_ratio(const struct row *row, const struct row *reference, enum metric metric, unsigned phase)
{
    double values[STATS_MEDIAN_MAX];
    unsigned count = 0;

    if (!reference)
        return 0;
    for (unsigned i = 0; i < row->count && i < reference->count; i++) {
        double of = reference->outcomes[i].metric[metric][phase];

        if (of > 0)
            values[count++] = row->outcomes[i].metric[metric][phase] / of;
    }
    return stats_median(values, count);
}

const struct row *result_reference(const struct result *result)
{
    return result->row_count > 0 && result->rows[0].peer == peer_at(0) ? &result->rows[0] : NULL;
}
