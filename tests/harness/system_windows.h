/* SPDX-License-Identifier: MIT */
/*
 * system_windows.h - what the files of the tests' support for Windows share.
 */
#ifndef T_SYSTEM_WINDOWS_H
#define T_SYSTEM_WINDOWS_H

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "process.h"

/* The process as the system knows it; NULL: this one. */
HANDLE t_process_handle(const t_process *process);

/*
 * CreateProcess has failed: shall it be called again? It says ERROR_INTERNAL_ERROR in Wine where the new process ended
 * before its first instruction (ntdll's NtCreateUserProcess: no success and no exit code), which a busy machine brings
 * about now and then. Nothing has run then, so another try is the same test.
 */
bool t_start_again(int *tries);

/* The views that there are now are not the coming test's. */
void t_maps_begin(void);

/* Pieces of address space without access and without memory. */
size_t t_reservations(void);

#endif
