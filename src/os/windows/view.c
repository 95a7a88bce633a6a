/* SPDX-License-Identifier: MIT */
/*
 * win32_view.c - reservations and the views in them, by placeholders; without them, one view that is the reservation.
 *
 * Rules that real Windows checks and Wine does not always: a base is a multiple of 64 KiB, sizes are of pages; a view
 * replaces one placeholder of exactly its address and size, so split first, but never split off the whole;
 * UnmapViewOfFile2 needs a real process handle; VirtualFree with MEM_RELEASE takes size 0 and one allocation at a time.
 */
#include "os/windows/sys.h"

#define MOVE_TRIES  16
#define CARVE_TRIES 1000 /* no more pieces than segments were ever let go of without being joined */

static HANDLE self(void)
{
    return GetCurrentProcess();
}

static void *reserve_placeholder(void *at, uint64_t size)
{
    struct st_address_requirements aligned = { .alignment = (SIZE_T)ST_OS_UNIT };
    struct st_extended_parameter parameter = { .type = 1, .pointer = &aligned };

    return st_win.VirtualAlloc2(self(), at, (SIZE_T)size, MEM_RESERVE | ST_MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS,
                                at ? NULL : &parameter, at ? 0 : 1); /* alignment and a base exclude each other */
}

/* What VirtualQuery says of the allocation piece at an address. */
static bool query(const void *at, MEMORY_BASIC_INFORMATION *out)
{
    return st_win.VirtualQuery(at, out, sizeof *out) != 0;
}

/* ------------------------------------------------------------------------------------------------- placeholders --- */

/* Part of the placeholder from `at` on: `size` bytes that are less than all of it. */
static bool split(unsigned char *at, uint64_t size)
{
    return st_win.VirtualFree(at, (SIZE_T)size, MEM_RELEASE | ST_MEM_PRESERVE_PLACEHOLDER);
}

static bool is_placeholder(const MEMORY_BASIC_INFORMATION *piece)
{
    return piece->State == MEM_RESERVE && piece->Type == MEM_PRIVATE;
}

/* Make a piece that is a hole, or a view that should have gone, a placeholder of at most `size` bytes. */
static bool reclaim(const MEMORY_BASIC_INFORMATION *piece, uint64_t size)
{
    if (is_placeholder(piece))
        return true;
    if (piece->State == MEM_FREE)
        return reserve_placeholder(piece->BaseAddress, piece->RegionSize < size ? piece->RegionSize : size) != NULL;
    return piece->Type == MEM_MAPPED &&
           st_win.UnmapViewOfFile2(self(), piece->AllocationBase, ST_MEM_PRESERVE_PLACEHOLDER);
}

/*
 * Make [at, at + size), in which no view counts, one placeholder of exactly that. Mostly it is the start of a larger
 * one. But a call that failed may have left several, or used one up, and that must not matter for ever.
 */
static bool carve(unsigned char *at, uint64_t size)
{
    MEMORY_BASIC_INFORMATION piece, behind;

    for (int tries = 0; tries < CARVE_TRIES; tries++) {
        bool moved;

        SetLastError(ERROR_INVALID_ADDRESS); /* unless a call that fails says more */
        if (!query(at, &piece))
            return false;
        if (!is_placeholder(&piece))
            moved = reclaim(&piece, size);
        else if (piece.RegionSize == size)
            return true;
        else if (piece.RegionSize > size)
            moved = split(at, size);
        else
            moved = query(at + piece.RegionSize, &behind) && reclaim(&behind, size - piece.RegionSize) &&
                    query(at + piece.RegionSize, &behind) &&
                    st_win.VirtualFree(at, piece.RegionSize + behind.RegionSize,
                                       MEM_RELEASE | ST_MEM_COALESCE_PLACEHOLDERS);
        if (!moved)
            return false;
    }
    return false;
}

/* Make the placeholder at `at` and the one behind it one again. */
static void coalesce(const st_os_reservation *reservation, unsigned char *at, uint64_t size)
{
    MEMORY_BASIC_INFORMATION behind;

    if (at + size == reservation->base + reservation->size || !query(at + size, &behind))
        return;
    if (is_placeholder(&behind))
        st_win.VirtualFree(at, (SIZE_T)size + behind.RegionSize, MEM_RELEASE | ST_MEM_COALESCE_PLACEHOLDERS);
}

