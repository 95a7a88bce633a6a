/* SPDX-License-Identifier: MIT */
/*
 * open.c - opens a region in the folder that the options name.
 */
#include "command/open.h"

#include <stdbool.h>
#include <string.h>

#include "command/options.h"
#include "command/say.h"

int cmd_check_name(const char *name)
{
    size_t length = strlen(name);
    bool good = length >= 1 && length <= STITCH_NAME_MAX;

    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)name[i];

        good = good && byte >= 0x20 && byte != 0x7f && byte != '/' && byte != '\\';
    }
    if (good)
        return UI_STATUS_OK;
    return cmd_usage(length <= STITCH_NAME_MAX ? name : NULL,
                     "that is no name for a region: 1 to %d bytes, without slash, backslash and control characters",
                     STITCH_NAME_MAX);
}

static int open_region(const char *name, uint64_t flags, stitch_region **region)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;

    options.flags = flags;
    options.folder = cmd_options.folder;
    return stitch_open(name, &options, region);
}

int cmd_open_quietly(const char *name, stitch_region **region)
{
    return open_region(name, STITCH_READONLY | (cmd_options.other_owner ? STITCH_OTHER_OWNER : 0), region);
}

int cmd_open_to_look(const char *name, stitch_region **region)
{
    int status = cmd_check_name(name);
    int err = status ? 0 : cmd_open_quietly(name, region);

    return err ? cmd_error(name, err) : status;
}

int cmd_open_to_write(const char *name, stitch_region **region)
{
    int status = cmd_check_name(name);
    int err = status ? 0 : open_region(name, 0, region);

    return err ? cmd_error(name, err) : status;
}
