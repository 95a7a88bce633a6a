/* SPDX-License-Identifier: MIT */
/* linux_sys.c - the table of system calls, errno to STITCH_E..., and the small questions to the system. */
#define _GNU_SOURCE
#include "os/linux/sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"

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

int st_posix_fail(int error_number)
{
    st_error_set_code(error_number);
    switch (error_number) {
    case ENOMEM:
        return STITCH_ENOMEM;
    case EEXIST:
        return STITCH_EEXIST;
    case ENOENT:
        return STITCH_ENOENT;
    case EACCES:
    case EPERM:
    case ELOOP: /* O_NOFOLLOW met a link: not ours */
    case EROFS:
        return STITCH_EACCES;
    case ENOSPC:
    case EDQUOT:
        return STITCH_ENOSPC;
    case EFBIG:
        return STITCH_EFSIZE;
    case EMFILE:
    case ENFILE:
        return STITCH_EMFILE;
    case EISDIR: /* a folder, socket or pipe under our name */
    case ENXIO:
        return STITCH_ECORRUPT;
    case EOPNOTSUPP:
    case ENOSYS:
        return STITCH_ENOTSUP;
    default:
        return STITCH_ESYS;
    }
}

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

const char *st_os_setting(const char *name)
{
    const char *value = secure_getenv(name);

    return value && *value ? value : NULL;
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

uint64_t st_os_user(void)
{
    return geteuid();
}
