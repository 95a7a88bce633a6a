/* SPDX-License-Identifier: MIT */
/*
 * members.h - the handles attached to a region, and their sums, as who and top show them. Most of it comes from the
 * region's roster, which is what the members say of themselves.
 */
#ifndef CMD_MEMBERS_H
#define CMD_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

#include <stitch/inspect.h>

/* The sums count memory once for each handle that pins it. */
struct cmd_members {
    struct stitch_member *all; /* without our own handle; the handle attached the longest comes first */
    size_t count, room;
    uint64_t processes, retired, proved;
    uint64_t unproved; /* handles of processes that we may not ask */
    uint64_t pinned;   /* of each handle the proved bytes, or the retired ones if we may not ask */
};

/* Lists the members. Returns 0 or the error of stitch_members. Either way the caller frees the list. */
int cmd_members_list(stitch_region *region, struct cmd_members *members);
void cmd_members_free(struct cmd_members *members);

#endif
