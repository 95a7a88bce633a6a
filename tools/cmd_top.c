/* SPDX-License-Identifier: MIT */
/*
 * cmd_top.c - stitch top: all regions of a folder, again and again: how large, how fast they change, who is attached,
 * what memory that pins. On a terminal a page (screen.h), else text or JSON.
 *
 * Sizes come from stitch_list, which attaches to nothing. Who is attached only an attached handle can ask: it is
 * read-only, there for that one question, and not counted.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "screen.h"
#include "term.h"

#define INTERVAL 1000 /* milliseconds */
#define KEY_TIME 100  /* between two looks whether to stop */
#define FOR_EVER INT64_C(-1)

static struct {
    char *count, *time, *interval;
    int plain;
} given;

static const struct poptOption options_table[] = {
    { "count", 'n', POPT_ARG_STRING, &given.count, 0, "look so often (else once, on a terminal until q)", "COUNT" },
    { "time", 't', POPT_ARG_STRING, &given.time, 0, "look for so long", "SECONDS" },
    { "interval", 'i', POPT_ARG_STRING, &given.interval, 0, "time between two looks (else 1)", "SECONDS" },
    { "plain", 'p', POPT_ARG_NONE, &given.plain, 0, "plain text also on a terminal", NULL },
    ST_CLI_JSON, ST_CLI_EXACT, ST_CLI_OTHER_OWNER,
    ST_CLI_END
};

/* What one look at a region found beyond its listing. */
struct use {
    int known, changes_known; /* who is attached; what changed since the look before */
    uint64_t processes, pinned;
    double bytes, generations; /* a second */
};

struct look {
    struct st_regions regions;
    struct use *uses; /* one for each */
    uint64_t at;      /* milliseconds */
};

struct top {
    struct look now, before;
    uint64_t began, shown;       /* milliseconds */
    uint64_t looks, most;        /* taken; how many to take */
    int64_t time, interval;      /* milliseconds; time may be FOR_EVER */
    int on_screen;
    size_t first; /* region shown first, by the arrow keys */
};

#define GO_ON (-1) /* beside the exit statuses */

/* -------------------------------------------------------------------------------------------------- looking --- */

static void ask_who(const struct stitch_listing *region, struct use *use)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    struct st_members members;
    stitch_region *handle;
    options.flags = STITCH_READONLY | (st_cli.other_owner ? STITCH_OTHER_OWNER : 0);
    options.folder = st_cli.folder;
    if (region->error != 0 || stitch_open(region->name, &options, &handle) < 0) {
        return;
    }
    if (st_members_take(handle, &members) == 0) {
        use->known = 1;
        use->processes = members.processes;
        use->pinned = members.pinned;
    }
    st_members_forget(&members);
    stitch_close(handle);
}

/* Both are in the order of their names. A region that was made anew under its name begins anew. */
static void compare(const struct look *before, struct look *now)
{
    double seconds = now->at > before->at ? (double)(now->at - before->at) / 1000 : 0.001;
    for (size_t i = 0, j = 0; i < now->regions.count && j < before->regions.count;) {
        const struct stitch_listing *is = &now->regions.all[i], *was = &before->regions.all[j];
        int order = strcmp(is->name, was->name);
        if (order == 0 && is->error == 0 && was->error == 0 && is->created == was->created &&
            is->generation >= was->generation) {
            now->uses[i].changes_known = 1;
            now->uses[i].bytes = ((double)is->size - (double)was->size) / seconds;
            now->uses[i].generations = (double)(is->generation - was->generation) / seconds;
        }
        i += order <= 0;
        j += order >= 0;
    }
}

static void forget(struct look *look)
{
    st_regions_forget(&look->regions);
    free(look->uses);
}

static int take(struct top *top)
{
    forget(&top->before);
    top->before = top->now;
    memset(&top->now, 0, sizeof top->now);
    top->now.at = st_term_now();
    int status = st_regions_take(&top->now.regions);
    if (status != ST_STATUS_OK) {
        return status;
    }
    size_t count = top->now.regions.count;
    top->now.uses = st_text_memory(count * sizeof top->now.uses[0]);
    memset(top->now.uses, 0, count * sizeof top->now.uses[0]);
    for (size_t i = 0; i < count; i++) {
        ask_who(&top->now.regions.all[i], &top->now.uses[i]);
    }
    compare(&top->before, &top->now);
    top->looks++;
    return ST_STATUS_OK;
}

/* ----------------------------------------------------------------------------------------------- for people --- */

#define RATE_TEXT (ST_NUMBER_TEXT + 2)

static const char *rate_text(double bytes, char *to)
{
    char size[ST_NUMBER_TEXT];
    double amount = bytes < 0 ? -bytes : bytes;
    uint64_t rounded = (uint64_t)(amount + 0.5);
    snprintf(to, RATE_TEXT, "%s%s", rounded == 0 ? "" : bytes < 0 ? "-" : "+",
             st_number_text(rounded, st_cli.exact, size));
    return to;
}

