/* SPDX-License-Identifier: MIT */
/*
 * object.c - objects: pagefile sections.
 *
 * A section lives as long as a process holds a handle or a view of it, and its name as long as a process holds a
 * handle. Nothing is ever left over, so there is nothing to remove or rename.
 */
#include "os/windows/sys.h"

#include <string.h>

#include "base/arith.h"
#include "base/assert.h"

#ifndef SECTION_QUERY
#define SECTION_QUERY 0x0001
#endif

/*
 * Tells whether `error` means that the name is taken. Names of all kinds of kernel objects are one name space, so the
 * name may belong to an event, or to a section that this process may not open. Creating then fails with 6 or 5, which
 * have other causes too; opening tells. Keeps `error` for stitch_os_error.
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
 * SEC_RESERVE: the size is a maximum, and only committed memory is charged. SEC_COMMIT: all of it is charged now. For a
 * name that exists, CreateFileMapping returns that section, whatever size was asked for: this is detected, and the
 * section is closed.
 */
int st_os_object_create(const st_os_folder *folder, const char *name, const st_os_object_spec *spec, st_os_object *out)
{
    wchar_t full[ST_WIN_NAME_SIZE];
    DWORD protection = PAGE_READWRITE | (spec->committed ? SEC_COMMIT : SEC_RESERVE), error;
    SECURITY_ATTRIBUTES attributes;
    HANDLE handle;
    int err = st_win_name(folder, name, full);

    if (err)
        return err;
    st_assert(st_is_multiple(spec->size, folder->page));
    SetLastError(ERROR_SUCCESS);
    handle = st_win.CreateFileMappingW(INVALID_HANDLE_VALUE, st_win_security(folder, &attributes), protection,
                                       (DWORD)(spec->size >> 32), (DWORD)spec->size, full);
    error = GetLastError();
    if (!handle && error == ERROR_ACCESS_DENIED && folder->handle == ST_WIN_GLOBAL && !st_win_may_create_global()) {
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
    return 0; /* it was born with its name */
}

int st_os_object_open(const st_os_folder *folder, const char *name, enum st_os_access access, st_os_object *out)
{
    wchar_t full[ST_WIN_NAME_SIZE];
    bool readonly = access == ST_OS_READONLY;
    DWORD rights = SECTION_QUERY | FILE_MAP_READ | (readonly ? 0 : FILE_MAP_WRITE);
    HANDLE handle;
    int err = st_win_name(folder, name, full);

    if (err)
        return err;
    /* READ_CONTROL is for st_os_folder_secure_like. An owner has it, other users may not. */
    handle = readonly ? NULL : st_win.OpenFileMappingW(rights | READ_CONTROL, folder->inherit, full);
    if (!handle && (readonly || GetLastError() == ERROR_ACCESS_DENIED))
        handle = st_win.OpenFileMappingW(rights, folder->inherit, full);
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

/* No documented call tells the size of a section. NtQuerySection does, and has been stable since Windows NT. */
struct section_basic_information {
    void *base;
    ULONG attributes;
    LARGE_INTEGER size;
};

/* SEC_FILE, SEC_IMAGE: a section of a file, whose views fault when reading the file fails. */
#define OF_FILES 0x01800000u

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
    int err = ask_section(object, &status.size, &status.regular);

    if (!err)
        *out = status;
    return err;
}

int st_os_object_status_by_name(const st_os_folder *folder, const char *name, st_os_status *out)
{
    st_os_object object;
    int err = st_os_object_open(folder, name, ST_OS_READONLY, &object);

    if (err)
        return err;
    err = st_os_object_status(&object, out);
    st_os_object_close(&object);
    return err;
}

int st_os_object_read(const st_os_object *object, void *out, uint64_t length, uint64_t *got)
{
    uint64_t size = 0;
    bool of_pagefile = false;
    void *view;
    int err = ask_section(object, &size, &of_pagefile);

    if (!err && !of_pagefile)
        err = st_win_fail(ERROR_INVALID_HANDLE);
    if (err)
        return err;
    size = st_min(length, size);
    err = st_os_map(object, size, ST_OS_READONLY, &view);
    if (err)
        return err;
    memcpy(out, view, (size_t)size);
    st_os_unmap(view, size);
    *got = size;
    return 0;
}
