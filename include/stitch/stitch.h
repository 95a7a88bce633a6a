/* SPDX-License-Identifier: MIT */
/*
 * stitch.h - shared memory that grows and shrinks while it is in use.
 *
 * How to use this: one process creates a region and appends, another opens it and follows. (Check every result.)
 *
 *     writer                                          reader
 *
 *     stitch_region *log;                             stitch_region *log;
 *     stitch_create("log", NULL, &log);               stitch_open("log", NULL, &log);
 *     for (;;) {                                      for (uint64_t seen = 0;;) {
 *         n = next_line(line);                            const char *base = stitch_base(log);
 *         stitch_append(log, line, n, NULL);              use(base + seen, stitch_size(log) - seen);
 *     }                                                   seen = stitch_size(log);
 *     stitch_close(log);                                  stitch_wait(log, stitch_generation(log), -1);
 *                                                         stitch_sync(log);
 *                                                     }
 *
 * Caveats
 *   1. Other processes do not change your mappings: you see growth elsewhere after stitch_sync (or any writing call,
 *      which catches up first). Access only [0, stitch_size) of your own handle.
 *   2. After another process has shrunk the region and until you sync, you can still read what you had mapped:
 *      segments that left keep their old bytes; bytes given back inside the last segment read as zero (bytes that are
 *      not given back, the rest of a huge page or of a Windows section, read as before or as zero), or as what a writer
 *      is storing there if the region grows again. Do not store there: such a store is lost, or it ends up in what
 *      another process has grown since.
 *   3. Bytes, not objects: stitch puts nothing into the memory and orders nothing in it. How you publish data to
 *      readers is your protocol (or use stitch_append, which publishes the bytes together with the size).
 *   4. A peer that may write to the region is trusted with its contents, never with your process. docs/THREATS.md says
 *      what a hostile owner of the objects can do (truncate them) and what it cannot.
 *   5. fork: the child may go on using the handle. No other thread of the parent may be inside a call on that handle
 *      at the moment of the fork, and the child's first writing call needs one free descriptor. vfork, and clone with
 *      shared memory, are not supported. A thread must not be cancelled (pthread_cancel) inside a call.
 *   6. 64-bit only.
 *
 * Words: a REGION is shared memory of `size` bytes. It keeps one block of address space, its RESERVATION of `reserve`
 * bytes, in every process that attaches to it. It grows by mapping another SEGMENT (a section object of a fixed EXTENT)
 * at the end of the last one, and shrinks by letting the last ones go. The base never moves. The DIRECTORY is the
 * shared object that lists the segments, the ROSTER the one that lists the attached handles. docs/GLOSSARY.md has more
 * words.
 *
 *     base                                                                        base + reserve
 *     |--- segment 0 ---|--- segment 1 ---|-------- segment 2 --------|---- reservation ----|
 *     |    committed    |    committed    |   committed   |uncommitted|      no access      |
 *                       ^ seam            ^ seam     size ^
 *
 * Rules for every call
 *   Arguments  region first, then inputs, then outputs. Strings end in NUL. Sizes and offsets are bytes.
 *   Folders    a call that ends in _at takes a folder; the one without uses the environment's STITCH_DIR, or /dev/shm
 *              (on Windows Local). NULL as folder means the same default.
 *   Returns    0, or a positive number where the call says so; otherwise a negative STITCH_E... . A call that fails
 *              has not changed the region's size or contents (stitch_discard may have), and has not written to its out
 *              arguments. It may have mapped what others had published, so that stitch_size differs.
 *   Threads    any call may be made on one region from any thread at any time, except stitch_close: no other call may
 *              be running then. Two processes, or two handles in one process, need no care at all.
 *   Process    stitch installs no signal handler, starts no thread, prints nothing and never exits.
 *
 * Codes with one meaning in every call. A call's Returns lists its other codes, and says "limits" or "damage".
 *   STITCH_EINVAL      an argument is NULL or out of its range
 *   STITCH_EREADONLY   the call writes, and the handle is attached read-only
 *   STITCH_ESYS        the operating system refused; stitch_os_error has its code
 *  limits:
 *   STITCH_ENOMEM      the system, or the memory cgroup, has no memory left
 *   STITCH_ENOSPC      the folder is full
 *   STITCH_EFSIZE      RLIMIT_FSIZE is too low
 *   STITCH_EMFILE      no descriptor is free
 *   STITCH_EMAPS       the limit of mappings is reached
 *   STITCH_EADDRSPACE  there is no address space for it
 *  damage:
 *   STITCH_ECORRUPT    the directory contradicts itself, or a file of another kind has its name
 *   STITCH_EGONE       a listed segment no longer exists
 *   STITCH_EACCES      an object belongs to another user, or may not be opened
 */
