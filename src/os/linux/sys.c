/* SPDX-License-Identifier: MIT */
/* sys.c - the system calls: their table, and the functions around them that several files use. */
#define _GNU_SOURCE
#include "os/linux/sys.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "os/os.h"
#include "os/posix/fail.h"

struct st_sys st_sys = {
    .openat = openat,
    .close = close,
    .fstat = fstat,
    .fstatat = fstatat,
    .fstatfs = fstatfs,
    .fchmod = fchmod,
    .ftruncate = ftruncate,
    .fallocate = fallocate,
    .linkat = linkat,
    .unlinkat = unlinkat,
    .renameat2 = renameat2,
    .pread = pread,
    .pwrite = pwrite,
    .lseek = lseek,
    .fcntl = fcntl,
    .getrlimit = getrlimit,
    .mmap = mmap,
    .mremap = mremap,
    .munmap = munmap,
    .mprotect = mprotect,
    .madvise = madvise,
    .getrandom = getrandom,
    .syscall = syscall,
    .fdopendir = fdopendir,
    .readdir = readdir,
    .closedir = closedir,
};

int st_sys_refused(enum st_sys_need need)
{
    struct rlimit limit;
    int error = errno, err = st_posix_fail(error);

    if (error != ENOMEM)
        return err;
    if (need == ST_SYS_ADDRESS_SPACE && st_sys.getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        return STITCH_EADDRSPACE;
    return STITCH_EMAPS;
}

int st_sys_above_streams(int fd)
{
    int high, error;

    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    high = st_sys.fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    error = errno;
    st_sys.close(fd);
    errno = error;
    return high;
}

int st_os_random(void *out, uint64_t length)
{
    unsigned char *at = out;

    while (length > 0) {
        ssize_t got = st_sys.getrandom(at, (size_t)length, 0);

        if (got < 0 && errno != EINTR)
            return st_posix_fail(errno);
        if (got > 0) {
            at += got;
            length -= (uint64_t)got;
        }
    }
    return 0;
}
