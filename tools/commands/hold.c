/* SPDX-License-Identifier: MIT */
/*
 * hold.c - stitch hold: stays attached to a region and follows it, so that the region lives while the command runs.
 *
 * On systems where an object ends with its last user, following keeps a segment alive: this process opens it before the
 * process that made it ends. A segment that could not be opened in time is reported. The next writing call cuts it off;
 * if this handle may write, it makes such a call at once.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <stitch/inspect.h>
#include <stitch/stitch.h>

#include "command/command.h"
#include "command/deadline.h"
#include "command/making.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "terminal/system.h"
#include "terminal/term.h"
#include "text/number.h"

#define LOOK_TIME 100 /* milliseconds between two checks whether to stop */

static struct {
    char *time, *size;
    int readonly;
} given;

static const struct poptOption options_table[] = {
    { "readonly", 'r', POPT_ARG_NONE, &given.readonly, 0, "attach read-only; make no region", NULL },
    { "time", 't', POPT_ARG_STRING, &given.time, 0, "end after this time", "SECONDS" },
    { "size", 's', POPT_ARG_STRING, &given.size, 0, "bytes at the start of a new region, all zero (default 0)",
      "SIZE" },
    CMD_OPTION_QUIET,
    CMD_OPTION_EXACT,
    CMD_OPTION_OTHER_OWNER,
    CMD_MAKING_WITHOUT_R,
    CMD_OPTIONS_END,
};

/* The region that is held. */
struct held {
    const char *name;
    stitch_region *region;
    uint64_t reported; /* the generation of which a lost segment was reported last */
    struct cmd_deadline deadline;
};

/* Attaches without STITCH_KEEP: a region that is made here ends with its users, on every system. */
static int attach(const char *name, stitch_region **region)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    int status, err;

    if (given.readonly || cmd_options.other_owner)
        return cmd_open_to_look(name, region);
    status = cmd_making_options(name, &options);
    if (!status)
        status = cmd_number("--size", given.size, ui_number_size, &options.size);
    if (status)
        return status;
    options.flags &= ~STITCH_KEEP;
    err = stitch_attach(name, &options, region);
    return err < 0 ? cmd_making_error(name, err) : UI_STATUS_OK;
}

static int report(const struct held *held)
{
    int status;

    cmd_making_report(held->name, "held", held->region);
    errno = 0;
    if (fflush(stdout) == 0) /* now: the process that started this one may wait for the line */
        return UI_STATUS_OK;
    status = cmd_write_error(errno);
    clearerr(stdout); /* so that it is not reported again at the end */
    return status;
}

/*
 * Handles the loss of a segment that ended with its last user. Until a writing call removes it from the region, the
 * loss is reported once for each generation. Returns UI_STATUS_OK, or the status of a failure that ends the holding.
 */
static int mend(struct held *held)
{
    struct stitch_info info;
    int err = stitch_info(held->region, &info);

    if (err)
        return cmd_error(held->name, err);
    if (held->reported != info.region_generation) {
        held->reported = info.region_generation;
        cmd_note(held->name, "a segment ended with its last user before it could be held (%s)",
                 stitch_error_name(STITCH_EGONE));
    }
    if (given.readonly || cmd_options.other_owner)
        return UI_STATUS_OK;
    err = stitch_grow(held->region, 0, NULL);
    if (!err)
        cmd_note(held->name, "cut back to what is whole: %" PRIu64 " bytes", stitch_size(held->region));
    return !err || err == STITCH_EGONE ? UI_STATUS_OK : cmd_error(held->name, err);
}

/* Syncs, and stores the generation that this handle then has in *seen. Returns UI_STATUS_OK, or the status to end. */
static int follow(struct held *held, uint64_t *seen)
{
    int err = stitch_sync(held->region), status = UI_STATUS_OK;

    if (err == STITCH_EGONE) {
        status = mend(held);
        *seen = held->reported;
    } else if (err < 0) {
        status = cmd_error(held->name, err);
    } else {
        *seen = stitch_generation(held->region);
    }
    return status;
}

static int hold(struct held *held)
{
    for (;;) {
        int64_t time = cmd_deadline_rest(&held->deadline, LOOK_TIME);
        uint64_t seen = 0;
        int status = follow(held, &seen), err;

        if (status)
            return status;
        if (time == 0 || ui_term_interrupted() != 0)
            return UI_STATUS_OK; /* an interruption is the usual end */
        err = stitch_wait(held->region, seen, time);
        if (err < 0 && err != STITCH_ETIMEDOUT)
            return cmd_error(held->name, err);
    }
}

static int run(const char **operands)
{
    struct held held = { .name = operands[0], .deadline = { ui_system_now(), CMD_FOR_EVER } };
    int status = cmd_seconds("--time", given.time, &held.deadline.most);

    if (!status)
        status = attach(operands[0], &held.region);
    if (status)
        return status;
    ui_term_catch_interrupt();
    status = report(&held);
    if (!status)
        status = hold(&held);
    stitch_close(held.region);
    return status;
}

const struct cmd_command cmd_hold = {
    .name = "hold",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "keep a region alive, and follow it",
    .text = "Stays attached to a region until interrupted (or for --time), and maps every\n"
            "segment as it appears. If there is no such region, hold makes one that ends with\n"
            "its last user. On Windows every region does, so hold is the way to keep one\n"
            "between commands.\n"
            "A hold that may write counts as a writer: cat -f goes on until it ends. With\n"
            "--readonly it does not count. If a segment ends before hold could map it, hold\n"
            "says so, and if it may write, cuts the region back to what is whole. The exit\n"
            "status is 0 when interrupted.\n",
    .options = options_table,
    .run = run,
};
