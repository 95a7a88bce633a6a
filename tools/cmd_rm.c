/* SPDX-License-Identifier: MIT */
/*
 * cmd_rm.c - stitch rm: take names away.
 */
#include "cli.h"

#include "term.h"

static int force;

static const struct poptOption options_table[] = {
    { "force", 'f', POPT_ARG_NONE, &force, 0, "a region that is not there is no failure", NULL },
    ST_CLI_END
};

static int remove_one(const char *name)
{
    int status = st_cli_name(name);
    if (status != ST_STATUS_OK) {
        return status;
    }
    int code = stitch_unlink_at(st_cli.folder, name);
    if (code == 0 || (code == STITCH_ENOENT && force)) {
        return ST_STATUS_OK;
    }
    if (code == STITCH_ENOTSUP && !st_term_regions_stay()) {
        return st_cli_fail(ST_STATUS_FAILED, name, "on this system a region's name goes with its last user, and cannot "
                           "be taken away before (%s)", stitch_error_name(code));
    }
    if (code == STITCH_ECORRUPT) {
        return st_cli_fail(ST_STATUS_FAILED, name, "that file is not a region of stitch's; it is left alone (%s)",
                           stitch_error_name(code));
    }
    return st_cli_error(name, code);
}

static int run(const char **operands)
{
    int status = ST_STATUS_OK;
    for (; *operands != NULL; operands++) {
        int one = remove_one(*operands);
        status = status == ST_STATUS_OK ? one : status;
    }
    return status;
}

const struct st_command st_cmd_rm = {
    .name = "rm",
    .operands = "NAME...",
    .least = 1,
    .most = 1000000,
    .summary = "remove regions",
    .text = "Take the names of regions away. Processes that are attached go on; the memory goes with the\n"
            "last of them. If several fail, the exit status is that of the first. (On Windows a name goes with the\n"
            "last process, and cannot be taken away before.)\n",
    .options = options_table,
    .run = run,
};
