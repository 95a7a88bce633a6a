/* SPDX-License-Identifier: MIT */
/* status.h - the exit statuses of the command: what a script can do about a result. --help explains them (run.c). */
#ifndef UI_STATUS_H
#define UI_STATUS_H

enum ui_status {
    UI_STATUS_OK = 0,
    UI_STATUS_NO = 1, /* it worked, and the answer is no */
    UI_STATUS_USAGE = 2,
    UI_STATUS_MISSING = 3,
    UI_STATUS_DENIED = 4,
    UI_STATUS_RESOURCES = 5,
    UI_STATUS_FAILED = 6,
    UI_STATUS_TIME = 7
};

#endif
