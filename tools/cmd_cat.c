/* SPDX-License-Identifier: MIT */
/*
 * cmd_cat.c - stitch cat: a region's bytes to standard output, also while it grows.
 *
 * The bytes are written straight from the mapping, a piece at a time. Behind each piece the handle catches up: if the
 * region was cut below what was just written, those bytes may have been zeroed under the write, and cat says so. A
 * region that was cut and has grown again between two looks cannot be told from one that only grew.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "term.h"

#define PIECE         (UINT64_C(1) << 20) /* bytes written between two looks at the region */
#define WRITERS_TIME  50                  /* milliseconds between two looks whether a writer is still there */
#define APPEAR_TIME   10                  /* milliseconds between two looks for the region with --wait */
#define FOR_EVER      INT64_C(-1)

static struct {
    char *offset, *length, *wait;
    int follow;
} given;

static const struct poptOption options_table[] = {
    { "follow", 'f', POPT_ARG_NONE, &given.follow, 0,
      "go on while the region grows, until no writer is attached", NULL },
    { "wait", '\0', POPT_ARG_STRING | POPT_ARGFLAG_OPTIONAL, &given.wait, 0,
      "wait (at most so long) until the region exists and has a writer or bytes", "SECONDS" },
    { "offset", '\0', POPT_ARG_STRING, &given.offset, 0, "begin here", "SIZE" },
    { "length", '\0', POPT_ARG_STRING, &given.length, 0, "write so many bytes, no more", "SIZE" },
    ST_CLI_OTHER_OWNER,
    ST_CLI_END
};

/* What is to be written: [first, end), of which [first, next) is done. */
struct range {
    uint64_t first, next, end;
    int unwanted; /* whoever read our output has gone */
};

/* ------------------------------------------------------------------------------------------------- waiting --- */

/* 1 if there is something to read or somebody who may write it, 0 if not, or an error. Opens the region if 1. */
static int look(const char *name, stitch_region **region)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    struct stitch_info info;
    options.flags = STITCH_READONLY | (st_cli.other_owner ? STITCH_OTHER_OWNER : 0);
    options.folder = st_cli.folder;
    int code = stitch_open(name, &options, region);
    if (code < 0) {
        return code;
    }
    code = stitch_info(*region, &info);
    if (code == 0 && (info.writers != 0 || info.region_size != 0)) {
        return 1;
    }
    stitch_close(*region); /* opened anew each time: the name may come to stand for another region */
    return code;
}

static int wait_for_region(const char *name, int64_t milliseconds, stitch_region **region)
{
    uint64_t began = st_term_now();
    for (;;) {
        int found = look(name, region);
        if (found == 1) {
            return ST_STATUS_OK;
        }
        if (found < 0 && found != STITCH_ENOENT && found != STITCH_EBUSY) {
            return st_cli_error(name, found);
        }
        if (milliseconds != FOR_EVER && st_term_now() - began >= (uint64_t)milliseconds) {
            return st_cli_fail(ST_STATUS_TIME, name, "%s", found == 0 ? "the region is empty and nobody came to write"
                                                                      : "no region of that name came");
        }
        st_term_sleep(APPEAR_TIME);
    }
}

static int open_region(const char *name, stitch_region **region)
{
    int64_t milliseconds = FOR_EVER;
    int status = st_cli_name(name);
    if (status != ST_STATUS_OK || given.wait == NULL) {
        return status != ST_STATUS_OK ? status : st_cli_open_to_look(name, region);
    }
    status = given.wait[0] != '\0' ? st_cli_seconds("--wait", given.wait, &milliseconds) : ST_STATUS_OK;
    return status == ST_STATUS_OK ? wait_for_region(name, milliseconds, region) : status;
}

/* ------------------------------------------------------------------------------------------------- writing --- */

static int report_cut(const char *name, uint64_t size, uint64_t read)
{
    return st_cli_fail(ST_STATUS_NO, name,
                       "the region shrank to %" PRIu64 " bytes when %" PRIu64 " had been read; the last may be zero",
                       size, read);
}

