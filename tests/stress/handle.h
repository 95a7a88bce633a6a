/* SPDX-License-Identifier: MIT */
/*
 * handle.h - a handle that several threads use, and a thread that uses it.
 *
 * Any thread's call may unmap a part of the region for all threads of the handle. So a thread that touches bytes says
 * so first, and the handle's watcher, which is called before a part goes, waits until no thread touches any.
 */
#ifndef STRESS_HANDLE_H
#define STRESS_HANDLE_H

#include "board.h"
#include "test.h"

#define FLOOR       T_MIB(1)   /* the region never shrinks below */
#define FLOOR_BLOCK 4096       /* below the floor there are these blocks */
#define MOST        T_MIB(20)  /* no single process grows it beyond */
#define RESERVE     T_MIB(160) /* for all that grow at once */

struct handle {
    stitch_region *region;
    struct board *board;
    unsigned slot;    /* of the process's first thread */
    unsigned threads; /* that use it */
    bool writes, nowait, exclusive;
    uint64_t told; /* the size by the watcher's reports; one thread at a time is in a callback */
    st_word limit; /* where the part begins that is about to go; UINT64_MAX: none */
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
    bool alone;            /* no other thread uses the handle: the effect of a call is known exactly */
    bool follows;          /* may sync at any time */
    unsigned char *buffer; /* BUFFER bytes */
};

#define BUFFER (T_MIB(5) / 2 + 16)

/* Opens the region for so many threads, or fails. Returns NULL if STITCH_NOWAIT finds another writer. */
struct handle *handle_open(struct board *board, const char *name, uint64_t flags, unsigned slot, unsigned threads);
void handle_close(struct handle *handle);
/* The same for a region without a handle of this kind. */
void region_close(struct board *board, unsigned slot, stitch_region *region);
/* Opens it read-only, if necessary with patience. */
stitch_region *region_open(const char *name, uint64_t flags);

/* Returns whether [0, end) may be touched until touch_end. */
bool touch_begin(struct worker *worker, uint64_t end);
void touch_end(struct worker *worker);

/* Fails unless the region has, at the beginning and end of the call, the generation that this handle reports. */
bool still(struct worker *worker, uint64_t generation);

/* Syncs, and checks what size and generation alone can tell. */
void follow(struct worker *worker);
void note_size(struct worker *worker);

#endif
