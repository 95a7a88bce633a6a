/* SPDX-License-Identifier: MIT */
/*
 * memory.c - the memory of objects: committed as huge pages where that is possible, by fallocate elsewhere, and given
 * back by punching a hole.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arith.h"
#include "base/assert.h"
#include "os/linux/sys.h"
#include "os/os.h"
#include "os/posix/fail.h"

#define SMALLEST_PAGE 4096

/* A signal makes fallocate give up and start over. Pieces no smaller than this make progress under any timer. */
#define SMALLEST_PIECE ST_OS_UNIT

static void check_range(uint64_t offset, uint64_t length)
{
    st_assert(st_is_multiple(offset, SMALLEST_PAGE) && st_is_multiple(length, SMALLEST_PAGE));
    st_assert(length > 0 && offset <= offset + length);
}

static int punch(const st_os_object *object, uint64_t offset, uint64_t length)
{
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

    return st_sys.fallocate(st_sys_fd(object), mode, (off_t)offset, (off_t)length) == 0 ? 0 : st_posix_fail(errno);
}

/*
 * Commits page by page. It is fallocate and not a store: in a full file system fallocate returns ENOSPC, while a store
 * raises SIGBUS. It leaves pages that read zero by any way of reading. MADV_COLLAPSE must never follow it without a
 * write between them: kernels were seen to map such a page without zeroing it.
 */
static int allocate(const st_os_object *object, uint64_t offset, uint64_t length)
{
    uint64_t done = 0, piece = length;

    while (done < length) {
        uint64_t now = st_min(length - done, piece);

        if (st_sys.fallocate(st_sys_fd(object), 0, (off_t)(offset + done), (off_t)now) == 0)
            done += now;
        else if (errno == EINTR)
            piece = st_max(st_align_down(piece / 2, SMALLEST_PIECE), SMALLEST_PIECE);
        else
            return st_posix_fail(errno);
    }
    return 0;
}

/* ------------------------------------------------------------------------------------------------------ blocks --- */

#define BLOCK       ST_OS_UNIT /* a huge page, on the processors that stitch is for */
#define COLLAPSE    25         /* MADV_COLLAPSE, Linux 6.1; older headers lack it */
#define AGAIN_TRIES 3
#define PIECE       (4 * BLOCK)

/* Whether this kernel, with its settings and those of this process, makes huge pages: the first attempt tells. */
enum { UNTRIED, WORKS, FAILS };
static st_word blocks_state;

bool st_os_blocks_fail(void)
{
    return st_load(&blocks_state) == FAILS;
}

/* Beyond the limit pwrite would raise SIGXFSZ; fallocate below the file's size would not. */
static bool may_write(uint64_t end)
{
    struct rlimit limit;

    return st_sys.getrlimit(RLIMIT_FSIZE, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || end <= limit.rlim_cur);
}

/* Makes huge pages of the range. Returns 0 or the errno. */
static int collapse(void *at, uint64_t length)
{
    for (int tries = 0; tries < AGAIN_TRIES; tries++) {
        if (st_sys.madvise(at, (size_t)length, COLLAPSE) == 0)
            return 0;
        if (errno != EAGAIN)
            break;
    }
    return errno;
}

/*
 * Makes one huge page of an empty block in which one byte was written. A huge page is zeroed in one go, mapped by one
 * entry, given back in one go: eight times faster than its pages one by one.
 *
 * EBUSY is how COLLAPSE says that the memory cgroup is full. This is an error here, because committing page by page
 * would make the kernel kill a process to find memory. ENOMEM only says that no huge page is free, and EAGAIN that
 * pages are in use. Any other error, where COLLAPSE has worked before, says that something interfered. In these cases
 * the block is committed page by page.
 */
static int commit_block(const st_os_object *object, char *view, uint64_t offset)
{
    int error = st_os_blocks_fail() ? EINVAL : collapse(view + offset, BLOCK), err;

    if (error == 0) {
        st_store(&blocks_state, WORKS);
        return 0;
    }
    if (error == EBUSY)
        return st_posix_fail(ENOMEM);
    err = allocate(object, offset, BLOCK);
    if (!err && error != ENOMEM && error != EAGAIN && st_load(&blocks_state) == UNTRIED) /* not for a lack of room */
        st_store(&blocks_state, FAILS);
    return err;
}

