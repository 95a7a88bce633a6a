/* SPDX-License-Identifier: MIT */
/*
 * watch.c - stitch watch: prints a line for each change of a region.
 *
 * A handle keeps a region alive that ends with its last user. So watch stays attached only where that makes no
 * difference: to a region that stays by itself, or that another handle may write to. Otherwise, when nothing can change
 * anyway, it looks again and again whether the region still exists, and is attached only for each look. While it is
 * attached it syncs after every change, so it pins no memory.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <stitch/inspect.h>
#include <stitch/stitch.h>

#include "command/command.h"
#include "command/deadline.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "terminal/system.h"
#include "terminal/term.h"
#include "text/json.h"
#include "text/number.h"
#include "text/words.h"

#define LOOK_TIME 100  /* milliseconds between two checks whether to stop, or looks at a region without a handle */
#define NAME_TIME 1000 /* milliseconds between two checks whether the name still means this region */
#define ENDED     (-1) /* beside the exit statuses: the region has ended */
#define GO_ON     (-2)

static struct {
    char *count, *time;
} given;

static const struct poptOption options_table[] = {
    { "count", 'n', POPT_ARG_STRING, &given.count, 0, "end after this many changes", "COUNT" },
    { "time", 't', POPT_ARG_STRING, &given.time, 0, "end after this time", "SECONDS" },
    CMD_OPTION_JSON,
    CMD_OPTION_EXACT,
    CMD_OPTION_OTHER_OWNER,
    CMD_OPTIONS_END,
};

struct watched {
    const char *name;
    stitch_region *region;      /* NULL while not attached */
    struct stitch_info printed; /* the state of the last line */
    bool begun;                 /* `printed` is valid */
    bool named;                 /* the name still means this region */
    bool lost;                  /* a segment was lost, and that has been reported */
    uint64_t lines, most;       /* changes printed; the number to print */
    uint64_t named_at;          /* milliseconds: when the name was checked last */
    struct cmd_deadline deadline;
};

/* ------------------------------------------------------------------------------------------------- printing --- */

static void change_text(const struct watched *watched, const struct stitch_info *now, char *to, size_t size)
{
    char bytes[UI_NUMBER_TEXT];
    const struct stitch_info *was = &watched->printed;
    uint64_t changes = now->region_generation - was->region_generation;
    size_t used;

    if (now->region_size > was->region_size)
        used = (size_t)snprintf(to, size, "+%s (grown", cmd_size(now->region_size - was->region_size, bytes));
    else if (now->region_size < was->region_size)
        used = (size_t)snprintf(to, size, "-%s (shrunk", cmd_size(was->region_size - now->region_size, bytes));
    else
        used = (size_t)snprintf(to, size, "0 (as large as before");
    if (changes > 1)
        used += (size_t)snprintf(to + used, size - used, ", %" PRIu64 " changes", changes);
    snprintf(to + used, size - used, ")");
}

static int print_line(const struct watched *watched, const struct stitch_info *now)
{
    char size[UI_NUMBER_TEXT], committed[UI_NUMBER_TEXT], moment[UI_TIME_TEXT], change[96] = "now";

    if (watched->begun)
        change_text(watched, now, change, sizeof change);
    printf("%s  generation %" PRIu64 "  size %s  segments %" PRIu64 "  committed %s  %s\n",
           ui_time_text((uint64_t)time(NULL), true, moment), now->region_generation, cmd_size(now->region_size, size),
           now->region_segments, cmd_size(now->committed, committed), change);
    return cmd_finish(UI_STATUS_OK);
}

static int print_json_line(const struct watched *watched, const struct stitch_info *now)
{
    const struct stitch_info *was = watched->begun ? &watched->printed : now;
    json_t *object = json_object();

    ui_json_number(object, "time", (uint64_t)time(NULL));
    ui_json_number(object, "generation", now->region_generation);
    ui_json_number(object, "size", now->region_size);
    ui_json_number(object, "segments", now->region_segments);
    ui_json_number(object, "committed", now->committed);
    ui_json_member(object, "change", json_integer((json_int_t)(now->region_size - was->region_size)));
    ui_json_number(object, "changes", now->region_generation - was->region_generation);
    ui_json_print_line(object);
    return cmd_finish(UI_STATUS_OK);
}

/* Prints a line if the region has changed. The first line shows the region as it is when the watching begins. */
static int print_change(struct watched *watched, const struct stitch_info *now)
{
    int status;

    if (watched->begun && now->region_generation == watched->printed.region_generation)
        return GO_ON;
    status = cmd_options.json ? print_json_line(watched, now) : print_line(watched, now);
    watched->lines += watched->begun;
    watched->begun = true;
    watched->printed = *now;
    return status || ferror(stdout) ? status : GO_ON; /* the reader of the lines may have gone */
}

/* ----------------------------------------------------------------------------------------------- attaching --- */

/* Opens the region. Returns 1, or 0 if the name means no region or another one by now, or an error. */
static int find(const struct watched *watched, stitch_region **region)
{
    struct stitch_info info;
    int err = cmd_open_quietly(watched->name, region);

    if (err)
        return err == STITCH_ENOENT ? 0 : err;
    err = stitch_info(*region, &info);
    if (!err && (!watched->begun || info.tag == watched->printed.tag))
        return 1;
    stitch_close(*region);
    return err;
}

