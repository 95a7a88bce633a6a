/* SPDX-License-Identifier: MIT */
/*
 * making.h - the options of a new region, shared by create, put and hold.
 */
#ifndef CMD_MAKING_H
#define CMD_MAKING_H

#include <popt.h>

#include <stitch/stitch.h>

/* For a table of options; the second one for a command in which -r has another meaning. */
extern struct poptOption cmd_making_table[], cmd_making_table_without_r[];
#define CMD_MAKING_OF(table)                                                                                           \
    {                                                                                                                  \
        NULL, '\0', POPT_ARG_INCLUDE_TABLE, table, 0, "Options of a new region:", NULL                                 \
    }
#define CMD_MAKING           CMD_MAKING_OF(cmd_making_table)
#define CMD_MAKING_WITHOUT_R CMD_MAKING_OF(cmd_making_table_without_r)

/*
 * Checks the name, and fills in the library's options. Returns UI_STATUS_OK, or says what is wrong and returns the exit
 * status.
 */
int cmd_making_options(const char *name, struct stitch_options *options);

/* Prints the region's size, reserve and backend, unless --quiet is given. `done` says what the command did with it. */
void cmd_making_report(const char *name, const char *done, stitch_region *region);

/* Reports the error of the call that got these options, in their terms. Returns the exit status, like cmd_error. */
int cmd_making_error(const char *name, int err);

#endif
