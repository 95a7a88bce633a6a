/* SPDX-License-Identifier: MIT */
/*
 * command.h - the description of a command. Each file in commands/ defines one or more; main.c lists them.
 */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include <popt.h>

struct cmd_command {
    const char *name;
    const char *operands;              /* "NAME SIZE", for --help */
    int least, most;                   /* how many operands it takes */
    const char *summary;               /* for the list of commands: lower case, no full stop */
    const char *text;                  /* for its own --help: sentences, in lines of at most 80 columns */
    const struct poptOption *options;  /* its own, then the shared ones, then CMD_OPTIONS_END */
    const char *bare;                  /* "--wait=": an option whose value may be left out; NULL: there is none */
    int (*run)(const char **operands); /* returns the exit status */
};

#endif
