/* SPDX-License-Identifier: MIT */
/* reap.h - the end of a region: taking its name away, and removing what nobody uses any more. */
#ifndef ST_REAP_H
#define ST_REAP_H

#include <stitch/inspect.h>
#include <stitch/stitch.h>

#include "shared/directory.h"
#include "os/os.h"

/* A directory object that was opened and looked at, without mapping it. */
struct st_found {
    st_os_object object;
    st_os_status status;
    struct st_geometry geometry;
};

/*
 * Open the directory object called `name` (an object's name) and check what it is. 0, or an error, then *out holds
 * nothing open. STITCH_ECORRUPT: not a directory of ours. STITCH_EBUSY: not yet declared. STITCH_EVERSION: one of
 * another layout, of which only the tag is known; then *out IS open.
 */
int st_reap_find(const st_os_folder *folder, const char *name, bool readonly, struct st_found *out);

/* 0 if `name` still means this object, STITCH_ENOENT if it does not, or why that cannot be told. */
int st_reap_check_name(const st_os_folder *folder, const char *name, const struct st_found *found);

/* Remove the region of this directory object if it is ours, nobody is attached, and it is not to be kept. */
void st_reap_one(const st_os_folder *folder, const char *name);

/* The same for a region without a name, by its tag. */
void st_reap_unlinked(const st_os_folder *folder, uint64_t tag);

/* The same for every region in the folder. */
int st_reap_all(const st_os_folder *folder);

/* The same, telling what was removed: stitch_collect. */
int st_reap_collect(const st_os_folder *folder, int (*each)(const struct stitch_collected *, void *), void *arg);

/* stitch_unlink */
int st_reap_unlink(const st_os_folder *folder, const char *region_name);

#endif
