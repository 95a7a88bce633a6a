/* SPDX-License-Identifier: MIT */
/*
 * cli.h - what every command of the tool is made of: its description, the options that commands share, errors as one
 * sentence, exit statuses, JSON.
 */
#ifndef ST_CLI_H
#define ST_CLI_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>
#include <popt.h>

#include "number.h"
#include <stitch/inspect.h>
#include <stitch/stitch.h>
#include "text.h"

#if defined(__MINGW_PRINTF_FORMAT) /* the C library's printf, or its replacement by mingw's: <stdio.h> knows */
#  define ST_CLI_FORMAT(text, first) __attribute__((format(__MINGW_PRINTF_FORMAT, text, first)))
#elif defined(__GNUC__)
#  define ST_CLI_FORMAT(text, first) __attribute__((format(printf, text, first)))
#else
#  define ST_CLI_FORMAT(text, first)
#endif

/* Exit statuses: what a script can do about it. cli.c has their sentences for --help. */
enum st_status {
    ST_STATUS_OK = 0,
    ST_STATUS_NO = 1,        /* it worked, and the answer is no */
    ST_STATUS_USAGE = 2,
    ST_STATUS_MISSING = 3,
    ST_STATUS_DENIED = 4,
    ST_STATUS_RESOURCES = 5,
    ST_STATUS_FAILED = 6,
    ST_STATUS_TIME = 7
};

/* A command. Each is defined in its cmd_*.c as st_cmd_NAME; commands.c lists them. */
struct st_command {
    const char *name;
    const char *operands;             /* "NAME SIZE", for --help */
    int least, most;                  /* operands */
    const char *summary;              /* for the list of commands: lower case, no full stop */
    const char *text;                 /* for its own --help: sentences, may have lines */
    const struct poptOption *options; /* begins with its own, ends with the shared ones */
    const char *bare;                 /* "--wait=": an option whose value may be left out; NULL: none */
    int (*run)(const char **operands);
};

/* The command of that name, or NULL; the command by number, NULL behind the last. */
const struct st_command *st_command_find(const char *name);
const struct st_command *st_command_at(size_t index);

/* Options that several commands share. Zero or NULL: not given. */
struct st_cli_options {
    char *folder;
    int other_owner, exact, json, quiet;
};
extern struct st_cli_options st_cli;

#define ST_CLI_OTHER_OWNER                                                                                            \
    { "other-owner", 'o', POPT_ARG_NONE, &st_cli.other_owner, 0, "accept a region of another user", NULL }
#define ST_CLI_EXACT                                                                                                  \
    { "bytes", 'b', POPT_ARG_NONE, &st_cli.exact, 0, "write exact numbers of bytes, not 64K or 1.5G", NULL }
#define ST_CLI_JSON { "json", 'j', POPT_ARG_NONE, &st_cli.json, 0, "write JSON, numbers in bytes", NULL }
#define ST_CLI_QUIET { "quiet", 'q', POPT_ARG_NONE, &st_cli.quiet, 0, "write nothing unless it fails", NULL }

/* The end of every command's table. */
extern struct poptOption st_cli_common[];
#define ST_CLI_END                                                                                                    \
    { NULL, '\0', POPT_ARG_INCLUDE_TABLE, st_cli_common, 0, "Options of every command:", NULL }, POPT_TABLEEND

/* Parse the arguments behind the command's name, and run it. Returns the exit status. */
int st_cli_run(const struct st_command *command, int argc, char **argv);

/* The --help of the tool; of a command. Returns the exit status. */
int st_cli_help_all(int status);
int st_cli_help(const struct st_command *command);

/*
 * One sentence on standard error, `stitch: COMMAND: SUBJECT: SENTENCE`, and the exit status that goes with it. The
 * subject is made safe; NULL leaves it out.
 */
int st_cli_fail(int status, const char *subject, const char *format, ...) ST_CLI_FORMAT(3, 4);
int st_cli_usage(const char *subject, const char *format, ...) ST_CLI_FORMAT(2, 3);
int st_cli_error(const char *subject, int code); /* of a stitch call that has just failed */
int st_cli_write_error(int code);                /* of a write to standard output: the system's code */

