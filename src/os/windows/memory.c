/* SPDX-License-Identifier: MIT */
/*
 * win32_commit.c - memory behind a range of a section. Committing through one view commits for all views and processes,
 * is charged at once, and cannot be taken back: only the section as a whole can go.
 */
#include "os/windows/sys.h"

#define GRANULE UINT64_C(0x10000) /* views start at multiples of 64 KiB */

/*
 * Through a view of our own for the moment: where there is none of that range, or where the system refuses to commit
 * through one that replaced a placeholder. It reaches further than the range if the object does: Wine tells other views
 * nothing of a commit that ends where the view ends.
 */
static int commit_aside(const st_os_object *object, uint64_t offset, uint64_t length)
{
    uint64_t start = offset & ~(GRANULE - 1), skip = offset - start, map = skip + length;
    DWORD error = ERROR_SUCCESS;
    st_os_status status;
    char *view;
    int e = st_os_object_status(object, &status);

    if (e)
        return e;
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

    (void)how; /* the system zeroes page by page as they are touched, on the threads that touch them */
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
    return true; /* large pages need a privilege, and cannot be committed bit by bit */
}

int st_os_populate(const st_os_object *object, uint64_t offset, uint64_t length)
{
    (void)object;
    (void)offset;
    (void)length;
    return 0; /* only lazy regions need it, and there are none */
}

int st_os_decommit(const st_os_object *object, void *view, uint64_t offset, uint64_t length)
{
    (void)object;
    (void)view;
    (void)offset;
    (void)length;
    return st_win_fail(ERROR_NOT_SUPPORTED);
}

/* MEM_RESET, as in the article's bonus chatter: the contents may go, the charge stays. */
int st_os_discard_hint(void *address, uint64_t length)
{
    return st_win.VirtualAlloc(address, (SIZE_T)length, MEM_RESET, PAGE_READWRITE) ? 0 : st_win_fail(GetLastError());
}
