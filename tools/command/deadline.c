/* SPDX-License-Identifier: MIT */
/*
 * deadline.c - the end of a command that the user has limited in time.
 */
#include "command/deadline.h"

#include "terminal/system.h"

int64_t cmd_deadline_rest(const struct cmd_deadline *deadline, int64_t slice)
{
    int64_t passed = (int64_t)(ui_system_now() - deadline->began);
    int64_t left = deadline->most == CMD_FOR_EVER ? slice : deadline->most - passed;

    return left < 0 ? 0 : left < slice ? left : slice;
}
