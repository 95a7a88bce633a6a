/* SPDX-License-Identifier: MIT */
/*
 * state_linux.c - the state of a region from /proc and the folder.
 */
#define _GNU_SOURCE 1

#include "state.h"
#include "maps.h"
#include "handle/handle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void add(t_state *state, size_t *used, const char *format, ...) T_PRINTF(3, 4);

static void add(t_state *state, size_t *used, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    *used += (size_t)vsnprintf(state->text + *used, sizeof state->text - *used, format, list);
    va_end(list);
    if (*used >= sizeof state->text)
        T_FAIL("the state is too long to be noted");
}

static void add_region(t_state *state, size_t *used, stitch_region *region)
{
    uint64_t base = (uint64_t)(uintptr_t)stitch_base(region);
    struct stitch_info info = t_info(region);
    /* What the handle holds: a remapped one has no address space beyond, and what lies there is others'. */
    t_ranges ranges = t_maps_read(NULL, base, base + region->reservation.size);

    add(state, used, "size %" PRIu64 " generation %" PRIu64 " segments %" PRIu64 " base %" PRIx64 "\n", info.size,
        info.generation, info.segments, base);
    add(state, used, "region: size %" PRIu64 " generation %" PRIu64 " segments %" PRIu64 " committed %" PRIu64 "\n",
        info.region_size, info.region_generation, info.region_segments, info.committed);
    for (size_t i = 0; i < ranges.count; i++) {
        t_range range = ranges.item[i];

        /* What lies before and behind joins the same range at times. */
        if (range.object == 0)
            range = (t_range){ .start = range.start < base ? base : range.start, .readable = range.readable };
        add(state, used, "range %" PRIx64 "-%" PRIx64 " object %" PRIu64 " offset %" PRIx64 " %d%d\n", range.start,
            range.end, range.object, range.offset, range.readable, range.writable);
    }
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_folder(t_state *state, size_t *used, const char *path, bool links)
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
                add(state, used, "descriptor %s: %s\n", name, target);
        } else if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
            add(state, used, "object %s: size %jd blocks %jd\n", name, (intmax_t)status.st_size,
                (intmax_t)status.st_blocks);
        }
        free(entries[i]);
    }
    free(entries);
    (void)close(folder);
}

void t_state_take(t_state *state, stitch_region *region)
{
    size_t used = 0;

    if (region)
        add_region(state, &used, region);
    add_folder(state, &used, "/proc/self/fd", true);
    add_folder(state, &used, t_folder(), false);
}
