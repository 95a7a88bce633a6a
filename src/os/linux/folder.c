/* SPDX-License-Identifier: MIT */
/* folder.c - folders: directories of a tmpfs or hugetlbfs. */
#define _GNU_SOURCE
#include <errno.h>

#include <linux/magic.h>

#include "os/linux/sys.h"
#include "os/os.h"
#include "os/posix/fail.h"

#define DEFAULT_FOLDER "/dev/shm"

/* Makes a stream of the descriptor, which it takes over even if it fails. */
static int open_stream(int fd, DIR **out)
{
    int error;

    fd = st_sys_above_streams(fd);
    if (fd < 0)
        return st_posix_fail(errno == ENOTDIR ? ENOENT : errno);
    *out = st_sys.fdopendir(fd);
    if (*out)
        return 0;
    error = errno;
    st_sys.close(fd);
    return st_posix_fail(error);
}

static void describe(const struct statfs *fs, st_os_folder *out)
{
    bool has_huge_pages = fs->f_type == TMPFS_MAGIC && fs->f_bsize == 4096; /* they are 2 MiB where a page is 4 KiB */

    *out = (st_os_folder){
        .page = (uint64_t)fs->f_bsize,
        .block = has_huge_pages ? ST_OS_UNIT : (uint64_t)fs->f_bsize,
        .objects_persist = true,
        .gives_back = true,
        .can_be_lazy = true,
        .stitches = true,
    };
}

int st_os_folder_open(const char *path, st_os_folder *out)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    struct statfs fs;
    DIR *stream;
    int err = open_stream(st_sys.openat(AT_FDCWD, path ? path : DEFAULT_FOLDER, flags), &stream);

    if (err)
        return err;
    if (st_sys.fstatfs(dirfd(stream), &fs) != 0)
        err = st_posix_fail(errno);
    /* In other file systems memory would be disk, a view could fault on I/O, and giving back could fail. */
    else if ((fs.f_type != TMPFS_MAGIC && fs.f_type != HUGETLBFS_MAGIC) || (uint64_t)fs.f_bsize > ST_OS_UNIT)
        err = st_posix_fail(EOPNOTSUPP);
    if (err) {
        st_sys.closedir(stream);
        return err;
    }
    describe(&fs, out);
    out->handle = (intptr_t)stream;
    return 0;
}

int st_os_folder_reopen(const st_os_folder *folder, st_os_folder *out)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    DIR *stream;
    int err = open_stream(st_sys.openat(st_sys_folder_fd(folder), ".", flags), &stream);

    if (err)
        return err;
    *out = *folder;
    out->handle = (intptr_t)stream;
    return 0;
}

void st_os_folder_close(st_os_folder *folder)
{
    if (folder->handle != -1)
        st_sys.closedir(st_sys_folder_stream(folder));
    folder->handle = -1;
}

int st_os_folder_each(const st_os_folder *folder, int (*each)(const char *name, void *arg), void *arg)
{
    int result = 0;

    rewinddir(st_sys_folder_stream(folder));
    while (result == 0) {
        struct dirent *entry;

        errno = 0;
        entry = st_sys.readdir(st_sys_folder_stream(folder));
        if (!entry)
            return errno ? st_posix_fail(errno) : 0;
        result = each(entry->d_name, arg);
    }
    return result;
}

int st_os_folder_secure(st_os_folder *folder, const char *text)
{
    (void)folder;
    (void)text;
    return st_posix_fail(EOPNOTSUPP);
}

/* Objects of tmpfs are protected by their mode alone, which every segment gets from the region. */
int st_os_folder_secure_like(st_os_folder *folder, const st_os_object *object)
{
    (void)folder;
    (void)object;
    return 0;
}
