/* SPDX-License-Identifier: MIT */
/*
 * leave.h - how a command that has changed a region leaves it, and the option --linger.
 */
#ifndef CMD_LEAVE_H
#define CMD_LEAVE_H

#include <popt.h>

#include <stitch/stitch.h>

extern struct poptOption cmd_leave_table[];
#define CMD_LEAVE                                                                                                      \
    {                                                                                                                  \
        NULL, '\0', POPT_ARG_INCLUDE_TABLE, cmd_leave_table, 0, NULL, NULL                                             \
    }

/*
 * Checks the value of --linger, before anything is done. Returns UI_STATUS_OK, or says what is wrong and returns the
 * exit status.
 */
int cmd_leave_options(void);

/* Lingers, closes the region, and says if that ended the region. */
void cmd_leave(const char *name, stitch_region *region);

#endif
