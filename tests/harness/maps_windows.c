/* SPDX-License-Identifier: MIT */
/*
 * maps_windows.c - asks VirtualQuery. It does not tell which section a view is of, but where the view begins, so an
 * object's number is the address of its view.
 */
#include "maps.h"
#include "system_windows.h"

enum { RANGES = 8192 };

static t_range ranges[RANGES];
static size_t views_before;

static bool query(HANDLE process, uint64_t at, MEMORY_BASIC_INFORMATION *piece)
{
    return VirtualQueryEx(process, (const void *)(uintptr_t)at, piece, sizeof *piece) != 0;
}

/*
 * Returns the rights that a program has. The part of a view that has no memory yet has no rights, by the documents
 * (Wine lets it be touched); here it counts with the rights of its view, which has reserved it.
 */
static t_range range_of(const MEMORY_BASIC_INFORMATION *piece)
{
    uint64_t start = (uint64_t)(uintptr_t)piece->BaseAddress, object = (uint64_t)(uintptr_t)piece->AllocationBase;
    bool view = piece->State != MEM_FREE && piece->Type == MEM_MAPPED;
    DWORD rights = piece->State == MEM_COMMIT ? piece->Protect : view ? piece->AllocationProtect : PAGE_NOACCESS;

    return (t_range){
        .start = start,
        .end = start + piece->RegionSize,
        .object = view ? object : 0,
        .offset = view ? start - object : 0,
        .readable = rights != PAGE_NOACCESS && rights != PAGE_EXECUTE,
        .writable = rights == PAGE_READWRITE || rights == PAGE_WRITECOPY || rights >= PAGE_EXECUTE_READWRITE,
        .executable = rights >= PAGE_EXECUTE,
        .shared = view && rights != PAGE_WRITECOPY,
    };
}

t_ranges t_maps_read(const t_process *process, uint64_t from, uint64_t to)
{
    MEMORY_BASIC_INFORMATION piece;
    size_t count = 0;

    for (uint64_t at = from; at < to && query(t_process_handle(process), at, &piece);) {
        t_range range = range_of(&piece);

        at = range.end;
        if (piece.State == MEM_FREE)
            continue;
        if (count == RANGES)
            T_FAIL("more than %d ranges", (int)RANGES);
        ranges[count++] = range;
    }
    return (t_ranges){ count, ranges };
}

size_t t_maps_count(void)
{
    return t_maps_read(NULL, 0, UINT64_MAX).count;
}

/* Counts views that can be a region's: of a section, at an address where a segment can begin. */
static size_t views(void)
{
    MEMORY_BASIC_INFORMATION piece;
    size_t count = 0;

    for (uint64_t at = 0; query(GetCurrentProcess(), at, &piece); at = range_of(&piece).end)
        if (piece.State != MEM_FREE && piece.Type == MEM_MAPPED && piece.AllocationBase == piece.BaseAddress &&
            (uint64_t)(uintptr_t)piece.BaseAddress % STITCH_EXTENT_UNIT == 0)
            count++;
    return count;
}

void t_maps_begin(void)
{
    views_before = views();
}

size_t t_maps_count_in(const char *path)
{
    size_t now = views();

    (void)path;
    return now > views_before ? now - views_before : 0;
}

size_t t_reservations(void)
{
    MEMORY_BASIC_INFORMATION piece;
    size_t count = 0;

    for (uint64_t at = 0; query(GetCurrentProcess(), at, &piece); at = range_of(&piece).end)
        count += piece.State == MEM_RESERVE && piece.Type == MEM_PRIVATE && piece.AllocationProtect == PAGE_NOACCESS;
    return count;
}

uint64_t t_maps_object_size(uint64_t device, uint64_t object)
{
    (void)device;
    (void)object;
    return 0; /* no object can be looked up by its identity */
}
