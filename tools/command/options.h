/* SPDX-License-Identifier: MIT */
/*
 * options.h - the options that several commands share, and the values of options.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include <stdint.h>

#include <popt.h>

/* The shared options as given. 0 or NULL: not given. (popt stores an int for an option without a value.) */
struct cmd_options {
    char *folder;
    int other_owner, exact, json, quiet;
};
extern struct cmd_options cmd_options;

#define CMD_OPTION_OTHER_OWNER                                                                                         \
    {                                                                                                                  \
        "other-owner", 'o', POPT_ARG_NONE, &cmd_options.other_owner, 0, "accept a region of another user", NULL        \
    }
#define CMD_OPTION_EXACT                                                                                               \
    {                                                                                                                  \
        "bytes", 'b', POPT_ARG_NONE, &cmd_options.exact, 0, "write exact numbers of bytes, not 64K or 1.5G", NULL      \
    }
#define CMD_OPTION_JSON                                                                                                \
    {                                                                                                                  \
        "json", 'j', POPT_ARG_NONE, &cmd_options.json, 0, "write JSON, with numbers in bytes", NULL                    \
    }
#define CMD_OPTION_QUIET                                                                                               \
    {                                                                                                                  \
        "quiet", 'q', POPT_ARG_NONE, &cmd_options.quiet, 0, "write nothing unless it fails", NULL                      \
    }

/* Ends every command's table of options. */
extern struct poptOption cmd_options_common[];
#define CMD_OPTIONS_END                                                                                                \
    { NULL, '\0', POPT_ARG_INCLUDE_TABLE, cmd_options_common, 0, "Options of every command:", NULL }, POPT_TABLEEND

#define CMD_OPTIONS_HELP 1 /* what popt returns for --help */

/* Returns the folder in which regions are looked for, to be shown to the user. */
const char *cmd_folder(void);

/* Writes a size for people into `to` (of UI_NUMBER_TEXT bytes), as --bytes wants it. Returns `to`. */
const char *cmd_size(uint64_t bytes, char *to);

/*
 * Parses the value of an option with a parser of number.h, if the option was given (`text` is not NULL). Returns
 * UI_STATUS_OK, or says what is wrong and returns the exit status.
 */
int cmd_number(const char *option, const char *text, const char *(*parse)(const char *, uint64_t *), uint64_t *value);

/* Does the same for seconds, into milliseconds. */
int cmd_seconds(const char *option, const char *text, int64_t *milliseconds);

#endif
