/* SPDX-License-Identifier: MIT */
/*
 * cmd_watch.c - stitch watch: a line for each change of a region.
 *
 * Whoever is attached to a region that ends with its last user keeps it. So watch is attached only where that makes no
 * difference: to a region that stays by itself, or that somebody else may write to. Otherwise, where nothing can change
 * anyway, it looks again and again whether the region is still there, and is attached for the look only. While it is
 * attached it takes over every change, and so keeps no memory that has left.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "term.h"

#define LOOK_TIME 100  /* milliseconds between two looks whether to stop, and at a region to which it is not attached */
#define NAME_TIME 1000 /* between two looks whether the name still means this region */
#define FOR_EVER  INT64_C(-1)

static struct {
    char *count, *time;
} given;

static const struct poptOption options_table[] = {
    { "count", 'n', POPT_ARG_STRING, &given.count, 0, "end after so many changes", "COUNT" },
    { "time", 't', POPT_ARG_STRING, &given.time, 0, "end after so long", "SECONDS" },
    ST_CLI_JSON, ST_CLI_EXACT, ST_CLI_OTHER_OWNER,
    ST_CLI_END
};

struct watched {
    const char *name;
    stitch_region *region;    /* NULL while not attached */
    struct stitch_info told;       /* what the last line said */
    int begun, named, lost;   /* told is there; the name still means it; a segment was lost and that has been told */
    uint64_t lines, most;     /* changes told; how many to tell */
    uint64_t began, named_at; /* milliseconds */
    int64_t time;             /* milliseconds, or FOR_EVER */
};

#define ENDED (-1) /* beside the exit statuses: the region is no more */
#define GO_ON (-2)

/* -------------------------------------------------------------------------------------------------- telling --- */

static void change_text(const struct watched *watched, const struct stitch_info *now, char *to, size_t size)
{
    char bytes[ST_NUMBER_TEXT];
    const struct stitch_info *was = &watched->told;
    uint64_t changes = now->region_generation - was->region_generation;
    size_t used;
    if (now->region_size > was->region_size) {
        used = (size_t)snprintf(to, size, "+%s (grown",
                                st_number_text(now->region_size - was->region_size, st_cli.exact, bytes));
    } else if (now->region_size < was->region_size) {
        used = (size_t)snprintf(to, size, "-%s (shrunk",
                                st_number_text(was->region_size - now->region_size, st_cli.exact, bytes));
    } else {
        used = (size_t)snprintf(to, size, "0 (as large as before");
    }
    if (changes > 1) {
        used += (size_t)snprintf(to + used, size - used, ", %" PRIu64 " changes", changes);
    }
    snprintf(to + used, size - used, ")");
}

static int print_line(const struct watched *watched, const struct stitch_info *now)
{
    char size[ST_NUMBER_TEXT], committed[ST_NUMBER_TEXT], moment[ST_TEXT_TIME], change[96] = "now";
    if (watched->begun) {
        change_text(watched, now, change, sizeof change);
    }
    printf("%s  generation %" PRIu64 "  size %s  segments %" PRIu64 "  committed %s  %s\n",
           st_text_time((uint64_t)time(NULL), 1, moment), now->region_generation,
           st_number_text(now->region_size, st_cli.exact, size), now->region_segments,
           st_number_text(now->committed, st_cli.exact, committed), change);
    return st_cli_finish(ST_STATUS_OK);
}

static int print_json_line(const struct watched *watched, const struct stitch_info *now)
{
    const struct stitch_info *was = watched->begun ? &watched->told : now;
    json_t *object = json_object();
    st_json_number(object, "time", (uint64_t)time(NULL));
    st_json_number(object, "generation", now->region_generation);
    st_json_number(object, "size", now->region_size);
    st_json_number(object, "segments", now->region_segments);
    st_json_number(object, "committed", now->committed);
    st_json_member(object, "change", json_integer((json_int_t)(now->region_size - was->region_size)));
    st_json_number(object, "changes", now->region_generation - was->region_generation);
    return st_json_print_line(object);
}

/* A line, if there is something new. The first tells what the region is like when the watching begins. */
static int tell(struct watched *watched, const struct stitch_info *now)
{
    if (watched->begun && now->region_generation == watched->told.region_generation) {
        return GO_ON;
    }
    int status = st_cli.json ? print_json_line(watched, now) : print_line(watched, now);
    watched->lines += (uint64_t)watched->begun;
    watched->begun = 1;
    watched->told = *now;
    return status != ST_STATUS_OK || ferror(stdout) ? status : GO_ON; /* who read the lines may have gone */
}

/* ----------------------------------------------------------------------------------------------- attaching --- */

static int open_again(const struct watched *watched, stitch_region **region)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    options.flags = STITCH_READONLY | (st_cli.other_owner ? STITCH_OTHER_OWNER : 0);
    options.folder = st_cli.folder;
    return stitch_open(watched->name, &options, region);
}

/* 1: the name means this region; 0: no more, or another one; or an error. *region is attached if 1. */
static int find(const struct watched *watched, stitch_region **region)
{
    struct stitch_info info;
    int code = open_again(watched, region);
    if (code < 0) {
        return code == STITCH_ENOENT ? 0 : code;
    }
    code = stitch_info(*region, &info);
    if (code == 0 && (!watched->begun || info.tag == watched->told.tag)) {
        return 1;
    }
    stitch_close(*region);
    return code;
}

