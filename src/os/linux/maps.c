/* SPDX-License-Identifier: MIT */
/* linux_maps.c - the kernel's own map of a process, read from /proc/PID/maps. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "os/linux/sys.h"
#include "os/os.h"

/* One line: "start-end perms offset major:minor inode ...". Returns false for a line of another form. */
static bool parse(const char *line, st_os_range *range)
{
    uint64_t start, end, offset, inode;
    unsigned major_number, minor_number;
    char rights[8];

    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %x:%x %" SCNu64, &start, &end, rights, &offset,
               &major_number, &minor_number, &inode) != 7)
        return false;
    *range = (st_os_range){
        .start = start,
        .length = end - start,
        .present = ST_OS_UNKNOWN,
        .identity = { makedev(major_number, minor_number), inode },
        .object_offset = offset,
        .readable = rights[0] == 'r',
        .writable = rights[1] == 'w',
        .shared = rights[3] == 's',
        .kind = inode                             ? ST_OS_VIEW
                : strncmp(rights, "---p", 4) == 0 ? ST_OS_RESERVED
                                                  : ST_OS_OTHER,
    };
    return true;
}

static void clip(st_os_range *range, uint64_t from, uint64_t to)
{
    if (range->start < from) {
        range->object_offset += from - range->start;
        range->length -= from - range->start;
        range->start = from;
    }
    if (range->start + range->length > to)
        range->length = to - range->start;
}

static int report_gap(uint64_t from, uint64_t to, int (*each)(const st_os_range *, void *), void *arg)
{
    st_os_range gap = { .start = from, .length = to - from, .kind = ST_OS_FREE };

    return to > from ? each(&gap, arg) : 0;
}

static int survey(FILE *maps, uint64_t from, uint64_t to, int (*each)(const st_os_range *, void *), void *arg)
{
    uint64_t at = from;
    size_t room = 0;
    char *line = NULL;
    int e = 0;

    while (e == 0 && at < to) {
        st_os_range range;

        errno = 0;
        if (getline(&line, &room, maps) < 0) {
            e = feof(maps) ? 0 : st_posix_fail(errno ? errno : EIO); /* no memory for the line is no end of the map */
            break;
        }

        if (!parse(line, &range) || range.start + range.length <= at)
            continue;
        if (range.start >= to)
            break;
        e = report_gap(at, range.start, each, arg);
        clip(&range, from, to);
        if (e == 0)
            e = each(&range, arg);
        at = range.start + range.length;
    }
    free(line);
    return e ? e : report_gap(at, to, each, arg);
}

static int survey_file(const char *path, uint64_t from, uint64_t to, int (*each)(const st_os_range *, void *),
                       void *arg)
{
    int e, fd = st_sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    FILE *maps;

    if (fd < 0)
        return st_posix_fail(errno);
    maps = fdopen(fd, "r");
    if (!maps) {
        e = st_posix_fail(errno);
        st_sys.close(fd);
        return e;
    }
    e = survey(maps, from, to, each, arg);
    fclose(maps);
    return e;
}

int st_os_survey(const void *from, uint64_t length, int (*each)(const st_os_range *, void *arg), void *arg)
{
    int e = survey_file("/proc/self/maps", (uintptr_t)from, (uintptr_t)from + length, each, arg);

    return e == STITCH_ENOENT ? STITCH_ESYS : e; /* there is no /proc: nothing that the caller asked for is missing */
}

/* Reading it asks for what ptrace asks for: another user's process, or one that is not dumpable, says EACCES. */
int st_os_survey_process(uint64_t process, uint64_t from, uint64_t length, int (*each)(const st_os_range *, void *arg),
                    void *arg)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%" PRIu64 "/maps", process);
    return survey_file(path, from, from + length, each, arg);
}
