/* SPDX-License-Identifier: MIT */
/*
 * handle.h - a handle that several threads use, and a thread that uses it.
 *
 * The call of any thread may unmap a part of the region for all threads of the handle. So a thread announces that it
 * touches bytes, and the handle's before_unmap waits until no thread touches bytes of that part.
 */
#ifndef STRESS_HANDLE_H
#define STRESS_HANDLE_H

#include "board.h"
#include "test.h"

#define FLOOR       T_MIB(1)   /* no process shrinks the region below this */
#define FLOOR_BLOCK 4096       /* the floor consists of blocks of this size */
#define MOST        T_MIB(20)  /* no process grows it beyond this on purpose */
#define RESERVE     T_MIB(160) /* enough if all processes grow at once */

struct handle {
    stitch_region *region;
    struct board *board;
    unsigned slot;    /* of the first thread of the process */
    unsigned threads; /* number of threads that use it */
    bool writes, nowait, exclusive;
    uint64_t told; /* the size by the callbacks; only one thread at a time is in a callback */
    st_word limit; /* offset of the part that is about to be unmapped; UINT64_MAX: there is none */
    st_word touching[THREADS_MOST];
};

struct worker {
    struct board *board;
    struct handle *handle;
    unsigned thread, slot; /* number in the handle; place on the board */
    int role;
    const char *name; /* of the region */
    t_random random;
    uint64_t until;        /* the end of this life, as t_now_us counts */
    uint64_t proved;       /* the time of its last proof of the mapping */
    uint64_t seen;         /* the highest generation that it has seen */
    uint64_t sequence;     /* of its next block */
    bool alone;            /* no other thread uses the handle, so the effect of a call is known exactly */
    bool follows;          /* may sync at any time */
    unsigned char *buffer; /* BUFFER bytes */
};

#define BUFFER (T_MIB(5) / 2 + 16)

/* Opens the region for that many threads, or fails. Returns NULL if STITCH_NOWAIT, when given, met another writer. */
struct handle *handle_open(struct board *board, const char *name, uint64_t flags, unsigned slot, unsigned threads);
void handle_close(struct handle *handle);
/* Closes a region that has no handle of ours. */
void region_close(struct board *board, unsigned slot, stitch_region *region);
/* Opens the region; where a killed process may have taken a segment with it, tries again for a while. */
stitch_region *region_open(const char *name, uint64_t flags);

/* Returns true if [0, end) may be touched until touch_end. */
bool touch_begin(struct worker *worker, uint64_t end);
void touch_end(struct worker *worker);

/* Returns whether the region still has this generation. */
bool still(struct worker *worker, uint64_t generation);

/* Syncs, and checks size and generation. */
void follow(struct worker *worker);
void note_size(struct worker *worker);

#endif
