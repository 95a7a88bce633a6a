/* SPDX-License-Identifier: MIT */
/*
 * cgroup_linux.c - a memory cgroup for a test.
 *
 * It is a child of the test's own group, so that all limits of the machine still hold. Where that group may not have
 * children with a limit (version 2, when processes are in it), it is a sibling.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "system_linux.h"
#include "cgroup_linux.h"

#include <sys/stat.h>
#include <unistd.h>

enum { LINE = 512 };

static const char *limit_file(int version)
{
    return version == 2 ? "memory.max" : "memory.limit_in_bytes";
}

/* Finds where the hierarchy (version 1: that of memory) is mounted, and which of its groups that mount shows. */
static bool find_mount(int version, char root[LINE], char point[LINE])
{
    FILE *file = fopen("/proc/self/mountinfo", "r");
    const char *mark = version == 2 ? " - cgroup2 " : " - cgroup ";
    bool found = false;
    char line[2 * LINE];

    while (file && !found && fgets(line, sizeof line, file)) {
        char *kind = strstr(line, mark);

        line[strcspn(line, "\n")] = 0;
        found = kind && (version == 2 || strstr(kind, ",memory")) &&
                sscanf(line, "%*s %*s %*s %511s %511s", root, point) == 2;
    }
    if (file)
        (void)fclose(file);
    return found;
}

/* Reads from /proc in which group this process is. */
static bool find_own(int version, char path[LINE])
{
    FILE *file = fopen("/proc/self/cgroup", "r");
    bool found = false;
    char line[2 * LINE];

    while (file && !found && fgets(line, sizeof line, file)) {
        char *name = version == 2 ? strstr(line, "0::") : strstr(line, ":memory:");

        line[strcspn(line, "\n")] = 0;
        found = name && (version == 1 || name == line);
        if (found)
            (void)snprintf(path, LINE, "%s", strchr(name + 1, '/') ? strchr(name + 1, '/') : "/");
    }
    if (file)
        (void)fclose(file);
    return found;
}

static bool make_in(t_cgroup *group, const char *parent)
{
    char limit[LINE];
    int length = snprintf(group->path, sizeof group->path, "%s/stitch-test-%d", parent, (int)getpid());

    if (length >= (int)sizeof group->path || mkdir(group->path, 0700))
        return false;
    (void)snprintf(limit, sizeof limit, "%s/%s", group->path, limit_file(group->version));
    if (access(limit, W_OK) == 0)
        return true;
    (void)rmdir(group->path);
    return false;
}

static bool make(t_cgroup *group)
{
    char root[LINE], point[LINE], own[LINE], folder[2 * LINE], *slash;
    size_t shown;

    if (!find_mount(group->version, root, point) || !find_own(group->version, own))
        return false;
    shown = strcmp(root, "/") == 0 || strncmp(own, root, strlen(root)) != 0 ? 0 : strlen(root);
    (void)snprintf(folder, sizeof folder, "%s%s", point, own + shown);
    if (make_in(group, folder))
        return true;
    slash = strrchr(folder, '/');
    if (slash == NULL || (size_t)(slash - folder) < strlen(point))
        return false;
    *slash = 0;
    return make_in(group, folder);
}

void t_cgroup_make(t_cgroup *group)
{
    t_need_root("make a memory cgroup");
    for (group->version = 2; group->version > 0; group->version--)
        if (make(group)) {
            t_remove_later(group->path);
            return;
        }
    t_skip("no memory cgroup can be made here: none is mounted, or it may not be written to");
}

t_cgroup t_cgroup_at(const char *path)
{
    t_cgroup group = { .version = 2 };
    char limit[LINE];

    (void)snprintf(group.path, sizeof group.path, "%s", path);
    (void)snprintf(limit, sizeof limit, "%s/%s", path, limit_file(2));
    if (access(limit, F_OK))
        group.version = 1;
    return group;
}

static void set(const t_cgroup *group, const char *name, uint64_t value, bool must)
{
    char path[LINE];
    FILE *file;
    bool good;

    (void)snprintf(path, sizeof path, "%s/%s", group->path, name);
    file = fopen(path, "w");
    good = file && fprintf(file, "%" PRIu64 "\n", value) > 0;
    if (file && fclose(file))
        good = false;
    if (must && !good)
        T_FAIL("%s cannot be set to %" PRIu64, path, value);
}

void t_cgroup_join(const t_cgroup *group)
{
    set(group, "cgroup.procs", (uint64_t)getpid(), true);
}

/*
 * Swapped memory does not count, so swap is limited as well where the kernel counts it. In version 1 the second limit
 * is that of memory and swap together and never the lower one: it is set first on the way up, and second on the way
 * down.
 */
void t_cgroup_limit(const t_cgroup *group, uint64_t bytes)
{
    const char *swap = group->version == 2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
    uint64_t both = group->version == 2 ? 0 : bytes;

    set(group, swap, both, false);
    set(group, limit_file(group->version), bytes, true);
    set(group, swap, both, false);
}

static uint64_t get(const t_cgroup *group, const char *name, const char *field)
{
    char path[LINE], text[4096], *at;

    (void)snprintf(path, sizeof path, "%s/%s", group->path, name);
    if (!t_read_text(path, text, sizeof text))
        T_FAIL("%s cannot be read", path);
    at = field ? strstr(text, field) : text;
    if (at == NULL)
        T_FAIL("%s has no %s", path, field);
    return strtoull(at + strcspn(at, "0123456789"), NULL, 10);
}

uint64_t t_cgroup_usage(const t_cgroup *group)
{
    return get(group, group->version == 2 ? "memory.current" : "memory.usage_in_bytes", NULL);
}

uint64_t t_cgroup_killed(const t_cgroup *group)
{
    return get(group, group->version == 2 ? "memory.events" : "memory.oom_control", "oom_kill ");
}
