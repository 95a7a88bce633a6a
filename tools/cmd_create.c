/* SPDX-License-Identifier: MIT */
/*
 * cmd_create.c - stitch create: make a region that stays until it is removed.
 */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

static char *size_given;

static const struct poptOption options_table[] = {
    { "size", 's', POPT_ARG_STRING, &size_given, 0, "bytes at the start, all zero (else 0)", "SIZE" },
    ST_CLI_QUIET, ST_CLI_EXACT,
    ST_MAKING,
    ST_CLI_END
};

static void report(const char *name, stitch_region *region)
{
    char size[ST_NUMBER_TEXT], reserve[ST_NUMBER_TEXT];
    struct stitch_info info;
    if (st_cli.quiet || stitch_info(region, &info) < 0) {
        return;
    }
    char *safe = st_text_safe(name);
    printf("%s: made, %s of at most %s, %s\n", safe, st_number_text(info.size, st_cli.exact, size),
           st_number_text(info.reserve, st_cli.exact, reserve), st_text_backend(info.backend));
    free(safe);
}

static int run(const char **operands)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;
    int status = st_cli_name(operands[0]);
    if (status == ST_STATUS_OK) {
        status = st_making_options(&options);
    }
    if (status == ST_STATUS_OK) {
        status = st_cli_number("--size", size_given, st_number_size, &options.size);
    }
    if (status != ST_STATUS_OK) {
        return status;
    }
    int code = stitch_create(operands[0], &options, &region);
    if (code < 0) {
        return st_making_error(operands[0], code);
    }
    report(operands[0], region);
    st_leave(operands[0], region);
    return ST_STATUS_OK;
}

const struct st_command st_cmd_create = {
    .name = "create",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "make a region",
    .text = "Make a region. It stays until it is removed with stitch rm, also while nobody uses it.\n"
            "(On Windows it lives as long as some process is attached to it: there, use stitch hold.)\n",
    .options = options_table,
    .run = run,
};
