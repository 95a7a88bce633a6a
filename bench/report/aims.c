/* SPDX-License-Identifier: MIT */
/* aims.c - the list of aims, and how a figure is computed from the rows of the results. */
#include "report/aims.h"

#include <stdio.h>
#include <string.h>

enum { P0 = 1, P1 = 2, P2 = 4, P3 = 8 }; /* phases of a work */

/* The phases of a ladder. */
#define BOTH   P2
#define SHRINK P3

/* One number of each round: a metric of one peer in one work, summed over phases (a set of P0 to P3). */
struct term {
    const char *work, *peer;
    enum metric metric;
    unsigned phases;
};

enum kind {
    RATIO, /* of / to */
    VALUE, /* of, in units of `unit` ns */
    SLOPE, /* (of - to) / unit: the cost of one step, from two works */
    BACK   /* memory held after shrinking, less `unit`, in MiB */
};

struct aim {
    const char *text; /* %s is the peer's name */
    enum kind kind;
    struct term of, to;
    double bound; /* 0: no aim, shown for comparison */
    bool at_least;
    double unit;
    const char *peers[8]; /* makes one aim of each: the peer of the term whose peer is NULL; none: a single aim */
};

/* clang-format off */
#define IN_PLACE "memfd mremap", "memfd extend", "sparse"
#define AS_USED  "Boost managed", "Boost object", IN_PLACE
#define STITCH   "stitch"
#define LAZY     "stitch lazy"
#define TWO      "stitch 2 threads"
#define BLOCKS   "sparse +blocks"
#define MIB      1048576.0
#define NOTHING  { NULL, NULL, METRIC_TOTAL, 0 }
#define ALL(work, peer, phases) { work, peer, METRIC_TOTAL, phases }
#define P50(work, peer, phase)  { work, peer, METRIC_MEDIAN, phase }

static const struct aim aims[] = {
    { "doubling and touching: %s takes so many times as long", RATIO,
      ALL("doubling", NULL, BOTH), ALL("doubling", STITCH, BOTH), 7.5, true, 1, { AS_USED } },
    { "doubling and touching: %s takes so many times as long", RATIO,
      ALL("doubling", NULL, BOTH), ALL("doubling", STITCH, BOTH), 18, true, 1, { "new+memcpy" } },
    { "doubling and touching: stitch against %s", RATIO,
      ALL("doubling-huge", STITCH, BOTH), ALL("doubling-huge", NULL, BOTH), 1.5, false, 1, { "private huge pages" } },
    { "steps and touching: %s takes so many times as long", RATIO,
      ALL("steps", NULL, BOTH), ALL("steps", STITCH, BOTH), 7.5, true, 1, { AS_USED } },
    { "steps and touching: %s takes so many times as long", RATIO,
      ALL("steps", NULL, BOTH), ALL("steps", STITCH, BOTH), 4.5, true, 1, { "realloc" } },
    { "doubling, shrinking back: %s takes so many times as long", RATIO,
      ALL("doubling", NULL, SHRINK), ALL("doubling", STITCH, SHRINK), 30, true, 1,
      { AS_USED, "new+memcpy" } },
    { "doubling, shrinking back: %s takes so many times as long", RATIO,
      ALL("doubling", NULL, SHRINK), ALL("doubling", STITCH, SHRINK), 0, true, 1, { "realloc" } },
    { "steps, shrinking back: %s takes so many times as long", RATIO,
      ALL("steps", NULL, SHRINK), ALL("steps", STITCH, SHRINK), 30, true, 1, { AS_USED } },
    { "steps, shrinking back: %s takes so many times as long", RATIO,
      ALL("steps", NULL, SHRINK), ALL("steps", STITCH, SHRINK), 0, true, 1, { "realloc" } },
    { "doubling: MiB still held after shrinking back", BACK,
      ALL("doubling", STITCH, 0), NOTHING, 2, false, 65536, { NULL } },
    { "steps: MiB still held after shrinking back", BACK,
      ALL("steps", STITCH, 0), NOTHING, 2, false, MIB, { NULL } },
    { "doubling, up and down: stitch against %s", RATIO,
      ALL("doubling-huge", STITCH, BOTH | SHRINK), ALL("doubling-huge", NULL, BOTH | SHRINK), 1.05, false, 1,
      { BLOCKS } },
    { "steps, up and down: stitch against %s", RATIO,
      ALL("steps-huge", STITCH, BOTH | SHRINK), ALL("steps-huge", NULL, BOTH | SHRINK), 1.05, false, 1, { BLOCKS } },
    { "doubling: rate of stitch as a part of that of %s", RATIO,
      ALL("doubling-huge", NULL, P0), ALL("doubling-huge", STITCH, BOTH), 0.35, true, 1, { "memset" } },
    { "doubling: rate of stitch with 2 threads as a part of that of %s", RATIO,
      ALL("doubling-huge", NULL, P0), ALL("doubling-huge", TWO, BOTH), 0.6, true, 1, { "memset" } },
    { "doubling: rate of stitch with 2 threads as a part of that of %s", RATIO,
      ALL("doubling-huge", NULL, P0), ALL("doubling-huge", TWO, BOTH), 0, true, 1, { "memset 2 threads" } },
    { "one byte inside a committed block: ns, %s", VALUE,
      P50("bytes", NULL, P0), NOTHING, 2000, false, 1, { STITCH } },
    { "one byte inside a committed block: ns, %s", VALUE,
      P50("bytes", NULL, P0), NOTHING, 60, false, 1, { "stitch exclusive" } },
    { "sync, nothing changed: ns, %s", VALUE,
      P50("sync", NULL, P0), NOTHING, 2, false, 1, { STITCH } },
    { "random reads over seams: stitch against %s", RATIO,
      P50("reads", STITCH, P0), P50("reads", NULL, P0), 1.03, false, 1, { BLOCKS } },
    { "reads in order over seams: stitch against %s", RATIO,
      P50("reads", STITCH, P1), P50("reads", NULL, P1), 1.03, false, 1, { BLOCKS } },
    { "a segment more: 1000 segments against 1, without memory", RATIO,
      P50("segments-lazy-1000", LAZY, P0), P50("segments-lazy-1", LAZY, P0), 1.3, false, 1, { NULL } },
    { "a segment less: 1000 segments against 1, without memory", RATIO,
      P50("segments-lazy-1000", LAZY, P1), P50("segments-lazy-1", LAZY, P1), 1.3, false, 1, { NULL } },
    { "a segment more: 1000 segments against 1, committed", RATIO,
      P50("segments-1000", STITCH, P0), P50("segments-1", STITCH, P0), 1.3, false, 1, { NULL } },
    { "a segment less: 1000 segments against 1, committed", RATIO,
      P50("segments-1000", STITCH, P1), P50("segments-1", STITCH, P1), 1.3, false, 1, { NULL } },
    { "attach: us for each segment, 1 to 1000", SLOPE,
      P50("attach-1000", STITCH, P0), P50("attach-1", STITCH, P0), 6, false, 999e3, { NULL } },
    { "attach: us for each segment, 1000 to 10 000, without memory", SLOPE,
      P50("segments-lazy-10000", LAZY, P2), P50("segments-lazy-1000", LAZY, P2), 6, false, 9000e3, { NULL } },
    { "attach to 1000 segments: stitch lazy against %s", RATIO,
      P50("segments-lazy-1000", LAZY, P2), P50("segments-lazy-1000", NULL, P2), 0, false, 1, { "objects by hand" } },
};
/* clang-format on */

