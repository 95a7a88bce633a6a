/* SPDX-License-Identifier: MIT */
/* process.c - facts about this process (its settings, user and identity) and the life of others. */
#include "os/windows/sys.h"

#include <stdlib.h>

const char *st_os_setting(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

uint64_t st_os_user(void)
{
    return 0; /* access is decided by the security descriptors of the objects */
}

/*
 * Reads when a process was created, in units of 100 ns. This tells it from a later process that got the same id.
 * Returns false if it fails.
 */
static bool creation_time(HANDLE process, uint64_t *out)
{
    FILETIME created, ended, kernel, user;

    if (!GetProcessTimes(process, &created, &ended, &kernel, &user))
        return false;
    *out = (uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime;
    return true;
}

int st_os_process_self(st_os_process *out)
{
    st_os_process self = { .id = GetCurrentProcessId() };

    if (!creation_time(GetCurrentProcess(), &self.started))
        return st_win_fail(GetLastError());
    *out = self;
    return 0;
}

/* A process that has ended can be opened as long as another one holds a handle of it. It is signalled then. */
int st_os_process_lives(const st_os_process *process)
{
    HANDLE handle = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)process->id);
    uint64_t started;
    int lives = -1;

    if (!handle) /* there is no such id, or this process may not ask */
        return GetLastError() == ERROR_INVALID_PARAMETER ? 0 : -1;
    if (creation_time(handle, &started))
        lives = started == process->started && WaitForSingleObject(handle, 0) == WAIT_TIMEOUT;
    CloseHandle(handle);
    return lives;
}

/* -------------------------------------------------------------------------------------------------------- fork --- */

/* There is no fork, so the marks never change. */
int st_os_fork_mark_open(st_word **out)
{
    static st_word never[ST_OS_FORK_MARKS] = { { 1 }, { 1 } };

    *out = never;
    return 0;
}

void st_os_fork_mark_close(st_word *mark)
{
    (void)mark;
}
