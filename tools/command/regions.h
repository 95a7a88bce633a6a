/* SPDX-License-Identifier: MIT */
/*
 * regions.h - the regions of the folder, in the order of their names, as ls and top list them.
 */
#ifndef CMD_REGIONS_H
#define CMD_REGIONS_H

#include <stddef.h>

#include <stitch/inspect.h>

struct cmd_regions {
    struct stitch_listing *all; /* with copies of the names */
    size_t count, room;
};

/*
 * Lists the regions. Returns UI_STATUS_OK, or says what is wrong and returns the exit status. Either way the caller
 * frees the list.
 */
int cmd_regions_list(struct cmd_regions *regions);
void cmd_regions_free(struct cmd_regions *regions);

/* Reports the error of a call about a whole folder. Returns the exit status, like cmd_error. */
int cmd_regions_error(int err);

#endif
