/* SPDX-License-Identifier: MIT */
/*
 * sys.h - the system calls that stitch makes on Linux, as a table, so that a test can make any one of them fail.
 *
 * Only files of os/linux include this. Nothing in the library changes the table.
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

#include "os/object.h"

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

enum st_sys_need { ST_SYS_MAPPINGS, ST_SYS_ADDRESS_SPACE };

/*
 * Returns the error of a mapping that the kernel has just refused (errno). ENOMEM has two common reasons, each with its
 * own limit: the number of mappings; and address space, if the mapping `need`ed more of it.
 */
int st_sys_refused(enum st_sys_need need);

/*
 * Moves a descriptor above those of the standard streams. In a program whose standard streams are closed, an object
 * could become descriptor 0, 1 or 2, and the program's output would be stored in the region.
 *   Requires: fd is open, or -1 with errno set. It is taken over, whatever the result.
 *   Returns: the descriptor, or -1 with errno set.
 */
int st_sys_above_streams(int fd);

/* A folder's handle is a DIR: its descriptor serves the *at() calls, its stream st_os_folder_each. */
static inline DIR *st_sys_folder_stream(const st_os_folder *folder)
{
    return (DIR *)folder->handle;
}

static inline int st_sys_folder_fd(const st_os_folder *folder)
{
    return dirfd(st_sys_folder_stream(folder));
}

static inline int st_sys_fd(const st_os_object *object)
{
    return (int)object->handle;
}

#endif
