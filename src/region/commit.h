/* SPDX-License-Identifier: MIT */
/* commit.h - commits a range of a segment, on several threads of the caller where that is worth it. */
#ifndef ST_COMMIT_H
#define ST_COMMIT_H

#include <stdint.h>

#include <stitch/memory.h>

#include "os/os.h"

/* The segment to commit in. */
struct st_commit_target {
    const st_os_object *object; /* open */
    void *view;                 /* address of the object's first byte in this process; NULL: the range is not mapped */
};

/*
 * Commits [offset, offset + length) of the object: st_os_commit, in pieces on the threads of `parallel` if `how` has
 * ST_OS_BLOCKS, `parallel->run` is set and the range exceeds one piece of 8 MiB.
 *   Requires  what st_os_commit requires.
 *   Returns   what st_os_commit returns. All or nothing: if a piece fails, the memory of the whole range is given back,
 *             and st_error_code() is the code of that piece, whichever thread it failed on.
 */
int st_commit_range(const struct st_commit_target *target, uint64_t offset, uint64_t length, int how,
                    const struct stitch_parallel *parallel);

#endif
