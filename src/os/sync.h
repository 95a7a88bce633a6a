/* SPDX-License-Identifier: MIT */
/*
 * sync.h - the porting contract, chapter 4: mutexes between threads, locks between processes, waiting. Rules: os.h.
 *
 * The locks of a region, between processes. Each handle of a region has its own st_os_locks; two handles exclude each
 * other within one process too. The kernel releases a lock when the process that holds it dies.
 *
 *   lock      | held by                         | another handle that wants it   | after a death
 *   ----------+---------------------------------+--------------------------------+-------------------------------------
 *   writer    | the handle that changes the     | waits without limit, or gets   | the next writer gets it, and
 *             | region, for one change          | STITCH_EBUSY                   | recovers if the journal is open
 *   exclusive | the only writer, as long as its | as above; where the writer     | released: the next writer finds that
 *             | locks are open                  | lock was unlocked, it must ask | no other handle is exclusive
 *   in use,   | every attached handle           | shares it; STITCH_EBUSY if a   | released: no handle is attached when
 *   shared    |                                 | handle has locked it alone     | the last holder has gone
 *   in use,   | the handle that removes a       | does not get it, nor does any  | released: another handle can remove
 *   sole      | region that has ended           | handle attach any more         | the rest
 *   may write | every attached handle that is   | shares it; others only ask     | released: no handle may write when
 *             | not read-only                   | (st_os_has_writer)             | the last holder has gone
 *   name      | the handle that changes the     | gets STITCH_EBUSY              | released; a change of a name is one
 *             | meaning of the region's name    |                                | step, so it is done or not begun
 *
 *   lock      | on Linux: open-file-description lock     | on Windows: named object, TAG is the region's tag
 *   ----------+------------------------------------------+------------------------------------------------------------
 *   writer    | byte 0 of the directory object           | mutex stitch.l.TAG; a death is WAIT_ABANDONED
 *   exclusive | the writer lock, which is not unlocked   | event stitch.x.TAG exists; the mutex is unlocked
 *   in use    | byte 1, shared or alone                  | an open handle of the directory object; never locked alone
 *   may write | byte 2, shared                           | event stitch.w.TAG exists
 *   name      | byte 3                                   | none: a section's name cannot be taken away
 *
 * Callers assume nothing of where a system keeps its locks: in an object, in a file of their own, or under a name.
 */
#ifndef ST_OS_SYNC_H
#define ST_OS_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"
#include "os/object.h"

/* ----------------------------------------------------------------------------------------------------- mutexes --- */

/* Excludes the other threads of this process. */
typedef struct st_os_mutex {
    uint64_t storage[8];
} st_os_mutex;

/* Makes a mutex, unlocked. Returns: 0 or STITCH_ENOMEM. */
int st_os_mutex_open(st_os_mutex *mutex);

/* Ends a mutex. Requires: it is unlocked. */
void st_os_mutex_close(st_os_mutex *mutex);

/* Locks the mutex; waits without limit. Requires: this thread does not hold it. */
void st_os_mutex_lock(st_os_mutex *mutex);

/* Locks the mutex if that needs no waiting. Returns: whether it did. */
bool st_os_mutex_try(st_os_mutex *mutex);

/* Unlocks the mutex. Requires: this thread holds it. */
void st_os_mutex_unlock(st_os_mutex *mutex);

/* ------------------------------------------------------------------------------------------------------- locks --- */

/* The locks of one handle of a region; the system decides what the numbers mean. */
typedef struct st_os_locks {
    intptr_t handle[5];
    intptr_t space; /* where locks have names: the folder's handle */
    uint64_t tag;   /* likewise: the region's tag */
} st_os_locks;
#define ST_OS_LOCKS_CLOSED ((st_os_locks){ .handle = { -1, -1, -1, -1, -1 } })

/* ST_OS_WAIT is 1, so that a truth value `wait` can be passed as it is. */
enum st_os_patience { ST_OS_NOWAIT, ST_OS_WAIT };

/*
 * Opens the locks of the region that has that directory object and that tag, for one handle. None is locked yet. A
 * forked child must open its own, with a directory that it has opened again (st_os_object_reopen).
 *   Requires: `directory` stays open until the locks are closed.
 *   Returns: 0, STITCH_EMFILE, _EACCES, _ENOMEM.
 */
int st_os_locks_open(const st_os_folder *folder, const st_os_object *directory, uint64_t tag, enum st_os_access access,
                     st_os_locks *out);

/*
 * Closes the locks; closing them again does nothing. Those that are locked are released, at the latest when the
 * directory is closed too.
 */
void st_os_locks_close(st_os_locks *locks);

/*
 * Locks the writer lock.
 *   Requires: the locks were opened with ST_OS_READWRITE.
 *   Returns: 0, or STITCH_EBUSY (ST_OS_NOWAIT). ST_OS_WAIT: waits without limit.
 */
int st_os_writer_lock(const st_os_locks *locks, enum st_os_patience patience);

/* Unlocks the writer lock. Requires: this thread has locked it, or this handle is exclusive and about to close. */
void st_os_writer_unlock(const st_os_locks *locks);

/*
 * Makes this handle the only writer until its locks are closed, whichever thread it then writes on. Where the writer
 * lock belongs to a handle, it stays locked; the handle unlocks it before it closes, since forked children hold copies.
 * Where it belongs to a thread, it is unlocked, and every writer that locks it must ask st_os_writer_is_exclusive.
 *   Requires: this thread holds the writer lock.
 *   Returns: 0, STITCH_EACCES, _ENOMEM.
 */
int st_os_writer_make_exclusive(st_os_locks *locks);

/*
 * Tells whether another handle is exclusive.
 *   Requires: this thread holds the writer lock.
 *   Returns: 1 yes, 0 no, or an error.
 */
int st_os_writer_is_exclusive(const st_os_locks *locks);

/*
 * Locks the in-use lock shared, and the may-write lock with ST_OS_READWRITE, until the locks are closed.
 *   Returns: 0, or STITCH_EBUSY if a handle has locked it alone.
 */
int st_os_in_use_lock_shared(st_os_locks *locks, enum st_os_access access);

/*
 * Locks the in-use lock alone, until the locks are closed, if no other handle holds it.
 *   Returns: 1 locked, 0 not locked (always 0 where objects do not persist), or an error.
 */
int st_os_in_use_lock_sole(const st_os_locks *locks);

/* Tells whether another handle holds it. Returns: 1 yes (always, where objects do not persist), 0 no, or an error. */
int st_os_in_use_is_locked(const st_os_locks *locks);

/* Tells whether another handle may write. Returns: 1 yes, 0 no, or an error. */
int st_os_has_writer(const st_os_locks *locks);

/* Locks the name lock. Returns: 0, STITCH_EBUSY, or _ENOTSUP where objects do not persist. */
int st_os_name_lock(const st_os_locks *locks);

/* Unlocks the name lock. */
void st_os_name_unlock(const st_os_locks *locks);

/* ----------------------------------------------------------------------------------------------------- waiting --- */

/*
 * Sleeps until woken, until *word is no longer `seen`, or until the time is over; may return early.
 *   Requires: `word` is in a view of a shared object, which may be read-only; writers only ever count it up by 1.
 */
void st_os_wait(const st_os_locks *locks, const st_word *word, uint64_t seen, uint64_t milliseconds);

/*
 * Wakes all threads of all processes that wait on the same word of the same object.
 *   Requires: *word has changed since they began to wait.
 */
void st_os_wake(const st_os_locks *locks, st_word *word);

#endif
