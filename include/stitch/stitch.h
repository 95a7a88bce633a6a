/* SPDX-License-Identifier: MIT */
/*
 * stitch.h - shared memory that grows and shrinks while it is in use.
 *
 * A REGION is shared memory of `size` bytes that keeps one block of address space, its RESERVATION of `reserve`
 * bytes, in every process that attaches to it. It grows by mapping another SEGMENT (a section object of a fixed
 * EXTENT) exactly behind the last one, and shrinks by letting the last ones go. The base never moves.
 *
 *     base                                                                        base + reserve
 *     |--- segment 0 ---|--- segment 1 ---|-------- segment 2 --------|---- reservation ----|
 *     |    committed    |    committed    |   committed   |  extent   |      no access      |
 *                       ^ seam            ^ seam     size ^
 *
 * Rules for every call
 *   Arguments  region first, then what goes in, then what comes out. Strings end in NUL. Sizes and offsets are bytes.
 *   Returns    0, or a positive number where the call says so; otherwise a negative STITCH_E... . A call that fails
 *              has changed nothing that anybody can see, and has not written to its out arguments.
 *   Threads    any call may be made on one region from any thread at any time, except stitch_close: nobody may be
 *              inside another call then. Two processes, or two handles in one process, need no care at all.
 *   Signals    stitch installs no handler, starts no thread, prints nothing, and never exits.
 *
 * Caveats, read them once
 *   1. Other processes do not change your mappings: growth elsewhere is seen after stitch_sync (or any writing call,
 *      which catches up first). Address only [0, stitch_size) of your own handle.
 *   2. After somebody else has shrunk the region and until you sync, what you had mapped can still be read: segments
 *      that left keep their old bytes, bytes given back inside the segment that stays read as zero (what is not
 *      given back, the rest of a huge page, and on Windows of a section: as they were, or zero). Do not store there:
 *      such a store is lost, or lands in what somebody has grown since.
 *   3. Bytes, not objects: stitch puts nothing into the memory and orders nothing in it. Publishing data to readers
 *      is your protocol (or stitch_append, which publishes the bytes together with the size).
 *   4. A peer that may write to the region is trusted with its contents, never with your process: see docs/SECURITY.md
 *      for what a hostile owner of the objects can do (truncate them) and what it cannot.
 *   5. fork: a child may go on using the handle. No other thread of the parent may be inside a call on that handle
 *      at the moment of the fork; the child's first writing call needs one free descriptor. vfork and clone with
 *      shared memory are not supported. A thread must not be cancelled (pthread_cancel) inside a call.
 *   6. 64-bit only.
 */
#ifndef STITCH_STITCH_H
#define STITCH_STITCH_H

#include <stdint.h>

#include <stitch/errors.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STITCH_VERSION_MAJOR 0
#define STITCH_VERSION_MINOR 1
#define STITCH_VERSION_PATCH 0
#define STITCH_VERSION "0.1.0"

#if defined(_WIN32) && defined(STITCH_SHARED)
#  ifdef STITCH_BUILD
#    define STITCH_API __declspec(dllexport)
#  else
#    define STITCH_API __declspec(dllimport)
#  endif
#elif defined(__GNUC__)
#  define STITCH_API __attribute__((visibility("default")))
#else
#  define STITCH_API
#endif

#if defined(__GNUC__)
#  define STITCH_NODISCARD __attribute__((warn_unused_result))
#elif defined(_MSC_VER)
#  define STITCH_NODISCARD _Check_return_
#else
#  define STITCH_NODISCARD
#endif

/* ------------------------------------------------------------------------------------------------- errors --- */

/*
 * The sentence ("the folder of the region is full; ...") and the name ("STITCH_ENOSPC") of a code.
 *   Returns  a constant string, never NULL, never to be freed; for a code that is not stitch's, one that says so.
 *   Threads  any.
 */
STITCH_API const char *stitch_strerror(int code);
STITCH_API const char *stitch_errname(int code);

