/* SPDX-License-Identifier: MIT */
/*
 * system_posix.c - system.h on POSIX systems. Processes come from Linux's /proc.
 */
#define _POSIX_C_SOURCE 200809L

#include "terminal/system.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

uint64_t ui_system_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void ui_system_sleep(unsigned milliseconds)
{
    struct timespec rest = { .tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000 };

    while (nanosleep(&rest, &rest) == -1 && errno == EINTR)
        ;
}

const char *ui_system_error_text(int code)
{
    return strerror(code);
}

const char *ui_system_folder(void)
{
    const char *folder = getenv("STITCH_DIR");

    return folder ? folder : "/dev/shm";
}

bool ui_system_regions_stay(void)
{
    return true;
}

const char *ui_system_user(uint64_t id, char *to, size_t size)
{
    const struct passwd *user = id <= (uid_t)-1 ? getpwuid((uid_t)id) : NULL;

    if (user && strlen(user->pw_name) < size)
        snprintf(to, size, "%s", user->pw_name);
    else
        snprintf(to, size, "%" PRIu64, id);
    return to;
}

/* Reads a file of /proc as a string. Returns false if it cannot be opened. */
static bool read_file(const char *path, char *to, size_t size)
{
    FILE *file = fopen(path, "r");

    if (!file)
        return false;
    to[fread(to, 1, size - 1, file)] = '\0';
    fclose(file);
    return true;
}

/*
 * Reads when a process started, field 22 of /proc/PID/stat. The second field, the name in brackets, can hold anything,
 * so the fields are counted from the last closing bracket.
 */
static bool start_time(uint64_t id, uint64_t *started)
{
    char path[64], text[1024];
    const char *at;

    snprintf(path, sizeof path, "/proc/%" PRIu64 "/stat", id);
    if (!read_file(path, text, sizeof text))
        return false;
    at = strrchr(text, ')');
    return at && sscanf(at + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64,
                        started) == 1;
}

const char *ui_system_process(uint64_t id, uint64_t started, uint64_t space, char *to, size_t size)
{
    struct stat own;
    char path[64];
    uint64_t found;

    to[0] = '\0';
    if (stat("/proc/self/ns/pid", &own) == -1 || own.st_ino != space || !start_time(id, &found) || found != started)
        return to;
    snprintf(path, sizeof path, "/proc/%" PRIu64 "/comm", id);
    if (read_file(path, to, size))
        to[strcspn(to, "\n")] = '\0';
    return to;
}
