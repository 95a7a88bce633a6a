/* SPDX-License-Identifier: MIT */
/*
 * cmd_hold.c - stitch hold: stay attached to a region, and follow it, so that it lives as long as this command runs.
 *
 * Where objects end with their last user, following is what keeps a segment: it is opened here before the process that
 * has made it ends. One that could not be opened in time is told, and cut off by the next writing call: if it may
 * write, that is made here at once.
 */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "term.h"

#define LOOK_TIME 100 /* milliseconds between two looks whether to stop */
#define FOR_EVER  INT64_C(-1)

static struct {
    char *time, *size;
    int readonly;
} given;

static const struct poptOption options_table[] = {
    { "readonly", 'r', POPT_ARG_NONE, &given.readonly, 0, "attach without the right to write; make nothing", NULL },
    { "time", 't', POPT_ARG_STRING, &given.time, 0, "let go after so long", "SECONDS" },
    { "size", 's', POPT_ARG_STRING, &given.size, 0, "bytes at the start if it is made, all zero (else 0)", "SIZE" },
    ST_CLI_QUIET, ST_CLI_EXACT, ST_CLI_OTHER_OWNER,
    ST_MAKING_WITHOUT_R,
    ST_CLI_END
};

/* What is being held. */
struct held {
    const char *name;
    stitch_region *region;
    uint64_t told;      /* the generation whose loss has been told */
    uint64_t began;     /* milliseconds */
    int64_t most;       /* milliseconds, or FOR_EVER */
};

/* Without STITCH_KEEP: what is made here ends with its users, on every system. */
static int attach(const char *name, stitch_region **region)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    int status = st_cli_name(name);
    if (status != ST_STATUS_OK || given.readonly || st_cli.other_owner) {
        return status != ST_STATUS_OK ? status : st_cli_open_to_look(name, region);
    }
    status = st_making_options(&options);
    if (status == ST_STATUS_OK) {
        status = st_cli_number("--size", given.size, st_number_size, &options.size);
    }
    if (status != ST_STATUS_OK) {
        return status;
    }
    options.flags &= ~STITCH_KEEP;
    int code = stitch_attach(name, &options, region);
    return code < 0 ? st_making_error(name, code) : ST_STATUS_OK;
}

static int report(const struct held *held)
{
    char size[ST_NUMBER_TEXT], reserve[ST_NUMBER_TEXT];
    struct stitch_info info;
    if (st_cli.quiet || stitch_info(held->region, &info) < 0) {
        return ST_STATUS_OK;
    }
    char *safe = st_text_safe(held->name);
    printf("%s: held, %s of at most %s, %s\n", safe, st_number_text(info.size, st_cli.exact, size),
           st_number_text(info.reserve, st_cli.exact, reserve), st_text_backend(info.backend));
    free(safe);
    errno = 0;
    if (fflush(stdout) == 0) { /* now: whoever started this waits for the line */
        return ST_STATUS_OK;
    }
    int status = st_cli_write_error(errno);
    clearerr(stdout); /* it has been told */
    return status;
}

/*
 * A segment that the region lists has ended with its last user. Without an answer from a writing call the loss stays,
 * and is told once for each state of the region.
 *   Returns  the status of a failure that ends the holding, or ST_STATUS_OK.
 */
static int mend(struct held *held)
{
    struct stitch_info info;
    int code = stitch_info(held->region, &info);
    if (code < 0) {
        return st_cli_error(held->name, code);
    }
    if (held->told != info.region_generation) {
        held->told = info.region_generation;
        st_cli_note(held->name, "a segment ended with its last user before it could be held (%s)",
                    stitch_error_name(STITCH_EGONE));
    }
    if (given.readonly || st_cli.other_owner) {
        return ST_STATUS_OK;
    }
    code = stitch_grow(held->region, 0, NULL);
    if (code == 0) {
        st_cli_note(held->name, "cut back to what is whole: %" PRIu64 " bytes", stitch_size(held->region));
    }
    return code == 0 || code == STITCH_EGONE ? ST_STATUS_OK : st_cli_error(held->name, code);
}

/* Milliseconds until the next look, 0 when the time is over. */
static int64_t rest(const struct held *held)
{
    if (held->most == FOR_EVER) {
        return LOOK_TIME;
    }
    int64_t passed = (int64_t)(st_term_now() - held->began);
    int64_t left = passed < held->most ? held->most - passed : 0;
    return left < LOOK_TIME ? left : LOOK_TIME;
}

static int hold(struct held *held)
{
    for (;;) {
        int64_t time = rest(held);
        uint64_t seen;
        int code = stitch_sync(held->region);
        if (code == STITCH_EGONE) {
            int status = mend(held);
            if (status != ST_STATUS_OK) {
                return status;
            }
            seen = held->told;
        } else if (code < 0) {
            return st_cli_error(held->name, code);
        } else {
            seen = stitch_generation(held->region);
        }
        if (time == 0 || st_term_interrupted() != 0) {
            return ST_STATUS_OK; /* to be stopped is how it ends */
        }
        code = stitch_wait(held->region, seen, time);
        if (code < 0 && code != STITCH_ETIMEDOUT) {
            return st_cli_error(held->name, code);
        }
    }
}

static int run(const char **operands)
{
    struct held held = { .name = operands[0], .began = st_term_now(), .most = FOR_EVER };
    int status = st_cli_seconds("--time", given.time, &held.most);
    if (status == ST_STATUS_OK) {
        status = attach(operands[0], &held.region);
    }
    if (status != ST_STATUS_OK) {
        return status;
    }
    st_term_catch_interrupt();
    status = report(&held);
    if (status == ST_STATUS_OK) {
        status = hold(&held);
    }
    stitch_close(held.region);
    return status;
}

const struct st_command st_cmd_hold = {
    .name = "hold",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "keep a region alive, and follow it",
    .text = "Stay attached to a region until interrupted (or for --time), and hold every segment of it as it\n"
            "appears. A region that is not there is made, and then ends with its last user. On Windows every\n"
            "region does: there, hold is what keeps one between commands.\n"
            "A hold that may write counts as a writer: cat -f goes on until it ends; with --readonly it does not\n"
            "count. If a segment ends before it could be held, hold says so, and cuts the region back to what is\n"
            "whole if it may write. Exit status 0 when interrupted.\n",
    .options = options_table,
    .run = run,
};