/*
 * The operating system's code (errno on Linux, GetLastError on Windows) behind this thread's last failed stitch call.
 *   Returns  the code, or 0 if no failure of this thread came from the operating system.
 */
STITCH_API int stitch_os_error(void);

/* STITCH_VERSION of the library that runs (the header's is the one compiled against). */
STITCH_API const char *stitch_version(void);

/* ------------------------------------------------------------------------------------------------- options --- */

/* A region; opaque. Made by create, open and attach; ended by stitch_close. */
typedef struct stitch_region stitch_region;

/* How a region is built. Fixed when it is created. */
enum stitch_backend {
    STITCH_BACKEND_AUTO = 0,     /* stitched where the system can; the environment's STITCH_BACKEND decides if set */
    STITCH_BACKEND_STITCHED = 1, /* many segments, end to end: grows and gives whole segments back */
    STITCH_BACKEND_SINGLE = 2,   /* one segment whose extent is the whole reserve, committed bit by bit */
    STITCH_BACKEND_FIXED = 3,    /* as SINGLE, but all committed at creation: grow never lacks memory, shrink gives no
                                    memory back. Not with STITCH_LAZY */
    STITCH_BACKEND_REMAP = 4     /* one object as with SINGLE, of which only [0, size) is mapped: saves address space.
                                    Not with STITCH_LAZY. The base MOVES: stitch_grow, _append, _shrink, _resize and
                                    _sync of this handle, by any thread of this process, make another view and end the
                                    old one. Ask stitch_base again after each; hold no pointers across them */
};

/* Flags. */
#define STITCH_LAZY        UINT64_C(0x01) /* create: grow does not commit; the first touch finds memory, or SIGBUS.
                                             Windows: without effect, grow commits all the same */
#define STITCH_KEEP        UINT64_C(0x02) /* create: stays until stitch_unlink, attached or not; Windows: _ENOTSUP */
#define STITCH_READONLY    UINT64_C(0x04) /* open: attach without the right to write, enforced by the system */
#define STITCH_OTHER_OWNER UINT64_C(0x08) /* open: accept a region of another user (needs STITCH_READONLY; caveat 4) */
#define STITCH_EXCLUSIVE   UINT64_C(0x10) /* create, open: the one writer for the life of the handle; see stitch_grow */
#define STITCH_NOWAIT      UINT64_C(0x20) /* create, open: STITCH_EBUSY where this handle would wait for a writer */
#define STITCH_SMALL_PAGES UINT64_C(0x80) /* create: commit page by page, never 2 MiB at once; see stitch_grow */
#define STITCH_INHERIT     UINT64_C(0x40) /* create, open: Windows: children inherit the objects' handles, which keeps
                                             them alive. Elsewhere without effect: nothing survives exec */

#define STITCH_NAME_MAX    200                   /* bytes in a region's name, at most; at least 1 */
#define STITCH_EXTENT_UNIT (UINT64_C(2) << 20)   /* extents and offsets of segments are multiples of this: 2 MiB */
#define STITCH_RESERVE_DEFAULT (UINT64_C(32) << 30) /* 32 GiB */
#define STITCH_RESERVE_MAX (UINT64_C(64) << 40)  /* 64 TiB; the system may give less */
#define STITCH_SEGMENTS_DEFAULT UINT64_C(1024)
#define STITCH_SEGMENTS_MAX UINT64_C(65536)

/*
 * What a region should be. Start from STITCH_OPTIONS_INIT: every zero is the default. A NULL pointer instead of
 * options is the same as STITCH_OPTIONS_INIT. An unknown flag or a longer struct with anything set that this library
 * does not know is STITCH_EINVAL. When a call opens an existing region it reads only `folder`, and of `flags` only
 * STITCH_READONLY, _OTHER_OWNER, _EXCLUSIVE, _NOWAIT and _INHERIT; everything else is the region's own.
 */
