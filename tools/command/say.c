/* SPDX-License-Identifier: MIT */
/*
 * say.c - one sentence for each failure, and its exit status.
 */
#include "command/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include <stitch/stitch.h>

#include "terminal/screen.h"
#include "terminal/system.h"
#include "terminal/term.h"
#include "text/text.h"
#include "text/words.h"

static const char *running; /* the command's name; NULL before it is known */

void cmd_say_command(const char *name)
{
    running = name;
}

/* Says a sentence without the newline: the caller may have to add something. */
static void say(const char *subject, const char *format, va_list arguments)
{
    ui_screen_end(); /* on a page the sentence would be lost */
    fflush(stdout);  /* on a terminal the output so far comes first */
    fprintf(stderr, "stitch: ");
    if (running)
        fprintf(stderr, "%s: ", running);
    if (subject) {
        char *safe = ui_text_safe(subject);

        fprintf(stderr, "%s: ", safe);
        free(safe);
    }
    vfprintf(stderr, format, arguments);
}

int cmd_fail(int status, const char *subject, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(subject, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return status;
}

void cmd_note(const char *subject, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(subject, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

int cmd_usage(const char *subject, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(subject, format, arguments);
    va_end(arguments);
    fprintf(stderr, "; see stitch %s%s--help\n", running ? running : "", running ? " " : "");
    return UI_STATUS_USAGE;
}

int cmd_error(const char *subject, int err)
{
    int code = stitch_os_error();

    return cmd_fail(cmd_status(err), subject, "%s (%s%s%s)", ui_error_text(err), stitch_error_name(err),
                    code ? ": " : "", code ? ui_system_error_text(code) : "");
}

int cmd_status(int err)
{
    switch (err) {
    case STITCH_OK:
        return UI_STATUS_OK;
    case STITCH_EUNSOUND:
        return UI_STATUS_NO;
    case STITCH_EINVAL:
        return UI_STATUS_USAGE;
    case STITCH_ENOENT:
        return UI_STATUS_MISSING;
    case STITCH_EACCES:
    case STITCH_EREADONLY:
    case STITCH_EPRIVILEGE:
        return UI_STATUS_DENIED;
    case STITCH_ENOMEM:
    case STITCH_ENOSPC:
    case STITCH_EFSIZE:
    case STITCH_EMFILE:
    case STITCH_EMAPS:
    case STITCH_ERESERVE:
    case STITCH_EADDRSPACE:
    case STITCH_ESEGMENTS:
        return UI_STATUS_RESOURCES;
    case STITCH_EBUSY:
    case STITCH_ETIMEDOUT:
        return UI_STATUS_TIME;
    default:
        return UI_STATUS_FAILED;
    }
}

int cmd_write_error(int code)
{
    if (ui_term_reader_gone())
        return UI_STATUS_OK;
    return cmd_fail(UI_STATUS_FAILED, NULL, "cannot write the output%s%s", code ? ": " : "",
                    code ? ui_system_error_text(code) : "");
}

int cmd_finish(int status)
{
    int failed;

    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    failed = cmd_write_error(errno);
    return status == UI_STATUS_OK ? failed : status;
}
