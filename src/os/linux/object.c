/* SPDX-License-Identifier: MIT */
/*
 * linux_object.c - folders and the objects in them: files of a tmpfs or hugetlbfs, made without a name and linked into
 * place when they are whole.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/fs.h>
#include <linux/magic.h>

#include "os/linux/sys.h"
#include "os/os.h"

#define DEFAULT_FOLDER "/dev/shm"

static int fd_of(const st_os_object *object)
{
    return (int)object->handle;
}

/*
 * In a program whose standard streams are closed an object could become descriptor 0, 1 or 2, and what the program
 * prints would land in the region. Takes over fd, which may be -1; errno is kept.
 */
static int above_streams(int fd)
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

/* A folder's handle is a DIR: its descriptor serves the *at() calls, its stream st_os_folder_each. */
static DIR *stream_of(const st_os_folder *folder)
{
    return (DIR *)folder->handle;
}

static int dir_of(const st_os_folder *folder)
{
    return dirfd(stream_of(folder));
}

/* Takes over fd, also when it fails. */
static int open_stream(int fd, DIR **out)
{
    int error;

    fd = above_streams(fd);
    if (fd < 0)
        return st_posix_fail(errno == ENOTDIR ? ENOENT : errno);
    *out = st_sys.fdopendir(fd);
    if (*out)
        return 0;
    error = errno;
    st_sys.close(fd);
    return st_posix_fail(error);
}

