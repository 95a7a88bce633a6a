/* SPDX-License-Identifier: MIT */
/*
 * cmd_resize.c - stitch grow, shrink and resize: change the size of a region, and say what that did.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct poptOption options_table[] = { ST_LEAVE, ST_CLI_QUIET, ST_CLI_EXACT, ST_CLI_END };

static int grow(stitch_region *region, uint64_t bytes)
{
    return stitch_grow(region, bytes, NULL);
}

static void report(const char *name, const struct stitch_info *before, const struct stitch_info *after)
{
    char text[4][ST_NUMBER_TEXT], bytes[ST_NUMBER_TEXT + 16] = "";
    char *safe = st_text_safe(name);
    if (!st_cli.exact) {
        snprintf(bytes, sizeof bytes, " (%" PRIu64 " bytes)", after->region_size);
    }
    printf("%s: size %s -> %s%s, memory %s -> %s\n", safe, st_number_text(before->region_size, st_cli.exact, text[0]),
           st_number_text(after->region_size, st_cli.exact, text[1]), bytes,
           st_number_text(before->resident, st_cli.exact, text[2]),
           st_number_text(after->resident, st_cli.exact, text[3]));
    free(safe);
}

/* What is to be told of a shrink. */
static struct stitch_shrink_report shrunk;

static int shrink(stitch_region *region, uint64_t bytes)
{
    return stitch_shrink_report(region, bytes, &shrunk);
}

/* Of whole segments that left: what others still have mapped is not the system's again yet. */
static void report_held(const char *name)
{
    char left[ST_NUMBER_TEXT], held[ST_NUMBER_TEXT];
    if (shrunk.left == 0) {
        return;
    }
    char *safe = st_text_safe(name);
    printf("%s: segments of %s left, ", safe, st_number_text(shrunk.left, st_cli.exact, left));
    if (shrunk.held == 0) {
        printf("none of it held by anybody\n");
    } else {
        printf("%s of it still held by %" PRIu64 " %s: see stitch who\n",
               st_number_text(shrunk.held, st_cli.exact, held), shrunk.holders,
               shrunk.holders == 1 ? "handle" : "handles");
    }
    free(safe);
}

static int change(const char *name, stitch_region *region, uint64_t size, int (*call)(stitch_region *, uint64_t))
{
    struct stitch_info before, after;
    char has[ST_NUMBER_TEXT];
    int code = stitch_info(region, &before);
    if (code == 0) {
        code = call(region, size);
    }
    if (code == STITCH_EINVAL && call == shrink) {
        return st_cli_fail(ST_STATUS_USAGE, name, "the region is not that large: it has %s",
                            st_number_text(stitch_size(region), st_cli.exact, has));
    }
    if (code == 0) {
        code = stitch_info(region, &after);
    }
    if (code < 0) {
        return st_cli_error(name, code);
    }
    if (!st_cli.quiet) {
        report(name, &before, &after);
        report_held(name);
    }
    return ST_STATUS_OK;
}

static int open_and_change(const char **operands, int (*call)(stitch_region *, uint64_t))
{
    uint64_t size;
    stitch_region *region;
    int status = st_cli_number("SIZE", operands[1], st_number_size, &size);
    if (status == ST_STATUS_OK) {
        status = st_leave_options();
    }
    if (status == ST_STATUS_OK) {
        status = st_cli_open_to_write(operands[0], &region);
    }
    if (status == ST_STATUS_OK) {
        status = change(operands[0], region, size, call);
        st_leave(operands[0], region);
    }
    return status;
}

static int run_grow(const char **operands)
{
    return open_and_change(operands, grow);
}

static int run_shrink(const char **operands)
{
    return open_and_change(operands, shrink);
}

static int run_resize(const char **operands)
{
    return open_and_change(operands, stitch_resize);
}

const struct st_command st_cmd_grow = {
    .name = "grow",
    .operands = "NAME SIZE",
    .least = 2,
    .most = 2,
    .summary = "add bytes at the end",
    .text = "Add SIZE bytes at the end of a region, all zero. Size and memory before and after are printed.\n",
    .options = options_table,
    .run = run_grow,
};

const struct st_command st_cmd_shrink = {
    .name = "shrink",
    .operands = "NAME SIZE",
    .least = 2,
    .most = 2,
    .summary = "take bytes from the end",
    .text = "Take SIZE bytes from the end of a region and give their memory back. Size and memory before and after\n"
            "are printed, and how much of the segments that left others still have mapped: that memory goes when they\n"
            "take the change over. stitch who tells who they are.\n",
    .options = options_table,
    .run = run_shrink,
};

const struct st_command st_cmd_resize = {
    .name = "resize",
    .operands = "NAME SIZE",
    .least = 2,
    .most = 2,
    .summary = "grow or shrink to a size",
    .text = "Grow or shrink a region to exactly SIZE bytes. Size and memory before and after are printed.\n",
    .options = options_table,
    .run = run_resize,
};
