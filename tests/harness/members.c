/* SPDX-License-Identifier: MIT */
/*
 * members.c - reads the roster as a list.
 */
#include "members.h"

static int add(const struct stitch_member *member, void *arg)
{
    t_members *members = arg;

    if (members->count == T_MEMBERS_ROOM)
        T_FAIL("more than %d members", (int)T_MEMBERS_ROOM);
    members->item[members->count++] = *member;
    return 0;
}

t_members t_members_read(stitch_region *region)
{
    t_members members = { 0 };

    T_OK(stitch_members(region, add, &members));
    return members;
}

unsigned t_members_count(stitch_region *region)
{
    return t_members_read(region).count;
}

static bool find(stitch_region *region, const t_process *process, struct stitch_member *out)
{
    t_members members = t_members_read(region);
    unsigned found = 0;

    for (unsigned i = 0; i < members.count; i++)
        if (process ? members.item[i].pid == t_process_id(process) : members.item[i].self == 1) {
            *out = members.item[i];
            found++;
        }
    if (found > 1)
        T_FAIL("%u members are process %" PRIu64, found, out->pid);
    return found == 1;
}

struct stitch_member t_member_of(stitch_region *region, const t_process *process)
{
    struct stitch_member member;

    if (!find(region, process, &member))
        T_FAIL("process %" PRIu64 " is not on the roster", t_process_id(process));
    return member;
}

bool t_is_member(stitch_region *region, const t_process *process)
{
    struct stitch_member member;

    return find(region, process, &member);
}
