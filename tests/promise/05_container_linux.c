/* SPDX-License-Identifier: MIT */
/*
 * Promises 5, 7 and 8 within the limits of a container: a /dev/shm of 64 MiB, as container engines make it, and a
 * memory cgroup. In a full cgroup the kernel kills a process that asks for single pages; if it asks for whole blocks it
 * gets an error. Sanitizers allocate memory themselves while the cgroup is full, and so are killed: this needs a plain
 * build.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "cgroup_linux.h"
#include "system_linux.h"
#include "maps.h"
#include "state.h"

#include "os/os.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define SHM "/dev/shm"

static t_state before;

/* --------------------------------------------------------------------------------------- a small /dev/shm --- */

/* Makes a mount name space with a /dev/shm of 64 MiB, and the case's folder in that. */
static bool enter_container(void)
{
    if (unshare(CLONE_NEWNS) || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) ||
        mount("stitch-test", SHM, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64m"))
        return false;
    T_EQ(mkdir(t_folder(), 0700), 0);
    return true;
}

/* In the container a process is forked from one that has entered it. */
static void read_in_the_container(void *name)
{
    stitch_region *region = t_open_readonly(name);

    t_tell(t_parent(), "here");
    for (const char *line; strcmp(line = t_hear(t_parent()), "end") != 0;) {
        uint64_t size = strtoull(line, NULL, 10);

        T_EQ(stitch_sync(region), 1);
        T_EQ(stitch_size(region), size);
        t_all_bytes(region, 0, size, 0x61);
        (void)t_prove_readonly(region);
        t_tell(t_parent(), "read");
    }
    t_close(region);
}

static uint64_t grow_until_full(stitch_region *region)
{
    uint64_t offset;
    int code;

    while ((code = stitch_grow(region, T_MIB(3), &offset)) == 0)
        memset(t_bytes(region) + offset, 0x61, (size_t)T_MIB(3));
    T_EQ(code, STITCH_ENOSPC);
    T_EQ(stitch_os_error(), ENOSPC);
    t_state_take(&before, region);
    T_GIVES(stitch_grow(region, T_MIB(3), NULL), STITCH_ENOSPC);
    T_GIVES(stitch_append(region, t_bytes(region), T_MIB(30), NULL), STITCH_ENOSPC);
    T_UNCHANGED(&before, region);
    memset(t_bytes(region), 0x61, (size_t)stitch_size(region));
    return stitch_size(region);
}

static void read_all(t_process *reader, stitch_region *region)
{
    t_tell(reader, "%" PRIu64, stitch_size(region));
    t_expect(reader, "read");
}

static void live_in_a_container(void *backend)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region, *second, *none = NULL;
    const char *name = t_name();
    t_process *reader;
    uint64_t most;

    if (!enter_container()) {
        t_tell(t_parent(), "refused");
        return;
    }
    t_tell(t_parent(), "entered");
    options.backend = *(const uint64_t *)backend; /* and the default reserve of 32 GiB */
    region = t_create_with(name, &options);
    reader = t_fork(read_in_the_container, (void *)(uintptr_t)name);
    t_expect(reader, "here");
    most = grow_until_full(region);
    T_TRUE(most >= T_MIB(57) && most <= T_MIB(64));
    read_all(reader, region);
    (void)t_prove(region);

    options.size = T_MIB(50);
    T_GIVES(stitch_create(t_name(), &options, &none), STITCH_ENOSPC);
    T_TRUE(none == NULL);
    T_OK(stitch_resize(region, T_MIB(5)));
    read_all(reader, region);
    second = t_create_with(t_name(), &options);
    memset(t_bytes(second), 0x62, (size_t)T_MIB(50));
    T_GIVES(stitch_grow(region, T_MIB(20), NULL), STITCH_ENOSPC);
    t_close(second);
    T_EQ(grow_until_full(region), T_MIB(5) + (most - T_MIB(5)) / T_MIB(3) * T_MIB(3));
    read_all(reader, region);
    t_tell(reader, "end");
    t_finish(reader);
    t_close(region);
    T_EQ(t_folder_count(t_folder()), 0);
}

static void promise_5_a_container_has_64_mib(void)
{
    uint64_t backend = t_options().backend;
    t_process *process;
    const char *heard;

    t_need_root("mount a /dev/shm in a name space of its own");
    process = t_fork(live_in_a_container, &backend);
    heard = t_hear(process);
    if (strcmp(heard, "refused") == 0) {
        t_finish(process);
        t_skip("no mount name space with a /dev/shm of its own can be had here");
    }
    T_STR_EQ(heard, "entered");
    t_finish(process);
}

/* ------------------------------------------------------------------------------------------ a memory cgroup --- */

