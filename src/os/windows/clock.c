/* SPDX-License-Identifier: MIT */
/* clock.c - the monotonic clock. */
#include "os/windows/sys.h"

/* GetTickCount64 moves in steps of 16 ms. */
uint64_t st_os_milliseconds(void)
{
    LARGE_INTEGER now, second;

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&second);
    return (uint64_t)now.QuadPart / (uint64_t)second.QuadPart * 1000 +
           (uint64_t)now.QuadPart % (uint64_t)second.QuadPart * 1000 / (uint64_t)second.QuadPart;
}

void st_os_sleep(uint64_t milliseconds)
{
    Sleep((DWORD)milliseconds);
}
