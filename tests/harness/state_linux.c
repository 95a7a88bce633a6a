/* SPDX-License-Identifier: MIT */
/*
 * state_linux.c - the descriptors of this process from /proc, and the objects in the folder.
 */
#define _GNU_SOURCE 1

#include "state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_folder(t_state *state, const char *path, bool links)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, by_name);
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char target[256] = "";
        struct stat status;
        ssize_t length;

        if (name[0] == '.') {
            /* the folder itself and its parent */
        } else if (links) {
            length = readlinkat(folder, name, target, sizeof target - 1);
            if (length > 0 && strncmp(target, "/proc/", 6) != 0 && atoi(name) != folder)
                t_state_add(state, "descriptor %s: %s\n", name, target);
        } else if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
            t_state_add(state, "object %s: size %jd blocks %jd\n", name, (intmax_t)status.st_size,
                        (intmax_t)status.st_blocks);
        }
        free(entries[i]);
    }
    free(entries);
    (void)close(folder);
}

/* The ranges before and after the reservation join its own at times, so only the beginning of such a one is shown. */
t_range t_state_range(t_range range, uint64_t base)
{
    if (range.object != 0)
        return range;
    return (t_range){ .start = range.start < base ? base : range.start, .readable = range.readable };
}

void t_state_add_surroundings(t_state *state)
{
    add_folder(state, "/proc/self/fd", true);
    add_folder(state, t_folder(), false);
}
