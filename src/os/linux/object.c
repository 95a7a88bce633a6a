/* SPDX-License-Identifier: MIT */
/*
 * object.c - objects: files that are made without a name, and linked into their folder when they are whole.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <linux/fs.h>

#include "base/arith.h"
#include "base/assert.h"
#include "os/linux/sys.h"
#include "os/os.h"
#include "os/posix/fail.h"

/* Beyond the limit ftruncate would raise SIGXFSZ, whose default action ends the process: this asks beforehand. */
static int check_file_size_limit(uint64_t size)
{
    struct rlimit limit;

    if (st_sys.getrlimit(RLIMIT_FSIZE, &limit) != 0)
        return st_posix_fail(errno);
    if (limit.rlim_cur != RLIM_INFINITY && size > limit.rlim_cur)
        return st_posix_fail(EFBIG);
    return 0;
}

int st_os_object_create(const st_os_folder *folder, const char *name, const st_os_object_spec *spec, st_os_object *out)
{
    int fd, error, err = check_file_size_limit(spec->size);

    st_assert(st_is_multiple(spec->size, folder->page));
    (void)name; /* st_os_object_publish gives it */
    if (err)
        return err;
    fd = st_sys_above_streams(st_sys.openat(st_sys_folder_fd(folder), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (fd < 0)
        return st_posix_fail(errno);
    /* fchmod: the umask of the process that happens to grow the region must not decide which processes can follow. */
    if (st_sys.fchmod(fd, (mode_t)spec->mode) != 0 || st_sys.ftruncate(fd, (off_t)spec->size) != 0) {
        error = errno;
        st_sys.close(fd);
        return st_posix_fail(error);
    }
    out->handle = fd;
    err = spec->committed ? st_os_populate(out, 0, spec->size) : 0;
    if (err)
        st_os_object_close(out);
    return err;
}

int st_os_object_publish(const st_os_folder *folder, const char *name, const st_os_object *object)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", st_sys_fd(object));
    if (st_sys.linkat(AT_FDCWD, path, st_sys_folder_fd(folder), name, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    if (errno == ENOENT && st_sys.linkat(st_sys_fd(object), "", st_sys_folder_fd(folder), name, AT_EMPTY_PATH) == 0)
        return 0; /* there is no /proc; this works unprivileged since Linux 6.10 */
    return st_posix_fail(errno);
}

int st_os_object_open(const st_os_folder *folder, const char *name, enum st_os_access access, st_os_object *out)
{
    /* O_NONBLOCK: a pipe that has the name must not block this process. */
    int flags = (access == ST_OS_READONLY ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    int fd = st_sys_above_streams(st_sys.openat(st_sys_folder_fd(folder), name, flags));

    if (fd < 0)
        return st_posix_fail(errno);
    out->handle = fd;
    return 0;
}

void st_os_object_close(st_os_object *object)
{
    if (object->handle >= 0)
        st_sys.close(st_sys_fd(object));
    object->handle = -1;
}

int st_os_object_reopen(const st_os_object *object, st_os_object *out)
{
    char path[64];
    int fd, flags = st_sys.fcntl(st_sys_fd(object), F_GETFL);

    if (flags < 0)
        return st_posix_fail(errno);
    snprintf(path, sizeof path, "/proc/self/fd/%d", st_sys_fd(object));
    fd = st_sys_above_streams(st_sys.openat(AT_FDCWD, path, (flags & O_ACCMODE) | O_CLOEXEC));
    if (fd < 0) {
        int err = st_posix_fail(errno);

        return err == STITCH_ENOENT ? STITCH_ESYS : err; /* there is no /proc; it is not the object that is missing */
    }
    out->handle = fd;
    return 0;
}

int st_os_object_remove(const st_os_folder *folder, const char *name)
{
    return st_sys.unlinkat(st_sys_folder_fd(folder), name, 0) == 0 ? 0 : st_posix_fail(errno);
}

int st_os_object_rename(const st_os_folder *folder, const char *from, const char *to)
{
    int fd = st_sys_folder_fd(folder);

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

    if (st_sys.fstat(st_sys_fd(object), &status) != 0)
        return st_posix_fail(errno);
    status_from(&status, out);
    return 0;
}

int st_os_object_status_by_name(const st_os_folder *folder, const char *name, st_os_status *out)
{
    struct stat status;

    if (st_sys.fstatat(st_sys_folder_fd(folder), name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return st_posix_fail(errno);
    status_from(&status, out);
    return 0;
}

int st_os_object_read(const st_os_object *object, void *out, uint64_t length, uint64_t *got)
{
    uint64_t done = 0;

    while (done < length) {
        ssize_t n = st_sys.pread(st_sys_fd(object), (char *)out + done, (size_t)(length - done), (off_t)done);

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