typedef struct stitch_options {
    uint64_t struct_size; /* sizeof(stitch_options); set by the INIT macro */
    uint64_t reserve;     /* bytes of address space, up to 64 TiB, rounded up to 2 MiB; 0: 32 GiB, or `size` if FIXED */
    uint64_t size;        /* bytes at creation, up to `reserve`; 0: an empty region, without segments */
    uint64_t mode;        /* permission bits: 0600 and any of 0044; 0: 0600. Only the owner may write */
    uint64_t backend;     /* enum stitch_backend */
    uint64_t flags;       /* STITCH_LAZY, ... */
    const char *folder;   /* where the objects live: a tmpfs or hugetlbfs mount with pages of at most 2 MiB; on Windows
                             "Local" or "Global". NULL: the environment's STITCH_DIR; else /dev/shm, or "Local".
                             Read during the call only */
    uint64_t extent;      /* bytes of every new segment, rounded up to 2 MiB; 0: max(2 MiB, size / 8). A larger request
                             gets a larger segment */
    uint64_t segments;    /* segments that the directory can list, 1 to 65536; 0: 1024. 24 bytes each, committed */
    const char *security; /* create, Windows: who may do what, as a security descriptor string (SDDL), for instance
                             "D:P(A;;GA;;;OW)(A;;GR;;;BU)": the owner everything, users read-only. Every segment gets
                             the same list, but its own maker as owner: where elevated and plain processes of a user
                             both write, name the user's SID and not OW. NULL: what the creator's token says.
                             Elsewhere STITCH_ENOTSUP: `mode` does it */
} stitch_options;

#ifdef __cplusplus
#  define STITCH_OPTIONS_INIT { sizeof(stitch_options), 0, 0, 0, 0, 0, nullptr, 0, 0, nullptr }
#else
#  define STITCH_OPTIONS_INIT { .struct_size = sizeof(stitch_options) }
#endif

/* ------------------------------------------------------------------------------- beginning and ending of life --- */

/*
 * Make a region, or attach to one. create: there must be none of that name. open: there must be one. attach: open it,
 * or create it, without a race between several processes that all attach first.
 *   name     1 to 200 bytes, UTF-8 recommended; no '/', no '\', no byte below 0x20, not 0x7f. The name is per folder.
 *   Out      *out: the handle, owned by the caller; stitch_close ends it.
 *   Returns  0; STITCH_EINVAL, _EEXIST (create), _ENOENT (open; also: no such folder), _EACCES (mode bits, or another
 *            user's region without STITCH_OTHER_OWNER), _ECORRUPT, _EVERSION, _EGONE, _ERESERVE (size above reserve),
 *            _ENOSPC, _EFSIZE, _EMFILE, _EMAPS, _EADDRSPACE, _ENOMEM, _EPRIVILEGE (Windows: create in Global),
 *            _ENOTSUP (folder without nameless files, pages above 2 MiB, an option that this system has not), _EBUSY (a
 *            dead region of that name cannot be removed: whoever began to was stopped on the way), _ESYS.
 *
 * Nobody ever sees a region half made. Without STITCH_KEEP the region ends with its last user: when the last attached
 * process has closed it or died, its name and its memory go. What processes that were killed left behind is removed by
 * the next create, attach or list in the same folder, or open of its name, never while a live process uses it.
 */
STITCH_API STITCH_NODISCARD int stitch_create(const char *name, const stitch_options *options, stitch_region **out);
STITCH_API STITCH_NODISCARD int stitch_open(const char *name, const stitch_options *options, stitch_region **out);
STITCH_API STITCH_NODISCARD int stitch_attach(const char *name, const stitch_options *options, stitch_region **out);

/*
 * Let go of the region: its mappings in this process, its descriptors, the handle. Other processes are not touched.
 * The last one out of a region without STITCH_KEEP (or whose name is unlinked) removes its objects.
 *   Returns  0 always; NULL is allowed and does nothing.
 *   Threads  no other call on this handle may be running or begin.
 */
STITCH_API int stitch_close(stitch_region *region);

