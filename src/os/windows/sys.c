/* SPDX-License-Identifier: MIT */
/* win32_sys.c - the table of Win32 calls, GetLastError to STITCH_E..., and the small questions to the system. */
#include "os/windows/sys.h"

#include <bcrypt.h>
#include <stdlib.h>

struct st_win st_win = {
    .CreateFileMappingW = CreateFileMappingW,
    .OpenFileMappingW = OpenFileMappingW,
    .CloseHandle = CloseHandle,
    .MapViewOfFile = MapViewOfFile,
    .MapViewOfFileEx = MapViewOfFileEx,
    .UnmapViewOfFile = UnmapViewOfFile,
    .VirtualAlloc = VirtualAlloc,
    .VirtualFree = VirtualFree,
    .VirtualQuery = VirtualQuery,
    .VirtualQueryEx = VirtualQueryEx,
    .CreateMutexExW = CreateMutexExW,
    .ReleaseMutex = ReleaseMutex,
    .CreateEventExW = CreateEventExW,
    .OpenEventW = OpenEventW,
    .SetEvent = SetEvent,
    .ResetEvent = ResetEvent,
    .WaitForSingleObject = WaitForSingleObject,
    .PrivilegeCheck = PrivilegeCheck,
};

int st_win_fail(DWORD error)
{
    st_error_set_code((int)error);
    switch (error) {
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_COMMITMENT_LIMIT:
    case ERROR_NO_SYSTEM_RESOURCES:
        return STITCH_ENOMEM;
    case ERROR_ALREADY_EXISTS:
        return STITCH_EEXIST;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return STITCH_ENOENT;
    case ERROR_ACCESS_DENIED:
    case ERROR_PRIVILEGE_NOT_HELD:
    case ERROR_INVALID_OWNER: /* a descriptor with an owner, or an audit list, that we may not give */
        return STITCH_EACCES;
    case ERROR_TOO_MANY_OPEN_FILES:
        return STITCH_EMFILE;
    case ERROR_INVALID_HANDLE: /* the name belongs to an event, a mutex or a semaphore */
        return STITCH_ECORRUPT;
    case ERROR_NO_UNICODE_TRANSLATION:
        return STITCH_EINVAL;
    case ERROR_NOT_SUPPORTED:
        return STITCH_ENOTSUP;
    default:
        return STITCH_ESYS;
    }
}

static BOOL CALLBACK load_once(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    HMODULE base = GetModuleHandleW(L"kernelbase.dll");
    FARPROC found;

    (void)once;
    (void)parameter;
    (void)context;
    if (!base)
        return TRUE;
        /* FARPROC to the real type by way of memory: a cast between function types is what compilers warn about. */
#define LOOK_UP(name)                                                                                                  \
    found = GetProcAddress(base, #name);                                                                               \
    memcpy(&st_win.name, &found, sizeof found)
    LOOK_UP(VirtualAlloc2);
    LOOK_UP(MapViewOfFile3);
    LOOK_UP(UnmapViewOfFile2);
#undef LOOK_UP
    return TRUE;
}

void st_win_load(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

    InitOnceExecuteOnce(&once, load_once, NULL, NULL);
}

const char *st_os_setting(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

int st_os_random(void *out, uint64_t length)
{
    NTSTATUS status = BCryptGenRandom(NULL, out, (ULONG)length, BCRYPT_USE_SYSTEM_PREFERRED_RNG);

    return status == 0 ? 0 : st_win_fail((DWORD)status);
}

uint64_t st_os_milliseconds(void)
{
    LARGE_INTEGER now, second; /* GetTickCount64 moves in steps of 16 ms */

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&second);
    return (uint64_t)now.QuadPart / (uint64_t)second.QuadPart * 1000 +
           (uint64_t)now.QuadPart % (uint64_t)second.QuadPart * 1000 / (uint64_t)second.QuadPart;
}

void st_os_sleep(uint64_t milliseconds)
{
    Sleep((DWORD)milliseconds);
}

uint64_t st_os_user(void)
{
    return 0; /* access is the objects' security descriptors' affair */
}
