/* SPDX-License-Identifier: MIT */
/*
 * Memory committed in blocks: the kernel says that it has huge pages, and none with STITCH_SMALL_PAGES; and a lack of
 * room in the middle of a grow on several threads leaves nothing.
 */
#define _GNU_SOURCE 1

#include <errno.h>

#include "test.h"
#include "parallel.h"
#include "system_linux.h"
#include "maps.h"
#include "state.h"

#include "os/linux/sys.h"
#include "os/os.h"

/* Returns how many bytes of the region this process has mapped by huge pages, by the kernel's own count. */
static uint64_t huge_bytes(stitch_region *region)
{
    uintptr_t from = (uintptr_t)t_bytes(region), to = from + stitch_reserve(region), start = 0, begins, ends;
    unsigned long long kib;
    uint64_t sum = 0;
    char line[512];
    FILE *maps = fopen("/proc/self/smaps", "r");

    T_TRUE(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &begins, &ends) == 2)
            start = begins; /* a line of the map; "AnonHugePages" begins with a hexadecimal digit too */
        else if (start >= from && start < to && sscanf(line, "ShmemPmdMapped: %llu kB", &kib) == 1)
            sum += T_KIB(kib);
    (void)fclose(maps);
    return sum;
}

static stitch_region *create(uint64_t flags)
{
    return t_create_shape((t_shape){ .flags = flags, .reserve = T_MIB(256) });
}

static void large_grows_are_huge_pages(void)
{
    stitch_region *region = create(0);

    T_OK(stitch_resize(region, T_MIB(1)));
    T_EQ(huge_bytes(region), 0); /* a small region takes no more than it needs */
    T_OK(stitch_resize(region, T_MIB(64)));
    if (st_os_blocks_fail())
        t_skip("this kernel, with its settings, has no MADV_COLLAPSE for tmpfs");
    T_TRUE(huge_bytes(region) >= T_MIB(60)); /* all but the first block and those without a huge page */
    T_TRUE(t_info(region).committed <= T_MIB(66));
    T_OK(stitch_resize(region, T_MIB(64) + 1));
    T_EQ(t_info(region).committed, T_MIB(66));
    t_close(region);
}

static uint64_t longest_advice;

static int note_length(void *address, size_t length, int advice)
{
    (void)address;
    (void)advice;
    longest_advice = longest_advice > length ? longest_advice : length;
    errno = EAGAIN; /* then it is done page by page */
    return -1;
}

/* The process cannot be killed inside the kernel's call, and it holds the writer lock: so each call is for 8 MiB. */
static void the_kernel_makes_few_blocks_at_a_time(void)
{
    int (*madvise)(void *, size_t, int) = st_sys.madvise;
    stitch_region *region = create(0);

    if (st_os_blocks_fail())
        t_skip("this kernel, with its settings, has no MADV_COLLAPSE for tmpfs");
    T_OK(stitch_resize(region, T_MIB(8))); /* by now it is known that blocks work */
    longest_advice = 0;
    st_sys.madvise = note_length;
    T_OK(stitch_resize(region, T_MIB(128)));
    st_sys.madvise = madvise;
    T_TRUE(longest_advice > 0 && longest_advice <= T_MIB(8));
    t_all_bytes(region, T_MIB(8), T_MIB(120), 0);
    t_close(region);
}

static void small_pages_are_small(void)
{
    stitch_region *region = create(STITCH_SMALL_PAGES);

    for (uint64_t size = T_MIB(1); size <= T_MIB(64); size *= 2) {
        T_OK(stitch_resize(region, size));
        memset(t_bytes(region), 1, (size_t)size);
    }
    T_EQ(huge_bytes(region), 0);
    t_close(region);
}

static void promise_7_threads_in_a_folder_without_room(void)
{
    char small[256];
    stitch_region *region;
    static t_state before;

    t_need_root("mount a small tmpfs");
    if (!t_mount("tmpfs", "size=64m", small, sizeof small))
        t_skip("no tmpfs can be mounted");
    t_environment("STITCH_DIR", small);
    t_parallel_reset();
    region = create(0);
    T_OK(stitch_set_parallel(region, &t_parallel));
    T_OK(stitch_resize(region, T_MIB(5) + 77));
    memset(t_bytes(region), 0x17, T_MIB(5) + 77);
    t_state_take(&before, region);
    for (int i = 0; i < 5; i++) {
        uint64_t used = t_folder_used(small);

        T_GIVES(stitch_grow(region, T_MIB(100), NULL), STITCH_ENOSPC);
        T_UNCHANGED(&before, region);
        T_TRUE(t_folder_used(small) <= used);
    }
    T_TRUE(t_parallel_runs() >= 5 || st_os_blocks_fail());
    T_OK(stitch_resize(region, T_MIB(40)));
    t_all_bytes(region, 0, T_MIB(5) + 77, 0x17);
    t_all_bytes(region, T_MIB(5) + 77, T_MIB(35) - 77, 0);
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(large_grows_are_huge_pages),
    T_BOTH(the_kernel_makes_few_blocks_at_a_time),
    T_BOTH(small_pages_are_small),
    T_BOTH(promise_7_threads_in_a_folder_without_room),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