static void let_go(struct watched *watched)
{
    stitch_close(watched->region);
    watched->region = NULL;
}

static void look_at_name(struct watched *watched)
{
    stitch_region *again;
    uint64_t now = st_term_now();
    if (!watched->named || now - watched->named_at < NAME_TIME) {
        return;
    }
    int found = find(watched, &again);
    if (found == 1) {
        stitch_close(again);
    }
    watched->named = found != 0; /* what could not be looked at now is looked at again */
    watched->named_at = now;
}

/* ------------------------------------------------------------------------------------------------- watching --- */

/* A segment that ended with its last user cannot be taken over; what there is can be told all the same. */
static int follow(struct watched *watched)
{
    int code = stitch_sync(watched->region);
    if (code == STITCH_EGONE) {
        if (!watched->lost) {
            st_cli_note(watched->name, "a segment ended with its last user (%s)", stitch_error_name(code));
        }
        watched->lost = 1;
        return GO_ON;
    }
    watched->lost = 0;
    return code < 0 ? st_cli_error(watched->name, code) : GO_ON;
}

/* Attach if need be, tell what is new, and let go where staying would keep the region alive. */
static int look(struct watched *watched)
{
    struct stitch_info info;
    if (watched->region == NULL) {
        int found = find(watched, &watched->region);
        if (found != 1) {
            watched->region = NULL;
            /* Being removed or made anew just now, or about to lose what a killed process took with it. */
            int wait = found == STITCH_EBUSY || found == STITCH_EGONE;
            return found == 0 ? ENDED : wait ? GO_ON : st_cli_error(watched->name, found);
        }
        watched->named_at = st_term_now();
    }
    int code = stitch_info(watched->region, &info);
    if (code < 0) {
        return st_cli_error(watched->name, code);
    }
    int status = tell(watched, &info);
    status = status == GO_ON ? follow(watched) : status;
    if (info.writers == 0 && ((info.flags & STITCH_KEEP) == 0 || !watched->named)) {
        let_go(watched);
    }
    return status;
}

/* Milliseconds that it may sleep; 0 when the time is over. */
static int64_t rest(const struct watched *watched)
{
    int64_t passed = (int64_t)(st_term_now() - watched->began);
    int64_t left = watched->time == FOR_EVER ? LOOK_TIME : watched->time - passed;
    return left < 0 ? 0 : left < LOOK_TIME ? left : LOOK_TIME;
}

static int wait_for_change(struct watched *watched)
{
    int64_t time = rest(watched);
    if (watched->region == NULL) {
        st_term_sleep((unsigned)time);
        return GO_ON;
    }
    int code = stitch_wait(watched->region, watched->told.region_generation, time);
    if (code == STITCH_ETIMEDOUT) {
        look_at_name(watched);
    }
    return code < 0 && code != STITCH_ETIMEDOUT ? st_cli_error(watched->name, code) : GO_ON;
}

static int fewer(const struct watched *watched, int status, const char *why)
{
    if (given.count == NULL) {
        return ST_STATUS_OK;
    }
    return st_cli_fail(status, watched->name, "%s after %" PRIu64 " of %" PRIu64 " changes", why, watched->lines,
                       watched->most);
}

static int watch(struct watched *watched)
{
    for (;;) {
        int status = look(watched);
        if (status == ENDED) {
            st_cli_note(watched->name, "the region has ended");
            return fewer(watched, ST_STATUS_MISSING, "it ended");
        }
        if (status != GO_ON || watched->lines >= watched->most) {
            return status != GO_ON ? status : ST_STATUS_OK;
        }
        if (st_term_interrupted() != 0) {
            return ST_STATUS_OK; /* to be stopped is how it ends */
        }
        if (rest(watched) == 0) {
            return fewer(watched, ST_STATUS_TIME, "the time was over");
        }
        status = wait_for_change(watched);
        if (status != GO_ON) {
            return status;
        }
    }
}

static int run(const char **operands)
{
    struct watched watched = { .name = operands[0], .named = 1, .most = UINT64_MAX, .time = FOR_EVER };
    int status = st_cli_number("--count", given.count, st_number_count, &watched.most);
    if (status == ST_STATUS_OK) {
        status = st_cli_seconds("--time", given.time, &watched.time);
    }
    if (status == ST_STATUS_OK) {
        status = st_cli_open_to_look(watched.name, &watched.region);
    }
    if (status != ST_STATUS_OK) {
        return status;
    }
    watched.began = watched.named_at = st_term_now();
    st_term_catch_interrupt();
    status = watch(&watched);
    stitch_close(watched.region);
    return status;
}

const struct st_command st_cmd_watch = {
    .name = "watch",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "a line for each change of a region",
    .text = "Tell every change of a region as it comes: when, generation, size, segments, memory promised to be\n"
            "there, and what changed: +1M (grown), -2M (shrunk). The first line tells how it is now. Changes\n"
            "that follow each other fast may share a line, which then says how many they were.\n"
            "Watching keeps no region alive and no memory; it ends when the region does, when it is interrupted,\n"
            "or after --count changes or --time. With --count, ending before is status 3 or 7.\n",
    .options = options_table,
    .run = run,
};
