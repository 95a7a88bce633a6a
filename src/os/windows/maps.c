/* SPDX-License-Identifier: MIT */
/* win32_maps.c - the system's own answers: the map of this process by VirtualQuery, the names in a name space. */
#include "os/windows/sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READABLE (PAGE_READONLY | PAGE_READWRITE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE)
#define WRITABLE (PAGE_READWRITE | PAGE_EXECUTE_READWRITE) /* not PAGE_WRITECOPY: that is nobody else's */

/* One run of pages in the same state. Reserved ones have no protection yet, and get what the view was made with. */
static void add_run(const MEMORY_BASIC_INFORMATION *run, uint64_t length, st_os_range *range)
{
    DWORD protection = run->State == MEM_COMMIT ? run->Protect : run->AllocationProtect;

    range->length += length;
    range->present += run->State == MEM_COMMIT ? length : 0;
    range->readable = range->readable && (protection & READABLE) != 0 && !(protection & PAGE_GUARD);
    range->writable = range->writable && (protection & WRITABLE) != 0;
    range->shared = range->shared && !(protection & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY));
}

/* A view of a section that is committed in part comes as several runs: report what has one allocation base as one. */
static void measure(HANDLE process, const MEMORY_BASIC_INFORMATION *first, const char *at, const char *end,
                    st_os_range *range)
{
    MEMORY_BASIC_INFORMATION run = *first;

    range->readable = range->writable = range->shared = true;
    for (const char *from = at; from < end;) {
        const char *next = (const char *)run.BaseAddress + run.RegionSize;

        next = next < end ? next : end;
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
    int e = 0;

    while (e == 0 && at < end) {
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
        e = each(&range, arg);
        at += range.length;
    }
    return e;
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
    int e;

    if (!handle)
        return st_win_fail(error == ERROR_INVALID_PARAMETER ? ERROR_FILE_NOT_FOUND : error);
    e = survey(handle, start, start + length, each, arg);
    CloseHandle(handle);
    return e;
}

/* ------------------------------------------------------------------------------------------------------- names --- */

/* NtOpenDirectoryObject and NtQueryDirectoryObject are documented for diagnostics; where refused, so are we. */
struct unicode {
    USHORT length, room;
    wchar_t *text;
};
struct attributes {
    ULONG length;
    HANDLE root;
    struct unicode *name;
    ULONG flags;
    void *security, *quality;
};
struct entry {
    struct unicode name, type;
};

#define MORE_ENTRIES     ((LONG)0x00000105)
#define NO_MORE_ENTRIES  ((LONG)0x8000001a)
#define BUFFER_TOO_SMALL ((LONG)0xc0000023)
#define NOT_IMPLEMENTED  ((LONG)0xc0000002)

typedef LONG(WINAPI *open_directory)(HANDLE *, ACCESS_MASK, struct attributes *);
typedef LONG(WINAPI *query_directory)(HANDLE, void *, ULONG, BOOLEAN, BOOLEAN, ULONG *, ULONG *);

static int look_up(const char *name, void *out)
{
    FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name);

    memcpy(out, &found, sizeof found);
    return found ? 0 : st_win_fail(ERROR_NOT_SUPPORTED);
}

static int open_space(const st_os_folder *folder, HANDLE *out)
{
    wchar_t path[64] = L"\\BaseNamedObjects";
    struct unicode name = { .text = path };
    struct attributes attributes = { .length = sizeof attributes, .name = &name };
    open_directory open;
    DWORD session = 0;

    if (folder->handle == 0) /* Local; session 0 has the global one */
        ProcessIdToSessionId(GetCurrentProcessId(), &session);
    if (session != 0)
        _snwprintf(path, 64, L"\\Sessions\\%lu\\BaseNamedObjects", (unsigned long)session);
    name.length = (USHORT)(lstrlenW(path) * (int)sizeof *path);
    name.room = (USHORT)(name.length + sizeof *path);
    if (look_up("NtOpenDirectoryObject", &open) != 0)
        return STITCH_ENOTSUP;
    return open(out, 1, &attributes) < 0 ? st_win_fail(ERROR_ACCESS_DENIED) : 0; /* 1: DIRECTORY_QUERY */
}

/*
 * All names in one call: asked one by one, a name that is there all the time can be missed while others come and go.
 * The buffer grows until it fits; the list in it ends with an empty entry. The caller frees *out.
 */
