/* SPDX-License-Identifier: MIT */
/*
 * handle.h - a handle that several threads use, and a thread that uses it.
 *
 * Any thread's call may end a part of the region for all threads of the handle. So whoever touches bytes says so
 * first, and the handle's watcher, which is told before a part goes, waits until nobody touches any.
 */
#ifndef STRESS_HANDLE_H
#define STRESS_HANDLE_H

#include "board.h"
#include "test.h"

#define FLOOR       T_MIB(1)   /* nobody shrinks the region below */
#define FLOOR_BLOCK 4096       /* up to there it is these */
#define MOST        T_MIB(20)  /* nobody grows it on purpose beyond */
#define RESERVE     T_MIB(160) /* for what all grow at once */

struct handle {
    stitch_region *region;
    struct board *board;
    unsigned slot;    /* of the process's first thread */
    unsigned threads; /* that use it */
    bool writes, nowait, exclusive;
    uint64_t told; /* the size, by what the watcher was told; only one thread at a time is in a callback */
    st_word limit; /* where a part that is about to go begins; UINT64_MAX: none is */
    st_word touching[THREADS_MOST];
};

struct worker {
    struct board *board;
    struct handle *handle;
    unsigned thread, slot; /* which of the handle's; where on the board */
    int role;
    const char *name; /* the region's */
    t_random random;
    uint64_t until;        /* when this life ends, in t_now_us's time */
    uint64_t proved;       /* when it last proved its mapping */
    uint64_t seen;         /* the highest generation that it has seen */
    uint64_t sequence;     /* of its next block */
    bool alone;            /* no other thread uses the handle: what a call did can be told exactly */
    bool follows;          /* may sync at any time */
    unsigned char *buffer; /* BUFFER bytes */
};

#define BUFFER (T_MIB(5) / 2 + 16)

/* Open the region for so many threads, or fail; NULL if STITCH_NOWAIT finds another writer, where that is asked for. */
struct handle *handle_open(struct board *board, const char *name, uint64_t flags, unsigned slot, unsigned threads);
void handle_close(struct handle *handle);
/* The same for a region that is no handle's. */
void region_close(struct board *board, unsigned slot, stitch_region *region);
/* Open it read-only, if need be with patience. */
stitch_region *region_open(const char *name, uint64_t flags);

/* True: [0, end) may be touched until touch_end. */
bool touch_begin(struct worker *worker, uint64_t end);
void touch_end(struct worker *worker);

/* The region is, as the call begins and as it ends, in the generation that this handle told in between. */
bool still(struct worker *worker, uint64_t generation);

/* Take over, and check what can be said of size and generation alone. */
void follow(struct worker *worker);
void note_size(struct worker *worker);

#endif
