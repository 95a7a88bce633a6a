/* SPDX-License-Identifier: MIT */
/*
 * layout.h - every byte of a region's directory and roster. IN SHARED MEMORY: nothing read from here is trusted
 * (directory.c).
 *
 * The numbers are the same on every system. docs/LAYOUT.md describes them for people; the assertions below hold both
 * together. A change of meaning needs another ST_LAYOUT_VERSION.
 */
#ifndef ST_LAYOUT_H
#define ST_LAYOUT_H

#include <stddef.h>

#include "base/atomic.h"

#define ST_MAGIC          UINT64_C(0x3152494448435453) /* the bytes "STCHDIR1" */
#define ST_LAYOUT_VERSION UINT64_C(1)

/* Written once, before the directory can be opened; never changed. */
struct st_header {
    st_word magic;    /* ST_MAGIC; stored last */
    st_word version;  /* ST_LAYOUT_VERSION. magic, version and tag stay where they are in every version */
    st_word tag;      /* random; part of the names of the segments' objects */
    st_word length;   /* bytes of this directory object */
    st_word reserve;  /* bytes */
    st_word backend;  /* enum stitch_backend, never AUTO */
    st_word flags;    /* ST_REGION_FLAGS */
    st_word mode;     /* permission bits for new objects */
    st_word extent;   /* fixed extent, or 0 for the sizing rule */
    st_word capacity; /* entries in the ring */
    st_word page;     /* granule of commit, bytes */
    st_word created;  /* seconds since 1970 */
};

/* One state of the region. The published one is record[generation & 1]. */
struct st_record_shared {
    st_word size;      /* bytes of the region */
    st_word dirty_end; /* No process that keeps to its own size, however old that is, can have stored at or beyond this
                          offset since the last segment was added. size <= dirty_end */
    st_word commit;    /* Commit mark. [0, commit) is backed by memory. Bytes from commit to the end of the last extent
                          have undefined contents */
    st_word first;     /* ring position of the first segment's entry */
    st_word count;     /* segments */
    st_word next_id;   /* id of the next segment; greater than every id ever used */
};

struct st_entry_shared {
    st_word id;
    st_word offset; /* from base; where the segment before ends */
    st_word extent; /* bytes */
};

struct st_directory {
    struct st_header header;
    unsigned char pad0[0x100 - sizeof(struct st_header)];
    st_word generation; /* its own cache line: followers poll it */
    unsigned char pad1[0x40 - sizeof(st_word)];
    st_word waiting; /* 1: a process may be asleep on the generation */
    unsigned char pad2[0x40 - sizeof(st_word)];
    st_word journal; /* not 0: a writer is between its first change and its last. If the next writer finds it so, the
                        one before died there, and may have stored bytes below this offset */
    unsigned char pad3[0x40 - sizeof(st_word)];
    st_word exclusive; /* 1: a handle has been exclusive. Where the lock does not tell, writers ask whether one is */
    unsigned char pad5[0x40 - sizeof(st_word)];
    struct st_record_shared record[2];
    unsigned char pad4[0x200 - 2 * sizeof(struct st_record_shared)];
    struct st_entry_shared entry[]; /* a ring of header.capacity entries */
};

static_assert(offsetof(struct st_directory, generation) == 0x100, "layout");
static_assert(offsetof(struct st_directory, waiting) == 0x140, "layout");
static_assert(offsetof(struct st_directory, journal) == 0x180, "layout");
static_assert(offsetof(struct st_directory, exclusive) == 0x1c0, "layout");
static_assert(offsetof(struct st_directory, record) == 0x200, "layout");
static_assert(offsetof(struct st_directory, entry) == 0x400, "layout");
static_assert(sizeof(struct st_record_shared) == 48 && sizeof(struct st_entry_shared) == 24, "layout");

/* A seat: one attached handle. */
struct st_seat_shared {
    st_word id;         /* of the process; 0: free; UINT64_MAX: being freed */
    st_word started;    /* when the process began; 0: not yet filled in. Stored last */
    st_word space;      /* pid name space */
    st_word flags;      /* STITCH_READONLY, STITCH_EXCLUSIVE */
    st_word generation; /* mapped by the handle */
    st_word mapped;     /* bytes of its mapped segments */
    st_word last_id;    /* id of the last of these */
    st_word base;       /* address in that process */
    st_word attached;   /* seconds since 1970 */
    st_word spare[7];
};

#define ST_ROSTER_MAGIC UINT64_C(0x3152424d48435453) /* the bytes "STCHMBR1" */
#define ST_ROSTER_SEATS 254

struct st_roster_shared {
    st_word magic;
    st_word tag; /* the region's */
    unsigned char pad0[0x80 - 2 * sizeof(st_word)];
    st_word waiting; /* as in the directory, for handles that may not write to that */
    unsigned char pad1[0x80 - sizeof(st_word)];
    struct st_seat_shared seat[ST_ROSTER_SEATS];
};

static_assert(sizeof(struct st_seat_shared) == 0x80, "layout");
static_assert(offsetof(struct st_roster_shared, waiting) == 0x80, "layout");
static_assert(offsetof(struct st_roster_shared, seat) == 0x100, "layout");
static_assert(sizeof(struct st_roster_shared) == 0x8000, "layout");

#endif