static void check_name(struct watched *watched)
{
    stitch_region *again;
    uint64_t now = ui_system_now();
    int found;

    if (!watched->named || now - watched->named_at < NAME_TIME)
        return;
    found = find(watched, &again);
    if (found == 1)
        stitch_close(again);
    watched->named = found != 0; /* after an error it is checked again later */
    watched->named_at = now;
}

/* Returns GO_ON with watched->region attached, or NULL if that has to be tried again later; or ENDED, or a status. */
static int attach(struct watched *watched)
{
    int found = find(watched, &watched->region);

    if (found == 1) {
        watched->named_at = ui_system_now();
        return GO_ON;
    }
    watched->region = NULL;
    if (found == 0)
        return ENDED;
    /* The region is being removed or made anew just now, or is about to lose the segments of a killed process. */
    return found == STITCH_EBUSY || found == STITCH_EGONE ? GO_ON : cmd_error(watched->name, found);
}

/* ------------------------------------------------------------------------------------------------- watching --- */

/* Syncs. A segment that ended with its last user cannot be mapped, but the region's state can still be printed. */
static int follow(struct watched *watched)
{
    int err = stitch_sync(watched->region);

    if (err == STITCH_EGONE) {
        if (!watched->lost)
            cmd_note(watched->name, "a segment ended with its last user (%s)", stitch_error_name(err));
        watched->lost = true;
        return GO_ON;
    }
    watched->lost = false;
    return err < 0 ? cmd_error(watched->name, err) : GO_ON;
}

/* Attaches if necessary, prints a change, and detaches where staying attached would keep the region alive. */
static int look(struct watched *watched)
{
    struct stitch_info info;
    int status = watched->region ? GO_ON : attach(watched), err;

    if (!watched->region)
        return status;
    err = stitch_info(watched->region, &info);
    if (err)
        return cmd_error(watched->name, err);
    status = print_change(watched, &info);
    status = status == GO_ON ? follow(watched) : status;
    if (info.writers == 0 && ((info.flags & STITCH_KEEP) == 0 || !watched->named)) {
        stitch_close(watched->region);
        watched->region = NULL;
    }
    return status;
}

static int wait_for_change(struct watched *watched)
{
    int64_t time = cmd_deadline_rest(&watched->deadline, LOOK_TIME);
    int err;

    if (!watched->region) {
        ui_system_sleep((unsigned)time);
        return GO_ON;
    }
    err = stitch_wait(watched->region, watched->printed.region_generation, time);
    if (err == STITCH_ETIMEDOUT)
        check_name(watched);
    return err < 0 && err != STITCH_ETIMEDOUT ? cmd_error(watched->name, err) : GO_ON;
}

/* Ends before the number of changes that --count asks for. */
static int end_early(const struct watched *watched, int status, const char *why)
{
    if (!given.count)
        return UI_STATUS_OK;
    return cmd_fail(status, watched->name, "%s after %" PRIu64 " of %" PRIu64 " changes", why, watched->lines,
                    watched->most);
}

static int watch(struct watched *watched)
{
    for (;;) {
        int status = look(watched);

        if (status == ENDED) {
            cmd_note(watched->name, "the region has ended");
            return end_early(watched, UI_STATUS_MISSING, "it ended");
        }
        if (status != GO_ON)
            return status;
        if (watched->lines >= watched->most || ui_term_interrupted() != 0)
            return UI_STATUS_OK; /* an interruption is a usual end */
        if (cmd_deadline_rest(&watched->deadline, LOOK_TIME) == 0)
            return end_early(watched, UI_STATUS_TIME, "the time was over");
        status = wait_for_change(watched);
        if (status != GO_ON)
            return status;
    }
}

static int run(const char **operands)
{
    struct watched watched = { .name = operands[0], .named = true, .most = UINT64_MAX };
    int status = cmd_number("--count", given.count, ui_number_count, &watched.most);

    watched.deadline.most = CMD_FOR_EVER;
    if (!status)
        status = cmd_seconds("--time", given.time, &watched.deadline.most);
    if (!status)
        status = cmd_open_to_look(watched.name, &watched.region);
    if (status)
        return status;
    watched.deadline.began = watched.named_at = ui_system_now();
    ui_term_catch_interrupt();
    status = watch(&watched);
    stitch_close(watched.region);
    return status;
}

const struct cmd_command cmd_watch = {
    .name = "watch",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "print a line for each change of a region",
    .text = "Prints every change of a region as it comes: time, generation, size, segments,\n"
            "committed memory, and the change: +1M (grown), -2M (shrunk). The first line\n"
            "shows the region as it is now. Changes that follow each other quickly may share\n"
            "a line, which then says how many they are.\n"
            "Watching neither keeps a region alive nor pins memory. It ends when the region\n"
            "ends, when it is interrupted, or after --count changes or --time. If it ends\n"
            "before --count changes, the exit status is 3 (region ended) or 7 (time over).\n",
    .options = options_table,
    .run = run,
};