static void add_row(struct st_table *table, const struct stitch_listing *region, const struct use *use)
{
    char size[ST_NUMBER_TEXT], committed[ST_NUMBER_TEXT], segments[ST_NUMBER_TEXT], generation[ST_NUMBER_TEXT];
    char rate[RATE_TEXT] = "-", changes[ST_NUMBER_TEXT] = "-", processes[ST_NUMBER_TEXT] = "-";
    char pinned[ST_NUMBER_TEXT] = "-", owner[64];
    char *safe = st_text_safe(region->name);
    const char *cells[] = {
        st_number_text(region->size, st_cli.exact, size),
        rate,
        st_number_text(region->committed, st_cli.exact, committed),
        st_number_text(region->segments, 1, segments),
        st_number_text(region->generation, 1, generation),
        changes,
        processes,
        pinned,
        st_term_user(region->owner, owner, sizeof owner),
        safe,
    };
    if (use->changes_known) {
        rate_text(use->bytes, rate);
        snprintf(changes, sizeof changes, use->generations < 99.95 ? "%.1f" : "%.0f", use->generations);
    }
    if (use->known) {
        st_number_text(use->processes, 1, processes);
        st_number_text(use->pinned, st_cli.exact, pinned);
    }
    if (region->error != 0) {
        cells[0] = cells[2] = cells[3] = cells[4] = "-";
    }
    st_table_row(table, cells);
    free(safe);
}

static struct st_table *make_table(const struct look *look)
{
    static const char *const heads[] = {
        "SIZE", "SIZE/s", "COMMIT", "SEGS", "GEN", "GEN/s", "PROCS", "PINNED", "OWNER", "NAME",
    };
    struct st_table *table = st_table_new("rrrrrrrrll");
    st_table_row(table, heads);
    for (size_t i = 0; i < look->regions.count; i++) {
        add_row(table, &look->regions.all[i], &look->uses[i]);
    }
    return table;
}

/* The line above the table; to be freed. */
static char *summary(const struct look *look)
{
    char committed[ST_NUMBER_TEXT], pinned[ST_NUMBER_TEXT], moment[ST_TEXT_TIME];
    uint64_t memory = 0, held = 0;
    char *folder = st_text_safe(st_cli_folder());
    size_t size = strlen(folder) + 160;
    char *line = st_text_memory(size);
    for (size_t i = 0; i < look->regions.count; i++) {
        memory += look->regions.all[i].committed;
        held += look->uses[i].pinned;
    }
    snprintf(line, size, "%s  %s: %zu region%s, %s committed, %s pinned", st_text_time((uint64_t)time(NULL), 1, moment),
             folder, look->regions.count, look->regions.count == 1 ? "" : "s",
             st_number_text(memory, st_cli.exact, committed), st_number_text(held, st_cli.exact, pinned));
    free(folder);
    return line;
}

static int print_plain(const struct top *top)
{
    char *line = summary(&top->now);
    printf("%s%s\n", top->looks > 1 ? "\n" : "", line);
    free(line);
    st_table_print(make_table(&top->now));
    return st_cli_finish(ST_STATUS_OK);
}

/* ------------------------------------------------------------------------------------------------ on screen --- */

struct page {
    char **lines;
    size_t count;
};

static void add_line(const char *line, void *arg)
{
    struct page *page = arg;
    page->lines[page->count++] = st_text_copy(line);
}

#define HEADING 2 /* lines that do not roll */

static void show_page(struct top *top)
{
    size_t count = top->now.regions.count, height = st_screen_height();
    size_t room = height > HEADING ? height - HEADING : 0;
    struct page page = { st_text_memory((count + HEADING) * sizeof *page.lines), 0 };
    page.lines[page.count++] = summary(&top->now);
    st_table_lines(make_table(&top->now), add_line, &page);
    size_t last = count > room ? count - room : 0;
    top->first = top->first < last ? top->first : last;
    for (size_t i = 0; i < top->first; i++) { /* roll: those above the first shown make room */
        free(page.lines[HEADING + i]);
    }
    memmove(page.lines + HEADING, page.lines + HEADING + top->first, (count - top->first) * sizeof *page.lines);
    page.count -= top->first;
    st_screen_show((const char *const *)page.lines, page.count, HEADING);
    for (size_t i = 0; i < page.count; i++) {
        free(page.lines[i]);
    }
    free(page.lines);
}

/* Returns 1 if that was to end it. */
static int obey(struct top *top, enum st_key key)
{
    size_t page = st_screen_height() > HEADING ? st_screen_height() - HEADING : 1;
    switch (key) {
    case ST_KEY_QUIT:
        return 1;
    case ST_KEY_UP:
        top->first -= top->first > 0;
        break;
    case ST_KEY_DOWN:
        top->first++; /* show_page knows where the end is */
        break;
    case ST_KEY_PAGE_UP:
        top->first -= top->first < page ? top->first : page;
        break;
    case ST_KEY_PAGE_DOWN:
        top->first += page;
        break;
    case ST_KEY_NONE:
        return 0;
    default:
        break;
    }
    show_page(top);
    return 0;
}

/* --------------------------------------------------------------------------------------------- for programs --- */

