/* SPDX-License-Identifier: MIT */
/*
 * Promises 4 and 5 in every huge-page setting that this machine has: the system's setting for shared memory, and the
 * mount option of the folder. With some of them the kernel backs an object by huge pages, and one of its ways to do so
 * has returned memory that was not zeroed (fallocate, then MADV_COLLAPSE, on Linux 6.18); these tests would see that.
 *
 * The settings hold for the whole machine, so nothing else may run meanwhile (SERIAL).
 */
#include "test.h"
#include "system_linux.h"
#include "maps.h"

#define SYSTEM_SETTING "/sys/kernel/mm/transparent_hugepage/shmem_enabled"

static const char *const system_values[] = { "never", "always", "within_size", "advise", "deny", "force" };
static const char *const mount_values[] = { NULL, "huge=never", "huge=always", "huge=within_size", "huge=advise" };

/* Fills much memory with a pattern and gives it back, so that memory that nobody zeroes shows it. */
static void dirty_the_machine(uint64_t bytes)
{
    unsigned char *rubbish = malloc((size_t)bytes);

    T_TRUE(rubbish != NULL);
    memset(rubbish, 0x5a, (size_t)bytes);
    free(rubbish);
}

static void grow_and_check(stitch_region *region, uint64_t size)
{
    uint64_t before = stitch_size(region);

    T_OK(stitch_resize(region, size));
    if (size <= before)
        return;
    t_all_bytes(region, before, size - before, 0);
    memset(t_bytes(region) + before, 0xff, (size_t)(size - before));
}

static void exercise(const char *folder, uint64_t backend)
{
    static const uint64_t sizes[] = { 1,         T_KIB(64), T_MIB(2),       T_MIB(2) + 1, T_KIB(100), T_MIB(9) + 5,
                                      3,         T_MIB(40), T_MIB(39) - 77, T_MIB(2),     T_MIB(32),  T_MIB(31),
                                      T_MIB(33), 0,         T_MIB(4),       T_KIB(700),   T_MIB(6) };
    struct stitch_options options = t_options();
    stitch_region *region;
    struct stitch_verify_report report;

    options.folder = folder;
    options.backend = backend;
    region = t_create_with(t_name(), &options);
    for (size_t i = 0; i < T_COUNT(sizes); i++)
        grow_and_check(region, sizes[i]);
    T_OK(stitch_verify(region, &report));
    t_close(region);

    /* Bytes that are committed at creation are zero too. */
    options.size = T_MIB(24);
    region = t_create_with(t_name(), &options);
    t_all_bytes(region, 0, options.size, 0);
    memset(t_bytes(region), 0xff, (size_t)options.size);
    t_close(region);
}

static void promise_4_zero_in_every_huge_page_setting(void)
{
    char folders[T_COUNT(mount_values)][256];
    unsigned settings = 0;

    t_need_root("change the machine's huge-page settings");
    (void)snprintf(folders[0], sizeof folders[0], "%s", t_folder());
    for (size_t m = 1; m < T_COUNT(mount_values); m++)
        if (!t_mount("tmpfs", mount_values[m], folders[m], sizeof folders[m])) {
            (void)printf("left out: no tmpfs can be mounted with %s\n", mount_values[m]);
            folders[m][0] = 0;
        }
    for (size_t s = 0; s < T_COUNT(system_values); s++) {
        if (!t_setting(SYSTEM_SETTING, system_values[s])) {
            (void)printf("left out: %s cannot be \"%s\"\n", SYSTEM_SETTING, system_values[s]);
            continue;
        }
        for (size_t m = 0; m < T_COUNT(mount_values); m++)
            if (folders[m][0]) {
                dirty_the_machine(T_MIB(64));
                exercise(folders[m], STITCH_BACKEND_STITCHED);
                exercise(folders[m], STITCH_BACKEND_SINGLE);
                T_EQ(t_folder_count(folders[m]), 0);
                settings++;
            }
    }
    if (settings == 0)
        t_skip("no huge-page setting of this machine can be changed");
    (void)printf("%u settings\n", settings);
}

/* The same holds for page sizes between 4 KiB and 2 MiB. */
static void promise_4_zero_with_middle_sized_pages(void)
{
    static const char *const kib[] = { "16", "64", "256", "1024", "2048" };
    unsigned settings = 0;

    t_need_root("change the machine's huge-page settings");
    for (size_t i = 0; i < T_COUNT(kib); i++) {
        char path[128];

        (void)snprintf(path, sizeof path, "/sys/kernel/mm/transparent_hugepage/hugepages-%skB/shmem_enabled", kib[i]);
        for (size_t s = 0; s < 4; s++) {
            if (!t_setting(path, system_values[s]))
                continue;
            dirty_the_machine(T_MIB(64));
            exercise(t_folder(), STITCH_BACKEND_STITCHED);
            settings++;
        }
        t_restore();
    }
    if (settings == 0)
        t_skip("this kernel has no settings for pages between 4 KiB and 2 MiB");
}

/* hugetlbfs has pages of 2 MiB and none smaller. */
static void region_in_hugetlbfs(void)
{
    char folder[256];
    struct stitch_options options = t_options();
    stitch_region *region;
    struct stitch_verify_report report;

    t_need_root("mount a hugetlbfs");
    if (!t_setting("/proc/sys/vm/nr_hugepages", "48"))
        t_skip("vm.nr_hugepages cannot be set");
    if (!t_mount("hugetlbfs", "pagesize=2M", folder, sizeof folder))
        t_skip("no hugetlbfs with pages of 2 MiB can be mounted");
    options.folder = folder;
    options.reserve = T_GIB(1);
    region = t_create_with(t_name(), &options);
    T_EQ(t_info(region).page, T_MIB(2));
    grow_and_check(region, 100);
    grow_and_check(region, T_MIB(4));
    grow_and_check(region, 70000);
    grow_and_check(region, T_MIB(20) + 1);
    grow_and_check(region, T_MIB(5));
    grow_and_check(region, T_MIB(11));
    T_OK(stitch_verify(region, &report));
    T_EQ(report.seams > 0, options.backend == STITCH_BACKEND_STITCHED);
    (void)t_prove(region);

    /* There are 48 pages: growing further is an error now and no fault later, and nothing has changed. */
    T_GIVES(stitch_grow(region, T_MIB(200), NULL), STITCH_ENOSPC);
    T_EQ(stitch_size(region), T_MIB(11));
    (void)t_prove(region);
    T_OK(stitch_resize(region, 0));
    grow_and_check(region, T_MIB(30));
    t_close(region);
    T_EQ(t_folder_count(folder), 0);
}

static const struct CMUnitTest tests[] = {
    T_TEST(promise_4_zero_in_every_huge_page_setting),
    T_TEST(promise_4_zero_with_middle_sized_pages),
    T_BOTH(region_in_hugetlbfs),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
