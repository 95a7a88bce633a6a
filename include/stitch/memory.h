/* SPDX-License-Identifier: MIT */
/*
 * memory.h - how the memory of a region is provided. stitch.h has the rules for every call.
 */
#ifndef STITCH_MEMORY_H
#define STITCH_MEMORY_H

#include <stitch/stitch.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Lets large growth run on several threads of the caller; stitch itself starts none. Growing by much means zeroing much
 * memory, which several processors do faster than one. The work is divided into pieces of 8 MiB.
 *   run      called by grow, append and resize of this handle, on the thread of the call, where more than 8 MiB are
 *            committed by huge pages (never on Windows, in a lazy region, or with STITCH_SMALL_PAGES). It should call
 *            work(job) on as many threads as it likes, this one included, at the same time, and return when all these
 *            calls have returned. The calling thread does what they leave undone, so `run` may also do nothing.
 *   Threads  the region's writer lock is held: other writers wait. `run`, and whatever else these threads do before it
 *            returns, must call nothing on this region that writes or closes.
 *   Returns  0, STITCH_EINVAL (region NULL) or STITCH_EREADONLY. `parallel` is copied; NULL ends it.
 */
struct stitch_parallel {
    void (*run)(void *arg, void (*work)(void *job), void *job);
    void *arg;
};
STITCH_API STITCH_NODISCARD int stitch_set_parallel(stitch_region *region, const struct stitch_parallel *parallel);

#ifdef __cplusplus
}
#endif
#endif
