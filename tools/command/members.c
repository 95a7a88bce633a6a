/* SPDX-License-Identifier: MIT */
/*
 * members.c - the handles attached to a region.
 */
#include "command/members.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text/memory.h"

static int add(const struct stitch_member *member, void *arg)
{
    struct cmd_members *members = arg;

    if (member->self)
        return 0;
    members->all = ui_memory_grow(members->all, members->count, &members->room, sizeof members->all[0]);
    members->all[members->count++] = *member;
    return 0;
}

static int compare(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_time(const void *a, const void *b)
{
    const struct stitch_member *one = a, *other = b;
    int order = compare(one->attached, other->attached);

    order = order ? order : compare(one->started, other->started);
    order = order ? order : compare(one->pid, other->pid);
    return order ? order : compare(one->base, other->base);
}

static uint64_t sum(uint64_t a, uint64_t b)
{
    return a < UINT64_MAX - b ? a + b : UINT64_MAX;
}

static bool is_same_process(const struct stitch_member *a, const struct stitch_member *b)
{
    return a->pid == b->pid && a->started == b->started && a->space == b->space;
}

static void sum_up(struct cmd_members *members)
{
    for (size_t i = 0; i < members->count; i++) {
        const struct stitch_member *member = &members->all[i];
        bool proved = member->proved != UINT64_MAX;
        size_t earlier = 0;

        while (earlier < i && !is_same_process(&members->all[earlier], member))
            earlier++;
        members->processes += earlier == i;
        members->retired = sum(members->retired, member->retired);
        members->proved = sum(members->proved, proved ? member->proved : 0);
        members->unproved += !proved;
        members->pinned = sum(members->pinned, proved ? member->proved : member->retired);
    }
}

int cmd_members_list(stitch_region *region, struct cmd_members *members)
{
    int err;

    memset(members, 0, sizeof *members);
    err = stitch_members(region, add, members);
    if (!err && members->count > 0) {
        qsort(members->all, members->count, sizeof members->all[0], by_time);
        sum_up(members);
    }
    return err;
}

void cmd_members_free(struct cmd_members *members)
{
    free(members->all);
}
