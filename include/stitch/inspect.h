/* SPDX-License-Identifier: MIT */
/*
 * inspect.h - looking at a region: what it holds, who holds it, what the operating system says of it, and which other
 * regions its folder has. stitch.h has the rules for every call, and the codes with one meaning ("limits", "damage").
 */
#ifndef STITCH_INSPECT_H
#define STITCH_INSPECT_H

#include <stitch/stitch.h>

/* A function that has the name of a struct, as with stat, hides the struct's constructors in C++: g++ -Wshadow. */
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ----------------------------------------------------------------------------------------- one region, as it is --- */

/* A region as this handle and its directory know it. Numbers are bytes unless said. */
struct stitch_info {
    uint64_t size;        /* what this process may access now */
    uint64_t generation;  /* mapped by this handle */
    uint64_t segments;    /* segments mapped by this handle */
    uint64_t region_size; /* what the directory says at this moment */
    uint64_t region_generation;
    uint64_t region_segments;
    uint64_t committed; /* the commit mark: [0, committed) is backed by memory. With STITCH_LAZY: up to where
                               the first access may find memory */
    uint64_t resident;  /* what the system says the listed objects hold now */
    uint64_t extents;   /* sum of the extents of the listed segments */
    uint64_t reserve;
    uint64_t page;     /* granule of commit and give-back in this folder */
    uint64_t extent;   /* the `extent` option; 0: the sizing rule */
    uint64_t capacity; /* segments that the directory can list */
    uint64_t backend;  /* enum stitch_backend, never AUTO */
    uint64_t flags;    /* of the region: STITCH_LAZY, _KEEP, _SMALL_PAGES; of the handle: _READONLY, _EXCLUSIVE,
                               _NOWAIT */
    uint64_t mode;     /* permission bits */
    uint64_t owner;    /* user id */
    uint64_t created;  /* seconds since 1970-01-01 UTC */
    uint64_t tag;      /* the region's random tag: part of its objects' names */
    uint64_t writers;  /* 1 if some handle is attached that may write (this one counts), else 0 */
    uint64_t spare[4]; /* 0 */
};

/* What the system's own map permits at a segment. */
#define STITCH_ACCESS_READ  UINT64_C(1)
#define STITCH_ACCESS_WRITE UINT64_C(2)

/* One segment as mapped by this handle. */
struct stitch_segment {
    uint64_t index;     /* 0 ... segments - 1 */
    uint64_t id;        /* never used twice in a region */
    uint64_t offset;    /* of its first byte from base; the end of the segment before */
    uint64_t extent;    /* bytes; never changes */
    uint64_t committed; /* bytes of it below the region's commit mark */
    uint64_t resident;  /* bytes that the system says its object holds now */
    void *address;      /* base + offset */
    uint64_t adjacent;  /* 1 if the system's own map says: this object, whole, right after its neighbour */
    /* The system's own answer about [address, address + extent): VirtualQuery, /proc/self/maps. */
    uint64_t view;     /* bytes from `address` on that are this object, in order */
    uint64_t access;   /* STITCH_ACCESS_READ | _WRITE: what all of them permit */
    uint64_t present;  /* bytes of them that are committed (Linux's map does not tell: `resident`) */
    uint64_t spare[1]; /* 0 */
};

/*
 * Fills *out. segment finds by index; find finds the segment that contains `address`. Each asks the operating system
 * and costs microseconds per segment.
 *   Returns  0, limits, STITCH_EINVAL, STITCH_EACCES, STITCH_ESYS, or
 *     STITCH_ENOENT    segment, find: no such segment is mapped by this handle
 *     STITCH_ECORRUPT  info: the directory contradicts itself
 */
STITCH_API STITCH_NODISCARD int stitch_info(stitch_region *region, struct stitch_info *out);
STITCH_API STITCH_NODISCARD int stitch_segment(stitch_region *region, uint64_t index, struct stitch_segment *out);
STITCH_API STITCH_NODISCARD int stitch_find(stitch_region *region, const void *address, struct stitch_segment *out);

