/* SPDX-License-Identifier: MIT */
/*
 * win32_security.c - who may do what with the objects of a region: security descriptors, and the privilege that Global
 * asks for.
 *
 * One descriptor is for sections, mutexes and events alike, so it speaks in generic rights (GENERIC_ALL, GENERIC_READ),
 * which the system maps to each type's own. What an existing directory says is in a section's own rights: read back, it
 * is translated. Readers get GENERIC_READ and no more: SYNCHRONIZE on the mutex would let them hold up the writers.
 */
#include "os/windows/sys.h"

#include <sddl.h>

#define MAY_MAP_WRITE  0x0002u     /* SECTION_MAP_WRITE */
#define MAY_MAP_READ   0x0004u     /* SECTION_MAP_READ */
#define ALL_OF_SECTION 0x000f001fu /* SECTION_ALL_ACCESS */
#define TEXT_MAX       8192

int st_os_folder_secure(st_os_folder *folder, const char *text)
{
    wchar_t wide[TEXT_MAX];
    PSECURITY_DESCRIPTOR descriptor;

    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, TEXT_MAX) == 0 ||
        !ConvertStringSecurityDescriptorToSecurityDescriptorW(wide, SDDL_REVISION_1, &descriptor, NULL)) {
        DWORD error = GetLastError();

        st_win_fail(error);
        return error == ERROR_NOT_ENOUGH_MEMORY ? STITCH_ENOMEM : STITCH_EINVAL;
    }
    LocalFree(folder->security);
    folder->security = descriptor;
    return 0;
}

/*
 * From the rights of a section to generic ones. Who may write waits for the mutex too, which is GENERIC_EXECUTE there.
 * Who is denied a part could not attach as that anyhow, and is denied all.
 */
static ACCESS_MASK translate(ACCESS_MASK mask, bool allows)
{
    if (mask & (GENERIC_ALL | GENERIC_READ | GENERIC_WRITE))
        return mask;
    if (!allows)
        return mask & (MAY_MAP_READ | MAY_MAP_WRITE) ? GENERIC_ALL : 0;
    if ((mask & ALL_OF_SECTION) == ALL_OF_SECTION)
        return GENERIC_ALL;
    return (mask & MAY_MAP_READ ? GENERIC_READ : 0) | (mask & MAY_MAP_WRITE ? GENERIC_WRITE | GENERIC_EXECUTE : 0);
}

static bool translate_all(ACL *list)
{
    ACE_HEADER *entry;

    for (DWORD i = 0; i < list->AceCount; i++) {
        if (!GetAce(list, i, (void **)&entry))
            return false;
        if (entry->AceType == ACCESS_ALLOWED_ACE_TYPE || entry->AceType == ACCESS_DENIED_ACE_TYPE) {
            ACCESS_MASK *mask = &((ACCESS_ALLOWED_ACE *)(void *)entry)->Mask; /* in the same place in both */

            *mask = translate(*mask, entry->AceType == ACCESS_ALLOWED_ACE_TYPE);
        } else {
            return false; /* with conditions, or for parts of an object: its rights mean other things elsewhere */
        }
    }
    return true;
}

/*
 * The directory's list of who may what, for the segments and locks that this process makes. Where there is none, or it
 * cannot be read, they get what this process's token says: never more than that by mistake.
 */
int st_os_folder_secure_like(st_os_folder *folder, const st_os_object *object)
{
    PSECURITY_DESCRIPTOR descriptor;
    BOOL present = FALSE, defaulted;
    ACL *list = NULL;
    DWORD size = 0;

    GetKernelObjectSecurity(st_win_handle(object), DACL_SECURITY_INFORMATION, NULL, 0, &size);
    if (size == 0)
        return 0;
    descriptor = LocalAlloc(LPTR, size);
    if (!descriptor)
        return st_win_fail(ERROR_NOT_ENOUGH_MEMORY);
    if (GetKernelObjectSecurity(st_win_handle(object), DACL_SECURITY_INFORMATION, descriptor, size, &size) &&
        GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted) && present && list && translate_all(list)) {
        LocalFree(folder->security);
        folder->security = descriptor;
    } else {
        LocalFree(descriptor);
    }
    return 0;
}

SECURITY_ATTRIBUTES *st_win_security(const st_os_folder *folder, SECURITY_ATTRIBUTES *out)
{
    *out = (SECURITY_ATTRIBUTES){ .nLength = sizeof *out,
                                  .lpSecurityDescriptor = folder->security,
                                  .bInheritHandle = folder->inherit };
    return folder->security || folder->inherit ? out : NULL;
}

bool st_win_may_create_global(void)
{
    PRIVILEGE_SET wanted = { .PrivilegeCount = 1, .Control = PRIVILEGE_SET_ALL_NECESSARY };
    BOOL has = TRUE; /* where it cannot be told, it is not what is the matter */
    HANDLE token;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return true;
    if (LookupPrivilegeValueW(NULL, L"SeCreateGlobalPrivilege", &wanted.Privilege[0].Luid) &&
        !st_win.PrivilegeCheck(token, &wanted, &has))
        has = TRUE;
    st_win.CloseHandle(token);
    return has;
}
