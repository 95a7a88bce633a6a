/* SPDX-License-Identifier: MIT */
/* view.c - reservations and the views in them: by placeholders where they work, otherwise as one view. */
#include "os/windows/reservation.h"

#include "base/arith.h"
#include "base/assert.h"

#define SMALLEST_PAGE 4096

static void check_range(const st_os_reservation *reservation, uint64_t offset, uint64_t size)
{
    st_assert(st_is_multiple(offset, SMALLEST_PAGE) && st_is_multiple(size, SMALLEST_PAGE));
    st_assert(size > 0 && size <= reservation->size && offset <= reservation->size - size);
}

int st_os_reserve(uint64_t size, st_os_reservation *out)
{
    unsigned char *base;

    st_assert(size > 0 && st_is_multiple(size, SMALLEST_PAGE));
    base = st_win_has_placeholders() ? st_win_placeholder_reserve(NULL, size) : st_win_single_reserve(size);
    if (!base) { /* there is not enough address space, or never was (87) */
        st_win_fail(GetLastError());
        return STITCH_EADDRSPACE;
    }
    *out = (st_os_reservation){ .base = base, .size = size };
    return 0;
}

int st_os_view_map(st_os_reservation *reservation, uint64_t offset, uint64_t size, const st_os_object *object,
                   enum st_os_access access)
{
    check_range(reservation, offset, size);
    if (st_win_has_placeholders())
        return st_win_placeholder_map(reservation, offset, size, st_win_handle(object), access);
    return st_win_single_map(reservation, size, st_win_handle(object), access);
}

void st_os_view_unmap(st_os_reservation *reservation, uint64_t offset, uint64_t size)
{
    check_range(reservation, offset, size);
    if (st_win_has_placeholders())
        st_win_placeholder_unmap(reservation, offset, size);
    else
        st_win_single_unmap(reservation, size);
}

/* No call tells which section a view shows. It can only be told that it is one view, from this address on. */
st_os_identity st_os_view_identity(st_os_identity object, const void *address)
{
    (void)object;
    return (st_os_identity){ 0, (uintptr_t)address };
}

static void *map_anywhere(const st_os_object *object, uint64_t size, enum st_os_access access)
{
    DWORD rights = access == ST_OS_READONLY ? FILE_MAP_READ : FILE_MAP_READ | FILE_MAP_WRITE;

    return st_win.MapViewOfFile(st_win_handle(object), rights, 0, 0, (SIZE_T)size);
}

int st_os_view_resize(st_os_reservation *reservation, uint64_t size, const st_os_object *object,
                      enum st_os_access access)
{
    void *at;

    st_assert(size > 0 && st_is_multiple(size, SMALLEST_PAGE));
    at = map_anywhere(object, size, access);
    if (!at)
        return size < reservation->size ? 0 : st_win_fail(GetLastError());
    if (reservation->base)
        st_win.UnmapViewOfFile(reservation->base);
    *reservation = (st_os_reservation){ .base = at, .size = size };
    return 0;
}

/* Checks that all of a view is committed. It stays so, because a commit cannot be undone. */
static int check_committed(const char *at, uint64_t size)
{
    MEMORY_BASIC_INFORMATION run;

    for (const char *end = at + size; at < end; at = (const char *)run.BaseAddress + run.RegionSize) {
        if (!st_win_query(at, &run))
            return st_win_fail(GetLastError());
        if (run.State != MEM_COMMIT)
            return st_win_fail(ERROR_INVALID_HANDLE);
    }
    return 0;
}

/* Directories are made committed. Another program's section under such a name may not be, and would fault. */
int st_os_map(const st_os_object *object, uint64_t size, enum st_os_access access, void **out)
{
    void *at = map_anywhere(object, size, access);
    int err;

    if (!at)
        return st_win_fail(GetLastError());
    err = check_committed(at, size);
    if (err)
        st_win.UnmapViewOfFile(at);
    else
        *out = at;
    return err;
}

void st_os_unmap(void *address, uint64_t size)
{
    (void)size;
    st_win.UnmapViewOfFile(address);
}
