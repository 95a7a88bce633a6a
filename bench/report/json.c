/* SPDX-License-Identifier: MIT */
/* json.c - the results as JSON. Times are in ns, memory in bytes; README.md describes the file. */
#include "report/report.h"

#include "report/aims.h"

#include <stitch/stitch.h>

#include <jansson.h>
#include <stdio.h>

static const char *const metric_names[METRICS] = {
    [METRIC_TOTAL] = "total", [METRIC_MEDIAN] = "p50", [METRIC_P99] = "p99", [METRIC_WORST] = "worst"
};

static json_t *json_phase(const struct result *result, const struct row *row, unsigned phase)
{
    enum metric headline = result->work->flags & WORK_TOTALS ? METRIC_TOTAL : METRIC_MEDIAN;
    json_t *out = json_object();

    json_object_set_new(out, "calls", json_integer((json_int_t)row->outcomes[0].calls[phase]));
    for (enum metric metric = 0; metric < METRICS; metric++) {
        json_t *trials = json_array();

        for (unsigned i = 0; i < row->count; i++)
            json_array_append_new(trials, json_real(row->outcomes[i].metric[metric][phase]));
        json_object_set_new(out, metric_names[metric],
                            json_pack("{s:f, s:o}", "median", row_median(row, metric, phase), "trials", trials));
    }
    json_object_set_new(out, "ratio_of", json_string(metric_names[headline]));
    json_object_set_new(out, "ratio", json_real(row_ratio(row, result_reference(result), headline, phase)));
    return out;
}

static json_t *json_memory(const struct row *row)
{
    json_t *out = json_array();

    for (unsigned i = 0; i < row->count; i++) {
        const struct outcome *outcome = &row->outcomes[i];

        json_array_append_new(out, json_pack("{s:I, s:I, s:I, s:I}", "before", (json_int_t)outcome->before, "peak",
                                             (json_int_t)outcome->memory[MEMORY_PEAK], "back",
                                             (json_int_t)outcome->memory[MEMORY_BACK], "left",
                                             (json_int_t)outcome->memory[MEMORY_LEFT]));
    }
    return out;
}

static json_t *json_row(const struct result *result, const struct row *row)
{
    json_t *out = json_pack("{s:s, s:s}", "peer", row->peer->name, "note", row->peer->note), *phases;

    if (row->left_out)
        json_object_set_new(out, "left_out", json_string(row->left_out));
    if (row->failure[0] != '\0')
        json_object_set_new(out, "failure", json_string(row->failure));
    json_object_set_new(out, "trials", json_integer(row->count));
    if (row->count == 0)
        return out;
    phases = json_object();
    for (unsigned i = 0; i < work_phase_count(result->work); i++)
        json_object_set_new(phases, result->work->phases[i], json_phase(result, row, i));
    json_object_set_new(out, "phases", phases);
    json_object_set_new(out, "data_checked", json_boolean(row->failure[0] == '\0'));
    if (result->work->flags & WORK_MEMORY) {
        json_object_set_new(out, "memory", json_memory(row));
        json_object_set_new(out, "moves", json_integer((json_int_t)row->outcomes[row->count - 1].moves));
    }
    return out;
}

static json_t *json_result(const struct result *result)
{
    json_t *rows = json_array();

    for (unsigned i = 0; i < result->row_count; i++)
        json_array_append_new(rows, json_row(result, &result->rows[i]));
    return json_pack("{s:s, s:s, s:f, s:o}", "work", result->work->name, "what", result->work->what, "seconds",
                     result->seconds, "rows", rows);
}

static json_t *json_machine(const struct sys_machine *machine)
{
    return json_pack("{s:s, s:i, s:I, s:s, s:s}", "processor", machine->processor, "cpus", (int)machine->cpus, "memory",
                     (json_int_t)machine->memory, "system", machine->system, "huge_pages", machine->huge_pages);
}

static json_t *json_heading(const struct heading *heading)
{
    struct series shares = heading->conditions->shares;
    json_t *out = json_object();

    json_object_set_new(out, "format", json_integer(1));
    json_object_set_new(out, "stitch", json_string(stitch_version()));
    json_object_set_new(out, "machine", json_machine(heading->machine));
    json_object_set_new(out, "max", json_integer((json_int_t)heading->settings->max));
    json_object_set_new(out, "repetitions", json_integer(heading->settings->reps));
    json_object_set_new(out, "reference", json_string(peer_at(0)->name));
    json_object_set_new(out, "exact_memory", json_boolean(heading->exact_memory));
    json_object_set_new(out, "interrupted", json_boolean(heading->interrupted));
    json_object_set_new(out, "clock", json_string(heading->settings->busy ? "processor" : "wall"));
    json_object_set_new(out, "clock_ns", json_real(heading->clock_cost));
    json_object_set_new(out, "first_warming_bytes_per_second", json_real(heading->conditions->first_warming));
    json_object_set_new(out, "processor_share", json_real(series_quantile(&shares, 0.5)));
    if (peers_missing())
        json_object_set_new(out, "left_out", json_string(peers_missing()));
    return out;
}

static json_t *json_aims(const struct result *results, unsigned count)
{
    json_t *out = json_array();
    struct aim_shown aim;

    for (unsigned state = 0; aims_next(results, count, &state, &aim);)
        json_array_append_new(out, json_pack("{s:s, s:s, s:f, s:f, s:f, s:f, s:i, s:b}", "aim", aim.text, "should_be",
                                             aim.at_least ? "at least" : "at most", "bound", aim.bound, "figure",
                                             aim.figure, "least", aim.low, "most", aim.high, "rounds", (int)aim.rounds,
                                             "reached", (int)aim.reached));
    return out;
}

int json_write(const char *path, const struct heading *heading, const struct result *results, unsigned count)
{
    json_t *root = json_heading(heading), *works = json_array();
    int failed;

    for (unsigned i = 0; i < count; i++)
        json_array_append_new(works, json_result(&results[i]));
    json_object_set_new(root, "works", works);
    json_object_set_new(root, "aims", json_aims(results, count));
    failed = !root || json_dump_file(root, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) != 0;
    json_decref(root);
    if (failed)
        fprintf(stderr, "stitch-bench: %s could not be written\n", path);
    return failed ? -1 : 0;
}