static int query_all(HANDLE space, query_directory query, struct entry **out)
{
    for (ULONG size = 1u << 16; size <= 1u << 26; size *= 2) {
        struct entry *entries = calloc(1, size);
        ULONG context = 0, got = 0;
        LONG status;

        if (!entries)
            return st_win_fail(ERROR_NOT_ENOUGH_MEMORY);
        status = query(space, entries, size, FALSE, TRUE, &context, &got);
        if (status == 0 || status == NO_MORE_ENTRIES) {
            *out = entries;
            return 0;
        }
        free(entries);
        if (status != MORE_ENTRIES && status != BUFFER_TOO_SMALL)
            return st_win_fail(status == NOT_IMPLEMENTED ? ERROR_NOT_SUPPORTED : ERROR_ACCESS_DENIED);
    }
    return st_win_fail(ERROR_NOT_ENOUGH_MEMORY);
}

#define NAME_ROOM 1024

static void to_utf8(const struct entry *entry, char out[NAME_ROOM])
{
    int length = WideCharToMultiByte(CP_UTF8, 0, entry->name.text, entry->name.length / (int)sizeof(wchar_t), out,
                                     NAME_ROOM - 1, NULL, NULL);

    out[length] = '\0';
}

static int tell_all(const struct entry *entries, int (*each)(const char *name, void *arg), void *arg)
{
    char name[NAME_ROOM];
    int e = 0;

    /* The analyser does not see that st_win_fail is never 0. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    for (const struct entry *entry = entries; !e && entry->name.text; entry++) {
        to_utf8(entry, name);
        e = each(name, arg);
    }
    return e;
}

/*
 * For Wine before 10, which gives one entry a call and no more: by number, so that while others come and go a name can
 * be missed or come twice. So they are collected, each once, until going through them all has found nothing new.
 */
#define PASSES 20

struct names {
    char **name;
    size_t count, room;
};

static bool has_name(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->name[i], name) == 0)
            return true;
    return false;
}

static int add_name(struct names *names, const char *name)
{
    size_t length = strlen(name) + 1;

    if (names->count == names->room) {
        size_t room = names->room ? 2 * names->room : 64;
        char **more = realloc(names->name, room * sizeof *more);

        if (!more)
            return st_win_fail(ERROR_NOT_ENOUGH_MEMORY);
        names->name = more;
        names->room = room;
    }
    names->name[names->count] = malloc(length);
    if (!names->name[names->count])
        return st_win_fail(ERROR_NOT_ENOUGH_MEMORY);
    memcpy(names->name[names->count++], name, length);
    return 0;
}

static int collect_once(HANDLE space, query_directory query, struct names *names)
{
    _Alignas(16) char buffer[2048];
    char name[NAME_ROOM];
    ULONG context = 0;
    int e = 0;

    while (!e && query(space, buffer, sizeof buffer, TRUE, FALSE, &context, NULL) >= 0) {
        to_utf8((const struct entry *)(const void *)buffer, name);
        if (!has_name(names, name))
            e = add_name(names, name);
    }
    return e;
}

static int each_one_by_one(HANDLE space, query_directory query, int (*each)(const char *name, void *arg), void *arg)
{
    struct names names = { 0 };
    size_t before = SIZE_MAX;
    int e = 0;

    for (int pass = 0; !e && pass < PASSES && names.count != before; pass++) {
        before = names.count;
        e = collect_once(space, query, &names);
    }
    for (size_t i = 0; !e && i < names.count; i++)
        e = each(names.name[i], arg);
    for (size_t i = 0; i < names.count; i++)
        free(names.name[i]);
    free(names.name);
    return e;
}

int st_os_folder_each(const st_os_folder *folder, int (*each)(const char *name, void *arg), void *arg)
{
    query_directory query;
    struct entry *entries = NULL;
    HANDLE space;
    int e = look_up("NtQueryDirectoryObject", &query);

    if (!e)
        e = open_space(folder, &space);
    if (e)
        return e;
    e = query_all(space, query, &entries);
    if (e == STITCH_ENOTSUP)
        e = each_one_by_one(space, query, each, arg);
    else if (!e)
        e = tell_all(entries, each, arg);
    free(entries);
    st_win.CloseHandle(space);
    return e;
}
