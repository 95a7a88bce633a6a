/* SPDX-License-Identifier: MIT */
/*
 * say.h - the one sentence with which a command reports a failure, and the exit status that belongs to it.
 *
 * The sentence goes to standard error as `stitch: COMMAND: SUBJECT: SENTENCE`. The subject (a region, an option) is
 * made safe for the terminal; NULL omits it.
 */
#ifndef CMD_SAY_H
#define CMD_SAY_H

#include <stdio.h>

#include "text/status.h"

#if defined(__MINGW_PRINTF_FORMAT) /* the C library's printf or mingw's replacement: <stdio.h> knows which */
#define CMD_FORMAT(text, first) __attribute__((format(__MINGW_PRINTF_FORMAT, text, first)))
#elif defined(__GNUC__)
#define CMD_FORMAT(text, first) __attribute__((format(printf, text, first)))
#else
#define CMD_FORMAT(text, first)
#endif

/* Names the command that runs, for the sentences that follow. */
void cmd_say_command(const char *name);

/* Says a sentence. Returns `status`. */
int cmd_fail(int status, const char *subject, const char *format, ...) CMD_FORMAT(3, 4);

/* Says a sentence that is not a failure. */
void cmd_note(const char *subject, const char *format, ...) CMD_FORMAT(2, 3);

/* Says what is wrong with the command line, and where the help is. Returns UI_STATUS_USAGE. */
int cmd_usage(const char *subject, const char *format, ...) CMD_FORMAT(2, 3);

/* Reports the error of a stitch call that has just failed. Returns the exit status for it. */
int cmd_error(const char *subject, int err);

/* Returns the exit status for an error of stitch. */
int cmd_status(int err);

/*
 * Reports that a write to standard output failed; `code` is the operating system's. Returns the exit status, which is
 * UI_STATUS_OK without a report if the reader has gone: it has seen enough.
 */
int cmd_write_error(int code);

/* Flushes and checks standard output. Returns `status`, or that of the failure if `status` was UI_STATUS_OK. */
int cmd_finish(int status);

#endif
