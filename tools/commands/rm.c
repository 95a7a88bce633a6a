/* SPDX-License-Identifier: MIT */
/*
 * rm.c - stitch rm: takes the names of regions away.
 */
#include <stddef.h>

#include <stitch/stitch.h>

#include "command/command.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "terminal/system.h"

static int force;

static const struct poptOption options_table[] = {
    { "force", 'f', POPT_ARG_NONE, &force, 0, "do not fail if there is no such region", NULL }, CMD_OPTIONS_END
};

static int remove_one(const char *name)
{
    int status = cmd_check_name(name), err;

    if (status)
        return status;
    err = stitch_unlink_at(cmd_options.folder, name);
    if (!err || (err == STITCH_ENOENT && force))
        return UI_STATUS_OK;
    if (err == STITCH_ENOTSUP && !ui_system_regions_stay())
        return cmd_fail(UI_STATUS_FAILED, name,
                        "on this system a region's name goes with its last user, and cannot be "
                        "taken away before (%s)",
                        stitch_error_name(err));
    if (err == STITCH_ECORRUPT)
        return cmd_fail(UI_STATUS_FAILED, name, "that file is not a region of stitch's; it is left alone (%s)",
                        stitch_error_name(err));
    return cmd_error(name, err);
}

static int run(const char **operands)
{
    int status = UI_STATUS_OK;

    for (; *operands; operands++) {
        int one = remove_one(*operands);

        status = status ? status : one;
    }
    return status;
}

const struct cmd_command cmd_rm = {
    .name = "rm",
    .operands = "NAME...",
    .least = 1,
    .most = 1000000,
    .summary = "remove regions",
    .text = "Takes the names of regions away. Processes that are attached can go on; the\n"
            "memory goes with the last of them. If several removals fail, the exit status is\n"
            "that of the first. (On Windows a name goes with the last process, and cannot be\n"
            "taken away before.)\n",
    .options = options_table,
    .run = run,
};
