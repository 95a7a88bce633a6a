/* SPDX-License-Identifier: MIT */
/*
 * run.c - finds the command, parses its options, and runs it; shows the help.
 */
#include "command/run.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stitch/stitch.h>

#include "command/options.h"
#include "command/say.h"
#include "text/memory.h"

static const char statuses[] = "Exit status:\n"
                               "  0      done\n"
                               "  1      the answer is no: verify found the region unsound, or cat could not\n"
                               "         write all the bytes asked for\n"
                               "  2      wrong usage\n"
                               "  3      there is no such region (or folder)\n"
                               "  4      not permitted\n"
                               "  5      out of memory, space, reserve, descriptors or mappings; the message\n"
                               "         says which\n"
                               "  6      another failure: the region exists already, it is damaged, the system\n"
                               "         refused, ...\n"
                               "  7      the time given is over, or the region is busy: try again\n"
                               "  128+N  stopped by signal N\n";

/* ----------------------------------------------------------------------------------------------------- help --- */

static int help_all(const struct cmd_command *const *commands, int status)
{
    FILE *out = status == UI_STATUS_OK ? stdout : stderr;

    fputs("Usage: stitch COMMAND [OPTION...] ...\n"
          "Shared memory that grows and shrinks while it is in use: create it, fill it,\n"
          "look at it.\n\nCommands:\n",
          out);
    for (; *commands; commands++) {
        int used = fprintf(out, "  %s %s", (*commands)->name, (*commands)->operands);

        fprintf(out, "%*s%s\n", used < 20 ? 20 - used : 1, "", (*commands)->summary);
    }
    fputs("\n  stitch help COMMAND or stitch COMMAND --help explains a command.\n"
          "  stitch --version shows the version.\n"
          "  A SIZE is 4096, 64K, 1.5G or 2MiB: K, M, G and T are of 1024 each.\n\n",
          out);
    fputs(statuses, out);
    return status;
}

/* popt writes the usage line and the options; the command's text comes between them. */
static void print_help(poptContext context, const struct cmd_command *command)
{
    size_t size = strlen(command->operands) + strlen(command->text) + 64;
    char *middle = ui_memory(size);
    const char *blank = command->operands[0] ? " " : "";

    snprintf(middle, size, "[OPTION...]%s%s\n\n%s", blank, command->operands, command->text);
    poptSetOtherOptionHelp(context, middle);
    poptPrintHelp(context, stdout, 0);
    printf("\n%s", statuses);
    free(middle);
}

/* --------------------------------------------------------------------------------------------- one command --- */

/*
 * Returns the words for popt: `title` for its usage line, then the arguments. popt would take the word after a bare
 * --wait as its value; `--wait=` says that it has none.
 */
static const char **words_for_popt(const struct cmd_command *command, int argc, char **argv, const char *title)
{
    const char **words = ui_memory(((size_t)argc + 1) * sizeof *words);
    size_t bare = command->bare ? strlen(command->bare) - 1 : 0;
    bool options = true; /* until "--" */

    words[0] = title;
    for (int i = 1; i < argc; i++) {
        bool is_bare;

        options = options && strcmp(argv[i], "--") != 0;
        is_bare = options && bare > 0 && strlen(argv[i]) == bare && strncmp(argv[i], command->bare, bare) == 0;
        words[i] = is_bare ? command->bare : argv[i];
    }
    words[argc] = NULL;
    return words;
}

static int check_operands(const struct cmd_command *command, const char **operands)
{
    int count = 0;

    while (operands[count])
        count++;
    if (count < command->least)
        return cmd_usage(NULL, "%s is missing", count == 0 ? command->operands : "an operand");
    if (count > command->most)
        return cmd_usage(operands[command->most], "one operand too many");
    return UI_STATUS_OK;
}

static int parse_and_run(poptContext context, const struct cmd_command *command)
{
    static const char *none[] = { NULL };
    int next = poptGetNextOpt(context), status;
    const char **operands;

    if (next == CMD_OPTIONS_HELP) {
        print_help(context, command);
        return UI_STATUS_OK;
    }
    if (next != -1)
        return cmd_usage(poptBadOption(context, POPT_BADOPTION_NOALIAS), "%s", poptStrerror(next));
    operands = poptGetArgs(context);
    operands = operands ? operands : none;
    status = check_operands(command, operands);
    return status ? status : command->run(operands);
}

/* argv[0] is the command's name. */
static int run_command(const struct cmd_command *command, int argc, char **argv)
{
    char title[64];
    const char **words;
    poptContext context;
    int status;

    cmd_say_command(command->name);
    snprintf(title, sizeof title, "stitch %s", command->name);
    words = words_for_popt(command, argc, argv, title);
    context = poptGetContext("stitch", argc, words, command->options, 0);
    if (!context)
        ui_memory_none();
    status = parse_and_run(context, command);
    poptFreeContext(context);
    free(words);
    return status;
}

/* -------------------------------------------------------------------------------------- the first word of all --- */

static const struct cmd_command *find(const struct cmd_command *const *commands, const char *name)
{
    while (*commands && strcmp((*commands)->name, name) != 0)
        commands++;
    return *commands;
}

static bool is_any(const char *word, const char *one, const char *two, const char *three)
{
    return strcmp(word, one) == 0 || strcmp(word, two) == 0 || strcmp(word, three) == 0;
}

static int help_one(const struct cmd_command *const *commands, char *name)
{
    const struct cmd_command *command = find(commands, name);
    char help[] = "--help";
    char *argv[] = { name, help };

    return command ? run_command(command, 2, argv) : cmd_usage(name, "there is no such command");
}

int cmd_run(const struct cmd_command *const *commands, int argc, char **argv)
{
    const struct cmd_command *command;

    if (argc < 2)
        return help_all(commands, UI_STATUS_USAGE);
    if (is_any(argv[1], "version", "--version", "-V")) {
        printf("stitch %s\n", stitch_version());
        return UI_STATUS_OK;
    }
    if (is_any(argv[1], "help", "--help", "-h"))
        return argc == 2 ? help_all(commands, UI_STATUS_OK) : help_one(commands, argv[2]);
    command = find(commands, argv[1]);
    if (!command)
        return cmd_usage(argv[1], "%s", argv[1][0] == '-' ? "unknown option" : "there is no such command");
    return run_command(command, argc - 1, argv + 1);
}