/*
 * Take the name away. Those attached go on, growing and following as before; the memory goes when the last has closed.
 * The name can be used for a new region at once. stitch_unlink looks in STITCH_DIR or /dev/shm, stitch_unlink_at in
 * `folder` (NULL: the same default).
 *   Returns  0; STITCH_EINVAL, _ENOENT, _EACCES (another user's), _ECORRUPT (a file under that name that is not a
 *            region: it is left alone), _EBUSY (somebody is removing it now), _EMFILE, _ENOMEM, _ENOSPC, _ESYS,
 *            _ENOTSUP (Windows: a name goes with its last user and not before). A region whose directory is damaged
 *            behind its header can be unlinked.
 */
STITCH_API STITCH_NODISCARD int stitch_unlink(const char *name);
STITCH_API STITCH_NODISCARD int stitch_unlink_at(const char *folder, const char *name);

/* ---------------------------------------------------------------------------------------- what one may touch --- */

/*
 * Lock-free reads of this handle's own state; no system call.
 *   base        start of the reservation, 2 MiB aligned; the same from create/open to close (but STITCH_BACKEND_REMAP:
 *               page aligned, and good until the next call that may move it).
 *   size        the bytes from base that this process may touch now. Larger after grow and sync, smaller after shrink
 *               and sync by any thread of this process.
 *   reserve     bytes; size never exceeds it.
 *   generation  the region's version as last taken over by this handle; grows by one with each published change.
 */
STITCH_API void    *stitch_base(const stitch_region *region);
STITCH_API uint64_t stitch_size(const stitch_region *region);
STITCH_API uint64_t stitch_reserve(const stitch_region *region);
STITCH_API uint64_t stitch_generation(const stitch_region *region);

/* ----------------------------------------------------------------------------------------- growing, shrinking --- */

/*
 * Add `bytes` at the end, all zero, and (without STITCH_LAZY) really there: a lack of memory is an error here and not
 * a fault later. Atomic among all writers of the region: concurrent calls get disjoint ranges that tile the region.
 *   Out      *offset (may be NULL): where the new bytes begin.
 * Every writing call first takes over what others have published, and on Windows cuts off segments that ended with a
 * killed process (STITCH_EGONE for readers): that part stands also if the call then fails.
 *   Returns  0; STITCH_EREADONLY, _EINVAL (size would pass 2^64), _ERESERVE, _ESEGMENTS, _ENOSPC, _EFSIZE, _EMFILE,
 *            _EMAPS, _ENOMEM, _EADDRSPACE, _EGONE, _ECORRUPT, _EACCES (planted object), _ESYS, _ENOENT (the folder is
 *            gone), _EBUSY (STITCH_NOWAIT; or others shrink faster than this handle's watcher can be told).
 * 0 bytes is allowed: it catches up, and tells the size.
 *
 * Memory is committed to the page. In tmpfs, beyond the first 2 MiB of a region, by huge pages of 2 MiB instead, where
 * the kernel has MADV_COLLAPSE and the memory for it: several times faster to zero and to read, and never more than
 * 2 MiB ahead of the size. A full folder or a lack of huge pages means single pages; a full memory cgroup means
 * STITCH_ENOMEM, since the kernel would kill a process to find single pages there. STITCH_SMALL_PAGES: single pages
 * always.
 */
STITCH_API STITCH_NODISCARD int stitch_grow(stitch_region *region, uint64_t bytes, uint64_t *offset);

/*
 * Grow by `length` bytes and fill them from `data` before anybody can see them: readers never meet the bytes unwritten,
 * and a writer killed half-way has published nothing. Concurrent appends do not mix. `data` must not lie in the region
 * beyond its size, nor with STITCH_BACKEND_REMAP in the region at all.
 *   Out, Returns  as stitch_grow; STITCH_EINVAL also if data is NULL and length is not 0.
 */
STITCH_API STITCH_NODISCARD int stitch_append(stitch_region *region, const void *data, uint64_t length,
                                                uint64_t *offset);

