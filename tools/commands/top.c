/* SPDX-License-Identifier: MIT */
/*
 * top.c - stitch top: shows all regions of a folder again and again: how large they are, how fast they change, who is
 * attached, how much memory that pins. On a terminal it shows a page (screen.h), otherwise it writes text or JSON.
 *
 * Sizes come from stitch_list, which attaches to nothing. Only an attached handle can ask who is attached: it is
 * read-only, exists for that one question, and is not counted.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command/command.h"
#include "command/deadline.h"
#include "command/members.h"
#include "command/open.h"
#include "command/options.h"
#include "command/regions.h"
#include "command/say.h"
#include "terminal/screen.h"
#include "terminal/system.h"
#include "terminal/term.h"
#include "text/json.h"
#include "text/memory.h"
#include "text/number.h"
#include "text/table.h"
#include "text/text.h"
#include "text/words.h"

#define INTERVAL 1000 /* milliseconds */
#define KEY_TIME 100  /* milliseconds between two checks whether to stop */
#define GO_ON    (-1) /* beside the exit statuses */

static struct {
    char *count, *time, *interval;
    int plain;
} given;

static const struct poptOption options_table[] = {
    { "count", 'n', POPT_ARG_STRING, &given.count, 0, "show them this many times (default 1; on a terminal until q)",
      "COUNT" },
    { "time", 't', POPT_ARG_STRING, &given.time, 0, "end after this time", "SECONDS" },
    { "interval", 'i', POPT_ARG_STRING, &given.interval, 0, "time between two looks (default 1)", "SECONDS" },
    { "plain", 'p', POPT_ARG_NONE, &given.plain, 0, "write plain text on a terminal, too", NULL },
    CMD_OPTION_JSON,
    CMD_OPTION_EXACT,
    CMD_OPTION_OTHER_OWNER,
    CMD_OPTIONS_END,
};

/* What a look finds about a region beyond its listing. */
struct use {
    bool members_known, rates_known;
    uint64_t processes, pinned;
    double bytes, generations; /* change in a second */
};

struct look {
    struct cmd_regions regions;
    struct use *uses; /* one for each region */
    uint64_t at;      /* milliseconds */
};

struct top {
    struct look now, before;
    uint64_t shown;       /* milliseconds: the end of the last look */
    uint64_t looks, most; /* looks taken; the number to take */
    int64_t interval;     /* milliseconds */
    struct cmd_deadline deadline;
    bool on_screen;
    size_t first; /* the region that is shown first; the arrow keys change it */
};

/* -------------------------------------------------------------------------------------------------- looking --- */

static void ask_members(const struct stitch_listing *region, struct use *use)
{
    struct cmd_members members;
    stitch_region *handle;

    if (region->error != 0 || cmd_open_quietly(region->name, &handle) < 0)
        return;
    if (cmd_members_list(handle, &members) == 0) {
        use->members_known = true;
        use->processes = members.processes;
        use->pinned = members.pinned;
    }
    cmd_members_free(&members);
    stitch_close(handle);
}

/* Returns true if both listings are of the same region: a new region under an old name has no rates yet. */
static bool is_same_region(const struct stitch_listing *was, const struct stitch_listing *is)
{
    return is->error == 0 && was->error == 0 && is->created == was->created && is->generation >= was->generation;
}

/* Computes the rates of change. Both lists are in the order of the names. */
static void compare(const struct look *before, struct look *now)
{
    double seconds = now->at > before->at ? (double)(now->at - before->at) / 1000 : 0.001;

    for (size_t i = 0, j = 0; i < now->regions.count && j < before->regions.count;) {
        const struct stitch_listing *is = &now->regions.all[i], *was = &before->regions.all[j];
        int order = strcmp(is->name, was->name);

        if (order == 0 && is_same_region(was, is)) {
            now->uses[i].rates_known = true;
            now->uses[i].bytes = ((double)is->size - (double)was->size) / seconds;
            now->uses[i].generations = (double)(is->generation - was->generation) / seconds;
        }
        i += order <= 0;
        j += order >= 0;
    }
}

