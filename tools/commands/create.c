/* SPDX-License-Identifier: MIT */
/*
 * create.c - stitch create: makes a region that stays until it is removed.
 */
#include <stddef.h>

#include <stitch/stitch.h>

#include "command/command.h"
#include "command/leave.h"
#include "command/making.h"
#include "command/options.h"
#include "command/say.h"
#include "text/number.h"

static char *size_given;

static const struct poptOption options_table[] = {
    { "size", 's', POPT_ARG_STRING, &size_given, 0, "bytes at the start, all zero (default 0)", "SIZE" },
    CMD_OPTION_QUIET,
    CMD_OPTION_EXACT,
    CMD_MAKING,
    CMD_OPTIONS_END,
};

static int run(const char **operands)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;
    int status = cmd_making_options(operands[0], &options), err;

    if (!status)
        status = cmd_number("--size", size_given, ui_number_size, &options.size);
    if (status)
        return status;
    err = stitch_create(operands[0], &options, &region);
    if (err)
        return cmd_making_error(operands[0], err);
    cmd_making_report(operands[0], "made", region);
    cmd_leave(operands[0], region);
    return UI_STATUS_OK;
}

const struct cmd_command cmd_create = {
    .name = "create",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "make a region",
    .text = "Makes a region. It stays until stitch rm removes it, even while no process uses\n"
            "it. (On Windows a region lives only while some process is attached to it: use\n"
            "stitch hold there.)\n",
    .options = options_table,
    .run = run,
};
