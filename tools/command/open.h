/* SPDX-License-Identifier: MIT */
/*
 * open.h - opens a region in the folder that the options name.
 */
#ifndef CMD_OPEN_H
#define CMD_OPEN_H

#include <stitch/stitch.h>

/* Checks the name of a region. Returns UI_STATUS_OK, or says what a name can be and returns UI_STATUS_USAGE. */
int cmd_check_name(const char *name);

/*
 * Opens a region read-only, with --other-owner also one of another user, and says nothing. Returns 0 or the error.
 */
int cmd_open_quietly(const char *name, stitch_region **region);

/*
 * Check the name and open a region, read-only as above or to write. Return UI_STATUS_OK, or say what is wrong and
 * return the exit status.
 */
int cmd_open_to_look(const char *name, stitch_region **region);
int cmd_open_to_write(const char *name, stitch_region **region);

#endif
