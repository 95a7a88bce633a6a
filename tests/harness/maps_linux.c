/* SPDX-License-Identifier: MIT */
/*
 * maps_linux.c - reads /proc/PID/maps.
 */
#define _GNU_SOURCE 1

#include "maps.h"
#include "system_linux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { TEXT_SIZE = 24 << 20, RANGES = 8192 };

static char text[TEXT_SIZE];
static t_range ranges[RANGES];

/* Reads the whole file into `text`, without stdio and malloc: these fail when the table of mappings is full. */
static void read_maps(const t_process *process)
{
    char path[64];
    size_t filled = 0;
    ssize_t count;
    int file;

    (void)snprintf(path, sizeof path, "/proc/%" PRIu64 "/maps", t_process_id(process));
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        T_FAIL("%s: %s", path, strerror(errno));
    while ((count = read(file, text + filled, TEXT_SIZE - 1 - filled)) > 0)
        filled += (size_t)count;
    (void)close(file);
    if (count < 0 || filled == TEXT_SIZE - 1)
        T_FAIL("%s cannot be read whole", path);
    text[filled] = 0;
}

t_ranges t_maps_read(const t_process *process, uint64_t from, uint64_t to)
{
    size_t count = 0;

    read_maps(process);
    for (char *line = text, *next; *line; line = next) {
        unsigned major_number, minor_number;
        char rights[5];
        t_range range;

        next = strchr(line, '\n') + 1;
        next[-1] = 0; /* else sscanf measures the whole rest */
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64, &range.start, &range.end, rights,
                   &range.offset, &major_number, &minor_number, &range.object) != 7)
            T_FAIL("a line of the maps that cannot be read: %.80s", line);
        if (range.end <= from || range.start >= to)
            continue;
        if (count == RANGES)
            T_FAIL("more than %d ranges", (int)RANGES);
        range.device = makedev(major_number, minor_number);
        range.readable = rights[0] == 'r';
        range.writable = rights[1] == 'w';
        range.executable = rights[2] == 'x';
        range.shared = rights[3] == 's';
        ranges[count++] = range;
    }
    return (t_ranges){ count, ranges };
}

size_t t_maps_count(void)
{
    size_t count = 0;

    read_maps(NULL);
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        count++;
    return count;
}

size_t t_maps_count_in(const char *path)
{
    size_t count = 0;

    read_maps(NULL);
    for (const char *at = text; (at = strstr(at, path)) != NULL; at++)
        count++;
    return count;
}

uint64_t t_maps_object_size(uint64_t device, uint64_t object)
{
    DIR *folder = opendir(t_folder());
    uint64_t size = 0;
    struct dirent *entry;

    while (folder && (entry = readdir(folder)) != NULL) {
        struct stat status;

        if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_ino == object &&
            status.st_dev == device)
            size = (uint64_t)status.st_size;
    }
    if (folder)
        (void)closedir(folder);
    return size;
}
