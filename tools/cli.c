/* SPDX-License-Identifier: MIT */
/*
 * cli.c - a command's way from its arguments to its exit status, and the sentences on that way.
 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen.h"
#include "term.h"

#define VALUE_HELP 1 /* what popt returns for --help */

static const char statuses[] =
    "Exit status:\n"
    "  0    done\n"
    "  1    the answer is no: verify found the region unsound, cat could not give all the bytes\n"
    "  2    wrong usage\n"
    "  3    there is no such region (or folder)\n"
    "  4    not permitted\n"
    "  5    out of memory, space, reserve, descriptors or mappings; the sentence says which\n"
    "  6    another failure: the region exists already, is damaged, the system refused, ...\n"
    "  7    nothing came in the time given, or the region is busy: try again\n"
    "  128+N  stopped by signal N\n";

struct st_cli_options st_cli;

struct poptOption st_cli_common[] = {
    { "folder", 'd', POPT_ARG_STRING, &st_cli.folder, 0,
      "where the regions are (else STITCH_DIR, else /dev/shm; Windows: Local or Global, else Local)", "FOLDER" },
    { "help", 'h', POPT_ARG_NONE, NULL, VALUE_HELP, "show this help", NULL },
    POPT_TABLEEND
};

static const struct st_command *running; /* for the sentences */

/* ------------------------------------------------------------------------------------------------ sentences --- */

/* The newline comes from the caller, who may have to add something. */
static void say(const char *subject, const char *format, va_list arguments)
{
    st_screen_end(); /* a sentence would be lost on a page */
    fflush(stdout);  /* on a terminal, what was written comes first */
    fprintf(stderr, "stitch: ");
    if (running != NULL) {
        fprintf(stderr, "%s: ", running->name);
    }
    if (subject != NULL) {
        char *safe = st_text_safe(subject);
        fprintf(stderr, "%s: ", safe);
        free(safe);
    }
    vfprintf(stderr, format, arguments);
}

