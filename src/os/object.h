/* SPDX-License-Identifier: MIT */
/* object.h - the porting contract, chapter 1: folders, and the objects of memory in them. The rules are in os.h. */
#ifndef ST_OS_OBJECT_H
#define ST_OS_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

/* 2 MiB. Bases of reservations and sizes of huge pages are multiples of it; no page of a folder is larger. */
#define ST_OS_UNIT (UINT64_C(2) << 20)

#define ST_OS_UNKNOWN UINT64_MAX

/* ST_OS_READONLY is 1, so that a truth value `readonly` can be passed as it is. */
enum st_os_access { ST_OS_READWRITE, ST_OS_READONLY };

typedef struct st_os_object {
    intptr_t handle;
} st_os_object;
#define ST_OS_OBJECT_CLOSED ((st_os_object){ -1 })

/* ------------------------------------------------------------------------------------------------------ folder --- */

/* The name space in which objects live: a folder of a memory file system, or a name space of the kernel. */
typedef struct st_os_folder {
    intptr_t handle;
    uint64_t page;  /* unit of commit, of views and of giving memory back */
    uint64_t block; /* Whole blocks, at multiples of it, are committed much faster than their pages; or equals page. */

    /*
     * Objects outlive their last user and must be removed. False: the kernel removes an object when its last handle is
     * closed. Every user therefore keeps one open, and an object is visible from its creation on.
     */
    bool objects_persist;
    bool gives_back;  /* Part of an object's memory can be given back. False: only all of it, by closing the object. */
    bool can_be_lazy; /* Uncommitted memory may be touched; the system finds memory for it then, or faults. */
    bool stitches;    /* Views can lie side by side in a reservation. False: one view fills the reservation. */
    bool inherit;     /* Child processes inherit the handles of objects, on systems where handles can be inherited. */
    void *security;   /* Protects objects made through this handle; NULL: the system's default. Owned by the folder. */
} st_os_folder;

/*
 * Opens the folder at `path`, or the system's own place for objects if `path` is NULL.
 *   Returns: 0, STITCH_ENOENT, _EACCES, _EMFILE, or _ENOTSUP if the folder cannot hold objects or its page is larger
 *   than ST_OS_UNIT.
 */
int st_os_folder_open(const char *path, st_os_folder *out);

/* Closes the folder; closing it again does nothing. */
void st_os_folder_close(st_os_folder *folder);

/*
 * Opens another handle of the same folder, without its `security`.
 *   Returns: 0 or STITCH_EMFILE.
 */
int st_os_folder_reopen(const st_os_folder *folder, st_os_folder *out);

/*
 * Calls `each` with every name in the folder. Names may appear and disappear meanwhile. Opens no descriptor, so that
 * clean-up works at the limit of descriptors.
 *   Requires: no other st_os_folder_each is in progress on this handle; st_os_folder_reopen gives another one.
 *   Returns: 0, an error, or the first result of `each` that is not 0, which ends the calls.
 */
int st_os_folder_each(const st_os_folder *folder, int (*each)(const char *name, void *arg), void *arg);

/*
 * Makes `text` (SDDL) the protection of all objects and locks that are made through this handle from now on.
 *   Returns: 0, STITCH_EINVAL, _ENOMEM, or _ENOTSUP where objects have a mode instead.
 */
int st_os_folder_secure(st_os_folder *folder, const char *text);

/*
 * Gives the objects and locks that are made through this handle from now on the protection of `object`. Does nothing
 * where objects have a mode instead.
 *   Returns: 0 or STITCH_ENOMEM.
 */
int st_os_folder_secure_like(st_os_folder *folder, const st_os_object *object);

/* ------------------------------------------------------------------------------------------------------ object --- */

/* What tells an object from every other object that exists at the same time. */
typedef struct st_os_identity {
    uint64_t device, number;
} st_os_identity;

/* Tells whether both are the same object. */
static inline bool st_os_identity_is(st_os_identity a, st_os_identity b)
{
    return a.device == b.device && a.number == b.number;
}

typedef struct st_os_status {
    st_os_identity identity; /* zero where only a view has one (st_os_view_identity) */
    uint64_t size;           /* bytes */
    uint64_t resident;       /* bytes of memory that the object holds, or ST_OS_UNKNOWN */
    uint64_t owner;          /* as st_os_user */
    uint64_t mode;           /* permission bits */
    bool regular;            /* It can be mapped: the name does not belong to a folder, a link, a pipe or the like. */
} st_os_status;

typedef struct st_os_object_spec {
    uint64_t size;  /* bytes; it never changes */
    uint64_t mode;  /* permission bits, where objects have a mode */
    bool committed; /* The object is made with all its memory. False: with none. */
} st_os_object_spec;

/*
 * Makes an object that reads zero. No other process can see it until st_os_object_publish gives it its name, and
 * nothing of it remains if this process dies before. (Where objects do not persist, they are born with `name`: create
 * returns STITCH_EEXIST, publish does nothing, and other processes may see an object that is not yet filled.)
 *   Requires: spec->size is a multiple of the folder's page.
 *   Returns: 0, STITCH_ENOSPC, _EFSIZE (checked beforehand, so no signal is raised), _EMFILE, _ENOMEM, _EACCES,
 *   _ENOTSUP, _EPRIVILEGE.
 */
int st_os_object_create(const st_os_folder *folder, const char *name, const st_os_object_spec *spec, st_os_object *out);

/*
 * Gives the object its name, in one step: from now on other processes can open it.
 *   Requires: `object` was made by st_os_object_create in this folder.
 *   Returns: 0 or STITCH_EEXIST.
 */
int st_os_object_publish(const st_os_folder *folder, const char *name, const st_os_object *object);

/*
 * Opens the object of that name. Follows no link, does not block, and is not inherited through exec.
 *   Returns: 0, STITCH_ENOENT, _EACCES, _EMFILE, or _ECORRUPT if the name belongs to something that is no object.
 */
int st_os_object_open(const st_os_folder *folder, const char *name, enum st_os_access access, st_os_object *out);

/* Closes the object; closing it again does nothing. */
void st_os_object_close(st_os_object *object);

/*
 * Opens another handle of the same object, which shares no lock with the first. A forked child needs it.
 *   Returns: 0, STITCH_EMFILE, _EACCES, or _ENOTSUP where there is no fork.
 */
int st_os_object_reopen(const st_os_object *object, st_os_object *out);

/*
 * Takes the object's name away. Does nothing where objects do not persist.
 *   Returns: 0, STITCH_ENOENT or _EACCES.
 */
int st_os_object_remove(const st_os_folder *folder, const char *name);

/*
 * Changes the object's name, and never replaces another object.
 *   Returns: 0, STITCH_ENOENT, _EEXIST, or _ENOTSUP where objects do not persist.
 */
int st_os_object_rename(const st_os_folder *folder, const char *from, const char *to);

/* Describes an open object. Returns: 0 or an error. */
int st_os_object_status(const st_os_object *object, st_os_status *out);

/*
 * Describes the object of that name. Opens no descriptor where objects persist.
 *   Returns: 0, STITCH_ENOENT or _EACCES.
 */
int st_os_object_status_by_name(const st_os_folder *folder, const char *name, st_os_status *out);

/*
 * Copies up to `length` bytes from the object's start. *got is the number of bytes copied, which is less than `length`
 * if the object is smaller. `length` may be any number.
 *   Returns: 0 or an error.
 */
int st_os_object_read(const st_os_object *object, void *out, uint64_t length, uint64_t *got);

#endif