static void free_look(struct look *look)
{
    cmd_regions_free(&look->regions);
    free(look->uses);
}

static int take_look(struct top *top)
{
    size_t count;
    int status;

    free_look(&top->before);
    top->before = top->now;
    memset(&top->now, 0, sizeof top->now);
    top->now.at = ui_system_now();
    status = cmd_regions_list(&top->now.regions);
    if (status)
        return status;
    count = top->now.regions.count;
    top->now.uses = ui_memory(count * sizeof top->now.uses[0]);
    memset(top->now.uses, 0, count * sizeof top->now.uses[0]);
    for (size_t i = 0; i < count; i++)
        ask_members(&top->now.regions.all[i], &top->now.uses[i]);
    compare(&top->before, &top->now);
    top->looks++;
    return UI_STATUS_OK;
}

/* ----------------------------------------------------------------------------------------------- for people --- */

#define RATE_TEXT (UI_NUMBER_TEXT + 2)

static const char *rate_text(double bytes, char *to)
{
    char size[UI_NUMBER_TEXT];
    double amount = bytes < 0 ? -bytes : bytes;
    uint64_t rounded = (uint64_t)(amount + 0.5);

    snprintf(to, RATE_TEXT, "%s%s", rounded == 0 ? "" : bytes < 0 ? "-" : "+", cmd_size(rounded, size));
    return to;
}

static void add_row(struct ui_table *table, const struct stitch_listing *region, const struct use *use)
{
    char size[UI_NUMBER_TEXT], committed[UI_NUMBER_TEXT], segments[UI_NUMBER_TEXT], generation[UI_NUMBER_TEXT];
    char rate[RATE_TEXT] = "-", changes[UI_NUMBER_TEXT] = "-", processes[UI_NUMBER_TEXT] = "-";
    char pinned[UI_NUMBER_TEXT] = "-", owner[64];
    char *safe = ui_text_safe(region->name);
    const char *cells[] = {
        cmd_size(region->size, size),
        rate,
        cmd_size(region->committed, committed),
        ui_number_digits(region->segments, segments),
        ui_number_digits(region->generation, generation),
        changes,
        processes,
        pinned,
        ui_system_user(region->owner, owner, sizeof owner),
        safe,
    };

    if (use->rates_known) {
        rate_text(use->bytes, rate);
        snprintf(changes, sizeof changes, use->generations < 99.95 ? "%.1f" : "%.0f", use->generations);
    }
    if (use->members_known) {
        ui_number_digits(use->processes, processes);
        cmd_size(use->pinned, pinned);
    }
    if (region->error != 0)
        cells[0] = cells[2] = cells[3] = cells[4] = "-";
    ui_table_row(table, cells);
    free(safe);
}

static struct ui_table *make_table(const struct look *look)
{
    static const char *const heads[] = {
        "SIZE", "SIZE/s", "COMMIT", "SEGS", "GEN", "GEN/s", "PROCS", "PINNED", "OWNER", "NAME",
    };
    struct ui_table *table = ui_table_new("rrrrrrrrll");

    ui_table_row(table, heads);
    for (size_t i = 0; i < look->regions.count; i++)
        add_row(table, &look->regions.all[i], &look->uses[i]);
    return table;
}