/* Grows to the limit, gives memory back, and grows again by as much. */
static void fill_the_group(const t_cgroup *group, stitch_region *region, uint64_t limit)
{
    uint64_t most, used, offset = 7;
    int code;

    while ((code = stitch_grow(region, T_MIB(2), NULL)) == 0)
        ;
    T_EQ(code, STITCH_ENOMEM);
    T_EQ(stitch_os_error(), ENOMEM);
    used = t_cgroup_usage(group);
    T_TRUE(used + T_MIB(3) > limit);
    t_state_take(&before, region);
    for (uint64_t more = T_MIB(2); more < T_MIB(100); more *= 2)
        T_GIVES(stitch_grow(region, more, &offset), STITCH_ENOMEM);
    T_GIVES(stitch_append(region, t_bytes(region), T_MIB(6), &offset), STITCH_ENOMEM);
    T_GIVES(stitch_resize(region, T_MIB(200)), STITCH_ENOMEM);
    T_EQ(offset, 7);
    T_UNCHANGED(&before, region);
    T_TRUE(t_cgroup_usage(group) < used + T_MIB(1));
    memset(t_bytes(region), 0x71, (size_t)stitch_size(region));
    (void)t_prove(region);

    most = stitch_size(region) - T_MIB(4); /* the kernel sets a part of the group's memory aside for each processor */
    T_OK(stitch_shrink(region, T_MIB(1)));
    T_OK(stitch_resize(region, T_MIB(4)));
    T_TRUE(t_cgroup_usage(group) + most - T_MIB(4) < used);
    t_all_bytes(region, 0, T_MIB(4), 0x71);
    T_OK(stitch_resize(region, most));
    t_all_bytes(region, T_MIB(4), most - T_MIB(4), 0);
    memset(t_bytes(region), 0x72, (size_t)most);
    T_OK(stitch_resize(region, T_MIB(4)));
}

T_HELPER(in_a_group)
{
    t_cgroup group = t_cgroup_at(t_argument(0));
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;
    uint64_t limit;

    t_cgroup_join(&group);
    options.backend = t_argument_number(1);
    options.reserve = T_MIB(256);
    options.size = T_MIB(4);
    region = t_create_with(t_name(), &options);
    t_tell(t_parent(), st_os_blocks_fail() ? "pages" : "blocks");
    if (!st_os_blocks_fail()) {
        /* 1 MiB is left free: without any, the kernel kills at its next small allocation, a descriptor say. */
        limit = t_cgroup_usage(&group) + T_MIB(41);
        t_cgroup_limit(&group, limit);
        fill_the_group(&group, region, limit);
        fill_the_group(&group, region, limit);
    }
    t_close(region);
}

static void promise_5_a_full_memory_cgroup_is_enomem_and_kills_nobody(void)
{
    t_process *process;
    const char *heard;
    t_cgroup group;

    t_cgroup_make(&group);
    process = t_start("in_a_group", "%s %" PRIu64, group.path, t_options().backend);
    heard = t_hear(process);
    if (strcmp(heard, "pages") == 0) {
        t_finish(process);
        t_skip("this kernel makes no huge pages for this folder, and page by page it kills where a cgroup is full");
    }
    T_STR_EQ(heard, "blocks");
    t_finish(process);
    T_EQ(t_cgroup_killed(&group), 0);
}

/*
 * The first 2 MiB of a region are committed page by page, and there the kernel kills a process that asks for more than
 * the group has. The library cannot prevent that, but it must not harm those outside.
 */
T_HELPER(beyond_the_group)
{
    t_cgroup group = t_cgroup_at(t_argument(0));
    stitch_region *region;

    t_cgroup_join(&group);
    region = t_open(t_argument(1));
    t_cgroup_limit(&group, t_cgroup_usage(&group) + T_KIB(300));
    t_tell(t_parent(), "limited");
    for (int round = 0; round < 20; round++) { /* each may return an error, be killed, or succeed */
        int code = stitch_grow(region, T_MIB(1) + T_KIB(900), NULL);

        T_TRUE(code == 0 || code == STITCH_ENOMEM);
        if (code == 0)
            memset(t_bytes(region), 0x73, (size_t)stitch_size(region));
        T_OK(stitch_resize(region, 0));
    }
    t_close(region);
}

static void promise_8_a_writer_that_a_full_cgroup_kills_harms_nobody(void)
{
    const char *name = t_name();
    stitch_region *region;
    t_process *process;
    t_cgroup group;
    int end;

    t_cgroup_make(&group);
    region = t_create(name);
    for (int round = 0; round < 4; round++) {
        process = t_start("beyond_the_group", "%s %s", group.path, name);
        t_expect(process, "limited");
        end = t_wait(process);
        T_TRUE(end == 0 || end == T_END_KILLED);
        t_cgroup_limit(&group, T_GIB(64)); /* the next round begins without a limit */
        T_TRUE(stitch_sync(region) >= 0);
        T_OK(stitch_resize(region, T_MIB(9)));
        if (end == T_END_KILLED)
            t_all_bytes(region, stitch_size(region) - T_MIB(7), T_MIB(7), 0);
        (void)t_prove(region);
        T_OK(stitch_resize(region, 0));
    }
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(promise_5_a_container_has_64_mib),
    T_BOTH(promise_5_a_full_memory_cgroup_is_enomem_and_kills_nobody),
    T_BOTH(promise_8_a_writer_that_a_full_cgroup_kills_harms_nobody),
};

static const t_helper helpers[] = {
    T_ENTRY(in_a_group),
    T_ENTRY(beyond_the_group),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
