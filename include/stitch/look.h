/* SPDX-License-Identifier: MIT */
/*
 * look.h - looking at a region: what it holds, what the system says of it, and what else is in its folder. Part of
 * stitch.h, which includes it and has the rules for every call.
 */
#ifndef STITCH_LOOK_H
#define STITCH_LOOK_H

#include <stitch/stitch.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A region as this handle and its directory know it. Numbers are bytes unless said. */
typedef struct stitch_info_t {
    uint64_t size;          /* what this process may touch now */
    uint64_t generation;    /* as this handle has taken over */
    uint64_t segments;      /* segments mapped by this handle */
    uint64_t region_size;       /* what the directory says at this moment */
    uint64_t region_generation;
    uint64_t region_segments;
    uint64_t committed;     /* promised to be there: the commit mark. With STITCH_LAZY: the end of the last extent */
    uint64_t resident;      /* what the system says the listed objects hold now */
    uint64_t extents;       /* sum of the extents of the listed segments */
    uint64_t reserve;
    uint64_t page;          /* granule of commit and give-back in this folder */
    uint64_t extent;        /* the `extent` option; 0: the sizing rule */
    uint64_t capacity;      /* segments that the directory can list */
    uint64_t backend;       /* enum stitch_backend, never AUTO */
    uint64_t flags;         /* of the region: STITCH_LAZY, _KEEP, _SMALL_PAGES; of the handle: _READONLY, _EXCLUSIVE,
                               _NOWAIT */
    uint64_t mode;          /* permission bits */
    uint64_t owner;         /* user id */
    uint64_t created;       /* seconds since 1970-01-01 UTC */
    uint64_t tag;           /* the region's random tag: part of its objects' names */
    uint64_t writers;       /* 1 if some process is attached that may write (this one counts), else 0 */
    uint64_t spare[4];      /* 0 */
} stitch_info_t;

/* What the system's own map permits at a segment. */
#define STITCH_ACCESS_READ  UINT64_C(1)
#define STITCH_ACCESS_WRITE UINT64_C(2)

/* One segment as mapped by this handle. */
typedef struct stitch_segment_t {
    uint64_t index;     /* 0 ... segments - 1 */
    uint64_t id;        /* never used twice in a region */
    uint64_t offset;    /* of its first byte from base; the end of the segment before */
    uint64_t extent;    /* bytes; never changes */
    uint64_t committed; /* bytes of it below the region's commit mark */
    uint64_t resident;  /* bytes that the system says its object holds now */
    void    *address;   /* base + offset */
    uint64_t adjacent;  /* 1 if the system's own map says: this object, whole, right behind its neighbour */
    /* The system's own answer about [address, address + extent): VirtualQuery, /proc/self/maps. */
    uint64_t view;      /* bytes from `address` on that are this object, in order */
    uint64_t access;    /* STITCH_ACCESS_READ | _WRITE: what all of them permit */
    uint64_t present;   /* bytes of them that are committed (Linux's map does not tell: `resident`) */
    uint64_t spare[1];  /* 0 */
} stitch_segment_t;

/*
 * Fill *out. segment: by index; find: the one that `address` lies in. Each asks the system, so costs microseconds per
 * segment.
 *   Returns  0; STITCH_EINVAL (NULL); STITCH_ENOENT (segment, find: no such segment is mapped by this handle);
 *            STITCH_ECORRUPT (info); STITCH_ENOMEM, _EMFILE, _EACCES, _ESYS.
 */
STITCH_API STITCH_NODISCARD int stitch_info(stitch_region *region, stitch_info_t *out);
STITCH_API STITCH_NODISCARD int stitch_segment(stitch_region *region, uint64_t index, stitch_segment_t *out);
STITCH_API STITCH_NODISCARD int stitch_find(stitch_region *region, const void *address, stitch_segment_t *out);

/* What the system says of one page of the reservation (the article's ReportMemoryPresence). */
enum stitch_presence_t {
    STITCH_RESERVED = 1,  /* ours, nothing behind it: reservation, or a part of an extent without memory */
    STITCH_COMMITTED = 2, /* ours, memory behind it */
    STITCH_FOREIGN = 3,   /* not ours: free, or somebody else's mapping. Never seen in a sound region */
    STITCH_UNMAPPED = 4   /* beyond the view of a STITCH_BACKEND_REMAP: has no address now */
};

/*
 * Ask the system about the page at base + offset.
 *   Returns  STITCH_RESERVED, _COMMITTED, _FOREIGN or _UNMAPPED; STITCH_EINVAL (offset >= reserve); STITCH_ENOMEM,
 *            _EMFILE, _EACCES, _ECORRUPT, _ESYS. In a hugetlbfs holes cannot be told: all of a segment's extent is
 *            what any is.
 */
