/* SPDX-License-Identifier: MIT */
/*
 * os.h - the porting contract: what stitch needs of an operating system, and nothing of any one of them.
 *
 * Rules for all primitives
 *   - Result pointers are never NULL. Addresses, offsets and sizes are multiples of the folder's page unless said.
 *   - An int result is 0 or a STITCH_E... code; the system's own code is kept for stitch_os_error (st_error_code).
 *   - A primitive that fails has changed nothing. A primitive that returns void cannot fail in a way that matters.
 *   - They never call up, never print, never retry what could block for ever but the lock and the wait that say so,
 *     and never let a signal out: what would raise one (SIGXFSZ) is refused before.
 *   - Callers hold what locks they need: a primitive works on its arguments only, and may be called from any thread.
 *   - Platform differences are data (the fields of st_os_folder); callers branch on these, not on the system.
 *
 * The structs hold what the system's handles need (a descriptor or a HANDLE fits an intptr_t). -1 means closed.
 */
#ifndef ST_OS_H
#define ST_OS_H

#include <stdbool.h>
#include <stdint.h>

#include <stitch/errors.h>

#include "base/atomic.h"
#include "base/error.h"

/* Extents, huge pages and the alignment of reservations are multiples of this: 2 MiB. */
#define ST_OS_UNIT (UINT64_C(2) << 20)

/* ------------------------------------------------------------------------------------------------- environment --- */

/* A setting from the environment, or NULL; NULL also where the program runs with rights its caller lacks (setuid). */
const char *st_os_setting(const char *name);

/* Unpredictable bytes. Returns 0 or STITCH_ESYS. */
int st_os_random(void *out, uint64_t length);

uint64_t st_os_milliseconds(void);       /* monotonic; any start */
void st_os_sleep(uint64_t milliseconds); /* at least about that long */
uint64_t st_os_user(void);               /* whom this process acts for */

/* ------------------------------------------------------------------------------------------------------ folder --- */

/* The name space that objects live in: a folder of a memory file system; a kernel name space. */
typedef struct st_os_folder {
    intptr_t handle;
    uint64_t page;  /* granule of commit, views and give-back there */
    uint64_t block; /* commits of whole blocks, at multiples of it, are cheaper by far than of their pages; or page */
    bool objects_persist; /* objects outlive their last user and must be removed. False: the kernel does that, they live
                             as long as a handle is open (so every user keeps its own), and they are seen from their
                             creation on */
    bool gives_back;  /* part of an object's memory can be given back. False: only the whole object, by closing it */
    bool can_be_lazy; /* memory that was not committed can be touched, and is found or not at that moment */
    bool stitches;    /* views can lie side by side in a reservation. False: only one view that fills it */
    bool inherit;     /* children inherit the handles of objects (where there is such a thing) */
    void *security;   /* how objects made through this handle are protected; NULL: as the system does. Owned */
} st_os_folder;

/* `path` NULL: the system's own place. STITCH_ENOENT, _EACCES, _ENOTSUP (cannot hold objects, page above 2 MiB),
 * _EMFILE. */
int st_os_folder_open(const char *path, st_os_folder *out);
void st_os_folder_close(st_os_folder *folder);

/* Call `each` with every name in it; stops at and returns the first result that is not 0. Names may come and go
 * meanwhile. Needs no descriptor: removing what a region leaves works at the limit. */
int st_os_folder_each(const st_os_folder *folder, int (*each)(const char *name, void *arg), void *arg);

/* Another handle of the same folder; one handle can be in one st_os_folder_each at a time. STITCH_EMFILE. */
int st_os_folder_reopen(const st_os_folder *folder, st_os_folder *out);

/* ------------------------------------------------------------------------------------------------------ object --- */

typedef struct st_os_object {
    intptr_t handle;
} st_os_object;
#define ST_OS_OBJECT_CLOSED ((st_os_object){ -1 })

/* What tells one object from every other that exists now. */
typedef struct st_os_identity {
    uint64_t device, number;
} st_os_identity;

static inline bool st_os_identity_is(st_os_identity a, st_os_identity b)
{
    return a.device == b.device && a.number == b.number;
}

