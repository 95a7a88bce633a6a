/* SPDX-License-Identifier: MIT */
/*
 * linux_commit.c - memory behind a range of an object: put there by huge pages where that goes, else by fallocate;
 * taken away by punching a hole.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/linux/sys.h"
#include "os/os.h"

/* fallocate gives up and starts over when a signal comes; pieces no smaller than this let it get on under any timer. */
#define SMALLEST_PIECE ST_OS_UNIT

static int punch(const st_os_object *object, uint64_t offset, uint64_t length)
{
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

    return st_sys.fallocate((int)object->handle, mode, (off_t)offset, (off_t)length) == 0 ? 0 : st_posix_fail(errno);
}

/*
 * fallocate and not a touch: a full file system is ENOSPC here, where a touch is SIGBUS. It leaves pages that read zero
 * by any way of reading. MADV_COLLAPSE must never follow it without a write between: kernels were seen to map such a
 * page without zeroing it.
 */
static int allocate(const st_os_object *object, uint64_t offset, uint64_t length)
{
    uint64_t done = 0, piece = length;

    while (done < length) {
        uint64_t now = length - done < piece ? length - done : piece;

        if (st_sys.fallocate((int)object->handle, 0, (off_t)(offset + done), (off_t)now) == 0) {
            done += now;
        } else if (errno == EINTR) {
            piece = piece / 2 > SMALLEST_PIECE ? piece / 2 & ~(SMALLEST_PIECE - 1) : SMALLEST_PIECE;
        } else {
            return st_posix_fail(errno);
        }
    }
    return 0;
}

/* ------------------------------------------------------------------------------------------------------ blocks --- */

#define BLOCK       ST_OS_UNIT /* a huge page, of the processors that stitch is for */
#define COLLAPSE    25                 /* MADV_COLLAPSE, Linux 6.1; older headers lack it */
#define AGAIN_TRIES 3

/* Whether this kernel, with its settings and those of this process, does it at all: what comes of the first one. */
enum { UNTRIED, WORKS, FAILS };
static st_word blocks_state;

bool st_os_blocks_fail(void)
{
    return st_load(&blocks_state) == FAILS;
}

/* Past the limit pwrite would raise SIGXFSZ; fallocate below the file's size would not. */
static bool may_write(uint64_t end)
{
    struct rlimit limit;

    return st_sys.getrlimit(RLIMIT_FSIZE, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || end <= limit.rlim_cur);
}

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
 * An empty block becomes one huge page: zeroed in one go, mapped by one entry, given back in one go; eight times faster
 * than its pages one by one. The byte that is written first is needed twice: COLLAPSE wants a page to begin with, and
 * after fallocate, without a write, kernels were seen to map stale memory. And it is pwrite and not a touch, since a
 * full file system is ENOSPC there and SIGBUS here.
 *
 * EBUSY is how COLLAPSE says that the memory cgroup is full: then it is an error, for by pages the kernel would kill
 * somebody to make room. ENOMEM only says that no huge page is free, EAGAIN that pages are in use; anything else, where
 * it did work before, that something came between. Pages do then.
 */
static int commit_block(const st_os_object *object, char *view, uint64_t offset)
{
    int error = st_os_blocks_fail() ? EINVAL : collapse(view + offset, BLOCK), e;

    if (error == 0) {
        st_store(&blocks_state, WORKS);
        return 0;
    }
    if (error == EBUSY)
        return st_posix_fail(ENOMEM);
    e = allocate(object, offset, BLOCK);
    if (!e && error != ENOMEM && error != EAGAIN && st_load(&blocks_state) == UNTRIED) /* not for a lack of room */
        st_store(&blocks_state, FAILS);
    return e;
}

/* Several blocks; the kernel is asked for all at once, since it begins each call by waiting for every processor. */
static int commit_blocks(const st_os_object *object, char *view, uint64_t offset, uint64_t length)
{
    uint64_t end = offset + length;
    int e = 0;

    for (uint64_t at = offset; at < end; at += BLOCK)
        if (st_sys.pwrite((int)object->handle, "", 1, (off_t)at) != 1)
            return errno == EINTR ? allocate(object, offset, length) : st_posix_fail(errno);
    if (st_load(&blocks_state) == WORKS && collapse(view + offset, length) == 0)
        return 0;
    for (uint64_t at = offset; !e && at < end; at += BLOCK) /* those that are there already cost a look */
        e = commit_block(object, view, at);
    return e;
}

/* The whole blocks in a range as such, what is before and behind them by pages. */
static int allocate_by_blocks(const st_os_object *object, char *view, uint64_t offset, uint64_t length)
{
    uint64_t end = offset + length, first = (offset + BLOCK - 1) & ~(BLOCK - 1), behind = end & ~(BLOCK - 1);
    int e;

    if (first >= behind || !may_write(end))
        return allocate(object, offset, length);
    e = first > offset ? allocate(object, offset, first - offset) : 0;
    if (!e)
        e = commit_blocks(object, view, first, behind - first);
    return e || behind == end ? e : allocate(object, behind, end - behind);
}

/*
 * What lies behind the commit mark is rubbish: left by a writer that died between publishing a shrink and punching, or
 * stored there by a follower that has not yet synced. So it goes first, whoever left it.
 */
int st_os_commit(const st_os_object *object, void *view, uint64_t offset, uint64_t length, int how)
{
    int e = how & ST_OS_FRESH ? 0 : punch(object, offset, length);

    if (e || (how & ST_OS_LAZY))
        return e;
    e = view && (how & ST_OS_BLOCKS) ? allocate_by_blocks(object, view, offset, length)
                                     : allocate(object, offset, length);
    if (e) {
        int error = st_error_code();

        punch(object, offset, length);
        st_error_set_code(error);
    }
    return e;
}

int st_os_populate(const st_os_object *object, uint64_t offset, uint64_t length)
{
    return allocate(object, offset, length);
}

/* Through the view first: that needs no descriptor, so giving back works at the descriptor limit too. */
int st_os_decommit(const st_os_object *object, void *view, uint64_t offset, uint64_t length)
{
    if (view && st_sys.madvise((char *)view + offset, (size_t)length, MADV_REMOVE) == 0)
        return 0;
    if (object->handle < 0)
        return st_posix_fail(view ? errno : EBADF);
    return punch(object, offset,
                 length); /* a view that is locked in memory or not writable cannot be punched through */
}

int st_os_discard_hint(void *address, uint64_t length)
{
    if (st_sys.madvise(address, (size_t)length, MADV_COLD) == 0 || errno == EINVAL)
        return 0; /* EINVAL: pages that are never swapped (hugetlbfs, locked): the hint means nothing there */
    return st_posix_fail(errno);
}