/* What the system says of one page of the reservation (the article's ReportMemoryPresence). */
enum stitch_presence {
    STITCH_PRESENCE_RESERVED = 1,  /* ours, without memory: reservation, or a part of an extent that is not committed */
    STITCH_PRESENCE_COMMITTED = 2, /* ours, backed by memory */
    STITCH_PRESENCE_FOREIGN = 3,   /* not ours: free, or another mapping. Never seen in a sound region */
    STITCH_PRESENCE_UNMAPPED = 4   /* beyond the view of a STITCH_BACKEND_REMAP: has no address now */
};

/*
 * Asks the system about the page at base + offset. In a hugetlbfs holes cannot be told: all of a segment's extent is
 * what any part of it is.
 *   Returns  an enum stitch_presence, limits, damage, STITCH_ESYS, or
 *     STITCH_EINVAL  offset >= reserve
 */
STITCH_API STITCH_NODISCARD int stitch_presence(stitch_region *region, uint64_t offset);

/* The first thing that stitch_verify found wrong. */
enum stitch_fault {
    STITCH_FAULT_NONE = 0,
    STITCH_FAULT_MISSING = 1,     /* an address below the end of the segments is not mapped */
    STITCH_FAULT_FOREIGN = 2,     /* ... is mapped to something that is not the segment's object */
    STITCH_FAULT_SHIFTED = 3,     /* ... to the wrong offset of the object: the neighbours do not join */
    STITCH_FAULT_PROTECTION = 4,  /* ... without the right to read, or with a right to write that it must not have */
    STITCH_FAULT_OBJECT = 5,      /* a listed object is gone, or has another type, owner or size */
    STITCH_FAULT_UNCOMMITTED = 6, /* the object holds less memory than was promised */
    STITCH_FAULT_RESERVATION = 7, /* the rest of the reservation is not ours any more */
    STITCH_FAULT_DIRECTORY = 8    /* the directory contradicts itself */
};

struct stitch_verify_report {
    uint64_t segments;     /* looked at */
    uint64_t seams;        /* neighbours proved to join at the very byte */
    uint64_t bytes;        /* bytes from base proved present, ours and in order, without a gap */
    uint64_t reservation;  /* bytes after them proved to be our reservation */
    uint64_t fault;        /* enum stitch_fault: the first found */
    uint64_t fault_offset; /* where, from base */
    uint64_t fault_id;     /* the segment's id */
    uint64_t spare[5];     /* 0 */
};

/*
 * Proves this handle's mapping from the system's own map (on Linux /proc/self/maps with device and inode), not from
 * stitch's tables: every segment is its object, whole, in order, with no byte of [0, end) missing or foreign; the rest
 * is our reservation; each object has its extent's size and the memory that was promised.
 *   Out      *out is written on 0 and on STITCH_EUNSOUND.
 *   Returns  0 (sound), limits, STITCH_EINVAL, STITCH_EACCES, STITCH_ESYS, or
 *     STITCH_EUNSOUND  a fault was found; *out says which and where
 */
STITCH_API STITCH_NODISCARD int stitch_verify(stitch_region *region, struct stitch_verify_report *out);

/* The name of a fault ("foreign"), for people; never NULL. */
STITCH_API const char *stitch_fault_name(uint64_t fault);

/* ---------------------------------------------------------------------------------------------- who is attached --- */

/* One attached handle, as the roster says, and as the system proves. */
struct stitch_member {
    uint64_t pid;        /* in the pid name space of `space` */
    uint64_t started;    /* when that process began, in the system's own units: tells it from a later one of that pid */
    uint64_t space;      /* Linux: the pid name space's number; 0 elsewhere */
    uint64_t flags;      /* STITCH_READONLY, STITCH_EXCLUSIVE */
    uint64_t generation; /* the one that it has mapped */
    uint64_t base;       /* address of its reservation in that process */
    uint64_t mapped;     /* bytes of segments that it has mapped */
    uint64_t retired;    /* of these, bytes of segments that have left the region: what it pins */
    uint64_t proved;     /* bytes of segments that left, as the system's map of that process shows; UINT64_MAX: it may
                            not be asked (another user's process, or in another pid name space) */
    uint64_t attached;   /* seconds since 1970-01-01 UTC */
    uint64_t self;       /* 1: this very handle */
    uint64_t spare[5];   /* 0 */
};