/* A map that failed may have used up its placeholder (Wine does so at the limit of mappings): put one back. */
static void repair(st_os_reservation *reservation, unsigned char *at, uint64_t size)
{
    MEMORY_BASIC_INFORMATION piece;

    if (query(at, &piece) && !is_placeholder(&piece) && (piece.State != MEM_FREE || !reserve_placeholder(at, size)))
        reservation->holed = true; /* and somebody may have been quicker already */
}

static int map_stitched(st_os_reservation *reservation, uint64_t offset, uint64_t size, HANDLE section, bool readonly)
{
    unsigned char *at = reservation->base + offset;
    DWORD error;

    if (!carve(at, size))
        return st_win_fail(GetLastError());
    if (st_win.MapViewOfFile3(section, self(), at, 0, (SIZE_T)size, ST_MEM_REPLACE_PLACEHOLDER,
                              readonly ? PAGE_READONLY : PAGE_READWRITE, NULL, 0))
        return 0;
    error = GetLastError();
    repair(reservation, at, size);
    coalesce(reservation, at, size);
    return st_win_fail(error);
}

/* Reserve, split, map, unmap, coalesce, once and for real. */
static bool probe(void)
{
    uint64_t unit = ST_OS_UNIT;
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, (DWORD)unit, NULL);
    st_os_reservation reservation = { .size = 2 * unit };
    MEMORY_BASIC_INFORMATION piece;
    bool works = false;

    reservation.base = reserve_placeholder(NULL, 2 * unit);
    if (section && reservation.base && map_stitched(&reservation, 0, unit, section, false) == 0) {
        works = query(reservation.base + unit, &piece) && piece.State == MEM_RESERVE && piece.RegionSize == unit &&
                st_win.UnmapViewOfFile2(self(), reservation.base, ST_MEM_PRESERVE_PLACEHOLDER);
        coalesce(&reservation, reservation.base, unit);
        works = works && query(reservation.base, &piece) && piece.RegionSize == 2 * unit;
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

/* ---------------------------------------------------------------------------------------- without placeholders --- */

/* Between giving an address up and taking it again our own threads, at least, stay away. */
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

static unsigned char *find_plain(uint64_t size)
{
    for (int tries = 0; tries < MOVE_TRIES; tries++) {
        unsigned char *at = aligned_address(size);

        if (!at || (at = st_win.VirtualAlloc(at, (SIZE_T)size, MEM_RESERVE, PAGE_NOACCESS)) != NULL)
            return at; /* or somebody was quicker: again, elsewhere */
    }
    return NULL;
}

static unsigned char *reserve_plain(uint64_t size)
{
    unsigned char *at;

    AcquireSRWLockExclusive(&moving);
    at = find_plain(size);
    ReleaseSRWLockExclusive(&moving);
    return at;
}

/* The reservation must go before the view can come, and somebody may get in between: then the two move elsewhere. */
static int map_whole(st_os_reservation *reservation, uint64_t size, HANDLE section, bool readonly)
{
    DWORD access = readonly ? FILE_MAP_READ : FILE_MAP_READ | FILE_MAP_WRITE, error = ERROR_INVALID_ADDRESS;
    unsigned char *at = reservation->base;
    void *view = NULL;

    AcquireSRWLockExclusive(&moving);
    st_win.VirtualFree(at, 0, MEM_RELEASE);
    for (int tries = 0; !view && at && tries < MOVE_TRIES; tries++) {
        view = st_win.MapViewOfFileEx(section, access, 0, 0, (SIZE_T)size, at);
        error = GetLastError();
        at = view ? at : aligned_address(size);
    }
    reservation->base = view ? view : find_plain(size);
    ReleaseSRWLockExclusive(&moving);
    if (view)
        return 0;
    st_win_fail(error);
    return STITCH_EADDRSPACE;
}

/* ------------------------------------------------------------------------------------------------- both of them --- */

int st_os_reserve(uint64_t size, st_os_reservation *out)
{
    unsigned char *base = st_win_has_placeholders() ? reserve_placeholder(NULL, size) : reserve_plain(size);

    if (!base) { /* out of address space, or above all of it (87) */
        st_win_fail(GetLastError());
        return STITCH_EADDRSPACE;
    }
    *out = (st_os_reservation){ .base = base, .size = size };
    return 0;
}

/* Where the allocation at `at` ends: a view that is committed in part comes as several runs. */
static unsigned char *end_of(unsigned char *at, unsigned char *end)
{
    MEMORY_BASIC_INFORMATION run;
    void *allocation = NULL;

    while (at < end && query(at, &run) && run.State != MEM_FREE && (!allocation || run.AllocationBase == allocation)) {
        allocation = run.AllocationBase;
        at = (unsigned char *)run.BaseAddress + run.RegionSize;
    }
    return at;
}

/*
 * There is no call that frees a mixture: walk, and end each piece in its own way. How far a piece goes is asked before
 * it is freed: afterwards its addresses may be another thread's. So may be what a reservation with a hole has there:
 * memory that stays reserved is better than freeing a stranger's.
 */
void st_os_release(st_os_reservation *reservation)
{
    unsigned char *at = reservation->base, *end = at + reservation->size, *next;
    MEMORY_BASIC_INFORMATION piece;

    for (; at && at < end && query(at, &piece); at = next) {
        next = piece.State == MEM_FREE ? (unsigned char *)piece.BaseAddress + piece.RegionSize : end_of(at, end);
        if (piece.State == MEM_FREE)
            continue;
        if (reservation->holed) /* this works on nothing but views that replaced a placeholder; the rest is leaked */
            st_win.UnmapViewOfFile2(self(), piece.AllocationBase, ST_MEM_PRESERVE_PLACEHOLDER);
        else if (piece.Type == MEM_MAPPED)
            st_win.UnmapViewOfFile(piece.AllocationBase);
        else
            st_win.VirtualFree(piece.AllocationBase, 0, MEM_RELEASE);
    }
    *reservation = (st_os_reservation){ 0 };
}

int st_os_view_map(st_os_reservation *reservation, uint64_t offset, uint64_t size, const st_os_object *object,
                   bool readonly)
{
    return st_win_has_placeholders() ? map_stitched(reservation, offset, size, st_win_handle(object), readonly)
                                     : map_whole(reservation, size, st_win_handle(object), readonly);
}

/* No call tells which section a view is of; what can be told is that it is one view, from this address on. */
st_os_identity st_os_view_identity(st_os_identity object, const void *address)
{
    (void)object;
    return (st_os_identity){ 0, (uintptr_t)address };
}

void st_os_view_unmap(st_os_reservation *reservation, uint64_t offset, uint64_t size)
{
    unsigned char *at = reservation->base + offset;

    if (st_win_has_placeholders()) {
        /* Refused, the view stays until the next one comes there (carve): better than a hole for others to fall into.
         */
        if (st_win.UnmapViewOfFile2(self(), at, ST_MEM_PRESERVE_PLACEHOLDER))
            coalesce(reservation, at, size);
        return;
    }
    st_win.UnmapViewOfFile(at);
    reservation->base = st_win.VirtualAlloc(at, (SIZE_T)size, MEM_RESERVE, PAGE_NOACCESS); /* lost, it is nobody's */
}

static void *map_view(const st_os_object *object, uint64_t size, bool readonly)
{
    DWORD access = readonly ? FILE_MAP_READ : FILE_MAP_READ | FILE_MAP_WRITE;

    return st_win.MapViewOfFile(st_win_handle(object), access, 0, 0, (SIZE_T)size);
}

int st_os_view_resize(st_os_reservation *reservation, uint64_t size, const st_os_object *object, bool readonly)
{
    void *at = map_view(object, size, readonly);

    if (!at)
        return size < reservation->size ? 0 : st_win_fail(GetLastError());
    if (reservation->base)
        st_win.UnmapViewOfFile(reservation->base);
    *reservation = (st_os_reservation){ .base = at, .size = size };
    return 0;
}

/* Is there memory behind all of it? Once there is it stays: a commit cannot be undone. */
static int check_committed(const char *at, uint64_t size)
{
    MEMORY_BASIC_INFORMATION run;

    for (const char *end = at + size; at < end; at = (const char *)run.BaseAddress + run.RegionSize) {
        if (!query(at, &run))
            return st_win_fail(GetLastError());
        if (run.State != MEM_COMMIT)
            return st_win_fail(ERROR_INVALID_HANDLE);
    }
    return 0;
}

/* A directory is committed when it is made. What somebody else has put under its name may not be, and would fault. */
int st_os_map(const st_os_object *object, uint64_t size, bool readonly, void **out)
{
    void *at = map_view(object, size, readonly);
    int e;

    if (!at)
        return st_win_fail(GetLastError());
    e = check_committed(at, size);
    if (e)
        st_win.UnmapViewOfFile(at);
    else
        *out = at;
    return e;
}

void st_os_unmap(void *address, uint64_t size)
{
    (void)size;
    st_win.UnmapViewOfFile(address);
}