/* Returns the line above the table. The caller frees it. */
static char *summary(const struct look *look)
{
    char committed[UI_NUMBER_TEXT], pinned[UI_NUMBER_TEXT], moment[UI_TIME_TEXT];
    uint64_t all_committed = 0, all_pinned = 0;
    char *folder = ui_text_safe(cmd_folder());
    size_t size = strlen(folder) + 160;
    char *line = ui_memory(size);

    for (size_t i = 0; i < look->regions.count; i++) {
        all_committed += look->regions.all[i].committed;
        all_pinned += look->uses[i].pinned;
    }
    snprintf(line, size, "%s  %s: %zu region%s, %s committed, %s pinned",
             ui_time_text((uint64_t)time(NULL), true, moment), folder, look->regions.count,
             ui_plural(look->regions.count), cmd_size(all_committed, committed), cmd_size(all_pinned, pinned));
    free(folder);
    return line;
}

static int print_plain(const struct top *top)
{
    char *line = summary(&top->now);

    printf("%s%s\n", top->looks > 1 ? "\n" : "", line);
    free(line);
    ui_table_print(make_table(&top->now));
    return cmd_finish(UI_STATUS_OK);
}

/* ------------------------------------------------------------------------------------------------ on screen --- */

struct page {
    char **lines;
    size_t count;
};

static void add_line(const char *line, void *arg)
{
    struct page *page = arg;

    page->lines[page->count++] = ui_memory_copy(line);
}

#define HEADING 2 /* lines that do not scroll */

static void show_page(struct top *top)
{
    size_t count = top->now.regions.count, height = ui_screen_height();
    size_t room = height > HEADING ? height - HEADING : 0;
    size_t last = count > room ? count - room : 0;
    struct page page = { ui_memory((count + HEADING) * sizeof *page.lines), 0 };

    page.lines[page.count++] = summary(&top->now);
    ui_table_lines(make_table(&top->now), add_line, &page);
    top->first = top->first < last ? top->first : last;
    for (size_t i = 0; i < top->first; i++) /* scroll: drop the rows above the first shown */
        free(page.lines[HEADING + i]);
    memmove(page.lines + HEADING, page.lines + HEADING + top->first, (count - top->first) * sizeof *page.lines);
    page.count -= top->first;
    ui_screen_show((const char *const *)page.lines, page.count, HEADING);
    for (size_t i = 0; i < page.count; i++)
        free(page.lines[i]);
    free(page.lines);
}

/* Does what a key asks for. Returns true if it asks to quit. */
static bool obey(struct top *top, enum ui_key key)
{
    size_t page = ui_screen_height() > HEADING ? ui_screen_height() - HEADING : 1;

    switch (key) {
    case UI_KEY_QUIT:
        return true;
    case UI_KEY_UP:
        top->first -= top->first > 0;
        break;
    case UI_KEY_DOWN:
        top->first++; /* show_page limits it */
        break;
    case UI_KEY_PAGE_UP:
        top->first -= top->first < page ? top->first : page;
        break;
    case UI_KEY_PAGE_DOWN:
        top->first += page;
        break;
    case UI_KEY_NONE:
        return false;
    default:
        break;
    }
    show_page(top);
    return false;
}

/* --------------------------------------------------------------------------------------------- for programs --- */

static json_t *region_to_json(const struct stitch_listing *region, const struct use *use)
{
    json_t *object = json_object();

    ui_json_name(object, region->name);
    ui_json_number(object, "owner", region->owner);
    if (region->error != 0) {
        ui_json_text(object, "error", stitch_error_name((int)region->error));
        return object;
    }
    ui_json_number(object, "size", region->size);
    ui_json_number(object, "committed", region->committed);
    ui_json_number(object, "segments", region->segments);
    ui_json_number(object, "generation", region->generation);
    ui_json_member(object, "size_rate", use->rates_known ? json_real(use->bytes) : json_null());
    ui_json_member(object, "generation_rate", use->rates_known ? json_real(use->generations) : json_null());
    if (use->members_known) {
        ui_json_number(object, "processes", use->processes);
        ui_json_number(object, "pinned", use->pinned);
    } else {
        ui_json_member(object, "processes", json_null());
        ui_json_member(object, "pinned", json_null());
    }
    return object;
}

