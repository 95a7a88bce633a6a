/* SPDX-License-Identifier: MIT */
/*
 * Cutting a region with a handle that lags, and where objects end with their users (as on Windows, pretended here).
 */
#define _GNU_SOURCE 1

#include "test.h"

#include <errno.h>

#include "handle/handle.h"
#include "os/linux/sys.h"

static stitch_region *create(const char *name)
{
    return t_create_shape((t_shape){ .name = name, .extent = STITCH_EXTENT_UNIT, .reserve = T_MIB(64) });
}

/* What a watcher was told last, and how often. */
static struct {
    uint64_t offset, length, ends;
} told;

static void before_unmap(void *arg, uint64_t offset, uint64_t length)
{
    (void)arg;
    told.offset = offset;
    told.length = length;
    told.ends++;
}

/* Cutting off what is lost comes first there, and must not restore the size that the watcher was told to end at. */
static void a_cut_is_told_once_where_objects_end_with_their_users(void)
{
    const struct stitch_watcher watcher = { before_unmap, NULL, NULL };
    stitch_region *region = create(t_name());

    T_OK(stitch_grow(region, T_MIB(10), NULL));
    T_OK(stitch_set_watcher(region, &watcher));
    region->store.folder.objects_persist = false;
    told.ends = 0;
    T_OK(stitch_shrink(region, T_MIB(3)));
    T_EQ(told.ends, 1);
    T_EQ(told.offset, T_MIB(7));
    T_EQ(told.length, T_MIB(3));
    T_OK(stitch_resize(region, T_MIB(4)));
    T_EQ(told.ends, 2);
    T_EQ(told.offset, T_MIB(4));
    T_EQ(told.length, T_MIB(3));
    T_EQ(stitch_size(region), T_MIB(4));
    region->store.folder.objects_persist = true;
    t_close(region);
}

static int no_descriptor(int folder, const char *name, int flags, ...)
{
    (void)folder;
    (void)name;
    (void)flags;
    errno = EMFILE;
    return -1;
}

/* After a resize to a size all of it can be accessed. If a handle that lags cannot map it, the call changes nothing. */
static void a_resize_that_cannot_map_changes_nothing(void)
{
    int (*openat)(int, const char *, int, ...) = st_sys.openat;
    const char *name = t_name();
    stitch_region *other = create(name), *lagging;

    T_OK(stitch_grow(other, T_MIB(1), NULL));
    lagging = t_open(name);
    T_OK(stitch_grow(other, T_MIB(9), NULL));
    st_sys.openat = no_descriptor;
    T_GIVES(stitch_resize(lagging, T_MIB(6)), STITCH_EMFILE);
    T_EQ(t_info(other).region_size, T_MIB(10));
    T_OK(stitch_shrink(lagging, T_MIB(2))); /* to shrink needs no descriptor, and promises no address */
    st_sys.openat = openat;
    T_EQ(t_info(other).region_size, T_MIB(8));
    T_OK(stitch_resize(lagging, T_MIB(6)));
    T_EQ(stitch_size(lagging), T_MIB(6));
    t_all_bytes(lagging, 0, T_MIB(6), 0);
    t_close(lagging);
    t_close(other);
}

static const struct CMUnitTest tests[] = {
    T_STITCHED(a_cut_is_told_once_where_objects_end_with_their_users),
    T_STITCHED(a_resize_that_cannot_map_changes_nothing),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
