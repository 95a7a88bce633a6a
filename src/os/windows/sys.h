/* SPDX-License-Identifier: MIT */
/*
 * sys.h - the Win32 calls that stitch makes, as a table, so that a test can make any one of them fail.
 *
 * Only files of os/windows include this. VirtualAlloc2, MapViewOfFile3 and UnmapViewOfFile2 are looked up in
 * kernelbase.dll at run time: they exist since Windows 10 1803, no import library has them, and older headers lack
 * their flags.
 */
#ifndef ST_WIN32_SYS_H
#define ST_WIN32_SYS_H

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "os/os.h"

#define ST_MEM_REPLACE_PLACEHOLDER   0x00004000u
#define ST_MEM_RESERVE_PLACEHOLDER   0x00040000u
#define ST_MEM_COALESCE_PLACEHOLDERS 0x00000001u
#define ST_MEM_PRESERVE_PLACEHOLDER  0x00000002u

/* MEM_EXTENDED_PARAMETER and MemExtendedParameterAddressRequirements, as in winnt.h of the Windows 10 1803 SDK. */
struct st_address_requirements {
    void *lowest, *highest;
    SIZE_T alignment;
};
struct st_extended_parameter {
    DWORD64 type; /* 8 bits of type, the rest reserved; 1: address requirements */
    void *pointer;
};

struct st_win {
    HANDLE(WINAPI *CreateFileMappingW)(HANDLE, LPSECURITY_ATTRIBUTES, DWORD, DWORD, DWORD, LPCWSTR);
    HANDLE(WINAPI *OpenFileMappingW)(DWORD, BOOL, LPCWSTR);
    BOOL(WINAPI *CloseHandle)(HANDLE);
    LPVOID(WINAPI *MapViewOfFile)(HANDLE, DWORD, DWORD, DWORD, SIZE_T);
    LPVOID(WINAPI *MapViewOfFileEx)(HANDLE, DWORD, DWORD, DWORD, SIZE_T, LPVOID);
    BOOL(WINAPI *UnmapViewOfFile)(LPCVOID);
    LPVOID(WINAPI *VirtualAlloc)(LPVOID, SIZE_T, DWORD, DWORD);
    BOOL(WINAPI *VirtualFree)(LPVOID, SIZE_T, DWORD);
    SIZE_T(WINAPI *VirtualQuery)(LPCVOID, PMEMORY_BASIC_INFORMATION, SIZE_T);
    SIZE_T(WINAPI *VirtualQueryEx)(HANDLE, LPCVOID, PMEMORY_BASIC_INFORMATION, SIZE_T);
    HANDLE(WINAPI *CreateMutexExW)(LPSECURITY_ATTRIBUTES, LPCWSTR, DWORD, DWORD);
    BOOL(WINAPI *ReleaseMutex)(HANDLE);
    HANDLE(WINAPI *CreateEventExW)(LPSECURITY_ATTRIBUTES, LPCWSTR, DWORD, DWORD);
    HANDLE(WINAPI *OpenEventW)(DWORD, BOOL, LPCWSTR);
    BOOL(WINAPI *SetEvent)(HANDLE);
    BOOL(WINAPI *ResetEvent)(HANDLE);
    DWORD(WINAPI *WaitForSingleObject)(HANDLE, DWORD);
    BOOL(WINAPI *PrivilegeCheck)(HANDLE, PPRIVILEGE_SET, LPBOOL);
    /* Looked up at run time; NULL where they are missing. */
    void *(WINAPI *VirtualAlloc2)(HANDLE, void *, SIZE_T, ULONG, ULONG, struct st_extended_parameter *, ULONG);
    void *(WINAPI *MapViewOfFile3)(HANDLE, HANDLE, void *, ULONG64, SIZE_T, ULONG, ULONG,
                                   struct st_extended_parameter *, ULONG);
    BOOL(WINAPI *UnmapViewOfFile2)(HANDLE, void *, ULONG);
};
extern struct st_win st_win;

/* Keeps GetLastError's code for stitch_os_error and returns stitch's code for it. */
int st_win_fail(DWORD error);

/* Looks up, once, the calls that are looked up at run time. */
void st_win_load(void);

/* The handle of a folder says which name space it is. */
enum { ST_WIN_LOCAL, ST_WIN_GLOBAL };

/*
 * Makes the full name, with its name space, of an object.
 *   Returns: 0, or STITCH_EINVAL if `name` is not UTF-8.
 */
#define ST_WIN_NAME_SIZE 300
int st_win_name(const st_os_folder *folder, const char *name, wchar_t out[ST_WIN_NAME_SIZE]);

/* Returns the security attributes of objects that are made in this folder: `out`, or NULL for the system's default. */
SECURITY_ATTRIBUTES *st_win_security(const st_os_folder *folder, SECURITY_ATTRIBUTES *out);

/* Tells whether this process has the right that is needed outside session 0 to create sections in Global. */
bool st_win_may_create_global(void);

/* Tells whether placeholders work here, by using them: Wine before 10 has the calls, but ignores the flags. */
bool st_win_has_placeholders(void);

static inline HANDLE st_win_handle(const st_os_object *object)
{
    return (HANDLE)object->handle;
}

/* What VirtualQuery says of the pages at an address. Returns false if it fails. */
static inline bool st_win_query(const void *at, MEMORY_BASIC_INFORMATION *out)
{
    return st_win.VirtualQuery(at, out, sizeof *out) != 0;
}

#endif