/*
 * Calls `each` for every handle on the region's roster, in no particular order. Seats of processes that died are freed
 * first. A return of `each` other than 0 ends the list and is returned. The roster is for accounting only, and nothing
 * depends on it. It has room for 254 handles (more can attach and are not listed), and readers of other users are not
 * on it.
 *   Returns  0, what `each` returned, limits, STITCH_EINVAL, STITCH_ESYS, or
 *     STITCH_ENOTSUP   the roster cannot be read
 *     STITCH_ECORRUPT  the directory contradicts itself
 */
STITCH_API STITCH_NODISCARD int stitch_members(stitch_region *region, int (*each)(const struct stitch_member *, void *),
                                               void *arg);

/*
 * What became of the memory of a shrink, as the roster says: a process that has not synced keeps the segments that left
 * until its next sync, and a stopped process for as long as it is stopped.
 */
struct stitch_shrink_report {
    uint64_t size;     /* the region's, afterwards */
    uint64_t left;     /* bytes of the whole segments that left the region */
    uint64_t held;     /* of these, still mapped by others */
    uint64_t holders;  /* handles that map some of it; stitch_members tells whose */
    uint64_t spare[4]; /* 0 */
};

/* stitch_shrink that also fills *out. Returns as stitch_shrink; STITCH_EINVAL also if out is NULL. */
STITCH_API STITCH_NODISCARD int stitch_shrink_report(stitch_region *region, uint64_t bytes,
                                                     struct stitch_shrink_report *out);

/* -------------------------------------------------------------------------------- the regions of a folder --- */

/* A region as seen without attaching to it. */
struct stitch_listing {
    const char *name;
    int64_t error; /* 0, or why the rest is not known: STITCH_EACCES, _ECORRUPT, _EVERSION, _EBUSY (writers were
                            faster than this look), ... */
    uint64_t size, committed, reserve, segments, generation, backend, flags, created;
    uint64_t mode, owner; /* known even if error is not 0 */
    uint64_t spare[4];
};

/*
 * Calls `each` for every region in the folder, in no particular order. A return of `each` other than 0 ends the list
 * and is returned. The listing and its name are valid during the call of `each` only. Maps nothing, so no region can
 * disturb it. If a region changes meanwhile its numbers may be of different moments. Regions that ended with killed
 * processes are removed, not listed.
 *   Returns  0, what `each` returned, limits, STITCH_EINVAL, STITCH_EACCES, STITCH_ESYS, or
 *     STITCH_ENOENT  there is no such folder
 */
STITCH_API STITCH_NODISCARD int stitch_list(int (*each)(const struct stitch_listing *, void *), void *arg);
STITCH_API STITCH_NODISCARD int stitch_list_at(const char *folder, int (*each)(const struct stitch_listing *, void *),
                                               void *arg);

/* A region that nobody used and that has been removed. */
struct stitch_collected {
    const char *name; /* the region's; "" if it was unlinked before */
    uint64_t tag;
    uint64_t objects;  /* removed, its directory and roster among them */
    uint64_t bytes;    /* of memory that they held */
    uint64_t spare[4]; /* 0 */
};

/*
 * Removes what ended regions have left in the folder (killed processes leave it), and calls `each` (may be NULL) for
 * each. Create, attach and list also do this. Never touches what a live process uses, nor a named region
 * made with STITCH_KEEP. On systems where objects end with their users there is never anything to remove.
 *   Returns  the number of regions removed, what `each` returned other than 0, or an error as stitch_list.
 */
STITCH_API STITCH_NODISCARD int stitch_collect(int (*each)(const struct stitch_collected *, void *), void *arg);
STITCH_API STITCH_NODISCARD int stitch_collect_at(const char *folder,
                                                  int (*each)(const struct stitch_collected *, void *), void *arg);

#ifdef __cplusplus
}
#endif

#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif
