/* SPDX-License-Identifier: MIT */
/*
 * commit.c - divides a large commit into pieces, which the caller's threads and this one take one after the other.
 *
 * The pieces end at multiples of 8 MiB of the object's offset, so that each has whole blocks. One piece takes about a
 * millisecond, much longer than it takes to hand it over.
 */
#include "region/commit.h"

#include <stdbool.h>

#include "base/arith.h"

static_assert(ST_OS_UNIT == STITCH_EXTENT_UNIT, "extents have the unit of the system layer");

#define PIECE (4 * ST_OS_UNIT)

struct job {
    const struct st_commit_target *target;
    uint64_t end;
    int how;
    st_word next;   /* offset of the first piece that no thread has taken */
    st_word result; /* 0, or the negated result of a piece that failed */
    st_word error;  /* the system's error code of that piece */
};

static uint64_t end_of_piece(uint64_t at, uint64_t end)
{
    return st_min(st_align_down(at, PIECE) + PIECE, end);
}

/* Takes the next piece. Returns false if there is none, or if another piece has failed. */
static bool take(struct job *job, uint64_t *at)
{
    do {
        *at = st_load(&job->next);
        if (*at >= job->end || st_load(&job->result) != 0)
            return false;
    } while (!st_claim(&job->next, *at, end_of_piece(*at, job->end)));
    return true;
}

/* Runs on each of the threads: commits pieces until there are none left. */
static void work(void *arg)
{
    struct job *job = arg;
    uint64_t at;

    while (take(job, &at)) {
        int err = st_os_commit(job->target->object, job->target->view, at, end_of_piece(at, job->end) - at, job->how);

        if (err && st_claim(&job->result, 0, (uint64_t)-err)) /* the first one counts */
            st_store(&job->error, (uint64_t)st_error_code());
    }
}

int st_commit_range(const struct st_commit_target *target, uint64_t offset, uint64_t length, int how,
                    const struct stitch_parallel *parallel)
{
    struct job job = { .target = target, .end = offset + length, .how = how };

    if (!(how & ST_OS_BLOCKS) || !parallel->run || length <= PIECE)
        return st_os_commit(target->object, target->view, offset, length, how);
    st_store(&job.next, offset);
    parallel->run(parallel->arg, work, &job);
    work(&job); /* the pieces that the threads of `run` have left */
    if (st_load(&job.result) == 0)
        return 0;
    st_os_decommit(target->object, target->view, offset, length);
    st_error_set_code((int)st_load(&job.error));
    return -(int)st_load(&job.result);
}
