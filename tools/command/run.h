/* SPDX-License-Identifier: MIT */
/*
 * run.h - from the words of the command line to the exit status.
 */
#ifndef CMD_RUN_H
#define CMD_RUN_H

#include "command/command.h"

/*
 * Runs the command that the words name, or shows the help or the version. `commands` ends with NULL and is in the order
 * of the list that the help shows. Returns the exit status.
 */
int cmd_run(const struct cmd_command *const *commands, int argc, char **argv);

#endif
