/* SPDX-License-Identifier: MIT */
/* What a grow that fails cannot undo is left to the next writer, by an open journal. */
#define _GNU_SOURCE 1

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "handle/handle.h"
#include "os/linux/sys.h"

static struct st_sys real;
static bool keeps_memory; /* from the first new object on, no memory is given back */

static int no_new_object(int folder, const char *name, int flags, ...)
{
    if ((flags & O_TMPFILE) != O_TMPFILE)
        return real.openat(folder, name, flags);
    keeps_memory = true;
    errno = EMFILE;
    return -1;
}

static int no_hole(int fd, int mode, off_t offset, off_t length)
{
    if (!keeps_memory || mode == 0)
        return real.fallocate(fd, mode, offset, length);
    errno = EPERM;
    return -1;
}

static int no_removal(void *address, size_t length, int advice)
{
    if (!keeps_memory || advice != MADV_REMOVE)
        return real.madvise(address, length, advice);
    errno = EINVAL;
    return -1;
}

static void the_next_writer_gives_back_what_a_grow_could_not(void)
{
    const char *name = t_name();
    stitch_region *region = t_create_shape(
        (t_shape){ .name = name, .extent = T_MIB(4), .reserve = T_MIB(64), .flags = STITCH_SMALL_PAGES });
    stitch_region *other = t_open(name);

    T_OK(stitch_grow(region, T_MIB(1), NULL));
    real = st_sys;
    st_sys.openat = no_new_object;
    st_sys.fallocate = no_hole;
    st_sys.madvise = no_removal;
    T_GIVES(stitch_grow(region, T_MIB(5), NULL), STITCH_EMFILE);
    T_EQ(stitch_os_error(), EMFILE);
    st_sys = real;
    T_TRUE(st_directory_journal(region->directory) != 0);
    T_EQ(t_info(region).region_size, T_MIB(1));
    T_EQ(t_info(region).committed, T_MIB(1));
    T_EQ(t_info(region).resident, T_MIB(4)); /* the tail had been committed */
    T_OK(stitch_grow(other, 0, NULL));
    T_EQ(st_directory_journal(region->directory), 0);
    T_EQ(t_info(region).resident, T_MIB(1));
    T_OK(stitch_grow(region, T_MIB(5), NULL));
    t_all_bytes(region, 0, T_MIB(6), 0);
    t_close(other);
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_STITCHED(the_next_writer_gives_back_what_a_grow_could_not),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