/*
 * Write what is there of the range, catching up behind every piece.
 *   Returns  ST_STATUS_OK, or the status of a failure that has been told.
 */
static int write_available(const char *name, stitch_region *region, struct range *range)
{
    for (;;) {
        const unsigned char *base = stitch_base(region); /* where a sync may move it, it has been asked for again */
        uint64_t size = stitch_size(region);
        uint64_t limit = size < range->end ? size : range->end;
        if (size < range->next && range->next > range->first) {
            return report_cut(name, size, range->next);
        }
        if (range->next >= limit) {
            return ST_STATUS_OK;
        }
        uint64_t length = limit - range->next < PIECE ? limit - range->next : PIECE;
        int failed = st_term_write(base + range->next, (size_t)length);
        if (failed != 0) {
            range->unwanted = 1;
            return st_cli_write_error(failed);
        }
        range->next += length;
        int code = stitch_sync(region);
        if (code < 0) {
            return st_cli_error(name, code);
        }
    }
}

/*
 * Wait until the region has changed or nobody is left who could change it.
 *   Returns  1: changed; 0: it is at its end; or an error.
 * A writer publishes before it leaves: so a look at the region after the last was seen gone finds all there is.
 */
static int wait_for_more(stitch_region *region)
{
    struct stitch_info info;
    for (;;) {
        int code = stitch_info(region, &info);
        int changed = code == 0 ? stitch_sync(region) : code;
        if (changed != 0 || info.writers == 0) {
            return changed;
        }
        code = stitch_wait(region, stitch_generation(region), WRITERS_TIME);
        if (code < 0 && code != STITCH_ETIMEDOUT) {
            return code;
        }
    }
}

/* The whole range, as far as the region has it; with --follow as far as it will have it. */
static int write_range(const char *name, stitch_region *region, struct range *range)
{
    for (;;) {
        int status = write_available(name, region, range);
        if (status != ST_STATUS_OK || range->unwanted || range->next == range->end || !given.follow) {
            return status;
        }
        int more = wait_for_more(region);
        if (more <= 0) {
            return more < 0 ? st_cli_error(name, more) : ST_STATUS_OK;
        }
    }
}

static int cat(const char *name, stitch_region *region, uint64_t offset, uint64_t length)
{
    struct range range = { offset, offset, length < UINT64_MAX - offset ? offset + length : UINT64_MAX, 0 };
    if (!given.follow && given.length == NULL) {
        range.end = stitch_size(region); /* what comes later is not waited for */
        range.end = range.end > offset ? range.end : offset;
    }
    int status = write_range(name, region, &range);
    int missing = given.length != NULL ? range.next - offset < length : offset > stitch_size(region);
    if (status == ST_STATUS_OK && missing && !range.unwanted) {
        status = st_cli_fail(ST_STATUS_NO, name, "the region ends at %" PRIu64 " bytes, before all that was asked for",
                             stitch_size(region));
    }
    return status;
}

static int run(const char **operands)
{
    stitch_region *region;
    uint64_t offset = 0, length = UINT64_MAX;
    int status = st_cli_number("--offset", given.offset, st_number_size, &offset);
    if (status == ST_STATUS_OK) {
        status = st_cli_number("--length", given.length, st_number_size, &length);
    }
    if (status == ST_STATUS_OK) {
        status = open_region(operands[0], &region);
    }
    if (status == ST_STATUS_OK) {
        status = cat(operands[0], region, offset, length);
        stitch_close(region);
    }
    return status;
}

const struct st_command st_cmd_cat = {
    .name = "cat",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "a region's bytes to standard output",
    .text = "Write the bytes of a region to standard output. With -f, go on while it grows, and end when\n"
            "everything is written and no process that could write to the region is attached any more.\n"
            "If the region shrinks below what has been read, cat says so and ends with status 1, as it\n"
            "does if the region ends before --offset or --length. To start the reader before the writer:\n"
            "stitch cat -f --wait NAME.\n",
    .options = options_table,
    .bare = "--wait=",
    .run = run,
};
