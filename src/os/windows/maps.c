/* SPDX-License-Identifier: MIT */
/* maps.c - the system's map of a process, by VirtualQueryEx. */
#include "os/windows/sys.h"

#define READABLE (PAGE_READONLY | PAGE_READWRITE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE)
#define WRITABLE (PAGE_READWRITE | PAGE_EXECUTE_READWRITE) /* not PAGE_WRITECOPY: writes there are not shared */

/* Adds a run of pages in one state. Reserved pages have no protection yet; they will get that of the whole view. */
static void add_run(const MEMORY_BASIC_INFORMATION *run, uint64_t length, st_os_range *range)
{
    DWORD protection = run->State == MEM_COMMIT ? run->Protect : run->AllocationProtect;

    range->length += length;
    range->present += run->State == MEM_COMMIT ? length : 0;
    range->readable = range->readable && (protection & READABLE) != 0 && !(protection & PAGE_GUARD);
    range->writable = range->writable && (protection & WRITABLE) != 0;
    range->shared = range->shared && !(protection & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY));
}

/* A view of a section that is committed in part is reported as several runs: joins those with one allocation base. */
static void measure(HANDLE process, const MEMORY_BASIC_INFORMATION *first, const char *at, const char *end,
                    st_os_range *range)
{
    MEMORY_BASIC_INFORMATION run = *first;

    range->readable = range->writable = range->shared = true;
    for (const char *from = at; from < end;) {
        const char *next = (const char *)run.BaseAddress + run.RegionSize;

        if (next > end)
            next = end;
        add_run(&run, (uint64_t)(next - from), range);
        from = next;
        if (first->Type != MEM_MAPPED || from == end || st_win.VirtualQueryEx(process, from, &run, sizeof run) == 0 ||
            run.State == MEM_FREE || run.AllocationBase != first->AllocationBase)
            break;
    }
}

static int survey(HANDLE process, const char *at, const char *end, int (*each)(const st_os_range *, void *arg),
                  void *arg)
{
    MEMORY_BASIC_INFORMATION piece;
    int err = 0;

    while (!err && at < end) {
        st_os_range range = { .start = (uintptr_t)at };

        if (st_win.VirtualQueryEx(process, at, &piece, sizeof piece) == 0)
            return st_win_fail(GetLastError());
        measure(process, &piece, at, end, &range);
        if (piece.State == MEM_FREE) {
            range.kind = ST_OS_FREE;
        } else if (piece.Type == MEM_MAPPED) {
            range.kind = ST_OS_VIEW;
            range.identity = (st_os_identity){ 0, (uintptr_t)piece.AllocationBase };
            range.object_offset = (uint64_t)(at - (const char *)piece.AllocationBase);
        } else {
            range.kind = piece.State == MEM_RESERVE ? ST_OS_RESERVED : ST_OS_OTHER;
        }
        err = each(&range, arg);
        at += range.length;
    }
    return err;
}

int st_os_survey(const void *from, uint64_t length, int (*each)(const st_os_range *, void *arg), void *arg)
{
    return survey(GetCurrentProcess(), from, (const char *)from + length, each, arg);
}

int st_os_survey_process(uint64_t process, uint64_t from, uint64_t length, int (*each)(const st_os_range *, void *arg),
                         void *arg)
{
    HANDLE handle = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, (DWORD)process);
    DWORD error = GetLastError();
    const char *start = (const char *)(uintptr_t)from; /* an address of that process */
    int err;

    if (!handle)
        return st_win_fail(error == ERROR_INVALID_PARAMETER ? ERROR_FILE_NOT_FOUND : error);
    err = survey(handle, start, start + length, each, arg);
    CloseHandle(handle);
    return err;
}
