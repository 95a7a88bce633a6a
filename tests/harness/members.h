/* SPDX-License-Identifier: MIT */
/*
 * members.h - the handles that are attached to a region, as stitch_members tells.
 */
#ifndef T_MEMBERS_H
#define T_MEMBERS_H

#include "test.h"

enum { T_MEMBERS_ROOM = 260 };

typedef struct t_members {
    unsigned count;
    struct stitch_member item[T_MEMBERS_ROOM];
} t_members;

/* Return all members; how many there are. Fail if stitch_members does. */
t_members t_members_read(stitch_region *region);
unsigned t_members_count(stitch_region *region);

/* Returns the member of this process (NULL: this very handle) and fails unless there is one; whether there is one. */
struct stitch_member t_member_of(stitch_region *region, const t_process *process);
bool t_is_member(stitch_region *region, const t_process *process);

#endif
