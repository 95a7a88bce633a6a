/* SPDX-License-Identifier: MIT */
/*
 * deadline.h - the end of a command that the user has limited in time.
 */
#ifndef CMD_DEADLINE_H
#define CMD_DEADLINE_H

#include <stdint.h>

#define CMD_FOR_EVER INT64_C(-1)

struct cmd_deadline {
    uint64_t began; /* of ui_system_now */
    int64_t most;   /* milliseconds, or CMD_FOR_EVER */
};

/* Returns the milliseconds until the deadline, but at most `slice`; 0 if the time is over. */
int64_t cmd_deadline_rest(const struct cmd_deadline *deadline, int64_t slice);

#endif
