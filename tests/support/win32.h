/* SPDX-License-Identifier: MIT */
/*
 * win32.h - what the files of the tests' support for Windows share.
 */
#ifndef T_WIN32_H
#define T_WIN32_H

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "process.h"

/* The process as the system knows it; NULL: this one. */
HANDLE t_process_handle(const t_process *process);

/* The views that there are now are not the coming test's. */
void t_maps_begin(void);

/* Pieces of address space without access and without memory. */
size_t t_reservations(void);

#endif