STITCH_API STITCH_NODISCARD int stitch_presence(stitch_region *region, uint64_t offset);

/* The first thing that stitch_verify found wrong. */
enum stitch_fault {
    STITCH_FAULT_NONE = 0,
    STITCH_FAULT_MISSING = 1,     /* an address below the end of the segments is not mapped */
    STITCH_FAULT_FOREIGN = 2,     /* ... is mapped to something that is not the segment's object */
    STITCH_FAULT_SHIFTED = 3,     /* ... to the wrong offset of the object: the neighbours do not join */
    STITCH_FAULT_PROTECTION = 4,  /* ... without the right to read, or with a right to write that it must not have */
    STITCH_FAULT_OBJECT = 5,      /* a listed object is gone, of another type, owner or size */
    STITCH_FAULT_UNCOMMITTED = 6, /* the object holds less memory than was promised */
    STITCH_FAULT_RESERVATION = 7, /* the rest of the reservation is not ours any more */
    STITCH_FAULT_DIRECTORY = 8    /* the directory contradicts itself */
};

typedef struct stitch_report_t {
    uint64_t segments;    /* looked at */
    uint64_t seams;       /* neighbours proved to join at the very byte */
    uint64_t bytes;       /* bytes from base proved present, ours and in order, without a gap */
    uint64_t reservation; /* bytes behind them proved to be our reservation */
    uint64_t fault;       /* enum stitch_fault: the first found */
    uint64_t fault_offset;/* where, from base */
    uint64_t fault_id;    /* the segment's id */
    uint64_t spare[5];    /* 0 */
} stitch_report_t;

/*
 * Prove this handle's mapping from the system's own map (on Linux /proc/self/maps with device and inode), not from
 * stitch's tables: every segment is its object, whole, in order, with no byte of [0, end) missing or foreign; the rest
 * is our reservation; each object has its extent's size and the memory that was promised.
 *   Out      *out is written on 0 and on STITCH_EUNSOUND.
 *   Returns  0: sound; STITCH_EUNSOUND; STITCH_EINVAL, _ENOMEM, _EMFILE, _EACCES, _ESYS.
 */
STITCH_API STITCH_NODISCARD int stitch_verify(stitch_region *region, stitch_report_t *out);

/* The name of a fault ("foreign"), for people; never NULL. */
STITCH_API const char *stitch_faultname(uint64_t fault);

/* A region as a stranger sees it, without attaching. */
typedef struct stitch_listing {
    const char *name;
    int64_t  error;      /* 0, or why the rest is not known: STITCH_EACCES, _ECORRUPT, _EVERSION, _EBUSY (writers were
                            faster than the look), ... */
    uint64_t size, committed, reserve, segments, generation, backend, flags, created;
    uint64_t mode, owner; /* known even if error is not 0 */
    uint64_t spare[4];
} stitch_listing;

/*
 * Call `each` for every region in STITCH_DIR or /dev/shm (_at: in `folder`), in no particular order. A return of `each`
 * other than 0 ends the list and is returned. The listing and its name are valid during the call of `each` only. Maps
 * nothing, so no region can disturb it. Of a region that changes meanwhile the numbers may be of different moments.
 * Regions that ended with killed processes are removed, not listed.
 *   Returns  0, what `each` returned, STITCH_EINVAL, _ENOENT (no such folder), _EACCES, _EMFILE, _ENOMEM, _ESYS.
 */
STITCH_API STITCH_NODISCARD int stitch_list(int (*each)(const stitch_listing *, void *), void *arg);
STITCH_API STITCH_NODISCARD int stitch_list_at(const char *folder, int (*each)(const stitch_listing *, void *),
                                                 void *arg);

/* A region that nobody used and that has been removed. */
typedef struct stitch_collected {
    const char *name;  /* the region's; "" if it was unlinked before */
    uint64_t tag;
    uint64_t objects;  /* removed, its directory and roster among them */
    uint64_t bytes;    /* of memory that they held */
    uint64_t spare[4]; /* 0 */
} stitch_collected;

/*
 * Remove what regions that ended have left in a folder (killed processes leave it; NULL: the same default as list), and
 * call `each` (may be NULL) for each. Create, attach and list do the same by the way. Never touches what a live process
 * uses, nor what was made with STITCH_KEEP. Where objects end with their users there is never anything.
 *   Returns  the number of regions removed; or what `each` returned other than 0, or an error as stitch_list.
 */
STITCH_API STITCH_NODISCARD int stitch_collect(const char *folder, int (*each)(const stitch_collected *, void *),
                                                 void *arg);

#ifdef __cplusplus
}
#endif
#endif
