/* SPDX-License-Identifier: MIT */
/*
 * Promises 5 and 7 in a folder that is full: a small tmpfs that the test mounts. Grow says ENOSPC and changes nothing;
 * no store into what grow gave ever faults; shrink makes room, and grow works again.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "system_linux.h"
#include "maps.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statfs.h>
#include <unistd.h>

static t_state before;
static char small[256];

/* Makes a tmpfs for the case; from now on STITCH_DIR is there. */
static void mount_small(const char *options)
{
    t_need_root("mount a small tmpfs");
    if (!t_mount("tmpfs", options, small, sizeof small))
        t_skip("no tmpfs can be mounted with %s", options);
    t_environment("STITCH_DIR", small);
}

static stitch_region *create_small(void)
{
    return t_create_shape((t_shape){ .extent = STITCH_EXTENT_UNIT, .reserve = T_MIB(64) });
}

/* Returns how many bytes are free in the small folder. */
static uint64_t room_left(void)
{
    struct statfs status;

    T_EQ(statfs(small, &status), 0);
    return (uint64_t)status.f_bfree * (uint64_t)status.f_bsize;
}

static void store_everywhere(stitch_region *region, unsigned char value)
{
    memset(t_bytes(region), value, (size_t)stitch_size(region));
}

/* Grows by `step` until that fails; every byte can be stored to. Then it does all that again. */
static void grow_until_full(stitch_region *region, uint64_t step)
{
    uint64_t offset = 8;
    int code;

    while ((code = stitch_grow(region, step, &offset)) == 0)
        memset(t_bytes(region) + offset, 0x31, (size_t)step);
    offset = 8;
    T_EQ(code, STITCH_ENOSPC);
    T_EQ(stitch_os_error(), ENOSPC);
    T_TRUE(room_left() < step + T_MIB(2));
    t_state_take(&before, region);
    for (uint64_t more = step; more < T_MIB(40); more *= 2)
        T_GIVES(stitch_grow(region, more, &offset), STITCH_ENOSPC);
    T_GIVES(stitch_append(region, t_bytes(region), step, &offset), STITCH_ENOSPC);
    T_GIVES(stitch_resize(region, T_MIB(60)), STITCH_ENOSPC);
    T_EQ(offset, 8);
    T_UNCHANGED(&before, region);
    store_everywhere(region, 0x32);
    (void)t_prove(region);
}

static void full_tmpfs_with(const char *options, uint64_t step)
{
    stitch_region *region;
    uint64_t most;

    mount_small(options);
    region = create_small();
    grow_until_full(region, step);
    most = stitch_size(region);
    T_OK(stitch_resize(region, T_KIB(64)));
    T_TRUE(room_left() >= T_MIB(16) - T_KIB(256) - T_MIB(2));
    t_all_bytes(region, 0, T_KIB(64), 0x32);
    T_OK(stitch_resize(region, most));
    t_all_bytes(region, T_KIB(64), most - T_KIB(64), 0);
    store_everywhere(region, 0x33);
    for (int round = 0; round < 20; round++) {
        T_OK(stitch_resize(region, most / 3 + (uint64_t)round * 70001));
        T_OK(stitch_resize(region, most));
    }
    store_everywhere(region, 0x34);
    t_close(region);
    T_EQ(t_folder_count(small), 0);
}

static void promise_5_full_tmpfs_is_enospc_and_changes_nothing(void)
{
    full_tmpfs_with("size=16m", T_KIB(300));
}

static void full_tmpfs_of_huge_pages(void)
{
    full_tmpfs_with("size=16m,huge=always", T_MIB(1));
}

static void full_tmpfs_in_small_steps(void)
{
    full_tmpfs_with("size=16m", T_KIB(4));
}

/* Others can fill the folder as well; committed memory then stays. */
static void promise_5_paid_memory_stays_when_others_fill_the_folder(void)
{
    stitch_region *region, *none = NULL;
    char path[300];
    int file;

    mount_small("size=16m");
    region = create_small();
    T_OK(stitch_grow(region, T_MIB(5), NULL));
    (void)snprintf(path, sizeof path, "%s/filler", small);
    file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    T_TRUE(file >= 0);
    T_EQ(posix_fallocate(file, 0, (off_t)room_left()), 0);
    T_EQ(room_left(), 0);
    store_everywhere(region, 0x41);
    t_state_take(&before, region);
    T_GIVES(stitch_grow(region, T_MIB(2), NULL), STITCH_ENOSPC);
    T_GIVES(stitch_create(t_name(), NULL, &none), STITCH_ENOSPC); /* no room even for a directory */
    T_GIVES(stitch_attach(t_name(), NULL, &none), STITCH_ENOSPC);
    T_TRUE(none == NULL);
    T_EQ(t_folder_count(small), 1 + T_REGION_OBJECTS + t_info(region).segments);
    T_UNCHANGED(&before, region);
    T_OK(stitch_shrink(region, T_MIB(4)));
    T_OK(stitch_grow(region, T_MIB(1), NULL));
    T_EQ(ftruncate(file, 0), 0);
    (void)close(file);
    T_EQ(unlink(path), 0);
    T_OK(stitch_grow(region, T_MIB(10), NULL));
    store_everywhere(region, 0x42);
    t_close(region);
}