/*
 * Commits several blocks. The byte that is written into each first is needed twice: COLLAPSE wants one page to begin
 * with, and after fallocate without a write, kernels were seen to map stale memory. It is written with pwrite rather
 * than through the view: in a full file system pwrite returns ENOSPC, while a store raises SIGBUS.
 *
 * The kernel is asked for several blocks at once, since it begins each call by waiting for every processor; and not for
 * more than a piece, since the process cannot be killed inside the call, and may hold the writer lock.
 */
static int commit_piece(const st_os_object *object, char *view, uint64_t offset, uint64_t length)
{
    uint64_t end = offset + length;
    int err = 0;

    for (uint64_t at = offset; at < end; at += BLOCK)
        if (st_sys.pwrite(st_sys_fd(object), "", 1, (off_t)at) != 1)
            return errno == EINTR ? allocate(object, offset, length) : st_posix_fail(errno);
    if (st_load(&blocks_state) == WORKS && collapse(view + offset, length) == 0)
        return 0;
    for (uint64_t at = offset; !err && at < end; at += BLOCK) /* a block that is a huge page already costs little */
        err = commit_block(object, view, at);
    return err;
}

static int commit_blocks(const st_os_object *object, char *view, uint64_t offset, uint64_t length)
{
    uint64_t end = offset + length;
    int err = 0;

    for (uint64_t at = offset; !err && at < end; at += PIECE)
        err = commit_piece(object, view, at, st_min(PIECE, end - at));
    return err;
}

/* Commits the whole blocks in a range as such, and the parts before and after them page by page. */
static int allocate_by_blocks(const st_os_object *object, char *view, uint64_t offset, uint64_t length)
{
    uint64_t end = offset + length, first = st_align_up(offset, BLOCK), after = st_align_down(end, BLOCK);
    int err;

    if (first >= after || !may_write(end))
        return allocate(object, offset, length);
    err = first > offset ? allocate(object, offset, first - offset) : 0;
    if (!err)
        err = commit_blocks(object, view, first, after - first);
    return err || after == end ? err : allocate(object, after, end - after);
}

/* -------------------------------------------------------------------------------------------------- the chapter --- */

/*
 * Bytes beyond the commit mark have undefined contents: a writer that died between publishing a shrink and punching has
 * left them there, or a follower that has not synced yet has stored them. So the range is emptied first.
 */
int st_os_commit(const st_os_object *object, void *view, uint64_t offset, uint64_t length, int how)
{
    int err = 0;

    check_range(offset, length);
    if (!(how & ST_OS_FRESH))
        err = punch(object, offset, length);
    if (err || (how & ST_OS_LAZY))
        return err;
    if (view && (how & ST_OS_BLOCKS))
        err = allocate_by_blocks(object, view, offset, length);
    else
        err = allocate(object, offset, length);
    if (err) {
        int error = st_error_code();

        punch(object, offset, length);
        st_error_set_code(error);
    }
    return err;
}

int st_os_populate(const st_os_object *object, uint64_t offset, uint64_t length)
{
    check_range(offset, length);
    return allocate(object, offset, length);
}

/*
 * Tries the view first: this needs no descriptor, so giving back works at the limit of descriptors too. A view that is
 * locked in memory or not writable cannot be punched through.
 */
int st_os_decommit(const st_os_object *object, void *view, uint64_t offset, uint64_t length)
{
    check_range(offset, length);
    if (view && st_sys.madvise((char *)view + offset, (size_t)length, MADV_REMOVE) == 0)
        return 0;
    if (object->handle < 0)
        return st_posix_fail(view ? errno : EBADF);
    return punch(object, offset, length);
}

/* EINVAL: the pages are never swapped (hugetlbfs, locked), so the hint has no meaning. */
int st_os_discard_hint(void *address, uint64_t length)
{
    if (st_sys.madvise(address, (size_t)length, MADV_COLD) == 0 || errno == EINVAL)
        return 0;
    return st_posix_fail(errno);
}

/* In hugetlbfs SEEK_DATA calls everything data, so an object that holds nothing at all is looked at first. */
int st_os_object_has_data(const st_os_object *object, uint64_t offset, bool *data)
{
    struct stat status;
    off_t at;

    if (st_sys.fstat(st_sys_fd(object), &status) != 0)
        return st_posix_fail(errno);
    at = st_sys.lseek(st_sys_fd(object), (off_t)offset, SEEK_DATA);
    if (at < 0 && errno != ENXIO) /* ENXIO: there is only hole up to the end */
        return st_posix_fail(errno);
    *data = at == (off_t)offset && status.st_blocks > 0;
    return 0;
}
