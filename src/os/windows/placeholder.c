/* SPDX-License-Identifier: MIT */
/*
 * placeholder.c - reservations made of placeholders, which views replace in one step.
 *
 * Rules that real Windows checks and Wine does not always: a base is a multiple of 64 KiB, sizes are multiples of the
 * page; a view replaces one placeholder of exactly its address and size, so it is split off first, but the whole of a
 * placeholder can never be split off; UnmapViewOfFile2 needs a real process handle.
 */
#include "os/windows/reservation.h"

#define CARVE_TRIES 1000 /* there are never more placeholders than segments were unmapped without being joined */

static HANDLE self(void)
{
    return GetCurrentProcess();
}

void *st_win_placeholder_reserve(void *at, uint64_t size)
{
    struct st_address_requirements aligned = { .alignment = (SIZE_T)ST_OS_UNIT };
    struct st_extended_parameter parameter = { .type = 1, .pointer = &aligned };

    return st_win.VirtualAlloc2(self(), at, (SIZE_T)size, MEM_RESERVE | ST_MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS,
                                at ? NULL : &parameter, at ? 0 : 1); /* alignment and a base exclude each other */
}

/* Splits `size` bytes off the placeholder that starts at `at`. Requires: they are not all of it. */
static bool split(unsigned char *at, uint64_t size)
{
    return st_win.VirtualFree(at, (SIZE_T)size, MEM_RELEASE | ST_MEM_PRESERVE_PLACEHOLDER);
}

static bool is_placeholder(const MEMORY_BASIC_INFORMATION *piece)
{
    return piece->State == MEM_RESERVE && piece->Type == MEM_PRIVATE;
}

/* Makes a placeholder of at most `size` bytes from a hole, or from a view that should have been unmapped. */
static bool reclaim(const MEMORY_BASIC_INFORMATION *piece, uint64_t size)
{
    if (is_placeholder(piece))
        return true;
    if (piece->State == MEM_FREE)
        return st_win_placeholder_reserve(piece->BaseAddress, piece->RegionSize < size ? piece->RegionSize : size) !=
               NULL;
    return piece->Type == MEM_MAPPED &&
           st_win.UnmapViewOfFile2(self(), piece->AllocationBase, ST_MEM_PRESERVE_PLACEHOLDER);
}

/* Joins the placeholder at `at` with the next `missing` bytes, or as many of them as the next piece has. */
static bool extend(unsigned char *at, uint64_t has, uint64_t missing)
{
    MEMORY_BASIC_INFORMATION next;

    return st_win_query(at + has, &next) && reclaim(&next, missing) && st_win_query(at + has, &next) &&
           st_win.VirtualFree(at, (SIZE_T)has + next.RegionSize, MEM_RELEASE | ST_MEM_COALESCE_PLACEHOLDERS);
}

/*
 * Makes [at, at + size), in which there is no view that counts, one placeholder of exactly that range. Usually it is
 * the start of a larger one. But a call that failed may have left several, or used one up, and that must not matter
 * forever.
 */
static bool carve(unsigned char *at, uint64_t size)
{
    MEMORY_BASIC_INFORMATION piece;

    for (int tries = 0; tries < CARVE_TRIES; tries++) {
        bool moved;

        SetLastError(ERROR_INVALID_ADDRESS); /* for a failure that sets no error */
        if (!st_win_query(at, &piece))
            return false;
        if (!is_placeholder(&piece))
            moved = reclaim(&piece, size);
        else if (piece.RegionSize == size)
            return true;
        else if (piece.RegionSize > size)
            moved = split(at, size);
        else
            moved = extend(at, piece.RegionSize, size - piece.RegionSize);
        if (!moved)
            return false;
    }
    return false;
}

/* Joins the placeholder at `at` with the one that follows it. */
static void coalesce(const st_os_reservation *reservation, unsigned char *at, uint64_t size)
{
    MEMORY_BASIC_INFORMATION next;

    if (at + size == reservation->base + reservation->size || !st_win_query(at + size, &next))
        return;
    if (is_placeholder(&next))
        st_win.VirtualFree(at, (SIZE_T)size + next.RegionSize, MEM_RELEASE | ST_MEM_COALESCE_PLACEHOLDERS);
}

/*
 * Reserves the placeholder again that a map which failed may have used up (Wine does so at the limit of mappings).
 * Another thread may have taken the address already.
 */
static void repair(st_os_reservation *reservation, unsigned char *at, uint64_t size)
{
    MEMORY_BASIC_INFORMATION piece;

    if (!st_win_query(at, &piece) || is_placeholder(&piece))
        return;
    if (piece.State != MEM_FREE || !st_win_placeholder_reserve(at, size))
        reservation->holed = true;
}

int st_win_placeholder_map(st_os_reservation *reservation, uint64_t offset, uint64_t size, HANDLE section,
                           enum st_os_access access)
{
    ULONG protection = access == ST_OS_READONLY ? PAGE_READONLY : PAGE_READWRITE;
    unsigned char *at = reservation->base + offset;
    DWORD error;

    if (!carve(at, size))
        return st_win_fail(GetLastError());
    if (st_win.MapViewOfFile3(section, self(), at, 0, (SIZE_T)size, ST_MEM_REPLACE_PLACEHOLDER, protection, NULL, 0))
        return 0;
    error = GetLastError();
    repair(reservation, at, size);
    coalesce(reservation, at, size);
    return st_win_fail(error);
}

/* If the system refuses, the view stays until the next one is mapped there (carve): better than a hole for others. */
void st_win_placeholder_unmap(const st_os_reservation *reservation, uint64_t offset, uint64_t size)
{
    unsigned char *at = reservation->base + offset;

    if (st_win.UnmapViewOfFile2(self(), at, ST_MEM_PRESERVE_PLACEHOLDER))
        coalesce(reservation, at, size);
}

/* Reserves, splits, maps, unmaps and coalesces, once and for real. */
static bool probe(void)
{
    uint64_t unit = ST_OS_UNIT;
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, (DWORD)unit, NULL);
    st_os_reservation reservation = { .size = 2 * unit };
    MEMORY_BASIC_INFORMATION piece;
    bool works = false;

    reservation.base = st_win_placeholder_reserve(NULL, 2 * unit);
    if (section && reservation.base && st_win_placeholder_map(&reservation, 0, unit, section, ST_OS_READWRITE) == 0) {
        works = st_win_query(reservation.base + unit, &piece) && piece.State == MEM_RESERVE &&
                piece.RegionSize == unit &&
                st_win.UnmapViewOfFile2(self(), reservation.base, ST_MEM_PRESERVE_PLACEHOLDER);
        coalesce(&reservation, reservation.base, unit);
        works = works && st_win_query(reservation.base, &piece) && piece.RegionSize == 2 * unit;
    }
    if (reservation.base)
        st_os_release(&reservation);
    if (section)
        CloseHandle(section);
    return works;
}

static BOOL CALLBACK probe_once(PINIT_ONCE once, PVOID out, PVOID *context)
{
    (void)once;
    (void)context;
    st_win_load();
    *(bool *)out = st_win.VirtualAlloc2 && st_win.MapViewOfFile3 && st_win.UnmapViewOfFile2 && probe();
    return TRUE;
}

bool st_win_has_placeholders(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    static bool has;

    InitOnceExecuteOnce(&once, probe_once, &has, NULL);
    return has;
}