/* The same without a failure. */
void st_cli_note(const char *subject, const char *format, ...) ST_CLI_FORMAT(2, 3);

/* The status that stands for a stitch error. */
int st_cli_status(int code);

/* Flush and check standard output. Returns `status`, or that of the failure if `status` was ST_STATUS_OK. */
int st_cli_finish(int status);

/*
 * The value of an option, if it was given (text not NULL), by a parser of number.h. Returns ST_STATUS_OK, or has said
 * what is wrong.
 */
int st_cli_number(const char *option, const char *text, const char *(*parse)(const char *, uint64_t *),
                  uint64_t *value);

/* The same for seconds, into milliseconds. */
int st_cli_seconds(const char *option, const char *text, int64_t *milliseconds);

/* Checks a region's name, with a sentence that tells what a name can be. */
int st_cli_name(const char *name);

/*
 * Checks the name and opens the region in the folder that was given: to look at it (--other-owner counts), or to write.
 * Returns ST_STATUS_OK, or has said what is wrong.
 */
int st_cli_open_to_look(const char *name, stitch_region **region);
int st_cli_open_to_write(const char *name, stitch_region **region);

/* Where regions are looked for, for people. */
const char *st_cli_folder(void);

/*
 * regions.c: the regions of the folder that was given, by name. Returns ST_STATUS_OK, or has said what is wrong; to be
 * forgotten in either case.
 */
struct st_regions {
    struct stitch_listing *all; /* their names are copies */
    size_t count, room;
};
int st_regions_take(struct st_regions *found);
void st_regions_forget(struct st_regions *found);
int st_regions_error(int code); /* of a call about a whole folder: as st_cli_error */

/*
 * members.c: the handles on a region's roster, but this one, the longest attached first, and what they come to.
 * `retired` and `proved` are sums: what several hold counts for each. Returns as stitch_members.
 */
struct st_members {
    struct stitch_member *all;
    size_t count, room;
    uint64_t processes, retired, proved;
    uint64_t unproved; /* handles whose process may not be asked */
    uint64_t pinned;   /* what is proved of each handle, or told where it may not be asked */
};
int st_members_take(stitch_region *region, struct st_members *members);
void st_members_forget(struct st_members *members);

/* json.c: a member with all its digits; a name (with "name_hex" beside it if it is not UTF-8); print and free. */
void st_json_number(json_t *object, const char *key, uint64_t value);
void st_json_text(json_t *object, const char *key, const char *text);
void st_json_name(json_t *object, const char *name);
void st_json_member(json_t *object, const char *key, json_t *value);
int st_json_print(json_t *root);
int st_json_print_line(json_t *root); /* on one line, and at once */

/* making.c: the options of a region to be made, shared by create, put and hold; the same where -r is something else. */
extern struct poptOption st_making_table[], st_making_table_without_r[];
#define ST_MAKING_OF(table) { NULL, '\0', POPT_ARG_INCLUDE_TABLE, table, 0, "What a new region is like:", NULL }
#define ST_MAKING           ST_MAKING_OF(st_making_table)
#define ST_MAKING_WITHOUT_R ST_MAKING_OF(st_making_table_without_r)
int st_making_options(struct stitch_options *options);
int st_making_error(const char *name, int code); /* of the call that they went to: as st_cli_error */

/*
 * leave.c: --linger, for commands that change regions; its value checked (before anything is done); leave and close,
 * and tell if the region ends by that.
 */
extern struct poptOption st_leave_table[];
#define ST_LEAVE { NULL, '\0', POPT_ARG_INCLUDE_TABLE, st_leave_table, 0, NULL, NULL }
int st_leave_options(void);
void st_leave(const char *name, stitch_region *region);

/* draw.c: the map of a region. `ends` are the ends of its segments, in order. */
void st_draw_map(const struct stitch_info *info, const uint64_t *ends, size_t count);

#endif
