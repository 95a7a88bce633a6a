/* SPDX-License-Identifier: MIT */
/*
 * leave.c - how a command that has changed a region leaves it.
 *
 * On systems where regions do not stay by themselves, a segment ends with the last process that holds it. So a command
 * that may have added a segment stays attached for a moment, in which followers of the region open it. Afterwards it
 * says if the region has ended because no process did.
 */
#include "command/leave.h"

#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "terminal/system.h"
#include "terminal/term.h"

#define LINGER_TIME 250 /* milliseconds: a follower syncs every few; the rest is for a busy machine */

static char *linger_given;
static int64_t linger;

struct poptOption cmd_leave_table[] = {
    { "linger", '\0', POPT_ARG_STRING, &linger_given, 0,
      "stay attached this long after the last change, so that followers can sync (default 0; Windows: 0.25)",
      "SECONDS" },
    POPT_TABLEEND
};

int cmd_leave_options(void)
{
    linger = ui_system_regions_stay() ? 0 : LINGER_TIME;
    return cmd_seconds("--linger", linger_given, &linger);
}

/* Says if the region has not outlived our handle. */
static void look_back(const char *name)
{
    stitch_region *region;
    int err = cmd_open_quietly(name, &region);

    if (!err)
        stitch_close(region);
    else if (err == STITCH_ENOENT)
        cmd_note(name, "on this system a region lives as long as somebody is attached, and nobody else was: it has "
                       "ended; `stitch hold` makes a region and keeps it");
    else if (err == STITCH_EGONE)
        cmd_note(name, "the last segment has ended with this command, before anybody else held it; see --linger, and "
                       "stitch hold");
}

void cmd_leave(const char *name, stitch_region *region)
{
    for (uint64_t began = ui_system_now(); linger > 0 && ui_system_now() - began < (uint64_t)linger;) {
        uint64_t left = (uint64_t)linger - (ui_system_now() - began);

        ui_system_sleep(left < 100 ? (unsigned)left + 1 : 100);
        if (ui_term_interrupted() != 0)
            break;
    }
    stitch_close(region);
    if (!ui_system_regions_stay() && !cmd_options.quiet)
        look_back(name);
}
