/* SPDX-License-Identifier: MIT */
/*
 * members.c - who is attached to a region, as who and top tell it. What the roster says is its members' own word.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

static int add(const struct stitch_member *member, void *arg)
{
    struct st_members *members = arg;
    if (member->self) {
        return 0;
    }
    if (members->count == members->room) {
        size_t room = members->room * 2 + 16;
        struct stitch_member *all = st_text_memory(room * sizeof *all);
        if (members->count > 0) {
            memcpy(all, members->all, members->count * sizeof *all);
        }
        free(members->all);
        members->all = all;
        members->room = room;
    }
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
    order = order != 0 ? order : compare(one->started, other->started);
    order = order != 0 ? order : compare(one->pid, other->pid);
    return order != 0 ? order : compare(one->base, other->base);
}

static uint64_t sum(uint64_t a, uint64_t b)
{
    return a < UINT64_MAX - b ? a + b : UINT64_MAX;
}

static int is_same_process(const struct stitch_member *a, const struct stitch_member *b)
{
    return a->pid == b->pid && a->started == b->started && a->space == b->space;
}

static void sum_up(struct st_members *members)
{
    for (size_t i = 0; i < members->count; i++) {
        const struct stitch_member *member = &members->all[i];
        size_t before = 0;
        int proved = member->proved != UINT64_MAX;
        while (before < i && !is_same_process(&members->all[before], member)) {
            before++;
        }
        members->processes += before == i;
        members->retired = sum(members->retired, member->retired);
        members->proved = sum(members->proved, proved ? member->proved : 0);
        members->unproved += !proved;
        members->pinned = sum(members->pinned, proved ? member->proved : member->retired);
    }
}

int st_members_take(stitch_region *region, struct st_members *members)
{
    memset(members, 0, sizeof *members);
    int code = stitch_members(region, add, members);
    if (code == 0 && members->count > 0) {
        qsort(members->all, members->count, sizeof members->all[0], by_time);
        sum_up(members);
    }
    return code;
}

void st_members_forget(struct st_members *members)
{
    free(members->all);
}
