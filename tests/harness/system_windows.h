/* SPDX-License-Identifier: MIT */
/*
 * system_windows.h - declarations that only the harness and the tests for Windows use.
 */
#ifndef T_SYSTEM_WINDOWS_H
#define T_SYSTEM_WINDOWS_H

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "process.h"

/* Returns the system's handle of the process (NULL: of this one). */
HANDLE t_process_handle(const t_process *process);

/*
 * Returns whether CreateProcess, which has failed, should be called again. In Wine its error is ERROR_INTERNAL_ERROR
 * where the new process ended before its first instruction (ntdll's NtCreateUserProcess: no success and no exit code);
 * on a busy machine that happens now and then. Nothing has run then, so another try is the same test.
 */
bool t_start_again(int *tries);

/* Notes the views that there are now, so that they do not count as the next case's. */
void t_maps_begin(void);

/* Returns how many ranges of address space have neither access nor memory. */
size_t t_reservations(void);

#endif