#define ST_OS_UNKNOWN UINT64_MAX

typedef struct st_os_status {
    st_os_identity identity; /* zero where only a view tells (st_os_view_identity) */
    uint64_t size;           /* bytes */
    uint64_t resident;       /* bytes of memory it holds, or ST_OS_UNKNOWN */
    uint64_t owner;
    uint64_t mode; /* permission bits */
    bool regular;  /* an object that can be mapped, not a folder, link or pipe under its name */
} st_os_status;

/* Objects made through this handle of the folder, locks too, are protected as `text` says (SDDL), or as that object is.
 * STITCH_EINVAL, _ENOMEM, _ENOTSUP (where objects have a mode instead; there secure_like has nothing to do). */
int st_os_folder_secure(st_os_folder *folder, const char *text);
int st_os_folder_secure_like(st_os_folder *folder, const st_os_object *object);

typedef struct st_os_object_spec {
    uint64_t size; /* bytes */
    uint64_t mode; /* permission bits, where objects have a mode */
    bool committed; /* with all its memory */
} st_os_object_spec;

/*
 * Make an object of `size` bytes, reading zero, with all its memory (committed) or without; it never changes its size.
 * Nobody else can see it until st_os_object_publish gives it `name`; a process that dies before leaves nothing. (Where
 * objects do not persist they are born with their names: create says STITCH_EEXIST, publish does nothing, and others
 * may see what is not yet filled.) STITCH_ENOSPC, _EFSIZE (asked before, so no signal), _EMFILE, _ENOMEM, _EACCES,
 * _ENOTSUP.
 */
int st_os_object_create(const st_os_folder *folder, const char *name, const st_os_object_spec *spec,
                        st_os_object *out);
int st_os_object_publish(const st_os_folder *folder, const char *name, const st_os_object *object); /* STITCH_EEXIST */

/* Never follows a link, never blocks, never inherits through exec. STITCH_ENOENT, _EACCES, _EMFILE. */
int st_os_object_open(const st_os_folder *folder, const char *name, bool readonly, st_os_object *out);
void st_os_object_close(st_os_object *object);

/* Another handle of the same object, sharing no lock with the first. STITCH_EMFILE, _EACCES. */
int st_os_object_reopen(const st_os_object *object, st_os_object *out);

/* Names: take away; change (STITCH_ENOENT; replaces nothing: STITCH_EEXIST). Where objects do not persist: nothing to
 * do. */
int st_os_object_remove(const st_os_folder *folder, const char *name);
int st_os_object_rename(const st_os_folder *folder, const char *from, const char *to);

int st_os_object_status(const st_os_object *object, st_os_status *out);
int st_os_object_status_by_name(const st_os_folder *folder, const char *name, st_os_status *out); /* without opening it */

/* Copy up to `length` bytes from its start, without mapping; *got tells how many. */
int st_os_object_read(const st_os_object *object, void *out, uint64_t length, uint64_t *got);

/*
 * *data: is there memory that was written behind this byte? Committed but never touched: either answer. A system that
 * cannot tell says whether the object holds anything at all.
 */
int st_os_object_has_data(const st_os_object *object, uint64_t offset, bool *data);

/* ------------------------------------------------------------------------------------------- memory of objects --- */

enum {
    ST_OS_LAZY = 1,   /* only make it read zero */
    ST_OS_BLOCKS = 2, /* whole blocks of the folder may be committed as such */
    ST_OS_FRESH = 4   /* nobody has ever stored there */
};

/*
 * Commit [offset, offset + length) of an object whose view (of this process) starts at `view` (NULL: there is none of
 * that range): afterwards stores cannot fail for lack of memory, and (where memory can be given back in part) it reads
 * zero whatever was there. All or nothing. STITCH_ENOSPC, _ENOMEM, _EFSIZE. Takes as long as zeroing takes: several
 * threads may call it at once for disjoint ranges of one object.
 */
int st_os_commit(const st_os_object *object, void *view, uint64_t offset, uint64_t length, int how);

