/* SPDX-License-Identifier: MIT */
/*
 * remove.h - the end of a region: stitch_unlink, stitch_collect, and removing what nobody uses any more.
 *
 * None of these calls touches a region that a live process uses, or a named one made with STITCH_KEEP. None changes
 * st_error_code. Where objects end with
 * their users they have nothing to do.
 */
#ifndef ST_REMOVE_H
#define ST_REMOVE_H

#include "handle/store.h"

/* Removes the region of this directory object if it is ours, and ended. */
void st_remove_one(const st_os_folder *folder, const struct st_label *label);

/* The same for a region whose name was unlinked, by its tag. */
void st_remove_unlinked(const st_os_folder *folder, uint64_t tag);

/* The same for every region in the folder. Returns 0, or why the folder could not be read. */
int st_remove_ended(const st_os_folder *folder);

#endif