static int print_json(const struct top *top)
{
    json_t *root = json_object(), *array = json_array();

    for (size_t i = 0; i < top->now.regions.count; i++)
        ui_json_append(array, region_to_json(&top->now.regions.all[i], &top->now.uses[i]));
    ui_json_number(root, "time", (uint64_t)time(NULL));
    ui_json_member(root, "regions", array);
    ui_json_print_line(root);
    return cmd_finish(UI_STATUS_OK);
}

/* -------------------------------------------------------------------------------------------------- running --- */

static int show(struct top *top)
{
    if (top->on_screen) {
        show_page(top);
        return UI_STATUS_OK;
    }
    return cmd_options.json ? print_json(top) : print_plain(top);
}

/*
 * Waits until the next look. The interval runs from the end of the last look, so that keys are read even if a look
 * takes longer than the interval. Returns GO_ON, or the status to end with.
 */
static int wait_for_next(struct top *top)
{
    for (;;) {
        uint64_t passed = ui_system_now() - top->shown;
        uint64_t left = (uint64_t)top->interval - passed;
        unsigned slice = left < KEY_TIME ? (unsigned)left : KEY_TIME;

        if (ui_term_interrupted() != 0 || cmd_deadline_rest(&top->deadline, KEY_TIME) == 0)
            return UI_STATUS_OK; /* an interruption is a usual end */
        if (passed >= (uint64_t)top->interval)
            return GO_ON;
        if (!top->on_screen)
            ui_system_sleep(slice);
        else if (obey(top, ui_screen_key(slice)))
            return UI_STATUS_OK;
    }
}

static int look_and_show(struct top *top)
{
    for (;;) {
        int status = take_look(top);

        if (!status) {
            status = show(top);
            top->shown = ui_system_now();
        }
        if (status || ferror(stdout) || top->looks >= top->most)
            return status;
        status = wait_for_next(top);
        if (status != GO_ON)
            return status;
    }
}

static int parse_options(struct top *top)
{
    int status = cmd_number("--count", given.count, ui_number_count, &top->most);

    if (!status)
        status = cmd_seconds("--time", given.time, &top->deadline.most);
    if (!status)
        status = cmd_seconds("--interval", given.interval, &top->interval);
    if (!status && top->most == 0)
        status = cmd_usage("--count", "0 looks would show nothing");
    if (!status && top->interval < 100)
        status = cmd_usage("--interval", "that is too fast: take 0.1 or more");
    return status;
}

static int run(const char **operands)
{
    struct top top = { .most = UINT64_MAX, .interval = INTERVAL, .deadline = { ui_system_now(), CMD_FOR_EVER } };
    int status = parse_options(&top);

    (void)operands;
    if (status)
        return status;
    ui_term_catch_interrupt();
    top.on_screen =
        !given.plain && !cmd_options.json && ui_term_in_is_terminal() && ui_term_out_is_terminal() && ui_screen_begin();
    if (!top.on_screen && !given.count && !given.time)
        top.most = 1;
    status = look_and_show(&top);
    free_look(&top.now);
    free_look(&top.before);
    ui_screen_end();
    return status;
}

const struct cmd_command cmd_top = {
    .name = "top",
    .operands = "",
    .summary = "show all regions, how they change, who uses them",
    .text = "Shows all regions of the folder: size and its change in a second, committed\n"
            "memory, segments, generation and the changes in a second, attached processes,\n"
            "PINNED memory, owner, name. PINNED counts the bytes of segments that are no\n"
            "longer part of the region but that processes still have mapped, once for each\n"
            "process; stitch who shows which processes they are. For a region of another\n"
            "user, PROCS and PINNED are not known.\n"
            "On a terminal the page is renewed every --interval until q is pressed; the arrow\n"
            "and page keys scroll it. Elsewhere the regions are written once, or --count\n"
            "times, or for --time, as text or as one line of JSON each time.\n",
    .options = options_table,
    .run = run,
};
