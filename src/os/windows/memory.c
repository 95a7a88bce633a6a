/* SPDX-License-Identifier: MIT */
/*
 * memory.c - the memory of objects. Committing through one view commits for all views and processes, is charged at
 * once, and cannot be undone: memory is given back only when the whole section ends.
 */
#include "os/windows/sys.h"

#include "base/arith.h"
#include "base/assert.h"

#define GRANULE       UINT64_C(0x10000) /* views start at multiples of 64 KiB */
#define SMALLEST_PAGE 4096

/*
 * Commits through a view that is mapped for the moment: where this process has no view of the range, or where the
 * system refuses to commit through one that replaced a placeholder. The view reaches beyond the range if the object
 * does: Wine does not tell other views of a commit that ends where the view ends.
 */
static int commit_aside(const st_os_object *object, uint64_t offset, uint64_t length)
{
    uint64_t start = st_align_down(offset, GRANULE), skip = offset - start, map = skip + length;
    DWORD error = ERROR_SUCCESS;
    st_os_status status;
    char *view;
    int err = st_os_object_status(object, &status);

    if (err)
        return err;
    if (start + map + GRANULE <= status.size)
        map += GRANULE;
    view = st_win.MapViewOfFile(st_win_handle(object), FILE_MAP_READ | FILE_MAP_WRITE, (DWORD)(start >> 32),
                                (DWORD)start, (SIZE_T)map);
    if (!view)
        return st_win_fail(GetLastError());
    if (!st_win.VirtualAlloc(view + skip, (SIZE_T)length, MEM_COMMIT, PAGE_READWRITE))
        error = GetLastError();
    st_win.UnmapViewOfFile(view);
    return error == ERROR_SUCCESS ? 0 : st_win_fail(error);
}

int st_os_commit(const st_os_object *object, void *view, uint64_t offset, uint64_t length, int how)
{
    DWORD error;

    (void)how; /* the system zeroes each page when it is touched first, on the thread that touches it */
    st_assert(st_is_multiple(offset, SMALLEST_PAGE) && st_is_multiple(length, SMALLEST_PAGE) && length > 0);
    if (!view)
        return commit_aside(object, offset, length);
    if (st_win.VirtualAlloc((char *)view + offset, (SIZE_T)length, MEM_COMMIT, PAGE_READWRITE))
        return 0;
    error = GetLastError();
    if (error == ERROR_INVALID_ADDRESS || error == ERROR_INVALID_PARAMETER)
        return commit_aside(object, offset, length);
    return st_win_fail(error);
}

bool st_os_blocks_fail(void)
{
    return true; /* large pages need a privilege, and cannot be committed in parts */
}

int st_os_populate(const st_os_object *object, uint64_t offset, uint64_t length)
{
    (void)object;
    (void)offset;
    (void)length;
    return 0; /* only lazy regions need it, and here no region is lazy */
}

int st_os_decommit(const st_os_object *object, void *view, uint64_t offset, uint64_t length)
{
    (void)object;
    (void)view;
    (void)offset;
    (void)length;
    return st_win_fail(ERROR_NOT_SUPPORTED);
}

/* MEM_RESET, as in the article's bonus chatter: the contents may be dropped, the charge stays. */
int st_os_discard_hint(void *address, uint64_t length)
{
    return st_win.VirtualAlloc(address, (SIZE_T)length, MEM_RESET, PAGE_READWRITE) ? 0 : st_win_fail(GetLastError());
}

int st_os_object_has_data(const st_os_object *object, uint64_t offset, bool *data)
{
    MEMORY_BASIC_INFORMATION run;
    uint64_t start = st_align_down(offset, GRANULE);
    DWORD high = (DWORD)(start >> 32), low = (DWORD)start;
    char *view = st_win.MapViewOfFile(st_win_handle(object), FILE_MAP_READ, high, low, GRANULE);

    if (!view)
        return st_win_fail(GetLastError());
    *data = st_win_query(view + (offset - start), &run) && run.State == MEM_COMMIT;
    st_win.UnmapViewOfFile(view);
    return 0;
}
