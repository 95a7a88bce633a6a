/* SPDX-License-Identifier: MIT */
/*
 * resize.c - stitch grow, shrink and resize: changes the size of a region, and prints the effect.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <stitch/inspect.h>
#include <stitch/stitch.h>

#include "command/command.h"
#include "command/leave.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "text/number.h"
#include "text/text.h"
#include "text/words.h"

static const struct poptOption options_table[] = { CMD_LEAVE, CMD_OPTION_QUIET, CMD_OPTION_EXACT, CMD_OPTIONS_END };

/* The effect of a shrink beyond the new size. */
static struct stitch_shrink_report shrunk;

static int grow(stitch_region *region, uint64_t bytes)
{
    return stitch_grow(region, bytes, NULL);
}

static int shrink(stitch_region *region, uint64_t bytes)
{
    return stitch_shrink_report(region, bytes, &shrunk);
}

static void report(const char *name, const struct stitch_info *before, const struct stitch_info *after)
{
    char text[4][UI_NUMBER_TEXT], bytes[UI_NUMBER_TEXT + 16] = "";
    char *safe = ui_text_safe(name);

    if (!cmd_options.exact)
        snprintf(bytes, sizeof bytes, " (%" PRIu64 " bytes)", after->region_size);
    printf("%s: size %s -> %s%s, memory %s -> %s\n", safe, cmd_size(before->region_size, text[0]),
           cmd_size(after->region_size, text[1]), bytes, cmd_size(before->resident, text[2]),
           cmd_size(after->resident, text[3]));
    free(safe);
}

/* Says how much of the removed segments is pinned: the system gets that memory back only when the others unmap it. */
static void report_held(const char *name)
{
    char removed[UI_NUMBER_TEXT], held[UI_NUMBER_TEXT];
    char *safe;

    if (shrunk.left == 0)
        return;
    safe = ui_text_safe(name);
    printf("%s: segments of %s removed, ", safe, cmd_size(shrunk.left, removed));
    if (shrunk.held == 0)
        printf("none of it held by others\n");
    else
        printf("%s of it still held by %" PRIu64 " handle%s: see stitch who\n", cmd_size(shrunk.held, held),
               shrunk.holders, ui_plural(shrunk.holders));
    free(safe);
}

static int change(const char *name, stitch_region *region, uint64_t size, int (*call)(stitch_region *, uint64_t))
{
    struct stitch_info before, after;
    char has[UI_NUMBER_TEXT];
    int err = stitch_info(region, &before);

    if (!err)
        err = call(region, size);
    if (err == STITCH_EINVAL && call == shrink)
        return cmd_fail(UI_STATUS_USAGE, name, "the region is not that large: it has %s",
                        cmd_size(stitch_size(region), has));
    if (!err)
        err = stitch_info(region, &after);
    if (err)
        return cmd_error(name, err);
    if (!cmd_options.quiet) {
        report(name, &before, &after);
        report_held(name);
    }
    return UI_STATUS_OK;
}

static int open_and_change(const char **operands, int (*call)(stitch_region *, uint64_t))
{
    uint64_t size;
    stitch_region *region;
    int status = cmd_number("SIZE", operands[1], ui_number_size, &size);

    if (!status)
        status = cmd_leave_options();
    if (!status)
        status = cmd_open_to_write(operands[0], &region);
    if (status)
        return status;
    status = change(operands[0], region, size, call);
    cmd_leave(operands[0], region);
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

const struct cmd_command cmd_grow = {
    .name = "grow",
    .operands = "NAME SIZE",
    .least = 2,
    .most = 2,
    .summary = "add bytes at the end",
    .text = "Adds SIZE bytes at the end of a region, all zero, and prints its size and its\n"
            "memory before and after.\n",
    .options = options_table,
    .run = run_grow,
};

const struct cmd_command cmd_shrink = {
    .name = "shrink",
    .operands = "NAME SIZE",
    .least = 2,
    .most = 2,
    .summary = "take bytes from the end",
    .text = "Takes SIZE bytes from the end of a region, gives their memory back, and prints\n"
            "its size and its memory before and after. It also prints how much of the removed\n"
            "segments other processes still have mapped: that memory is given back when they\n"
            "sync. stitch who shows which processes they are.\n",
    .options = options_table,
    .run = run_shrink,
};

const struct cmd_command cmd_resize = {
    .name = "resize",
    .operands = "NAME SIZE",
    .least = 2,
    .most = 2,
    .summary = "grow or shrink to a size",
    .text = "Grows or shrinks a region to exactly SIZE bytes, and prints its size and its\n"
            "memory before and after.\n",
    .options = options_table,
    .run = run_resize,
};
