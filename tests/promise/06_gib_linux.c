/* SPDX-License-Identifier: MIT */
/*
 * Regions of a GiB and of a TiB take few segments, and their memory comes back (promise 6). The test measures the
 * memory of the whole machine, so nothing else may run meanwhile.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "system_linux.h"
#include "maps.h"

#include <unistd.h>

static void need_memory(uint64_t bytes)
{
    char text[4096], *at;

    if (t_read_text("/proc/meminfo", text, sizeof text) && (at = strstr(text, "MemAvailable:")) != NULL &&
        strtoull(at + 13, NULL, 10) * 1024 < bytes * 2)
        t_skip("less than %" PRIu64 " MiB of memory are available", bytes * 2 >> 20);
}

static stitch_region *create(uint64_t reserve, uint64_t flags)
{
    struct stitch_options options = t_options();
    stitch_region *region = NULL;
    int code;

    options.reserve = reserve;
    options.flags = flags;
    code = stitch_create(t_name(), &options, &region);
    if (code == STITCH_EADDRSPACE)
        t_skip("%" PRIu64 " GiB of address space are not to be had here (a sanitizer may have taken them)",
               reserve >> 30);
    T_OK(code);
    return region;
}

/* Grows in steps to the size; the base never moves. */
static void grow_to(stitch_region *region, uint64_t size, uint64_t step)
{
    void *base = stitch_base(region);
    uint64_t offset;

    while (stitch_size(region) < size) {
        uint64_t before = stitch_size(region);

        if (stitch_grow(region, step, &offset) != 0 || offset != before || stitch_base(region) != base)
            T_FAIL("the grow at %" PRIu64 " went wrong", before);
    }
}

/* Mounts a tmpfs of the test's own, if it may: no memory of others counts there. */
static void use_own_folder(void)
{
    static char own[256];

    if (geteuid() == 0 && t_mount("tmpfs", "size=80%", own, sizeof own))
        t_environment("STITCH_DIR", own);
    else
        (void)printf("not root: what others do with shared memory meanwhile is counted, too\n");
}

/* Fails unless the folder's file system holds at most this much. The kernel's counters lag, so it waits a little. */
static void wait_for_folder(uint64_t most)
{
    uint64_t now = 0;

    for (int tries = 0; tries < 200; tries++) {
        now = t_folder_used(getenv("STITCH_DIR"));
        if (now <= most)
            return;
        t_sleep_us(10000);
    }
    T_FAIL("the folder holds %" PRIu64 " KiB, expected at most %" PRIu64 " KiB", now >> 10, most >> 10);
}

/* The same by the whole machine's count, in which others take part: one of a few tries must be right. */
static void shmem_comes_back(void)
{
    uint64_t before = 0, peak = 0, after = 0;

    for (int tries = 0; tries < 10; tries++) {
        stitch_region *region = create(T_GIB(2), 0);

        before = t_kernel_shmem();
        T_OK(stitch_resize(region, T_GIB(1)));
        peak = t_kernel_shmem();
        T_OK(stitch_resize(region, T_KIB(64)));
        for (int wait = 0; wait < 20 && (after = t_kernel_shmem()) > before + T_MIB(2); wait++)
            t_sleep_us(10000);
        t_close(region);
        if (peak >= before + T_GIB(1) - T_MIB(2) && after <= before + T_MIB(2)) {
            (void)printf("Shmem before, at 1 GiB, after: %" PRIu64 ", %" PRIu64 ", %" PRIu64 " KiB\n", before >> 10,
                         peak >> 10, after >> 10);
            return;
        }
    }
    T_FAIL("Shmem before, at 1 GiB, after: %" PRIu64 ", %" PRIu64 ", %" PRIu64 " KiB", before >> 10, peak >> 10,
           after >> 10);
}

