/* SPDX-License-Identifier: MIT */
/*
 * os/linux/sys.h - the system calls that stitch makes on Linux, as a table, so that a test can make any one of them fail.
 *
 * Only src/os/linux_*.c include this. Nothing in the library changes the table.
 */
#ifndef ST_LINUX_SYS_H
#define ST_LINUX_SYS_H

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>

struct st_sys {
    int (*openat)(int folder, const char *name, int flags, ...);
    int (*close)(int fd);
    int (*fstat)(int fd, struct stat *out);
    int (*fstatat)(int folder, const char *name, struct stat *out, int flags);
    int (*fstatfs)(int fd, struct statfs *out);
    int (*fchmod)(int fd, mode_t mode);
    int (*ftruncate)(int fd, off_t size);
    int (*fallocate)(int fd, int mode, off_t offset, off_t length);
    int (*linkat)(int from_folder, const char *from, int to_folder, const char *to, int flags);
    int (*unlinkat)(int folder, const char *name, int flags);
    int (*renameat2)(int from_folder, const char *from, int to_folder, const char *to, unsigned flags);
    ssize_t (*pread)(int fd, void *out, size_t length, off_t offset);
    ssize_t (*pwrite)(int fd, const void *data, size_t length, off_t offset);
    off_t (*lseek)(int fd, off_t offset, int whence);
    int (*fcntl)(int fd, int command, ...);
    int (*getrlimit)(__rlimit_resource_t which, struct rlimit *out);
    void *(*mmap)(void *address, size_t length, int protection, int flags, int fd, off_t offset);
    void *(*mremap)(void *address, size_t old_length, size_t length, int flags, ...);
    int (*munmap)(void *address, size_t length);
    int (*mprotect)(void *address, size_t length, int protection);
    int (*madvise)(void *address, size_t length, int advice);
    ssize_t (*getrandom)(void *out, size_t length, unsigned flags);
    long (*syscall)(long number, ...); /* futex */
    DIR *(*fdopendir)(int fd);
    struct dirent *(*readdir)(DIR *);
    int (*closedir)(DIR *);
};
extern struct st_sys st_sys;

/* Keep errno for stitch_os_error and return the code for it; what an errno means can depend on the call. */
int st_posix_fail(int error_number);

/*
 * Returns the error of a mapping that the kernel has just refused (errno). ENOMEM has two common reasons, each with its
 * own limit: address space, if the mapping needed more of it, and the number of mappings.
 */
enum st_sys_need { ST_SYS_MAPPINGS, ST_SYS_ADDRESS_SPACE };
int st_sys_refused(enum st_sys_need need);

#endif
