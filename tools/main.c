/* SPDX-License-Identifier: MIT */
/*
 * main.c - the `stitch` command: shared memory made, filled and looked at from a shell, on the public API only.
 * A command is a line in COMMANDS and a cmd_*.c that defines its struct st_command.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "term.h"

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

#define DECLARE(name) extern const struct st_command st_cmd_##name;
COMMANDS(DECLARE)

#define LIST(name) &st_cmd_##name,
static const struct st_command *const commands[] = { COMMANDS(LIST) NULL };

const struct st_command *st_command_at(size_t index)
{
    return index < sizeof commands / sizeof commands[0] ? commands[index] : NULL;
}

const struct st_command *st_command_find(const char *name)
{
    size_t i = 0;
    while (commands[i] != NULL && strcmp(commands[i]->name, name) != 0) {
        i++;
    }
    return commands[i];
}

static int is_any(const char *word, const char *one, const char *two, const char *three)
{
    return strcmp(word, one) == 0 || strcmp(word, two) == 0 || strcmp(word, three) == 0;
}

/* `stitch help [COMMAND]` and the like; what is no such word is a command's name. */
static int run(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    int help = is_any(word, "help", "--help", "-h");
    if (argc < 2) {
        return st_cli_help_all(ST_STATUS_USAGE);
    }
    if (is_any(word, "version", "--version", "-V")) {
        printf("stitch %s\n", stitch_version());
        return ST_STATUS_OK;
    }
    if (help && argc == 2) {
        return st_cli_help_all(ST_STATUS_OK);
    }
    const struct st_command *command = st_command_find(help ? argv[2] : word);
    if (command == NULL) {
        const char *wrong = word[0] == '-' && !help ? "unknown option" : "there is no such command";
        return st_cli_usage(help ? argv[2] : word, "%s", wrong);
    }
    return help ? st_cli_help(command) : st_cli_run(command, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    st_term_init();
    st_term_arguments(&argc, &argv);
    return st_cli_finish(run(argc, argv));
}