static json_t *region_to_json(const struct stitch_listing *region, const struct use *use)
{
    json_t *object = json_object();
    st_json_name(object, region->name);
    st_json_number(object, "owner", region->owner);
    if (region->error != 0) {
        st_json_text(object, "error", stitch_error_name((int)region->error));
        return object;
    }
    st_json_number(object, "size", region->size);
    st_json_number(object, "committed", region->committed);
    st_json_number(object, "segments", region->segments);
    st_json_number(object, "generation", region->generation);
    st_json_member(object, "size_rate", use->changes_known ? json_real(use->bytes) : json_null());
    st_json_member(object, "generation_rate", use->changes_known ? json_real(use->generations) : json_null());
    st_json_member(object, "processes", use->known ? json_integer((json_int_t)use->processes) : json_null());
    if (use->known) {
        st_json_number(object, "pinned", use->pinned);
    } else {
        st_json_member(object, "pinned", json_null());
    }
    return object;
}

static int print_json(const struct top *top)
{
    json_t *root = json_object(), *array = json_array();
    for (size_t i = 0; i < top->now.regions.count; i++) {
        if (json_array_append_new(array, region_to_json(&top->now.regions.all[i], &top->now.uses[i])) != 0) {
            return st_cli_fail(ST_STATUS_RESOURCES, NULL, "no memory left");
        }
    }
    st_json_number(root, "time", (uint64_t)time(NULL));
    st_json_member(root, "regions", array);
    return st_json_print_line(root);
}

/* -------------------------------------------------------------------------------------------------- running --- */

static int show(struct top *top)
{
    if (top->on_screen) {
        show_page(top);
        return ST_STATUS_OK;
    }
    return st_cli.json ? print_json(top) : print_plain(top);
}

static int time_is_over(const struct top *top, uint64_t now)
{
    return top->time != FOR_EVER && now - top->began >= (uint64_t)top->time;
}

/*
 * Until the next look. The time runs from the end of the last: keys are read also where a look takes longer than that.
 * Returns GO_ON, or the status with which it ends.
 */
static int wait_for_next(struct top *top)
{
    for (;;) {
        uint64_t now = st_term_now(), passed = now - top->shown;
        if (st_term_interrupted() != 0 || time_is_over(top, now)) {
            return ST_STATUS_OK; /* to be stopped is how it ends */
        }
        if (passed >= (uint64_t)top->interval) {
            return GO_ON;
        }
        uint64_t left = (uint64_t)top->interval - passed;
        unsigned slice = left < KEY_TIME ? (unsigned)left : KEY_TIME;
        if (!top->on_screen) {
            st_term_sleep(slice);
        } else if (obey(top, st_screen_key(slice))) {
            return ST_STATUS_OK;
        }
    }
}

static int look_and_show(struct top *top)
{
    for (;;) {
        int status = take(top);
        if (status == ST_STATUS_OK) {
            status = show(top);
            top->shown = st_term_now();
        }
        if (status != ST_STATUS_OK || ferror(stdout) || top->looks >= top->most) {
            return status;
        }
        status = wait_for_next(top);
        if (status != GO_ON) {
            return status;
        }
    }
}

static int parse_options(struct top *top)
{
    int status = st_cli_number("--count", given.count, st_number_count, &top->most);
    if (status == ST_STATUS_OK) {
        status = st_cli_seconds("--time", given.time, &top->time);
    }
    if (status == ST_STATUS_OK) {
        status = st_cli_seconds("--interval", given.interval, &top->interval);
    }
    if (status == ST_STATUS_OK && top->most == 0) {
        status = st_cli_usage("--count", "0 looks would show nothing");
    }
    if (status == ST_STATUS_OK && top->interval < 100) {
        status = st_cli_usage("--interval", "that is too fast: take 0.1 or more");
    }
    return status;
}

static int run(const char **operands)
{
    (void)operands;
    struct top top = { .most = UINT64_MAX, .time = FOR_EVER, .interval = INTERVAL, .began = st_term_now() };
    int status = parse_options(&top);
    if (status != ST_STATUS_OK) {
        return status;
    }
    st_term_catch_interrupt();
    top.on_screen = !given.plain && !st_cli.json && st_term_in_is_terminal() && st_term_out_is_terminal() &&
                    st_screen_begin();
    if (!top.on_screen && given.count == NULL && given.time == NULL) {
        top.most = 1;
    }
    status = look_and_show(&top);
    forget(&top.now);
    forget(&top.before);
    st_screen_end();
    return status;
}

const struct st_command st_cmd_top = {
    .name = "top",
    .operands = "",
    .summary = "all regions, how they change, who uses them",
    .text = "Show all regions of the folder: size and how it changes in a second, memory promised to be there,\n"
            "segments, generation and how many changes came in a second, processes attached, owner, name. PINNED\n"
            "are bytes of segments that have left the region and that processes still have mapped, what several\n"
            "hold counted for each; stitch who tells who they are. Of another user's region PROCS and PINNED are\n"
            "not known.\n"
            "On a terminal the page is renewed every --interval until q is pressed; arrow and page keys roll it.\n"
            "Else it is written once, or --count times, or for --time, as text or one line of JSON a time.\n",
    .options = options_table,
    .run = run,
};
