/* SPDX-License-Identifier: MIT */
/* single.c - reservations without placeholders: the reservation is given up, and one view takes its place. */
#include "os/windows/reservation.h"

#define MOVE_TRIES 16

/* Between giving an address up and taking it again, this keeps at least stitch's own threads away. */
static SRWLOCK moving = SRWLOCK_INIT;

static unsigned char *aligned_address(uint64_t size)
{
    uint64_t unit = ST_OS_UNIT;
    unsigned char *at = st_win.VirtualAlloc(NULL, (SIZE_T)(size + unit), MEM_RESERVE, PAGE_NOACCESS);

    if (!at)
        return NULL;
    st_win.VirtualFree(at, 0, MEM_RELEASE);
    return at + (unit - (uintptr_t)at % unit) % unit;
}

/* Reserves at an aligned address; if another thread was quicker there, tries elsewhere. */
static unsigned char *find_place(uint64_t size)
{
    for (int tries = 0; tries < MOVE_TRIES; tries++) {
        unsigned char *at = aligned_address(size);

        if (!at)
            return NULL;
        at = st_win.VirtualAlloc(at, (SIZE_T)size, MEM_RESERVE, PAGE_NOACCESS);
        if (at)
            return at;
    }
    return NULL;
}

void *st_win_single_reserve(uint64_t size)
{
    unsigned char *at;

    AcquireSRWLockExclusive(&moving);
    at = find_place(size);
    ReleaseSRWLockExclusive(&moving);
    return at;
}

/*
 * The reservation must be released before the view can be mapped, and another thread may take the address in between:
 * then both move elsewhere.
 */
int st_win_single_map(st_os_reservation *reservation, uint64_t size, HANDLE section, enum st_os_access access)
{
    DWORD rights = access == ST_OS_READONLY ? FILE_MAP_READ : FILE_MAP_READ | FILE_MAP_WRITE;
    DWORD error = ERROR_INVALID_ADDRESS;
    unsigned char *at = reservation->base;
    void *view = NULL;

    AcquireSRWLockExclusive(&moving);
    st_win.VirtualFree(at, 0, MEM_RELEASE);
    for (int tries = 0; !view && at && tries < MOVE_TRIES; tries++) {
        view = st_win.MapViewOfFileEx(section, rights, 0, 0, (SIZE_T)size, at);
        error = GetLastError();
        at = view ? at : aligned_address(size);
    }
    reservation->base = view ? view : find_place(size);
    ReleaseSRWLockExclusive(&moving);
    if (view)
        return 0;
    st_win_fail(error);
    return STITCH_EADDRSPACE;
}

void st_win_single_unmap(st_os_reservation *reservation, uint64_t size)
{
    unsigned char *at = reservation->base;

    st_win.UnmapViewOfFile(at);
    reservation->base = st_win.VirtualAlloc(at, (SIZE_T)size, MEM_RESERVE, PAGE_NOACCESS);
}