/*
 * STITCH_EXCLUSIVE: this handle holds the writer lock from create or open to close, so that growing inside memory that
 * is committed already makes no system call. Opening waits until no other handle writes or holds it so (STITCH_NOWAIT:
 * STITCH_EBUSY). Other handles' writing calls wait until this one is closed or its process has ended; with
 * STITCH_NOWAIT they return STITCH_EBUSY. A forked child's handle is an ordinary one. Not with STITCH_READONLY.
 */

/*
 * Take `bytes` from the end and give the memory back: whole segments as soon as the last process lets them go, the
 * rest of the last segment at once, to the page (above 2 MiB to the huge page, where grow takes these: to give back a
 * part of one is to split it). Cannot fail for lack of any resource.
 *   Returns  0; STITCH_EREADONLY, _EINVAL (more than the region's size), _ECORRUPT, _EBUSY (as for grow), _ESYS.
 */
STITCH_API STITCH_NODISCARD int stitch_shrink(stitch_region *region, uint64_t bytes);

/*
 * What became of the memory of a shrink, as the roster tells (see stitch_members): a process that is behind keeps the
 * segments that left until its next sync, and a stopped one for as long as it is stopped.
 */
typedef struct stitch_shrunk_t {
    uint64_t size;     /* the region's, afterwards */
    uint64_t left;     /* bytes of the whole segments that left the region */
    uint64_t held;     /* of these, still mapped by somebody else */
    uint64_t holders;  /* handles that map some of it; stitch_members tells whose */
    uint64_t spare[4]; /* 0 */
} stitch_shrunk_t;

/* stitch_shrink, and *out filled in. Returns as stitch_shrink; STITCH_EINVAL also for NULL. */
STITCH_API STITCH_NODISCARD int stitch_shrink_report(stitch_region *region, uint64_t bytes, stitch_shrunk_t *out);

/* Grow or shrink to exactly `size` bytes. Returns as grow and shrink. */
STITCH_API STITCH_NODISCARD int stitch_resize(stitch_region *region, uint64_t size);

/*
 * Say that the contents of [offset, offset + length) are no longer needed; the range stays part of the region. With
 * STITCH_LAZY whole pages in it go back to the system and read as zero. Without, the memory stays paid for, so nothing
 * is given back: the system is only told that these pages are the first to swap out. Contents afterwards, also of a
 * call that failed half-way: the old bytes or zero.
 *   Returns  0; STITCH_EREADONLY, _EINVAL (not inside [0, size)), _ENOMEM, _ESYS.
 */
STITCH_API STITCH_NODISCARD int stitch_discard(stitch_region *region, uint64_t offset, uint64_t length);

/* ------------------------------------------------------------------------------------------ following, waiting --- */

/*
 * Take over what other processes have published. Costs one load if nothing changed.
 *   Returns  1 if something changed, 0 if not; STITCH_EMAPS, _EMFILE, _ENOMEM, _EGONE, _EACCES, _ECORRUPT, _ESYS. After
 *            an error [0, stitch_size) is as usable as before the call, or, where the region shrank, the part that
 *            remains; the call may be made again.
 * Pointers at or beyond the new size are invalid afterwards, in every thread of this process.
 */
STITCH_API STITCH_NODISCARD int stitch_sync(stitch_region *region);

/*
 * Sleep until the region's generation is not `seen_generation` (pass what stitch_generation returned). Does not sync.
 *   timeout_ms  milliseconds; 0 only looks; -1 waits for ever.
 *   Returns     0 when it differs; STITCH_ETIMEDOUT; STITCH_EINVAL (timeout_ms < -1); STITCH_ESYS.
 * A writer pays for the wake-up only if somebody waits. Nobody sleeps longer than 100 ms without looking, so a writer
 * that was killed between publishing and waking delays a waiter by no more than that. Who may not write to the region's
 * roster (a reader of another user) cannot announce that it waits, and looks every 5 ms.
 */
STITCH_API STITCH_NODISCARD int stitch_wait(stitch_region *region, uint64_t seen_generation, int64_t timeout_ms);