/* Has committing by blocks turned out not to work in this process? */
bool st_os_blocks_fail(void);

/* Put memory behind a range of a lazy region and keep what it holds. A failure may leave some there. Errors as commit.
 */
int st_os_populate(const st_os_object *object, uint64_t offset, uint64_t length);

/*
 * Give the memory of that range back; it reads zero. Through the view (may be NULL) or the object (may be closed),
 * whichever the system lets; through the view it needs no resource. STITCH_ESYS or another if the system would not.
 */
int st_os_decommit(const st_os_object *object, void *view, uint64_t offset, uint64_t length);

/* Tell the system that these bytes, of views side by side, are the first to do without. */
int st_os_discard_hint(void *address, uint64_t length);

/* ------------------------------------------------------------------------------------------ reservation, views --- */

typedef struct st_os_reservation {
    unsigned char *base;
    uint64_t size;
    void *ballast; /* a mapping that can be given up for a moment where the number of mappings is limited */
    bool holed;    /* an address in it was lost, and may be somebody else's now */
} st_os_reservation;

/* Address space without access, aligned to ST_OS_UNIT. STITCH_EADDRSPACE, _EMAPS. */
int st_os_reserve(uint64_t size, st_os_reservation *out);
void st_os_release(st_os_reservation *reservation); /* with all views in it */

/*
 * Map the whole object, `size` bytes of it, at base + offset, where reservation is. Replaces in one step: at no time
 * can another mapping of the process get in between. (Where views cannot be stitched the one view fills the
 * reservation, and mapping it may move the base.) STITCH_EMAPS, _ENOMEM, _EACCES.
 */
int st_os_view_map(st_os_reservation *reservation, uint64_t offset, uint64_t size, const st_os_object *object,
                   bool readonly);

/* What st_os_survey calls a view at `address` of the object whose status has that identity. */
st_os_identity st_os_view_identity(st_os_identity object, const void *address);

/* Turn the view at base + offset back into reservation, in one step too. Cannot fail for lack of resources. */
void st_os_view_unmap(st_os_reservation *reservation, uint64_t offset, uint64_t size);

/*
 * Where address space is to be saved: a reservation that is one view, of the first `size` bytes of an object, and
 * nothing else. *reservation is zero or what this made of it; base may move, and the old view goes last. A failure
 * leaves everything as it was; to fewer bytes cannot fail: what cannot be let go of stays (reservation->size tells).
 */
int st_os_view_resize(st_os_reservation *reservation, uint64_t size, const st_os_object *object, bool readonly);

/* Map an object outside any reservation, one that was made committed (directories). STITCH_ECORRUPT: it is not, and to
 * touch it would fault. */
int st_os_map(const st_os_object *object, uint64_t size, bool readonly, void **out);
void st_os_unmap(void *address, uint64_t size);

/* What the system's own map of this process says, piece by piece in rising order, clipped to [from, from + length). */
enum st_os_kind {
    ST_OS_FREE,     /* nothing mapped */
    ST_OS_RESERVED, /* address space without access and without object */
    ST_OS_VIEW,     /* a view of an object */
    ST_OS_OTHER     /* something else */
};
typedef struct st_os_range {
    uint64_t start, length; /* start is an address */
    enum st_os_kind kind;
    st_os_identity identity; /* of a view: the object, and the view's place in it */
    uint64_t object_offset;
    uint64_t present; /* bytes of a view that are committed; ST_OS_UNKNOWN where the map does not tell */
    bool readable, writable, shared;
} st_os_range;

/* STITCH_EMFILE, _ENOMEM, _ESYS, or the first result of `each` that is not 0. */
int st_os_survey(const void *from, uint64_t length, int (*each)(const st_os_range *, void *arg), void *arg);

/* The same of another process's map. STITCH_EACCES: it is not ours to ask; STITCH_ENOENT: it is gone. */
int st_os_survey_process(uint64_t process, uint64_t from, uint64_t length, int (*each)(const st_os_range *, void *arg),
                    void *arg);

/* --------------------------------------------------------------------------------------------------- processes --- */

