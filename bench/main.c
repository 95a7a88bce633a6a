/* SPDX-License-Identifier: MIT */
/* main.c - stitch-bench: stitch and its peers do the same work, in turn, in one run. README.md explains the figures. */
#include "report/report.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)

enum { WORKS_MAX = 64 };

/* Exit statuses. */
enum {
    EXIT_FINE = 0,
    EXIT_FAILED = 1, /* a peer failed, or its data was wrong */
    EXIT_USAGE = 2
};

static const char help[] =
    "Usage: stitch-bench [OPTION]...\n"
    "Runs stitch and other ways of growing memory on the same work, in turn, and prints medians and ratios.\n"
    "\n"
    "  -m, --max SIZE     the largest region, such as 256M or 4G (1G, or less: a quarter of the free memory)\n"
    "  -r, --reps N       repetitions of every work by every peer, 1 to 64 (5)\n"
    "  -q, --quick        --max 64M --reps 1, on cold pages: checks the data; its times mean little\n"
    "  -b, --busy         count processor time instead of the wall clock, on a machine with other work\n"
    "  -w, --work LIST    only these works; parts of names, with commas between\n"
    "  -p, --peer LIST    only these peers; parts of names, with commas between. Ratios need the first\n"
    "  -a, --all          include the variants that differ only in how they commit\n"
    "  -j, --json FILE    write the results to FILE as JSON\n"
    "  -t, --tsv FILE     write them as lines with tabs, which the plots need\n"
    "  -l, --list         print the names of works and peers, and end\n"
    "  -h, --help         print this text, and end\n"
    "\n"
    "Exit status: 0 all ran and all data was right; 1 a peer failed; 2 wrong usage.\n";

struct command {
    struct settings settings;
    const char *works, *peers, *json, *tsv;
    bool list;
};

static struct command command = { .settings = { .reps = 5 } };

/* Returns whether one of the comma-separated parts in `list` is a part of `name`; true without a list. */
static bool listed(const char *list, const char *name)
{
    char part[64];

    if (!list)
        return true;
    while (*list != '\0') {
        size_t length = strcspn(list, ",");

        snprintf(part, sizeof part, "%.*s", (int)length, list);
        if (length > 0 && strstr(name, part))
            return true;
        list += length + (list[length] == ',');
    }
    return false;
}

static bool peer_wanted(const struct peer *peer)
{
    if (!command.peers)
        return command.settings.all || !(peer->flags & PEER_EXTRA);
    return listed(command.peers, peer->name);
}

/* Returns the bytes that "256M" means, or 0 if the text is not a size. */
static uint64_t parse_size(const char *text)
{
    char *end;
    uint64_t number = strtoull(text, &end, 10);
    unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;

    if (end == text || text[0] == '-' || (shift > 0 && end[1] != '\0') || (shift == 0 && *end != '\0'))
        return 0;
    return number > UINT64_MAX >> shift ? 0 : number << shift;
}

static int usage_error(const char *complaint, const char *text)
{
    fprintf(stderr, "stitch-bench: %s: %s; see stitch-bench --help\n", complaint, text);
    return EXIT_USAGE;
}

/* Takes one option. Returns -1 to go on, or the status to exit with. */
static int take(int option, const char *value)
{
    struct settings *settings = &command.settings;

    switch (option) {
    case 'm':
        settings->max = parse_size(value);
        if (settings->max >= 8 * MIB && settings->max <= UINT64_C(1) << 46)
            return -1;
        return usage_error("--max is not a size from 8M up", value);
    case 'r':
        settings->reps = (unsigned)strtoul(value, NULL, 10);
        if (settings->reps >= 1 && settings->reps <= STATS_MEDIAN_MAX)
            return -1;
        return usage_error("--reps is not a number from 1 to 64", value);
    case 'q':
        settings->max = 64 * MIB;
        settings->reps = 1;
        settings->cold = true;
        return -1;
    case 'b':
        settings->busy = true;
        sys_count_processor_time();
        return -1;
    case 'w':
        command.works = value;
        return -1;
    case 'p':
        command.peers = value;
        return -1;
    case 'j':
        command.json = value;
        return -1;
    case 't':
        command.tsv = value;
        return -1;
    case 'a':
        command.settings.all = true;
        return -1;
    case 'l':
        command.list = true;
        return -1;
    case 'h':
        fputs(help, stdout);
        return EXIT_FINE;
    default: /* getopt_long has printed a complaint */
        return EXIT_USAGE;
    }
}