static void promise_6_a_gib_in_64_kib_steps_comes_back(void)
{
    stitch_region *region;
    uint64_t used, segments;

    need_memory(T_GIB(1));
    use_own_folder();
    used = t_folder_used(getenv("STITCH_DIR"));
    region = create(T_GIB(2), 0);
    grow_to(region, T_GIB(1), T_KIB(64));
    segments = t_prove(region);
    T_TRUE(t_options().backend == STITCH_BACKEND_SINGLE ? segments == 1 : segments <= 41);
    for (uint64_t at = 0; at < T_GIB(1); at += T_KIB(64))
        t_bytes(region)[at] = 1;
    T_TRUE(t_folder_used(getenv("STITCH_DIR")) >= used + T_GIB(1));
    T_OK(stitch_resize(region, T_KIB(64)));
    wait_for_folder(used + T_KIB(64) + T_MIB(2));
    (void)t_prove(region);

    /* Then step by step. */
    grow_to(region, T_MIB(512), T_KIB(640));
    while (stitch_size(region) > T_KIB(640))
        T_OK(stitch_shrink(region, T_KIB(640)));
    wait_for_folder(used + T_KIB(640) + T_MIB(2));
    (void)t_prove(region);
    t_close(region);
    wait_for_folder(used);
    shmem_comes_back();
}

/* Memory that another process still has mapped comes back when that process syncs or dies. */
T_HELPER(lagging)
{
    stitch_region *region = t_open_readonly(t_argument(0));

    t_tell(t_parent(), "mapped");
    t_expect(t_parent(), "sync");
    T_EQ(stitch_sync(region), 1);
    t_tell(t_parent(), "synced");
    (void)t_hear_or_end(t_parent());
    t_close(region);
}

static void promise_6_memory_of_laggards_comes_back(void)
{
    const char *name = t_name();
    stitch_region *region;
    t_process *lagging[2];
    uint64_t used;

    need_memory(T_MIB(256));
    use_own_folder();
    used = t_folder_used(getenv("STITCH_DIR"));
    region = t_create_shape((t_shape){ .name = name, .extent = T_MIB(16) });
    T_OK(stitch_resize(region, T_MIB(16)));
    T_OK(stitch_resize(region, T_MIB(256)));
    for (int i = 0; i < 2; i++) {
        lagging[i] = t_start("lagging", "%s", name);
        t_expect(lagging[i], "mapped");
    }
    T_OK(stitch_resize(region, T_KIB(64)));
    T_TRUE(t_folder_used(getenv("STITCH_DIR")) >= used + T_MIB(200)); /* it is stopped, and holds the memory */
    t_tell(lagging[0], "sync");
    t_expect(lagging[0], "synced");
    T_TRUE(t_folder_used(getenv("STITCH_DIR")) >= used + T_MIB(200));
    t_kill(lagging[1]);
    wait_for_folder(used + T_MIB(3));
    t_tell(lagging[0], "end");
    t_finish(lagging[0]);
    t_close(region);
}

static void a_tib_of_lazy_region_takes_99_segments(void)
{
    stitch_region *region = create(T_GIB(2048), STITCH_LAZY);

    grow_to(region, T_GIB(1024), T_MIB(1));
    T_TRUE(t_prove(region) <= 99);
    t_bytes(region)[0] = 1;
    t_bytes(region)[T_GIB(1024) - 1] = 2;
    t_bytes(region)[T_GIB(777)] = 3;
    T_EQ(t_bytes(region)[T_GIB(777) + 1], 0);
    T_OK(stitch_resize(region, T_GIB(778)));
    T_EQ(t_bytes(region)[T_GIB(777)], 3);
    (void)t_prove(region);
    T_OK(stitch_resize(region, T_GIB(2048)));
    T_GIVES(stitch_grow(region, 1, NULL), STITCH_ERESERVE);
    (void)t_prove(region);
    t_close(region);
}

static void a_reserve_of_32_tib(void)
{
    stitch_region *region = create(T_GIB(1024) * 32, 0), *larger = NULL;
    struct stitch_options options = t_options();
    int code;

    T_OK(stitch_grow(region, T_MIB(3), NULL));
    (void)t_prove(region);
    t_close(region);
    options.reserve = STITCH_RESERVE_MAX;
    code = stitch_create(t_name(), &options, &larger);
    T_TRUE(code == 0 || code == STITCH_EADDRSPACE);
    if (code == 0)
        t_close(larger);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(promise_6_a_gib_in_64_kib_steps_comes_back),
    T_TEST(promise_6_memory_of_laggards_comes_back),
    T_TEST(a_tib_of_lazy_region_takes_99_segments),
    T_BOTH(a_reserve_of_32_tib),
};

static const t_helper helpers[] = {
    T_ENTRY(lagging),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
