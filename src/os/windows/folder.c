/* SPDX-License-Identifier: MIT */
/* folder.c - folders: the name spaces Local and Global of the kernel, and the names in them. */
#include "os/windows/sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int st_os_folder_open(const char *path, st_os_folder *out)
{
    SYSTEM_INFO info;
    intptr_t space = ST_WIN_LOCAL;

    if (path && strcmp(path, "Global") == 0)
        space = ST_WIN_GLOBAL;
    else if (path && strcmp(path, "Local") != 0)
        return st_win_fail(ERROR_PATH_NOT_FOUND);
    GetSystemInfo(&info);
    *out = (st_os_folder){
        .handle = space,
        .page = info.dwPageSize,
        .block = info.dwPageSize,
        .stitches = st_win_has_placeholders(),
    };
    return 0;
}

int st_os_folder_reopen(const st_os_folder *folder, st_os_folder *out)
{
    *out = *folder;
    out->security = NULL;
    return 0;
}

void st_os_folder_close(st_os_folder *folder)
{
    LocalFree(folder->security); /* NULL is permitted */
    folder->security = NULL;
    folder->handle = -1;
}

int st_win_name(const st_os_folder *folder, const char *name, wchar_t out[ST_WIN_NAME_SIZE])
{
    const wchar_t *space = folder->handle == ST_WIN_GLOBAL ? L"Global\\" : L"Local\\"; /* these are case-sensitive */
    int length = lstrlenW(space);

    memcpy(out, space, (size_t)length * sizeof *out);
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1, out + length, ST_WIN_NAME_SIZE - length) == 0)
        return st_win_fail(GetLastError());
    return 0;
}

/* ------------------------------------------------------------------------------------------------------- names --- */

/* NtOpenDirectoryObject and NtQueryDirectoryObject are documented for diagnostics; where they refuse, so does this. */
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

#define DIRECTORY_QUERY  1
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

    if (folder->handle == ST_WIN_LOCAL) /* the Local name space of session 0 is the global one */
        ProcessIdToSessionId(GetCurrentProcessId(), &session);
    if (session != 0)
        _snwprintf(path, 64, L"\\Sessions\\%lu\\BaseNamedObjects", (unsigned long)session);
    name.length = (USHORT)(lstrlenW(path) * (int)sizeof *path);
    name.room = (USHORT)(name.length + sizeof *path);
    if (look_up("NtOpenDirectoryObject", &open) != 0)
        return STITCH_ENOTSUP;
    return open(out, DIRECTORY_QUERY, &attributes) < 0 ? st_win_fail(ERROR_ACCESS_DENIED) : 0;
}

/*
 * Queries all names in one call. If they were queried one by one, a name that exists all the time could be missed while
 * others appear and disappear. The buffer grows until they fit; the list in it ends with an empty entry. The caller
 * frees *out.
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

static int call_for_all(const struct entry *entries, int (*each)(const char *name, void *arg), void *arg)
{
    char name[NAME_ROOM];
    int err = 0;

    /* The analyser does not see that st_win_fail is never 0. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    for (const struct entry *entry = entries; !err && entry->name.text; entry++) {
        to_utf8(entry, name);
        err = each(name, arg);
    }
    return err;
}

/*
 * For Wine before 10, which returns one entry per call and no more. It finds entries by number, so while names appear
 * and disappear a name can be missed or come twice. So the names are collected, each once, until a pass over all of
 * them has found nothing new.
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
    int err = 0;

    while (!err && query(space, buffer, sizeof buffer, TRUE, FALSE, &context, NULL) >= 0) {
        to_utf8((const struct entry *)(const void *)buffer, name);
        if (!has_name(names, name))
            err = add_name(names, name);
    }
    return err;
}

static int each_one_by_one(HANDLE space, query_directory query, int (*each)(const char *name, void *arg), void *arg)
{
    struct names names = { 0 };
    size_t before = SIZE_MAX;
    int err = 0;

    for (int pass = 0; !err && pass < PASSES && names.count != before; pass++) {
        before = names.count;
        err = collect_once(space, query, &names);
    }
    for (size_t i = 0; !err && i < names.count; i++)
        err = each(names.name[i], arg);
    for (size_t i = 0; i < names.count; i++)
        free(names.name[i]);
    free(names.name);
    return err;
}

int st_os_folder_each(const st_os_folder *folder, int (*each)(const char *name, void *arg), void *arg)
{
    query_directory query;
    struct entry *entries = NULL;
    HANDLE space;
    int err = look_up("NtQueryDirectoryObject", &query);

    if (!err)
        err = open_space(folder, &space);
    if (err)
        return err;
    err = query_all(space, query, &entries);
    if (err == STITCH_ENOTSUP)
        err = each_one_by_one(space, query, each, arg);
    else if (!err)
        err = call_for_all(entries, each, arg);
    free(entries);
    st_win.CloseHandle(space);
    return err;
}