static int parse(int argc, char **argv)
{
    static const struct option options[] = {
        { "max", required_argument, NULL, 'm' },  { "reps", required_argument, NULL, 'r' },
        { "quick", no_argument, NULL, 'q' },      { "busy", no_argument, NULL, 'b' },
        { "work", required_argument, NULL, 'w' }, { "peer", required_argument, NULL, 'p' },
        { "json", required_argument, NULL, 'j' }, { "tsv", required_argument, NULL, 't' },
        { "all", no_argument, NULL, 'a' },        { "list", no_argument, NULL, 'l' },
        { "help", no_argument, NULL, 'h' },       { NULL, 0, NULL, 0 },
    };
    int option, status = -1;

    while (status < 0 && (option = getopt_long(argc, argv, "m:r:qbw:p:j:t:alh", options, NULL)) != -1)
        status = take(option, optarg);
    if (status < 0 && optind < argc)
        status = usage_error("unexpected argument", argv[optind]);
    return status;
}

static int list_all(void)
{
    const struct work *work;
    const struct peer *peer;

    puts("works");
    for (unsigned i = 0; (work = work_at(i)); i++)
        printf("  %-27s %s\n", work->name, work->what);
    puts("peers");
    for (unsigned i = 0; (peer = peer_at(i)); i++)
        printf("  %-27s %s\n", peer->name, peer->note);
    if (peers_missing())
        printf("left out: %s\n", peers_missing());
    return EXIT_FINE;
}

/* Chooses --max to leave memory free. Returns -1 to go on, or the exit status if the user asked for too much. */
static int fit_max(struct settings *settings)
{
    struct sys_memory memory;
    uint64_t available = sys_shared_available(), fits;

    sys_read_memory(&memory);
    if (available > memory.available)
        available = memory.available;
    for (fits = UINT64_C(1) << 30; fits > 8 * MIB && 4 * fits > available; fits /= 2)
        ;
    if (settings->max == 0)
        settings->max = fits;
    if (settings->max + settings->max / 4 <= available / 2)
        return -1;
    fprintf(stderr,
            "stitch-bench: --max is %" PRIu64 " MiB; 2.5 times as much must be free, both of memory and in the folder "
            "of shared objects, and %" PRIu64 " MiB are\n",
            settings->max / MIB, available / MIB);
    return EXIT_USAGE;
}

static unsigned run_all(struct conditions *conditions, struct result *results)
{
    const struct work *work;
    unsigned count = 0;

    for (unsigned i = 0; (work = work_at(i)) && count < WORKS_MAX && !sys_interrupted(); i++) {
        if (!listed(command.works, work->name))
            continue;
        run_work(work, &command.settings, peer_wanted, conditions, &results[count]);
        table_result(&results[count++]);
    }
    return count;
}

static int write_files(const struct heading *heading, const struct result *results, unsigned count)
{
    int status = EXIT_FINE;

    if (command.json && json_write(command.json, heading, results, count) != 0)
        status = EXIT_FAILED;
    if (command.tsv && tsv_write(command.tsv, results, count) != 0)
        status = EXIT_FAILED;
    return status;
}

int main(int argc, char **argv)
{
    static struct result results[WORKS_MAX];
    struct sys_machine machine;
    struct conditions conditions = { 0 };
    struct heading heading = { .settings = &command.settings, .machine = &machine, .conditions = &conditions };
    struct sys_stopwatch begin = sys_start();
    unsigned count;
    int status = parse(argc, argv);

    if (status < 0 && command.list)
        status = list_all();
    if (status < 0)
        status = fit_max(&command.settings);
    if (status >= 0)
        return status;
    sys_catch_interrupts();
    sys_describe(&machine);
    heading.clock_cost = sys_clock_cost();
    heading.exact_memory = sys_memory_is_exact();
    table_heading(&heading);
    if (!command.settings.cold)
        conditions.first_warming = sys_warm(command.settings.max, false);
    count = run_all(&conditions, results);
    heading.interrupted = sys_interrupted();
    if (!command.settings.cold)
        table_aims(results, count);
    table_footing(&heading, sys_seconds(&begin));
    status = write_files(&heading, results, count);
    for (unsigned i = 0; i < count; i++) {
        if (!run_succeeded(&results[i]))
            status = EXIT_FAILED;
        run_free(&results[i]);
    }
    series_free(&conditions.passes);
    series_free(&conditions.shares);
    return status;
}
