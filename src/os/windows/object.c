/* SPDX-License-Identifier: MIT */
/*
 * win32_object.c - name spaces and the sections in them.
 *
 * Objects are pagefile sections. A section lives as long as somebody holds a handle or a view of it, its name as long
 * as somebody holds a handle; nothing is ever left behind, and there is nothing to remove or rename.
 */
#include "os/windows/sys.h"

#include <string.h>

#ifndef SECTION_QUERY
#define SECTION_QUERY 0x0001
#endif

enum { LOCAL, GLOBAL };

int st_os_folder_open(const char *path, st_os_folder *out)
{
    SYSTEM_INFO info;
    intptr_t space = LOCAL;

    if (path && strcmp(path, "Global") == 0)
        space = GLOBAL;
    else if (path && strcmp(path, "Local") != 0)
        return st_win_fail(ERROR_PATH_NOT_FOUND);
    GetSystemInfo(&info);
    *out = (st_os_folder){
        .handle = space, .page = info.dwPageSize, .block = info.dwPageSize, .stitches = st_win_has_placeholders()
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
    LocalFree(folder->security); /* of NULL: nothing */
    folder->security = NULL;
    folder->handle = -1;
}

int st_win_name(const st_os_folder *folder, const char *name, wchar_t out[ST_WIN_NAME_SIZE])
{
    const wchar_t *space = folder->handle == GLOBAL ? L"Global\\" : L"Local\\"; /* case-sensitive */
    int length = lstrlenW(space);

    memcpy(out, space, (size_t)length * sizeof *out);
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1, out + length, ST_WIN_NAME_SIZE - length) == 0)
        return st_win_fail(GetLastError());
    return 0;
}

/*
 * Names of all kinds of objects are one space, so what has the name may be an event, or a section that we may not open:
 * creating then says 6 or 5, which has other reasons too. Opening tells. Keeps `error` for stitch_os_error.
 */
static bool name_is_taken(DWORD error, const wchar_t *full)
{
    HANDLE found = NULL;
    bool taken = error == ERROR_INVALID_HANDLE || error == ERROR_ACCESS_DENIED;

    if (taken) {
        found = st_win.OpenFileMappingW(SECTION_QUERY, FALSE, full);
        taken = found || GetLastError() == ERROR_INVALID_HANDLE || GetLastError() == ERROR_ACCESS_DENIED;
    }
    if (found)
        st_win.CloseHandle(found);
    if (taken)
        st_win_fail(error);
    return taken;
}

/*
 * SEC_RESERVE: the size is a maximum, and only what is committed is charged. SEC_COMMIT: all of it is charged now.
 * CreateFileMapping on a name that exists returns that section, whatever was asked of it: look, and let go.
 */
int st_os_object_create(const st_os_folder *folder, const char *name, const st_os_object_spec *spec,
                        st_os_object *out)
{
    wchar_t full[ST_WIN_NAME_SIZE];
    DWORD protection = PAGE_READWRITE | (spec->committed ? SEC_COMMIT : SEC_RESERVE), error;
    SECURITY_ATTRIBUTES attributes;
    HANDLE handle;
    int e = st_win_name(folder, name, full);

    if (e)
        return e;
    SetLastError(ERROR_SUCCESS);
    handle = st_win.CreateFileMappingW(INVALID_HANDLE_VALUE, st_win_security(folder, &attributes), protection,
                                       (DWORD)(spec->size >> 32), (DWORD)spec->size, full);
    error = GetLastError();
    if (!handle && error == ERROR_ACCESS_DENIED && folder->handle == GLOBAL && !st_win_may_create_global()) {
        st_win_fail(error);
        return STITCH_EPRIVILEGE;
    }
    if (!handle)
        return name_is_taken(error, full) ? STITCH_EEXIST : st_win_fail(error);
    if (error == ERROR_ALREADY_EXISTS) {
        st_win.CloseHandle(handle);
        return st_win_fail(ERROR_ALREADY_EXISTS);
    }
    out->handle = (intptr_t)handle;
    return 0;
}

int st_os_object_publish(const st_os_folder *folder, const char *name, const st_os_object *object)
{
    (void)folder;
    (void)name;
    (void)object;
    return 0; /* born with its name */
}

