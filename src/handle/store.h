/* SPDX-License-Identifier: MIT */
/*
 * store.h - the objects of a region in their folder: directory, roster, segments. Makes, names, opens, checks, removes
 * and finds them. Nobody else knows what an object is called.
 *
 * On systems whose objects persist, an object is made without a name and named when it is whole. Elsewhere an object is
 * born with its name and ends with its last user, and naming or removing it does nothing.
 */
#ifndef ST_STORE_H
#define ST_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include <stitch/stitch.h>

#include "os/os.h"
#include "shared/directory.h"

#define ST_LABEL_SIZE 256 /* bytes of the longest name of an object, with its NUL */

/* The name of a directory object in its folder: that of a region, or of one that was unlinked. */
struct st_label {
    char text[ST_LABEL_SIZE];
};

/* Where the objects of one region are, and what they must look like. */
struct st_store {
    st_os_folder folder;
    struct st_label label;    /* of the region's name */
    enum st_os_access access; /* with which objects are opened */
    /* Known once the region is: st_store_identify. */
    uint64_t tag;   /* part of the objects' names */
    uint64_t owner; /* of the directory object; every segment must have the same */
    uint64_t mode;  /* permission bits of new objects */
};

/* ------------------------------------------------------------------------------------------------- the folder --- */

/*
 * Opens the folder that a caller named, or the default (NULL). Every call with a folder argument goes through here.
 * Returns 0, or STITCH_ENOENT, _EACCES, _ENOTSUP, _EMFILE.
 */
int st_store_open_folder(const char *folder, st_os_folder *out);

/* Is this a valid name of a region: 1 to STITCH_NAME_MAX bytes, none of them a separator or a control character? */
bool st_store_accepts_name(const char *name);

int st_store_open(struct st_store *store, const char *name, const struct stitch_options *options);
void st_store_close(struct st_store *store);
void st_store_identify(struct st_store *store, const struct st_geometry *geometry, uint64_t owner);

/* --------------------------------------------------------------------------------------------------- segments --- */

/*
 * Makes the object of a new segment, of entry->extent bytes, without a name. entry->id is the id to try; if the name of
 * that id is taken, it becomes another one. Returns 0; STITCH_EACCES if this process became another user since it
 * attached, or no name is free; or an error of st_os_object_create.
 */
int st_store_make_segment(const struct st_store *store, struct st_entry *entry, bool committed, st_os_object *out,
                          st_os_identity *identity);

/* Gives the object its name. entry->id may become another one, as above. */
int st_store_name_segment(const struct st_store *store, const st_os_object *object, struct st_entry *entry);

/*
 * Opens the object of a listed segment and checks that it is an object of the region's owner and of that extent.
 * Returns 0, STITCH_EGONE (there is none), _EACCES, _ECORRUPT, _EMFILE.
 */
int st_store_open_segment(const struct st_store *store, const struct st_entry *entry, st_os_object *out,
                          st_os_status *status);

int st_store_segment_status(const struct st_store *store, uint64_t id, st_os_status *out);
int st_store_remove_segment(const struct st_store *store, uint64_t id);

/* Is the object what one of this region, of `size` bytes, must be? */
bool st_store_fits(const struct st_store *store, const st_os_status *status, uint64_t size);

/* ----------------------------------------------------------------------------------------------------- roster --- */

/* As for segments. make: STITCH_EEXIST if the name is taken. open: also checks owner and size. */
int st_store_make_roster(const struct st_store *store, uint64_t length, st_os_object *out);
int st_store_name_roster(const struct st_store *store, const st_os_object *object);
int st_store_open_roster(const struct st_store *store, uint64_t length, st_os_object *out);

/* -------------------------------------------------------------------------------------------------- directory --- */

/* A directory object that was opened and checked, but not mapped. */
struct st_found {
    st_os_object object;
    st_os_status status;
    struct st_geometry geometry;
};

/* Makes the directory object of a new region; STITCH_EEXIST where it is born with its name and that is taken. */
int st_store_make_directory(const struct st_store *store, const struct st_geometry *geometry, st_os_object *out);

/*
 * Makes a directory visible in two steps: hide gives it a name under which it can be collected but not opened, reveal
 * changes that to the region's name. Returns 0, or STITCH_EEXIST.
 */
int st_store_hide_directory(const struct st_store *store, const st_os_object *object);
int st_store_reveal_directory(const struct st_store *store);

/* Is there an object under the region's name? */
bool st_store_is_taken(const struct st_store *store);

/*
 * Opens a directory object and checks its header. Returns 0, or an error and *out holds nothing open:
 *   STITCH_ENOENT, _EACCES, _EMFILE, _ESYS
 *   STITCH_ECORRUPT   it is not a directory of stitch
 *   STITCH_EBUSY      it is not yet declared
 *   STITCH_EVERSION   it has another layout, of which only the tag is known; then *out IS open
 */
int st_store_find(const st_os_folder *folder, const struct st_label *label, enum st_os_access access,
                  struct st_found *out);

/* Returns 0 if the label still means that object, STITCH_ENOENT if it does not, or why this cannot be told. */
int st_store_check(const st_os_folder *folder, const struct st_label *label, const struct st_found *found);

/*
 * Changes the label of a found directory to one of an unlinked region, which goes to *unlinked. Requires: the name lock
 * of the region is held. STITCH_ENOENT: the label means another region by now.
 */
int st_store_unlabel(const st_os_folder *folder, const struct st_label *label, const struct st_found *found,
                     struct st_label *unlinked);

int st_store_remove_directory(const st_os_folder *folder, const struct st_label *label);
int st_store_status(const st_os_folder *folder, const struct st_label *label, st_os_status *out);

/* ------------------------------------------------------------------------------------------------------ labels --- */

void st_store_label(const char *name, struct st_label *out);
void st_store_unlinked_label(uint64_t tag, struct st_label *out);

/* The region's name in a label; NULL if it is the label of an unlinked region. */
const char *st_store_name_of(const struct st_label *label);

/* Is it the label of an unlinked region? *tag says of which. */
bool st_store_is_unlinked(const struct st_label *label, uint64_t *tag);

/*
 * Calls `each` with the label of every directory object in the folder, unlinked ones included. Stops at the first
 * result other than 0 and returns it. Labels may come and go meanwhile.
 */
int st_store_each(const st_os_folder *folder, int (*each)(const struct st_label *, void *), void *arg);

/* ------------------------------------------------------------------------------------------------------- sweep --- */

/* What was removed. */
struct st_tally {
    uint64_t objects, bytes;
};

/* Which objects of a folder are to be removed: those with this tag and owner. The tag is no secret. */
struct st_sweep {
    uint64_t tag, owner;
    const struct st_snapshot *listed; /* except the segments that it lists; NULL: all, and the roster */
};

/* Removes them and adds to *tally (may be NULL). Returns 0, or the first error; the rest then stays. */
int st_store_sweep(const st_os_folder *folder, const struct st_sweep *what, struct st_tally *tally);

#endif
