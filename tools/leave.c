/* SPDX-License-Identifier: MIT */
/*
 * leave.c - how a command that has changed a region leaves it.
 *
 * Where regions do not stay by themselves, a segment ends with the last process that holds it. So a command that may
 * have added one stays attached for a moment, in which whoever follows the region opens it; and says if, for want of
 * anybody who did, the region has ended.
 */
#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "term.h"

#define LINGER_TIME 250 /* milliseconds: a follower looks every few, and is waited for on a busy machine too */

static char *linger_given;
static int64_t linger;

struct poptOption st_leave_table[] = {
    { "linger", '\0', POPT_ARG_STRING, &linger_given, 0,
      "stay attached so long after the last change, for followers to take it over (else 0; Windows: 0.25)",
      "SECONDS" },
    POPT_TABLEEND
};

int st_leave_options(void)
{
    linger = st_term_regions_stay() ? 0 : LINGER_TIME;
    return st_cli_seconds("--linger", linger_given, &linger);
}

/* Is it as it was left? */
static void look_back(const char *name)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;
    options.flags = STITCH_READONLY;
    options.folder = st_cli.folder;
    int code = stitch_open(name, &options, &region);
    if (code == 0) {
        stitch_close(region);
    } else if (code == STITCH_ENOENT) {
        st_cli_note(name, "on this system a region lives as long as somebody is attached, and nobody else was: it "
                          "has ended; `stitch hold` makes a region and keeps it");
    } else if (code == STITCH_EGONE) {
        st_cli_note(name, "the last segment has ended with this command, before anybody else held it; see --linger, "
                          "and stitch hold");
    }
}

void st_leave(const char *name, stitch_region *region)
{
    for (uint64_t began = st_term_now(); linger > 0 && st_term_now() - began < (uint64_t)linger;) {
        uint64_t left = (uint64_t)linger - (st_term_now() - began);
        st_term_sleep(left < 100 ? (unsigned)left + 1 : 100);
        if (st_term_interrupted() != 0) {
            break;
        }
    }
    stitch_close(region);
    if (!st_term_regions_stay() && !st_cli.quiet) {
        look_back(name);
    }
}