int st_os_object_open(const st_os_folder *folder, const char *name, bool readonly, st_os_object *out)
{
    wchar_t full[ST_WIN_NAME_SIZE];
    DWORD access = SECTION_QUERY | FILE_MAP_READ | (readonly ? 0 : FILE_MAP_WRITE);
    HANDLE handle;
    int e = st_win_name(folder, name, full);

    if (e)
        return e;
    /* READ_CONTROL: st_os_folder_secure_like; an owner has it, others may not. */
    handle = readonly ? NULL : st_win.OpenFileMappingW(access | READ_CONTROL, folder->inherit, full);
    if (!handle && (readonly || GetLastError() == ERROR_ACCESS_DENIED))
        handle = st_win.OpenFileMappingW(access, folder->inherit, full);
    if (!handle)
        return st_win_fail(GetLastError());
    out->handle = (intptr_t)handle;
    return 0;
}

void st_os_object_close(st_os_object *object)
{
    if (object->handle != -1)
        st_win.CloseHandle(st_win_handle(object));
    object->handle = -1;
}

int st_os_object_reopen(const st_os_object *object, st_os_object *out)
{
    (void)object;
    (void)out;
    return st_win_fail(ERROR_NOT_SUPPORTED); /* only forked children need it */
}

int st_os_object_remove(const st_os_folder *folder, const char *name)
{
    (void)folder;
    (void)name;
    return 0;
}

int st_os_object_rename(const st_os_folder *folder, const char *from, const char *to)
{
    (void)folder;
    (void)from;
    (void)to;
    return st_win_fail(ERROR_NOT_SUPPORTED);
}

/* The size of a section, which no documented call tells: NtQuerySection, stable since Windows NT. */
struct section_basic_information {
    void *base;
    ULONG attributes;
    LARGE_INTEGER size;
};

#define OF_FILES 0x01800000u /* SEC_FILE, SEC_IMAGE: a section of a file, which can fault for the file's reasons */

static int ask_section(const st_os_object *object, uint64_t *size, bool *of_pagefile)
{
    typedef LONG(WINAPI * query_section)(HANDLE, int, void *, SIZE_T, SIZE_T *);
    struct section_basic_information information;
    query_section query;
    FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtQuerySection");

    memcpy(&query, &found, sizeof found);
    if (!query || query(st_win_handle(object), 0, &information, sizeof information, NULL) < 0)
        return st_win_fail(ERROR_NOT_SUPPORTED);
    *size = (uint64_t)information.size.QuadPart;
    *of_pagefile = (information.attributes & OF_FILES) == 0;
    return 0;
}

int st_os_object_status(const st_os_object *object, st_os_status *out)
{
    st_os_status status = { .resident = ST_OS_UNKNOWN, .mode = 0600 };
    int e = ask_section(object, &status.size, &status.regular);

    if (!e)
        *out = status;
    return e;
}

int st_os_object_status_by_name(const st_os_folder *folder, const char *name, st_os_status *out)
{
    st_os_object object;
    int e = st_os_object_open(folder, name, true, &object);

    if (e)
        return e;
    e = st_os_object_status(&object, out);
    st_os_object_close(&object);
    return e;
}

int st_os_object_read(const st_os_object *object, void *out, uint64_t length, uint64_t *got)
{
    uint64_t size = 0;
    bool of_pagefile = false;
    void *view;
    int e = ask_section(object, &size, &of_pagefile);

    if (!e && !of_pagefile)
        e = st_win_fail(ERROR_INVALID_HANDLE);
    if (e)
        return e;
    size = length < size ? length : size;
    e = st_os_map(object, size, true, &view);
    if (e)
        return e;
    memcpy(out, view, (size_t)size);
    st_os_unmap(view, size);
    *got = size;
    return 0;
}

int st_os_object_has_data(const st_os_object *object, uint64_t offset, bool *data)
{
    MEMORY_BASIC_INFORMATION information;
    uint64_t start = offset & ~UINT64_C(0xffff); /* views start at multiples of 64 KiB */
    char *view =
        st_win.MapViewOfFile(st_win_handle(object), FILE_MAP_READ, (DWORD)(start >> 32), (DWORD)start, 0x10000);

    if (!view)
        return st_win_fail(GetLastError());
    *data = st_win.VirtualQuery(view + (offset - start), &information, sizeof information) != 0 &&
            information.State == MEM_COMMIT;
    st_win.UnmapViewOfFile(view);
    return 0;
}
