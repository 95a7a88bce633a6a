/* SPDX-License-Identifier: MIT */
/* memory.h - the porting contract, chapter 2: the memory of objects. The rules are in os.h. */
#ifndef ST_OS_MEMORY_H
#define ST_OS_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "os/object.h"

/*
 * `view`, below, is the address in this process of the object's first byte. The view reaches at least to the end of the
 * range. NULL: this process has no view of the range.
 */

/* How to commit: any of these together. */
enum {
    ST_OS_LAZY = 1,   /* Only make the range read zero, without memory. Requires can_be_lazy of the folder. */
    ST_OS_BLOCKS = 2, /* Whole blocks of the folder may be committed as such. */
    ST_OS_FRESH = 4   /* Nothing has ever been stored in the range. */
};

/*
 * Commits [offset, offset + length) of the object. Afterwards a store to the range cannot fail for lack of memory, and
 * the range reads zero, whatever it held. (Where gives_back is false, memory that was committed before keeps its
 * contents.) Takes as long as zeroing takes. Several threads may commit disjoint ranges of one object at once.
 *   Requires: the range is inside the object.
 *   Returns: 0, STITCH_ENOSPC, _ENOMEM, _EFSIZE. All or nothing: where gives_back is true, the range holds no memory
 *   after a failure.
 */
int st_os_commit(const st_os_object *object, void *view, uint64_t offset, uint64_t length, int how);

/* Tells whether committing by blocks has turned out not to work in this process. */
bool st_os_blocks_fail(void);

/*
 * Backs a range of a lazy region with memory and keeps what the range holds. Does nothing where no region can be lazy.
 *   Requires: the range is inside the object.
 *   Returns: as st_os_commit. A failure may leave part of the range backed.
 */
int st_os_populate(const st_os_object *object, uint64_t offset, uint64_t length);

/*
 * Gives the memory of the range back to the system; the range then reads zero. Works through the view or the object,
 * whichever the system allows. Through the view it needs no descriptor or other resource.
 *   Requires: `view` is not NULL, or the object is open.
 *   Returns: 0, or an error if the system refused; STITCH_ENOTSUP where gives_back is false.
 */
int st_os_decommit(const st_os_object *object, void *view, uint64_t offset, uint64_t length);

/*
 * Tells the system that it should take the memory of these bytes first when it needs memory. Some systems then drop the
 * contents.
 *   Requires: the range is committed and inside views that lie side by side.
 *   Returns: 0 or an error; it is only a hint.
 */
int st_os_discard_hint(void *address, uint64_t length);

/*
 * Tells in *data whether the byte at `offset` is backed by memory that was written to. For memory that was committed
 * and never touched, either answer is right. A system that cannot tell says whether the object holds any memory at all.
 * `offset` may be any number below the object's size.
 *   Returns: 0 or an error.
 */
int st_os_object_has_data(const st_os_object *object, uint64_t offset, bool *data);

#endif