/* A creation that fails half-way leaves nothing. */
static void create_in_a_small_folder_leaves_nothing(void)
{
    struct stitch_options options = t_options();
    stitch_region *none = NULL;
    uint64_t room;

    mount_small("size=8m");
    room = room_left();
    options.size = T_MIB(12);
    options.reserve = T_MIB(64);
    T_GIVES(stitch_create(t_name(), &options, &none), STITCH_ENOSPC);
    T_GIVES(stitch_attach(t_name(), &options, &none), STITCH_ENOSPC);
    T_TRUE(none == NULL);
    T_EQ(t_folder_count(small), 0);
    T_EQ(room_left(), room);
}

/* Objects take inodes, and a tmpfs can run out of these too. */
static void no_inodes_is_enospc(void)
{
    stitch_region *region;
    unsigned grown = 0;
    int code;

    mount_small("size=64m,nr_inodes=6");
    region = create_small();
    while ((code = stitch_grow(region, T_MIB(2), NULL)) == 0 && grown < 20)
        grown++;
    if (t_options().backend == STITCH_BACKEND_STITCHED) {
        T_EQ(code, STITCH_ENOSPC);
        t_state_take(&before, region);
        T_GIVES(stitch_grow(region, T_MIB(2), NULL), STITCH_ENOSPC);
        T_UNCHANGED(&before, region);
        T_OK(stitch_shrink(region, T_MIB(2)));
        T_OK(stitch_grow(region, T_MIB(2), NULL));
    }
    store_everywhere(region, 0x51);
    (void)t_prove(region);
    t_close(region);
    T_EQ(t_folder_count(small), 0);
}

/* STITCH_LAZY gives this promise up: grow does not check whether there is memory. */
static void lazy_regions_grow_beyond_the_folder(void)
{
    stitch_region *region;

    mount_small("size=8m");
    region = t_create_shape((t_shape){ .flags = STITCH_LAZY, .reserve = T_GIB(1) });
    T_OK(stitch_grow(region, T_MIB(512), NULL));
    memset(t_bytes(region) + T_MIB(500), 1, T_MIB(2));
    T_OK(stitch_resize(region, T_MIB(1)));
    T_TRUE(room_left() >= T_MIB(7));
    (void)t_prove(region);
    t_close(region);
}

/* Then a store can meet the end of the memory, and that is the caller's responsibility. */
T_HELPER(lazy_store)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;

    options.flags = STITCH_LAZY;
    options.reserve = T_GIB(1);
    region = t_create_with(t_name(), &options);
    T_OK(stitch_grow(region, T_MIB(100), NULL));
    t_default_signals();
    memset(t_bytes(region), 1, T_MIB(100));
    t_close(region);
}

static int nothing(const struct stitch_listing *listing, void *arg)
{
    (void)listing;
    (void)arg;
    return 0;
}

static void lazy_regions_fault_where_there_is_no_memory(void)
{
    mount_small("size=8m");
    T_EQ(t_wait(t_start("lazy_store", "-")), T_END_BUS);
    T_OK(stitch_list(nothing, NULL)); /* this removes it */
    T_EQ(t_folder_count(small), 0);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(promise_5_full_tmpfs_is_enospc_and_changes_nothing),
    T_BOTH(full_tmpfs_of_huge_pages),
    T_BOTH(full_tmpfs_in_small_steps),
    T_BOTH(promise_5_paid_memory_stays_when_others_fill_the_folder),
    T_BOTH(create_in_a_small_folder_leaves_nothing),
    T_BOTH(no_inodes_is_enospc),
    T_BOTH(lazy_regions_grow_beyond_the_folder),
    T_TEST(lazy_regions_fault_where_there_is_no_memory),
};

static const t_helper helpers[] = {
    T_ENTRY(lazy_store),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
