/* SPDX-License-Identifier: MIT */
/*
 * options.c - the options that several commands share, and the values of options.
 */
#include "command/options.h"

#include <stdlib.h>

#include "command/say.h"
#include "terminal/system.h"
#include "text/number.h"
#include "text/text.h"

struct cmd_options cmd_options;

struct poptOption cmd_options_common[] = {
    { "folder", 'd', POPT_ARG_STRING, &cmd_options.folder, 0,
      "where the regions are (default: STITCH_DIR, or else /dev/shm; on Windows Local or Global, default Local)",
      "FOLDER" },
    { "help", 'h', POPT_ARG_NONE, NULL, CMD_OPTIONS_HELP, "show this help", NULL },
    POPT_TABLEEND
};

const char *cmd_folder(void)
{
    return cmd_options.folder ? cmd_options.folder : ui_system_folder();
}

const char *cmd_size(uint64_t bytes, char *to)
{
    return ui_number_text(bytes, cmd_options.exact != 0, to);
}

static int refuse(const char *option, const char *text, const char *wrong)
{
    char *safe = ui_text_safe(text);
    int status = cmd_usage(option, "\"%s\" %s", safe, wrong);

    free(safe);
    return status;
}

int cmd_number(const char *option, const char *text, const char *(*parse)(const char *, uint64_t *), uint64_t *value)
{
    const char *wrong = text ? parse(text, value) : NULL;

    return wrong ? refuse(option, text, wrong) : UI_STATUS_OK;
}

int cmd_seconds(const char *option, const char *text, int64_t *milliseconds)
{
    const char *wrong = text ? ui_number_seconds(text, milliseconds) : NULL;

    return wrong ? refuse(option, text, wrong) : UI_STATUS_OK;
}
