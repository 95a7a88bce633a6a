/* SPDX-License-Identifier: MIT */
/* win32_process.c - who this process is, and whether another one is still there. */
#include "os/windows/sys.h"

/* When it was created, in units of 100 ns: tells a process from a later one that got its id. */
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

/* A process that has ended can still be opened while somebody holds a handle of it: its being signalled tells. */
int st_os_process_lives(const st_os_process *process)
{
    HANDLE handle = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)process->id);
    uint64_t started;
    int lives = -1;

    if (!handle)
        return GetLastError() == ERROR_INVALID_PARAMETER ? 0 : -1; /* no such id; or not ours to ask about */
    if (creation_time(handle, &started))
        lives = started == process->started && WaitForSingleObject(handle, 0) == WAIT_TIMEOUT;
    CloseHandle(handle);
    return lives;
}

/* Nobody forks here. */
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
