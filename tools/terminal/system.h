/* SPDX-License-Identifier: MIT */
/*
 * system.h - what the command asks the operating system about: time, errors, users, processes, the folder of regions.
 * One file per operating system implements it (system_posix.c, system_windows.c); the build picks the file.
 */
#ifndef UI_SYSTEM_H
#define UI_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns the milliseconds of a clock that never goes back. */
uint64_t ui_system_now(void);

void ui_system_sleep(unsigned milliseconds);

/* Returns the operating system's sentence for one of its error codes. */
const char *ui_system_error_text(int code);

/* Returns the folder of regions if no option names one: STITCH_DIR, or else the operating system's usual folder. */
const char *ui_system_folder(void);

/* Returns true if a region can outlive its last user on this system, so that it stays until it is removed. */
bool ui_system_regions_stay(void);

/* Writes the name of a user into `to`, or the id if it has no name. Returns `to`. */
const char *ui_system_user(uint64_t id, char *to, size_t size);

/*
 * Writes the command that a process runs into `to`; "" if this process may not ask, or if the id belongs to another
 * process by now. `started` and `space` are those of struct stitch_member. Returns `to`.
 * Note: every process chooses the name that it shows here.
 */
const char *ui_system_process(uint64_t id, uint64_t started, uint64_t space, char *to, size_t size);

#endif
