/* SPDX-License-Identifier: MIT */
/*
 * system_windows.c - system.h on Windows.
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "terminal/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

uint64_t ui_system_now(void)
{
    return GetTickCount64();
}

void ui_system_sleep(unsigned milliseconds)
{
    Sleep(milliseconds);
}

const char *ui_system_error_text(int code)
{
    static char text[512];
    wchar_t wide[256];
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, (DWORD)code, 0,
                                  wide, sizeof wide / sizeof wide[0], NULL);
    int bytes;

    while (length > 0 && (wide[length - 1] == L'\n' || wide[length - 1] == L'\r' || wide[length - 1] == L'.'))
        length--;
    bytes = WideCharToMultiByte(CP_UTF8, 0, wide, (int)length, text, (int)sizeof text - 1, NULL, NULL);
    text[bytes] = '\0';
    if (bytes == 0)
        (void)snprintf(text, sizeof text, "error %d", code);
    return text;
}

const char *ui_system_folder(void)
{
    const char *folder = getenv("STITCH_DIR");

    return folder && *folder ? folder : "Local";
}

bool ui_system_regions_stay(void)
{
    return false; /* the system ends a region with its last handle */
}

const char *ui_system_user(uint64_t id, char *to, size_t size)
{
    (void)id; /* a section has a security descriptor, which stitch does not turn into a number */
    (void)snprintf(to, size, "-");
    return to;
}

/* Writes the file name of a process's program, without the folder. */
static void program_name(HANDLE process, char *to, size_t size)
{
    wchar_t path[1024];
    DWORD length = sizeof path / sizeof path[0];

    if (QueryFullProcessImageNameW(process, 0, path, &length)) {
        const wchar_t *last = wcsrchr(path, L'\\');
        int bytes = WideCharToMultiByte(CP_UTF8, 0, last ? last + 1 : path, -1, to, (int)size, NULL, NULL);

        to[bytes > 0 ? bytes - 1 : 0] = '\0';
    }
}

const char *ui_system_process(uint64_t id, uint64_t started, uint64_t space, char *to, size_t size)
{
    FILETIME created, ended, kernel, user;
    HANDLE process = id <= MAXDWORD ? OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)id) : NULL;

    (void)space; /* Windows has only one name space of process ids */
    to[0] = '\0';
    if (!process)
        return to;
    if (GetProcessTimes(process, &created, &ended, &kernel, &user) &&
        ((uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime) == started)
        program_name(process, to, size);
    CloseHandle(process);
    return to;
}