enum { AIMS = sizeof aims / sizeof aims[0], PEERS = sizeof aims[0].peers / sizeof aims[0].peers[0] };

static const struct row *find_row(const struct result *results, unsigned count, const char *work, const char *peer)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(results[i].work->name, work) != 0)
            continue;
        for (unsigned j = 0; j < results[i].row_count; j++)
            if (strcmp(results[i].rows[j].peer->name, peer) == 0)
                return &results[i].rows[j];
    }
    return NULL;
}

static double number_of(const struct row *row, const struct term *term, unsigned round)
{
    double sum = 0;

    for (unsigned phase = 0; phase < PHASES_MAX; phase++)
        if (term->phases & 1u << phase)
            sum += row->outcomes[round].metric[term->metric][phase];
    return sum;
}

/* Returns the figure of one round. */
static double figure_of(const struct aim *aim, const struct row *of, const struct row *to, unsigned round)
{
    double number = number_of(of, &aim->of, round);

    switch (aim->kind) {
    case RATIO:
        return number / number_of(to, &aim->to, round);
    case SLOPE:
        return (number - number_of(to, &aim->to, round)) / aim->unit;
    case BACK:
        return ((double)of->outcomes[round].memory[MEMORY_BACK] - aim->unit) / MIB;
    case VALUE:
    default:
        return number / aim->unit;
    }
}

/* Fills *out for one aim and one peer. Returns false if the results lack a row that it needs. */
static bool show(const struct aim *aim, const char *peer, const struct result *results, unsigned count,
                 struct aim_shown *out)
{
    const struct row *of = find_row(results, count, aim->of.work, aim->of.peer ? aim->of.peer : peer), *to = NULL;
    double figures[STATS_MEDIAN_MAX];

    if (aim->to.work)
        to = find_row(results, count, aim->to.work, aim->to.peer ? aim->to.peer : peer);
    if (!of || (aim->to.work && !to))
        return false;
    *out = (struct aim_shown){ .bound = aim->bound, .at_least = aim->at_least };
    for (; out->rounds < of->count && (!to || out->rounds < to->count); out->rounds++) {
        double figure = figure_of(aim, of, to, out->rounds);

        figures[out->rounds] = figure;
        out->low = out->rounds == 0 || figure < out->low ? figure : out->low;
        out->high = out->rounds == 0 || figure > out->high ? figure : out->high;
    }
    out->figure = stats_median(figures, out->rounds);
    out->reached = aim->bound <= 0 ? false : aim->at_least ? out->figure >= aim->bound : out->figure <= aim->bound;
    if (peer)
        snprintf(out->text, sizeof out->text, aim->text, peer);
    else
        snprintf(out->text, sizeof out->text, "%s", aim->text);
    return out->rounds > 0;
}

bool aims_next(const struct result *results, unsigned count, unsigned *state, struct aim_shown *out)
{
    for (; *state < AIMS * PEERS; ++*state) {
        const struct aim *aim = &aims[*state / PEERS];
        const char *peer = aim->peers[*state % PEERS];

        if (!peer && *state % PEERS != 0)
            continue;
        if (show(aim, peer, results, count, out)) {
            ++*state;
            return true;
        }
    }
    return false;
}