int st_os_folder_open(const char *path, st_os_folder *out)
{
    struct statfs fs;
    DIR *stream;
    int e =
        open_stream(st_sys.openat(AT_FDCWD, path ? path : DEFAULT_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC), &stream);

    if (e)
        return e;
    if (st_sys.fstatfs(dirfd(stream), &fs) != 0)
        e = st_posix_fail(errno);
    /* Elsewhere memory would be disk, a view could fault on I/O, and give-back could fail. */
    else if ((fs.f_type != TMPFS_MAGIC && fs.f_type != HUGETLBFS_MAGIC) || (uint64_t)fs.f_bsize > ST_OS_UNIT)
        e = st_posix_fail(EOPNOTSUPP);
    if (e) {
        st_sys.closedir(stream);
        return e;
    }
    *out = (st_os_folder){ .handle = (intptr_t)stream,
                           .page = (uint64_t)fs.f_bsize,
                           /* A huge page is 2 MiB where a page is 4 KiB. */
                           .block = fs.f_type == TMPFS_MAGIC && fs.f_bsize == 4096 ? ST_OS_UNIT
                                                                                   : (uint64_t)fs.f_bsize,
                           .objects_persist = true,
                           .gives_back = true,
                           .can_be_lazy = true,
                           .stitches = true };
    return 0;
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

int st_os_folder_reopen(const st_os_folder *folder, st_os_folder *out)
{
    DIR *stream;
    int e = open_stream(st_sys.openat(dir_of(folder), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), &stream);

    if (e)
        return e;
    *out = *folder;
    out->handle = (intptr_t)stream;
    return 0;
}

void st_os_folder_close(st_os_folder *folder)
{
    if (folder->handle != -1)
        st_sys.closedir(stream_of(folder));
    folder->handle = -1;
}

int st_os_folder_each(const st_os_folder *folder, int (*each)(const char *name, void *arg), void *arg)
{
    int result = 0;

    rewinddir(stream_of(folder));
    while (result == 0) {
        struct dirent *entry;

        errno = 0;
        entry = st_sys.readdir(stream_of(folder));
        if (!entry)
            return errno ? st_posix_fail(errno) : 0;
        result = each(entry->d_name, arg);
    }
    return result;
}

/* Past the limit ftruncate would raise SIGXFSZ, whose default action ends the process: ask first. */
static int check_file_size_limit(uint64_t size)
{
    struct rlimit limit;

    if (st_sys.getrlimit(RLIMIT_FSIZE, &limit) != 0)
        return st_posix_fail(errno);
    if (limit.rlim_cur != RLIM_INFINITY && size > limit.rlim_cur)
        return st_posix_fail(EFBIG);
    return 0;
}

int st_os_object_create(const st_os_folder *folder, const char *name, const st_os_object_spec *spec,
                        st_os_object *out)
{
    int fd, error, e = check_file_size_limit(spec->size);

    (void)name; /* given by publish */
    if (e)
        return e;
    fd = above_streams(st_sys.openat(dir_of(folder), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (fd < 0)
        return st_posix_fail(errno);
    /* fchmod, since the umask of whoever happens to grow the region must not decide who can follow. */
    if (st_sys.fchmod(fd, (mode_t)spec->mode) != 0 || st_sys.ftruncate(fd, (off_t)spec->size) != 0) {
        error = errno;
        st_sys.close(fd);
        return st_posix_fail(error);
    }
    out->handle = fd;
    e = spec->committed ? st_os_populate(out, 0, spec->size) : 0;
    if (e)
        st_os_object_close(out);
    return e;
}

int st_os_object_publish(const st_os_folder *folder, const char *name, const st_os_object *object)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd_of(object));
    if (st_sys.linkat(AT_FDCWD, path, dir_of(folder), name, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    if (errno == ENOENT && st_sys.linkat(fd_of(object), "", dir_of(folder), name, AT_EMPTY_PATH) == 0)
        return 0; /* no /proc here; works unprivileged since Linux 6.10 */
    return st_posix_fail(errno);
}

int st_os_object_open(const st_os_folder *folder, const char *name, bool readonly, st_os_object *out)
{
    /* O_NONBLOCK: a pipe under our name must not block us. */
    int flags = (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    int fd = above_streams(st_sys.openat(dir_of(folder), name, flags));

    if (fd < 0)
        return st_posix_fail(errno);
    out->handle = fd;
    return 0;
}

void st_os_object_close(st_os_object *object)
{
    if (object->handle >= 0)
        st_sys.close(fd_of(object));
    object->handle = -1;
}

int st_os_object_reopen(const st_os_object *object, st_os_object *out)
{
    char path[64];
    int fd, flags = st_sys.fcntl(fd_of(object), F_GETFL);

    if (flags < 0)
        return st_posix_fail(errno);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd_of(object));
    fd = above_streams(st_sys.openat(AT_FDCWD, path, (flags & O_ACCMODE) | O_CLOEXEC));
    if (fd < 0) {
        int e = st_posix_fail(errno);

        return e == STITCH_ENOENT ? STITCH_ESYS : e; /* no /proc here; the object is not what is missing */
    }
    out->handle = fd;
    return 0;
}

int st_os_object_remove(const st_os_folder *folder, const char *name)
{
    return st_sys.unlinkat(dir_of(folder), name, 0) == 0 ? 0 : st_posix_fail(errno);
}

int st_os_object_rename(const st_os_folder *folder, const char *from, const char *to)
{
    int fd = dir_of(folder);

    return st_sys.renameat2(fd, from, fd, to, RENAME_NOREPLACE) == 0 ? 0 : st_posix_fail(errno);
}

static void status_from(const struct stat *from, st_os_status *out)
{
    out->identity = (st_os_identity){ from->st_dev, from->st_ino };
    out->size = (uint64_t)from->st_size;
    out->resident = (uint64_t)from->st_blocks * 512;
    out->owner = from->st_uid;
    out->mode = from->st_mode & 07777;
    out->regular = S_ISREG(from->st_mode);
}

int st_os_object_status(const st_os_object *object, st_os_status *out)
{
    struct stat status;

    if (st_sys.fstat(fd_of(object), &status) != 0)
        return st_posix_fail(errno);
    status_from(&status, out);
    return 0;
}

int st_os_object_status_by_name(const st_os_folder *folder, const char *name, st_os_status *out)
{
    struct stat status;

    if (st_sys.fstatat(dir_of(folder), name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return st_posix_fail(errno);
    status_from(&status, out);
    return 0;
}

int st_os_object_read(const st_os_object *object, void *out, uint64_t length, uint64_t *got)
{
    uint64_t done = 0;

    while (done < length) {
        ssize_t n = st_sys.pread(fd_of(object), (char *)out + done, (size_t)(length - done), (off_t)done);

        if (n < 0 && errno != EINTR)
            return st_posix_fail(errno);
        if (n == 0)
            break;
        if (n > 0)
            done += (uint64_t)n;
    }
    *got = done;
    return 0;
}

int st_os_object_has_data(const st_os_object *object, uint64_t offset, bool *data)
{
    st_os_status status = { 0 };
    int e = st_os_object_status(object, &status);
    off_t at;

    if (e)
        return e;
    at = st_sys.lseek(fd_of(object), (off_t)offset, SEEK_DATA); /* on hugetlbfs all is data */
    if (at < 0 && errno != ENXIO)                               /* ENXIO: nothing but hole up to the end */
        return st_posix_fail(errno);
    *data = at == (off_t)offset && status.resident > 0;
    return 0;
}