typedef struct st_os_process {
    uint64_t id;
    uint64_t started; /* tells it from a later process with that id */
    uint64_t space;   /* ids of different spaces are not to be compared */
} st_os_process;

int st_os_process_self(st_os_process *out);            /* STITCH_ESYS, _EMFILE */
int st_os_process_lives(const st_os_process *process); /* 1 yes, 0 no, -1 cannot be told */

/* ------------------------------------------------------------------------------------------------------- locks --- */

/* Between the threads of a process. */
typedef struct st_os_mutex {
    uint64_t storage[8];
} st_os_mutex;
int st_os_mutex_open(st_os_mutex *mutex); /* STITCH_ENOMEM */
void st_os_mutex_close(st_os_mutex *mutex);
void st_os_mutex_lock(st_os_mutex *mutex);
bool st_os_mutex_try(st_os_mutex *mutex); /* lock it if that needs no waiting */
void st_os_mutex_unlock(st_os_mutex *mutex);

/*
 * Between processes: the locks of one handle of a region. The kernel releases them when the process that holds them
 * dies. Two handles exclude each other also within a process.
 *   - writer: one at a time; enter waits for ever, or says STITCH_EBUSY; leave on the thread that entered. keep: be the
 *     one writer, on whatever thread, until these locks are closed. Where the lock is a handle's, that is the lock
 * never left (but at the handle's end, since forked children hold copies); where it is a thread's, it is left, and
 * whoever enters must ask whether it is kept.
 *   - attended: held shared by every attached handle (attend), so that "nobody is attached" can be asked of the kernel
 *     and not of a count. alone() takes it exclusively if nobody else holds it: then nobody can attach any more, until
 *     these locks are closed. attend() says STITCH_EBUSY while somebody is alone. (Where objects do not persist, being
 *     able to open the directory is being attended.)
 *   - name: one at a time: who changes what the region's name means. enter says STITCH_EBUSY if held.
 * They live and die with `directory`, which must stay open as long.
 */
typedef struct st_os_locks {
    intptr_t handle[5];
    intptr_t space; /* where locks have names: the folder's handle, and the tag */
    uint64_t tag;
} st_os_locks;
#define ST_OS_LOCKS_CLOSED ((st_os_locks){ .handle = { -1, -1, -1, -1, -1 } })

int st_os_locks_open(const st_os_folder *folder, const st_os_object *directory, uint64_t tag, bool readonly,
                     st_os_locks *out); /* STITCH_EMFILE, _EACCES */
void st_os_locks_close(st_os_locks *locks);

int st_os_writer_lock(const st_os_locks *locks, bool wait);
int st_os_writer_make_exclusive(st_os_locks *locks);          /* having entered; afterwards it is left to others to find out */
int st_os_writer_is_exclusive(const st_os_locks *locks); /* having entered: by another handle? 1 or 0, or an error */
void st_os_writer_unlock(const st_os_locks *locks);
int st_os_in_use_lock_shared(st_os_locks *locks, bool readonly);
int st_os_in_use_lock_sole(const st_os_locks *locks);       /* 1 yes, 0 no */
int st_os_in_use_is_locked(const st_os_locks *locks); /* 1 or 0: by another handle than this */
int st_os_has_writer(const st_os_locks *locks);  /* 1 or 0: another handle than this that may write */
int st_os_name_lock(const st_os_locks *locks);
void st_os_name_unlock(const st_os_locks *locks);

/* Words (ST_OS_FORK_MARKS) that start as 1 and read 0 in every child forked since. (No fork: nothing changes them.) */
#define ST_OS_FORK_MARKS 2
int st_os_fork_mark_open(st_word **out);
void st_os_fork_mark_close(st_word *mark);

/* -------------------------------------------------------------------------------------------------------- wait --- */

/*
 * Sleep until woken, *word is not `seen`, or the time is over; may wake early. Works on a read-only view. wake, after
 * *word has moved, reaches every process that sleeps on the same word of the same object.
 */
void st_os_wait(const st_os_locks *locks, const st_word *word, uint64_t seen, uint64_t milliseconds);
void st_os_wake(const st_os_locks *locks, st_word *word);

#endif
