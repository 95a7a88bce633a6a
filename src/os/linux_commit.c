/* SPDX-License-Identifier: MIT */
/*
 * linux_commit.c - memory behind a range of an object: put there by fallocate, taken away by punching a hole.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>

#include <stitch/stitch.h>

#include "linux_sys.h"
#include "os.h"

/* fallocate gives up and starts over when a signal comes; pieces no smaller than this let it get on under any timer. */
#define SMALLEST_PIECE STITCH_EXTENT_UNIT

static int punch(const st_os_object *object, uint64_t offset, uint64_t length)
{
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

    return st_sys.fallocate((int)object->handle, mode, (off_t)offset, (off_t)length) == 0 ? 0 : st_linux_fail(errno);
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
            return st_linux_fail(errno);
        }
    }
    return 0;
}

/*
 * What lies behind the commit mark is rubbish: left by a writer that died between publishing a shrink and punching, or
 * stored there by a follower that has not yet synced. So it goes first, whoever left it.
 */
int st_os_commit(const st_os_object *object, void *view, uint64_t offset, uint64_t length, bool lazy)
{
    int e = punch(object, offset, length);

    (void)view; /* for systems that commit through the view */
    if (e || lazy)
        return e;
    e = allocate(object, offset, length);
    if (e) {
        int error = st_os_error();

        punch(object, offset, length);
        st_os_error_set(error);
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
        return st_linux_fail(view ? errno : EBADF);
    return punch(object, offset,
                 length); /* a view that is locked in memory or not writable cannot be punched through */
}

int st_os_cold(void *address, uint64_t length)
{
    if (st_sys.madvise(address, (size_t)length, MADV_COLD) == 0 || errno == EINVAL)
        return 0; /* EINVAL: pages that are never swapped (hugetlbfs, locked): the hint means nothing there */
    return st_linux_fail(errno);
}