int st_cli_fail(int status, const char *subject, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(subject, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return status;
}

void st_cli_note(const char *subject, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(subject, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

int st_cli_usage(const char *subject, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(subject, format, arguments);
    va_end(arguments);
    fprintf(stderr, "; see stitch %s%s--help\n", running != NULL ? running->name : "", running != NULL ? " " : "");
    return ST_STATUS_USAGE;
}

int st_cli_error(const char *subject, int code)
{
    int system = stitch_os_error();
    const char *colon = system != 0 ? ": " : "";
    const char *reason = system != 0 ? st_term_error_text(system) : "";
    return st_cli_fail(st_cli_status(code), subject, "%s (%s%s%s)", stitch_strerror(code), stitch_error_name(code), colon,
                       reason);
}

int st_cli_write_error(int code)
{
    if (st_term_reader_gone()) {
        return ST_STATUS_OK; /* head has seen enough */
    }
    return st_cli_fail(ST_STATUS_FAILED, NULL, "cannot write the output%s%s", code != 0 ? ": " : "",
                       code != 0 ? st_term_error_text(code) : "");
}

int st_cli_status(int code)
{
    switch (code) {
    case STITCH_OK:
        return ST_STATUS_OK;
    case STITCH_EUNSOUND:
        return ST_STATUS_NO;
    case STITCH_EINVAL:
        return ST_STATUS_USAGE;
    case STITCH_ENOENT:
        return ST_STATUS_MISSING;
    case STITCH_EACCES:
    case STITCH_EREADONLY:
    case STITCH_EPRIVILEGE:
        return ST_STATUS_DENIED;
    case STITCH_ENOMEM:
    case STITCH_ENOSPC:
    case STITCH_EFSIZE:
    case STITCH_EMFILE:
    case STITCH_EMAPS:
    case STITCH_ERESERVE:
    case STITCH_EADDRSPACE:
    case STITCH_ESEGMENTS:
        return ST_STATUS_RESOURCES;
    case STITCH_EBUSY:
    case STITCH_ETIMEDOUT:
        return ST_STATUS_TIME;
    default:
        return ST_STATUS_FAILED;
    }
}

int st_cli_finish(int status)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return status;
    }
    int failed = st_cli_write_error(errno);
    return status == ST_STATUS_OK ? failed : status;
}

/* ----------------------------------------------------------------------------------------------------- help --- */

int st_cli_help_all(int status)
{
    FILE *out = status == ST_STATUS_OK ? stdout : stderr;
    fputs("Usage: stitch COMMAND [OPTION...] ...\n"
          "Shared memory that grows and shrinks while it is in use: make it, fill it, look at it.\n\nCommands:\n", out);
    for (size_t i = 0; st_command_at(i) != NULL; i++) {
        const struct st_command *command = st_command_at(i);
        int used = fprintf(out, "  %s %s", command->name, command->operands);
        fprintf(out, "%*s%s\n", used < 20 ? 20 - used : 1, "", command->summary);
    }
    fputs("\n  stitch help COMMAND or stitch COMMAND --help tells more of one; stitch --version.\n"
          "  A size is 4096, 64K, 1.5G or 2MiB: K M G T are of 1024 each.\n\n", out);
    fputs(statuses, out);
    return status;
}

/* popt writes the usage line and the options; what the command is comes between. */
static void print_help(poptContext context, const struct st_command *command)
{
    size_t size = strlen(command->operands) + strlen(command->text) + 64;
    char *middle = st_text_memory(size);
    const char *blank = command->operands[0] != '\0' ? " " : "";
    snprintf(middle, size, "[OPTION...]%s%s\n\n%s", blank, command->operands, command->text);
    poptSetOtherOptionHelp(context, middle);
    poptPrintHelp(context, stdout, 0);
    printf("\n%s", statuses);
    free(middle);
}

int st_cli_help(const struct st_command *command)
{
    char help[] = "--help";
    char *argv[] = { help, help };
    return st_cli_run(command, 2, argv);
}

/* -------------------------------------------------------------------------------------------------- running --- */

/*
 * The arguments for popt: "stitch COMMAND" for its usage line, then the rest. popt would take the word behind a bare
 * --wait for its value; `--wait=` says that there is none.
 */
static const char **arguments_for_popt(const struct st_command *command, int argc, char **argv, char *title,
                                       size_t size)
{
    const char **copy = st_text_memory(((size_t)argc + 1) * sizeof *copy);
    size_t bare = command->bare != NULL ? strlen(command->bare) - 1 : 0;
    int options = 1; /* until "--" */
    snprintf(title, size, "stitch %s", command->name);
    copy[0] = title;
    for (int i = 1; i < argc; i++) {
        options = options && strcmp(argv[i], "--") != 0;
        int is_bare = options && bare > 0 && strlen(argv[i]) == bare && strncmp(argv[i], command->bare, bare) == 0;
        copy[i] = is_bare ? command->bare : argv[i];
    }
    copy[argc] = NULL;
    return copy;
}

static int check_operands(const struct st_command *command, const char **operands)
{
    int count = 0;
    while (operands[count] != NULL) {
        count++;
    }
    if (count < command->least) {
        return st_cli_usage(NULL, "%s is missing", count == 0 ? command->operands : "an operand");
    }
    if (count > command->most) {
        return st_cli_usage(operands[command->most], "one operand too many");
    }
    return ST_STATUS_OK;
}

static int parse_and_run(poptContext context, const struct st_command *command)
{
    static const char *none[] = { NULL };
    int next = poptGetNextOpt(context);
    if (next == VALUE_HELP) {
        print_help(context, command);
        return ST_STATUS_OK;
    }
    if (next != -1) {
        return st_cli_usage(poptBadOption(context, POPT_BADOPTION_NOALIAS), "%s", poptStrerror(next));
    }
    const char **operands = poptGetArgs(context);
    operands = operands != NULL ? operands : none;
    int status = check_operands(command, operands);
    return status == ST_STATUS_OK ? command->run(operands) : status;
}

int st_cli_run(const struct st_command *command, int argc, char **argv)
{
    char title[64];
    running = command;
    const char **arguments = arguments_for_popt(command, argc, argv, title, sizeof title);
    poptContext context = poptGetContext("stitch", argc, arguments, command->options, 0);
    if (context == NULL) {
        return st_cli_fail(ST_STATUS_RESOURCES, NULL, "no memory left");
    }
    int status = parse_and_run(context, command);
    poptFreeContext(context);
    free(arguments);
    return status;
}

/* ---------------------------------------------------------------------------------- what commands begin with --- */

int st_cli_number(const char *option, const char *text, const char *(*parse)(const char *, uint64_t *),
                  uint64_t *value)
{
    const char *wrong = text != NULL ? parse(text, value) : NULL;
    if (wrong == NULL) {
        return ST_STATUS_OK;
    }
    char *safe = st_text_safe(text);
    int status = st_cli_usage(option, "\"%s\" %s", safe, wrong);
    free(safe);
    return status;
}

int st_cli_seconds(const char *option, const char *text, int64_t *milliseconds)
{
    const char *wrong = text != NULL ? st_number_seconds(text, milliseconds) : NULL;
    if (wrong == NULL) {
        return ST_STATUS_OK;
    }
    char *safe = st_text_safe(text);
    int status = st_cli_usage(option, "\"%s\" %s", safe, wrong);
    free(safe);
    return status;
}

int st_cli_name(const char *name)
{
    size_t length = strlen(name);
    int good = length >= 1 && length <= STITCH_NAME_MAX;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)name[i];
        good = good && byte >= 0x20 && byte != 0x7f && byte != '/' && byte != '\\';
    }
    if (good) {
        return ST_STATUS_OK;
    }
    return st_cli_usage(length <= STITCH_NAME_MAX ? name : NULL,
                        "that is no name for a region: 1 to %d bytes, without slash, backslash and control characters",
                        STITCH_NAME_MAX);
}

static int open_region(const char *name, uint64_t flags, stitch_region **region)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    options.flags = flags;
    options.folder = st_cli.folder;
    int status = st_cli_name(name);
    if (status != ST_STATUS_OK) {
        return status;
    }
    int code = stitch_open(name, &options, region);
    return code < 0 ? st_cli_error(name, code) : ST_STATUS_OK;
}

int st_cli_open_to_look(const char *name, stitch_region **region)
{
    return open_region(name, STITCH_READONLY | (st_cli.other_owner ? STITCH_OTHER_OWNER : 0), region);
}

int st_cli_open_to_write(const char *name, stitch_region **region)
{
    return open_region(name, 0, region);
}

const char *st_cli_folder(void)
{
    return st_cli.folder != NULL ? st_cli.folder : st_term_folder();
}
