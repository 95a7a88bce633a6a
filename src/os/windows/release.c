/* SPDX-License-Identifier: MIT */
/* release.c - ends a reservation with everything in it, whichever way it was made. */
#include "os/windows/sys.h"

/* Returns the end of the allocation at `at`: a view that is committed in part is reported as several runs. */
static unsigned char *end_of(unsigned char *at, unsigned char *end)
{
    MEMORY_BASIC_INFORMATION run;
    void *allocation = NULL;

    while (at < end && st_win_query(at, &run) && run.State != MEM_FREE &&
           (!allocation || run.AllocationBase == allocation)) {
        allocation = run.AllocationBase;
        at = (unsigned char *)run.BaseAddress + run.RegionSize;
    }
    return at;
}

/*
 * Ends one piece of a reservation. VirtualFree with MEM_RELEASE takes size 0 and one allocation at a time. In a
 * reservation with a hole the piece may belong to another part of the program: UnmapViewOfFile2 works on nothing but
 * views that replaced a placeholder, and memory that stays reserved is better than freeing a stranger's.
 */
static void end_piece(const st_os_reservation *reservation, const MEMORY_BASIC_INFORMATION *piece)
{
    if (reservation->holed)
        st_win.UnmapViewOfFile2(GetCurrentProcess(), piece->AllocationBase, ST_MEM_PRESERVE_PLACEHOLDER);
    else if (piece->Type == MEM_MAPPED)
        st_win.UnmapViewOfFile(piece->AllocationBase);
    else
        st_win.VirtualFree(piece->AllocationBase, 0, MEM_RELEASE);
}

/*
 * No call frees a mixture of views and placeholders, so this ends one piece after the other. The end of a piece is
 * found before it is freed: afterwards its addresses may belong to another thread.
 */
void st_os_release(st_os_reservation *reservation)
{
    unsigned char *at = reservation->base, *end = at + reservation->size, *next;
    MEMORY_BASIC_INFORMATION piece;

    for (; at && at < end && st_win_query(at, &piece); at = next) {
        if (piece.State == MEM_FREE) {
            next = (unsigned char *)piece.BaseAddress + piece.RegionSize;
        } else {
            next = end_of(at, end);
            end_piece(reservation, &piece);
        }
    }
    *reservation = (st_os_reservation){ 0 };
}