#ifndef STITCH_STITCH_H
#define STITCH_STITCH_H

#include <stdint.h>

#include <stitch/errors.h>

#ifdef __cplusplus
extern "C" {
#endif

/* clang-format off */
#define STITCH_VERSION_MAJOR 0
#define STITCH_VERSION_MINOR 2
#define STITCH_VERSION_PATCH 0
#define STITCH_VERSION "0.2.0"

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
/* clang-format on */

/* ------------------------------------------------------------------------------------------------- errors --- */

/*
 * The sentence ("the folder of the region is full; ...") and the name ("STITCH_ENOSPC") of a code.
 *   Returns  a constant string, never NULL, not to be freed; for a code that is not stitch's, one that says so.
 *   Threads  any.
 */
STITCH_API const char *stitch_strerror(int code);
STITCH_API const char *stitch_error_name(int code);

/*
 * The operating system's code (errno on Linux, GetLastError on Windows) of this thread's last failed stitch call.
 *   Returns  the code, or 0 if the operating system had no part in that failure.
 */
STITCH_API int stitch_os_error(void);

/* STITCH_VERSION of the library that runs (the header's is the one compiled against). */
STITCH_API const char *stitch_version(void);

/* ------------------------------------------------------------------------------------------------- options --- */

/*
 * A handle of a region; opaque. Made by create, open and attach; ended by stitch_close. Other types are structs and
 * enums.
 */
typedef struct stitch_region stitch_region;

/* How a region is built. Fixed when it is created. */
enum stitch_backend {
    STITCH_BACKEND_AUTO = 0,     /* stitched where the system can; the environment's STITCH_BACKEND decides if set */
    STITCH_BACKEND_STITCHED = 1, /* many segments, end to end: grows, and gives whole segments back */
    STITCH_BACKEND_SINGLE = 2,   /* one segment whose extent is the whole reserve, committed bit by bit */
    STITCH_BACKEND_FIXED = 3,    /* as SINGLE, but all committed at creation: grow never lacks memory, shrink gives no
                                    memory back. Not with STITCH_LAZY */
    STITCH_BACKEND_REMAP = 4     /* one object as with SINGLE, of which only [0, size) is mapped: saves address space.
                                    Not with STITCH_LAZY. The base MOVES: stitch_grow, _append, _shrink, _resize and
                                    _sync of this handle, by any thread of this process, make another view and end the
                                    old one. Call stitch_base again after each; hold no pointers across them */
};

/* clang-format off */
/* Flags. Of the region, at creation: */
#define STITCH_LAZY        UINT64_C(0x01) /* grow does not commit; the first access finds memory, or is SIGBUS.
                                             Windows: without effect, grow commits all the same */
#define STITCH_KEEP        UINT64_C(0x02) /* stays until stitch_unlink, attached or not. Windows: STITCH_ENOTSUP */
#define STITCH_SMALL_PAGES UINT64_C(0x80) /* commit page by page, never 2 MiB at once; see stitch_grow */
/* Of the handle, at open (and attach): */
#define STITCH_READONLY    UINT64_C(0x04) /* attach without the right to write, enforced by the system */
#define STITCH_OTHER_OWNER UINT64_C(0x08) /* accept a region of another user (needs STITCH_READONLY; caveat 4) */
/* Of the handle, at create, open and attach: */
#define STITCH_EXCLUSIVE   UINT64_C(0x10) /* be the only writer as long as the handle is open. Growth inside committed
                                             memory then makes no system call. Waits until no other handle writes.
                                             Writing calls of others wait until this handle is closed or its process
                                             has ended. A forked child's handle is an ordinary one. Not read-only */
#define STITCH_NOWAIT      UINT64_C(0x20) /* STITCH_EBUSY where this handle would wait for another writer */
#define STITCH_INHERIT     UINT64_C(0x40) /* Windows: children inherit the objects' handles, which keeps them alive.
                                             Elsewhere without effect: nothing survives exec */

#define STITCH_NAME_MAX    200                   /* bytes in a region's name, at most; at least 1 */
#define STITCH_EXTENT_UNIT (UINT64_C(2) << 20)   /* extents and offsets of segments are multiples of this: 2 MiB */
#define STITCH_RESERVE_DEFAULT (UINT64_C(32) << 30) /* 32 GiB */
#define STITCH_RESERVE_MAX (UINT64_C(64) << 40)  /* 64 TiB; the system may give less */
#define STITCH_SEGMENTS_DEFAULT UINT64_C(1024)
#define STITCH_SEGMENTS_MAX UINT64_C(65536)
/* clang-format on */

/*
 * What a region should be. Start from STITCH_OPTIONS_INIT: every zero is the default, and a NULL pointer is the same
 * as STITCH_OPTIONS_INIT. An unknown flag, or a longer struct with anything set that this library does not know, is
 * STITCH_EINVAL. A call that opens an existing region reads only `folder` and the flags of the handle; everything else
 * is the region's own. stitch_attach with a backend other than AUTO checks all options first.
 */
struct stitch_options {
    uint64_t struct_size; /* sizeof(struct stitch_options); set by the INIT macro */
    uint64_t reserve;     /* bytes of address space, up to 64 TiB, rounded up to 2 MiB; 0: 32 GiB, or `size` if FIXED */
    uint64_t size;        /* bytes at creation, up to `reserve`; 0: an empty region, without segments */
    uint64_t mode;        /* permission bits: 0600 and any of 0044; 0: 0600. Only the owner may write */
    uint64_t backend;     /* enum stitch_backend */
    uint64_t flags;       /* STITCH_LAZY, ... */
    const char *folder;   /* where the objects live: a tmpfs or hugetlbfs mount with pages of at most 2 MiB; on Windows
                             "Local" or "Global". NULL: the default (see Folders). Read during the call only */
    uint64_t extent;      /* bytes of every new segment, rounded up to 2 MiB; 0: an eighth of the extents so far, at
                             least 2 MiB. A larger request gets a larger segment */
    uint64_t segments;    /* segments that the directory can list, 1 to 65536; 0: 1024. 24 bytes each, committed */
    const char *security; /* create, Windows: who may do what, as a security descriptor string (SDDL), for instance
                             "D:P(A;;GA;;;OW)(A;;GR;;;BU)": the owner everything, users read-only. Every segment gets
                             the same list, but its own maker as owner: where elevated and plain processes of a user
                             both write, name the user's SID and not OW. NULL: what the creator's token says.
                             Elsewhere STITCH_ENOTSUP: `mode` does it */
};

/* clang-format off */
#ifdef __cplusplus
#  define STITCH_OPTIONS_INIT { sizeof(struct stitch_options), 0, 0, 0, 0, 0, nullptr, 0, 0, nullptr }
#else
#  define STITCH_OPTIONS_INIT { .struct_size = sizeof(struct stitch_options) }
#endif
/* clang-format on */

/* ---------------------------------------------------------------------------- the life of a region and a handle --- */

/*
 * create makes a region; there must be none of that name. open attaches to a region; there must be one. attach opens
 * the region or creates it, without a race between several processes that all attach first.
 *   name     1 to 200 bytes, UTF-8 recommended; no '/', no '\', no byte below 0x20, not 0x7f. The name is per folder.
 *   Out      *out: the handle, owned by the caller; stitch_close ends it.
 *   Returns  0, limits, damage, STITCH_EINVAL, STITCH_ESYS, or
 *     STITCH_EEXIST      create: a region of that name exists
 *     STITCH_ENOENT      open: no region of that name exists; any: there is no such folder
 *     STITCH_EACCES      also: mode bits forbid it, or the region is another user's and STITCH_OTHER_OWNER is not given
 *     STITCH_EVERSION    the region has another layout version
 *     STITCH_ERESERVE    `size` exceeds `reserve`
 *     STITCH_EPRIVILEGE  Windows: creating in Global needs a privilege
 *     STITCH_ENOTSUP     the folder cannot hold regions (see `folder`), or an option does not exist on this system
 *     STITCH_EBUSY       STITCH_NOWAIT; or an ended region of that name cannot be removed, since the process that began
 *                        to remove it was stopped half-way
 *
 * Nobody ever sees a region half made. Without STITCH_KEEP a region ends with its last user: when the last attached
 * process has closed it or died, its name and its memory go. What killed processes leave behind is removed by the next
 * create, attach or list in the same folder, or open of the same name, and never while a live process uses it.
 */
STITCH_API STITCH_NODISCARD int stitch_create(const char *name, const struct stitch_options *options,
                                              stitch_region **out);
STITCH_API STITCH_NODISCARD int stitch_open(const char *name, const struct stitch_options *options,
                                            stitch_region **out);
STITCH_API STITCH_NODISCARD int stitch_attach(const char *name, const struct stitch_options *options,
                                              stitch_region **out);

/*
 * Ends the handle: its mappings in this process, its descriptors, its memory. Other processes are not affected. The
 * last handle of a region without STITCH_KEEP, or of one whose name is unlinked, removes the region's objects.
 *   Returns  0 always; NULL is allowed and does nothing.
 *   Threads  no other call on this handle may be running or begin.
 */
STITCH_API int stitch_close(stitch_region *region);

/*
 * Takes the region's name away. Attached handles go on, growing and following as before; the memory goes when the last
 * one is closed. The name can be used for a new region at once. A region whose directory is damaged after its header
 * can be unlinked.
 *   Returns  0, limits, STITCH_EINVAL, STITCH_ESYS, or
 *     STITCH_ENOENT   no region of that name exists
 *     STITCH_EACCES   it is another user's
 *     STITCH_ECORRUPT a file that is not a region has that name; it is left alone
 *     STITCH_EBUSY    another process is removing it now
 *     STITCH_ENOTSUP  Windows: a name goes with the last user, and not before
 */
STITCH_API STITCH_NODISCARD int stitch_unlink(const char *name);
STITCH_API STITCH_NODISCARD int stitch_unlink_at(const char *folder, const char *name);

/* -------------------------------------------------------------------------------------------- what to access --- */

/*
 * Lock-free reads of this handle's own state; no system call.
 *   base        start of the reservation, 2 MiB aligned; the same from create/open to close (STITCH_BACKEND_REMAP: page
 *               aligned, and valid until the next call that may move it).
 *   size        the bytes from base that this process may access now. Larger after grow and sync, smaller after shrink
 *               and sync by any thread of this process.
 *   reserve     bytes; size never exceeds it.
 *   generation  the number of the state that this handle has mapped; it rises by one with each published change.
 */
STITCH_API void *stitch_base(const stitch_region *region);
STITCH_API uint64_t stitch_size(const stitch_region *region);
STITCH_API uint64_t stitch_reserve(const stitch_region *region);
STITCH_API uint64_t stitch_generation(const stitch_region *region);

/* ----------------------------------------------------------------------------------------- growing, shrinking --- */

/*
 * Adds `bytes` at the end, all zero, and (without STITCH_LAZY) backed by memory: a lack of memory is an error here and
 * not a fault later. Concurrent calls, in one process or several, get disjoint ranges that tile the region. 0 bytes is
 * allowed: the call catches up and tells the size.
 *   Out      *offset (may be NULL): where the new bytes begin.
 *   Returns  0, limits, damage, STITCH_EREADONLY, STITCH_ESYS, or
 *     STITCH_EINVAL     the size would exceed 2^64 - 1
 *     STITCH_ERESERVE   the size would exceed the reserve
 *     STITCH_ESEGMENTS  the directory can list no further segment
 *     STITCH_ENOENT     the folder no longer exists
 *     STITCH_EBUSY      STITCH_NOWAIT; or others shrink the region faster than this handle's watcher can be told
 *
 * Every writing call first maps what others have published. On Windows it also removes segments that were lost with a
 * killed process (STITCH_EGONE for readers); that repair is kept even if the call then fails.
 *
 * Memory is committed page by page. In tmpfs, beyond the first 2 MiB of a region, it is committed by huge pages of
 * 2 MiB where the kernel has MADV_COLLAPSE and the memory for it: several times faster to zero and to read, and never
 * more than 2 MiB ahead of the size. If the folder is full or no huge page is free, single pages are used. A full
 * memory cgroup is STITCH_ENOMEM, since the kernel would kill a process to find single pages there.
 */
STITCH_API STITCH_NODISCARD int stitch_grow(stitch_region *region, uint64_t bytes, uint64_t *offset);

/*
 * Grows by `length` bytes and fills them from `data` before anybody can see them: readers never see the bytes
 * unwritten, and a writer killed half-way has published nothing. Concurrent appends do not mix.
 *   Requires `data` is not in the region beyond its size, and with STITCH_BACKEND_REMAP not in the region at all.
 *   Out, Returns  as stitch_grow; STITCH_EINVAL also if data is NULL and length is not 0.
 */
STITCH_API STITCH_NODISCARD int stitch_append(stitch_region *region, const void *data, uint64_t length,
                                              uint64_t *offset);

/*
 * Removes `bytes` from the end and gives their memory back: whole segments as soon as the last process unmaps them, the
 * rest of the last segment at once, to the page (above 2 MiB to the huge page where grow uses these, since giving back
 * a part of one splits it). Cannot fail for lack of any resource.
 *   Returns  0, STITCH_EREADONLY, STITCH_ESYS, or
 *     STITCH_EMFILE, STITCH_EACCES  only the first writing call of a forked child (caveat 5)
 *     STITCH_EINVAL    `bytes` exceeds the region's size
 *     STITCH_ECORRUPT  the directory contradicts itself
 *     STITCH_EBUSY     as for stitch_grow
 */
STITCH_API STITCH_NODISCARD int stitch_shrink(stitch_region *region, uint64_t bytes);

/* Grows or shrinks to exactly `size` bytes. Returns as grow and shrink. */
STITCH_API STITCH_NODISCARD int stitch_resize(stitch_region *region, uint64_t size);

/*
 * Says that the contents of [offset, offset + length) are no longer needed; the range stays part of the region. With
 * STITCH_LAZY whole pages in it go back to the system and read as zero. Without, the memory stays committed and nothing
 * is given back: the system is told that these pages are the first to swap out. Afterwards, and after a call that
 * failed half-way, the range holds the old bytes or zero.
 *   Returns  0, STITCH_EREADONLY, STITCH_ENOMEM, STITCH_ESYS, or
 *     STITCH_EINVAL  the range is not inside [0, size)
 */
STITCH_API STITCH_NODISCARD int stitch_discard(stitch_region *region, uint64_t offset, uint64_t length);

/* ------------------------------------------------------------------------------------------ following, waiting --- */

/*
 * Maps what other processes have published. Costs one load if nothing changed. Afterwards pointers at or beyond the new
 * size are invalid, in every thread of this process.
 *   Returns  1 if something changed, 0 if not, limits, damage or STITCH_ESYS. After an error [0, stitch_size) is as
 *            usable as before the call, or, where the region shrank, the part that remains; the call may be repeated.
 */
STITCH_API STITCH_NODISCARD int stitch_sync(stitch_region *region);

/*
 * Sleeps until the region's generation is not `seen_generation` (pass what stitch_generation returned). Does not sync.
 *   timeout_ms  milliseconds; 0 only looks; -1 waits for ever.
 *   Returns     0 when it differs, STITCH_ESYS, or
 *     STITCH_ETIMEDOUT  it did not change within the time
 *     STITCH_EINVAL     timeout_ms is below -1
 * A writer pays for the wake-up only if somebody waits. Nobody sleeps longer than 100 ms without looking, so a writer
 * that is killed between publishing and waking delays a waiter by no more than that. A handle that cannot write to the
 * region's roster (a reader of another user) cannot announce that it waits, and looks every 5 ms.
 */
STITCH_API STITCH_NODISCARD int stitch_wait(stitch_region *region, uint64_t seen_generation, int64_t timeout_ms);

/*
 * Calls back when what this handle may access changes: by its own calls only (sync, and every writing call, which
 * catches up first). before_unmap: [offset, offset + length) is about to end; it can still be read now, but no longer
 * after the return. after_map: the range is mapped now. Each call tells of the part that is added or removed, not of
 * the whole. Either may be NULL. `arg` is the caller's.
 *   Threads  the callbacks run on the thread of the call that changes something, never while another process waits for
 *            this handle. Other threads of this handle may wait: a callback must call nothing on this handle but
 *            stitch_base, _size, _reserve and _generation.
 *   Returns  0 or STITCH_EINVAL (region NULL). `watcher` is copied; NULL ends it.
 */
struct stitch_watcher {
    void (*before_unmap)(void *arg, uint64_t offset, uint64_t length);
    void (*after_map)(void *arg, uint64_t offset, uint64_t length);
    void *arg;
};
STITCH_API STITCH_NODISCARD int stitch_set_watcher(stitch_region *region, const struct stitch_watcher *watcher);

#ifdef __cplusplus
}
#endif
#endif
