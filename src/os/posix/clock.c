/* SPDX-License-Identifier: MIT */
/* clock.c - the monotonic clock. */
#define _POSIX_C_SOURCE 200809L
#include <time.h>

#include "os/os.h"

uint64_t st_os_milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void st_os_sleep(uint64_t milliseconds)
{
    struct timespec time = { (time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000 };

    nanosleep(&time, NULL);
}
