/* SPDX-License-Identifier: MIT */
/*
 * main.c - the `stitch` command: creates, fills and shows shared memory from a shell, with the public API only.
 *
 * The folders are layers, from the bottom up: text (words, numbers, tables, JSON), terminal (and the rest of the
 * system), command (what commands share), commands (one file for each), and this file. A file includes only files of
 * its own layer and of lower ones. A new command is a file in commands/ and a line in COMMANDS.
 */
#include <stddef.h>

#include "command/run.h"
#include "command/say.h"
#include "terminal/term.h"

/* In the order of the list that --help shows. */
#define COMMANDS(X)                                                                                                    \
    X(create)                                                                                                          \
    X(ls)                                                                                                              \
    X(show)                                                                                                            \
    X(verify)                                                                                                          \
    X(who)                                                                                                             \
    X(watch)                                                                                                           \
    X(top)                                                                                                             \
    X(put)                                                                                                             \
    X(cat)                                                                                                             \
    X(hold)                                                                                                            \
    X(grow)                                                                                                            \
    X(shrink)                                                                                                          \
    X(resize)                                                                                                          \
    X(rm)                                                                                                              \
    X(gc)

#define DECLARE(name) extern const struct cmd_command cmd_##name;
COMMANDS(DECLARE)

#define LIST(name) &cmd_##name,
static const struct cmd_command *const commands[] = { COMMANDS(LIST) NULL };

int main(int argc, char **argv)
{
    ui_term_init();
    ui_term_arguments(&argc, &argv);
    return cmd_finish(cmd_run(commands, argc, argv));
}