/*
 * Be told when what this handle may touch changes: by its own calls only (sync, and every writing call, which catches
 * up first). `going`: [offset, offset + length) is about to end; still readable now, no longer after the return.
 * `came`: it is there now. Both for the part that is added or taken, not the whole. Either may be NULL. `arg` is the
 * caller's.
 *   Threads  called on the thread of the call that changes something, never while another process waits for us. The
 *            other threads of this handle may wait: the callbacks must call nothing on this handle but stitch_base,
 *            _size, _reserve and _generation.
 *   Returns  0; STITCH_EINVAL (region NULL). `watcher` is copied; NULL ends it.
 */
typedef struct stitch_watcher {
    void (*going)(void *arg, uint64_t offset, uint64_t length);
    void (*came)(void *arg, uint64_t offset, uint64_t length);
    void *arg;
} stitch_watcher;
STITCH_API STITCH_NODISCARD int stitch_watch(stitch_region *region, const stitch_watcher *watcher);

/*
 * Threads that the caller lends, since stitch starts none. To grow by much is to zero much memory, which several
 * processors do faster than one: 2 MiB at a time, each thread the next ones.
 *   run      called by grow, append and resize of this handle on the thread of the call, where more than 8 MiB are to
 *            be committed by blocks (never on Windows, in a lazy region, or with STITCH_SMALL_PAGES). It is to call
 *            work(job) on as many threads as it likes, this one too, at the same time, and to return when all these
 *            calls have. What they leave undone the calling thread does; so `run` may also do nothing.
 *   Threads  the region's writer lock is held: other writers wait. `run`, and what else these threads do before it
 *            returns, must call nothing on this region that writes or closes.
 *   Returns  0; STITCH_EINVAL (region NULL); STITCH_EREADONLY. `lender` is copied; NULL ends it.
 */
typedef struct stitch_lender {
    void (*run)(void *arg, void (*work)(void *job), void *job);
    void *arg;
} stitch_lender;
STITCH_API STITCH_NODISCARD int stitch_lend(stitch_region *region, const stitch_lender *lender);

/* --------------------------------------------------------------------------------------------- who is there --- */

/* One attached handle, as the roster tells, and as the system proves. */
typedef struct stitch_member {
    uint64_t pid;        /* in the pid name space of `space` */
    uint64_t started;    /* when that process began, in the system's own units: tells it from a later one of that pid */
    uint64_t space;      /* Linux: the pid name space's number; 0 elsewhere */
    uint64_t flags;      /* STITCH_READONLY, STITCH_EXCLUSIVE */
    uint64_t generation; /* seen: the state that it has mapped */
    uint64_t base;       /* address of its reservation in that process */
    uint64_t mapped;     /* bytes of segments that it has mapped */
    uint64_t retired;    /* of these, bytes of segments that have left the region: what it pins */
    uint64_t proved;     /* bytes of segments that left, as the system's map of that process shows; UINT64_MAX: it may
                            not be asked (another user's process, or in another pid name space) */
    uint64_t attached;   /* seconds since 1970-01-01 UTC */
    uint64_t self;       /* 1: this very handle */
    uint64_t spare[5];   /* 0 */
} stitch_member;

/*
 * Call `each` for every handle on the region's roster, in no particular order. Accounting only: nothing rests on the
 * roster, it has room for 254 handles (more attach all the same and are not listed), and readers of other users are not
 * on it. Handles of processes that died are dropped first. A return of `each` other than 0 ends the list and is
 * returned.
 *   Returns  0, what `each` returned, STITCH_EINVAL, _ENOTSUP (the roster cannot be read), _ECORRUPT, _ENOMEM,
 *            _EMFILE, _ESYS.
 */
STITCH_API STITCH_NODISCARD int stitch_members(stitch_region *region, int (*each)(const stitch_member *, void *),
                                                 void *arg);

#ifdef __cplusplus
}
#endif

#include <stitch/look.h>

#endif
