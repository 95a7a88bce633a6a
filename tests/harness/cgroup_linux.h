/* SPDX-License-Identifier: MIT */
/*
 * cgroup_linux.h - a memory cgroup of the test's own, below that of this process, of version 1 or 2 as the machine has.
 */
#ifndef T_CGROUP_LINUX_H
#define T_CGROUP_LINUX_H

#include <stdint.h>

typedef struct t_cgroup {
    char path[300];
    int version;
} t_cgroup;

/* Makes an empty group without a limit, which is removed when the test ends. Skips the test where none can be made. */
void t_cgroup_make(t_cgroup *group);

/* Returns the group of this path; helpers are told the path. */
t_cgroup t_cgroup_at(const char *path);

void t_cgroup_join(const t_cgroup *group); /* puts this process into it */
void t_cgroup_limit(const t_cgroup *group, uint64_t bytes);
uint64_t t_cgroup_usage(const t_cgroup *group);
uint64_t t_cgroup_killed(const t_cgroup *group); /* how many processes the kernel has killed in it for lack of memory */

#endif
