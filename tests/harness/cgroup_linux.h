/* SPDX-License-Identifier: MIT */
/*
 * cgroup_linux.h - a memory cgroup of the test's own, below this process's, of version 1 or 2 as the machine has it.
 */
#ifndef T_CGROUP_LINUX_H
#define T_CGROUP_LINUX_H

#include <stdint.h>

typedef struct t_group {
    char path[300];
    int version;
} t_group;

/* An empty group without a limit; it is removed when the test ends. Skips the test where none can be made. */
void t_group_make(t_group *group);

/* One whose path is known, as helpers are told it. */
t_group t_group_at(const char *path);

void t_group_join(const t_group *group); /* this process, from now on */
void t_group_limit(const t_group *group, uint64_t bytes);
uint64_t t_group_usage(const t_group *group);
uint64_t t_group_killed(const t_group *group); /* processes that the kernel has killed in it for lack of memory */

#endif
