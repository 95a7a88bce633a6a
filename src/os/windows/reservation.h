/* SPDX-License-Identifier: MIT */
/* reservation.h - the two ways to have a reservation: of placeholders, which views replace, or as one view. */
#ifndef ST_WIN_RESERVATION_H
#define ST_WIN_RESERVATION_H

#include "os/windows/sys.h"

/* ------------------------------------------------------------------------------------------------- placeholders --- */

/* Reserves a placeholder of that size, at `at` or (NULL) at a multiple of ST_OS_UNIT. NULL: see GetLastError. */
void *st_win_placeholder_reserve(void *at, uint64_t size);

/* Maps a view at base + offset, in place of placeholders. Returns as st_os_view_map. */
int st_win_placeholder_map(st_os_reservation *reservation, uint64_t offset, uint64_t size, HANDLE section,
                           enum st_os_access access);

/* Turns the view at base + offset back into a placeholder. */
void st_win_placeholder_unmap(const st_os_reservation *reservation, uint64_t offset, uint64_t size);

/* --------------------------------------------------------------------------------------- single: one view only --- */

/* Reserves address space of that size, at a multiple of ST_OS_UNIT. NULL: see GetLastError. */
void *st_win_single_reserve(uint64_t size);

/* Maps a view in place of the whole reservation, whose base may move. Returns 0 or STITCH_EADDRSPACE. */
int st_win_single_map(st_os_reservation *reservation, uint64_t size, HANDLE section, enum st_os_access access);

/* Turns the view back into a reservation, at the same address if possible; the base is NULL if it is lost. */
void st_win_single_unmap(st_os_reservation *reservation, uint64_t size);

#endif
