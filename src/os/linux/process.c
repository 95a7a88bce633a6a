/* SPDX-License-Identifier: MIT */
/* linux_process.c - who this process is, and whether another one is still there. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/linux/sys.h"
#include "os/os.h"

#define STAT_SIZE 1024

/*
 * Field 22 of /proc/PID/stat: clock ticks from the machine's start to the process's. The second field is the program's
 * name in brackets, which may hold brackets and blanks itself: the fields are counted from the last closing one.
 * STITCH_ENOENT: there is no such process, or it has ended and only waits to be reaped.
 */
static int read_start(const char *path, uint64_t *out)
{
    char text[STAT_SIZE], state;
    long threads;
    ssize_t got;
    char *at;
    int fd = st_sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return st_posix_fail(errno);
    got = st_sys.pread(fd, text, sizeof text - 1, 0);
    st_sys.close(fd);
    if (got <= 0)
        return st_posix_fail(got < 0 && errno != ESRCH ? errno : ENOENT);
    text[got] = '\0';
    at = strrchr(text, ')');
    if (!at || sscanf(at + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %ld %*s %" SCNu64,
                      &state, &threads, out) != 3)
        return st_posix_fail(EIO);
    /* A zombie, unless only its first thread has ended. */
    return (state == 'Z' || state == 'X') && threads <= 1 ? st_posix_fail(ENOENT) : 0;
}

/*
 * The pid name space has an inode number of its own; pids of different ones are not to be compared. And /proc may be
 * another one's, in which our pid is not what we call it.
 */
static int read_space(uint64_t *out)
{
    struct stat status;
    char self[32];
    ssize_t length = readlink("/proc/self", self, sizeof self - 1);

    if (length < 0)
        return st_posix_fail(errno);
    self[length] = '\0';
    if (strtol(self, NULL, 10) != getpid())
        return st_posix_fail(EOPNOTSUPP);
    if (st_sys.fstatat(AT_FDCWD, "/proc/self/ns/pid", &status, 0) != 0)
        return st_posix_fail(errno);
    *out = (uint64_t)status.st_ino;
    return 0;
}

/* Never changes while a process lives, and /proc takes longer to ask than a small region to attach. The id is stored
 * last, and tells a forked child that this is its parent's. */
static struct {
    st_word id, started, space;
} known;

int st_os_process_self(st_os_process *out)
{
    st_os_process self = { .id = (uint64_t)getpid() };
    int e;

    if (st_load(&known.id) == self.id && self.id != 1) { /* the first of a new name space is 1, as its parent may be */
        *out = (st_os_process){ self.id, st_load(&known.started), st_load(&known.space) };
        return 0;
    }
    e = read_space(&self.space);
    if (!e)
        e = read_start("/proc/self/stat", &self.started);
    if (e)
        return e;
    st_store(&known.started, self.started);
    st_store(&known.space, self.space);
    st_store(&known.id, self.id);
    *out = self;
    return 0;
}

/* A start is told in the time of who asks; in another name space of clocks the process itself has read another one. */
static bool has_other_clock(uint64_t id)
{
    struct stat own, its;
    char path[64];

    snprintf(path, sizeof path, "/proc/%" PRIu64 "/ns/time", id);
    return st_sys.fstatat(AT_FDCWD, "/proc/self/ns/time", &own, 0) == 0 &&
           st_sys.fstatat(AT_FDCWD, path, &its, 0) == 0 && own.st_ino != its.st_ino;
}

int st_os_process_lives(const st_os_process *process)
{
    char path[64];
    uint64_t started = 0;
    st_os_process self = { 0 };
    int e = st_os_process_self(&self);

    if (e || self.space != process->space)
        return -1;
    snprintf(path, sizeof path, "/proc/%" PRIu64 "/stat", process->id);
    e = read_start(path, &started);
    if (e) /* there may be a process that /proc does not show to us (hidepid) */
        return e == STITCH_ENOENT && kill((pid_t)process->id, 0) != 0 && errno == ESRCH ? 0 : -1;
    if (started == process->started)
        return 1;
    return has_other_clock(process->id) ? -1 : 0;
}
