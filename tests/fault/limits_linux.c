/* SPDX-License-Identifier: MIT */
/*
 * Promises 5 and 7 at the limits of a process, descriptors and file size: each has its own code, nothing changes, no
 * signal comes, and shrink works where grow does not. Each case runs in a helper, since limits belong to a process.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "system_linux.h"
#include "maps.h"
#include "state.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static t_state before;

static stitch_region *create_here(uint64_t size)
{
    return t_create_shape((t_shape){
        .backend = t_argument_number(0), .extent = STITCH_EXTENT_UNIT, .reserve = T_MIB(256), .size = size });
}

static bool is_single(void)
{
    return t_argument_number(0) == STITCH_BACKEND_SINGLE;
}

static void run_helper(const char *helper)
{
    t_process *process = t_start(helper, "%" PRIu64, t_options().backend);

    t_finish(process);
}

/* ------------------------------------------------------------------------------------------------ file size --- */

static void fill(stitch_region *region, uint64_t from, unsigned char value)
{
    memset(t_bytes(region) + from, value, (size_t)(stitch_size(region) - from));
}

T_HELPER(file_size)
{
    stitch_region *region = create_here(T_MIB(3)), *none = NULL;
    struct stitch_options options = STITCH_OPTIONS_INIT;
    uint64_t was, offset = 4;

    (void)signal(SIGXFSZ, SIG_DFL);
    fill(region, 0, 0xaa);
    t_state_take(&before, region);

    /* The limit is too small for another segment. */
    was = t_limit(RLIMIT_FSIZE, T_MIB(1));
    if (!is_single()) { /* its one object has its size already */
        T_GIVES(stitch_grow(region, T_MIB(30), &offset), STITCH_EFSIZE);
        T_GIVES(stitch_resize(region, T_MIB(200)), STITCH_EFSIZE);
        T_GIVES(stitch_append(region, t_bytes(region), T_MIB(3), &offset), STITCH_EFSIZE);
        T_EQ(offset, 4);
        T_TRUE(stitch_os_error() != 0);
        T_UNCHANGED(&before, region);
    }

    /* The same holds for a new region with a segment, and for a directory. */
    options.size = T_MIB(2);
    T_GIVES(stitch_create(t_name(), &options, &none), STITCH_EFSIZE);
    (void)t_limit(RLIMIT_FSIZE, 1000);
    T_GIVES(stitch_create(t_name(), NULL, &none), STITCH_EFSIZE);
    T_TRUE(none == NULL);
    T_UNCHANGED(&before, region);

    /* Shrink makes no file, and existing bytes stay. */
    T_OK(stitch_shrink(region, T_MIB(1)));
    T_OK(stitch_resize(region, T_KIB(100)));
    t_all_bytes(region, 0, T_KIB(100), 0xaa);
    (void)t_prove(region);
    (void)t_limit(RLIMIT_FSIZE, was);
    T_OK(stitch_resize(region, T_MIB(40)));
    t_all_bytes(region, T_KIB(100), T_MIB(40) - T_KIB(100), 0);
    t_close(region);
}

static void promise_7_file_size_limit_is_efsize_without_a_signal(void)
{
    run_helper("file_size");
}

/* The object exists and is larger than the limit, so only the commit meets the limit. */
T_HELPER(file_size_inside)
{
    stitch_region *region = create_here(T_KIB(100));
    uint64_t was;

    (void)signal(SIGXFSZ, SIG_DFL);
    t_state_take(&before, region);
    was = t_limit(RLIMIT_FSIZE, T_KIB(400));
    T_OK(stitch_grow(region, T_KIB(200), NULL));
    T_OK(stitch_shrink(region, T_KIB(200)));
    for (int i = 0; i < 3; i++) {
        int code = stitch_grow(region, T_KIB(1024), NULL);

        if (code == STITCH_OK) { /* a system may allow it, since the object does not grow */
            T_OK(stitch_shrink(region, T_KIB(1024)));
        } else {
            T_EQ(code, STITCH_EFSIZE);
        }
    }
    (void)t_limit(RLIMIT_FSIZE, was);
    T_EQ(stitch_size(region), T_KIB(100));
    T_OK(stitch_grow(region, T_KIB(1024), NULL));
    t_all_bytes(region, 0, stitch_size(region), 0);
    (void)t_prove(region);
    t_close(region);
}

static void file_size_limit_inside_an_extent(void)
{
    run_helper("file_size_inside");
}

/*
 * The same for whole blocks, each of which begins with a written byte: beyond the limit the kernel kills for such a
 * byte, and not for pages. It runs in a process of its own, since the library tries once whether there are blocks.
 */
T_HELPER(file_size_blocks)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;

    (void)signal(SIGXFSZ, SIG_DFL);
    options.backend = t_argument_number(0);
    options.extent = T_MIB(32);
    options.reserve = T_MIB(32);
    options.size = T_KIB(100);
    region = t_create_with(t_name(), &options);
    for (uint64_t limit = T_MIB(2); limit <= T_MIB(14); limit += T_MIB(3)) {
        uint64_t was = t_limit(RLIMIT_FSIZE, limit);
        int code = stitch_resize(region, T_MIB(15));

        T_TRUE(code == STITCH_OK || code == STITCH_EFSIZE);
        T_EQ(stitch_size(region), code == STITCH_OK ? T_MIB(15) : T_KIB(100));
        t_all_bytes(region, 0, stitch_size(region), 0);
        T_TRUE(t_info(region).resident >= stitch_size(region));
        fill(region, 0, 0xcc);
        (void)t_limit(RLIMIT_FSIZE, was);
        T_OK(stitch_resize(region, 0));
        T_OK(stitch_resize(region, T_KIB(100)));
    }
    T_OK(stitch_resize(region, T_MIB(20)));
    t_all_bytes(region, 0, T_MIB(20), 0);
    (void)t_prove(region);
    t_close(region);
}

static void promise_7_file_size_limit_among_whole_blocks(void)
{
    run_helper("file_size_blocks");
}

/* ---------------------------------------------------------------------------------------------- descriptors --- */

/* Leaves `spare` descriptors free. Returns the limit before. */
static uint64_t leave_descriptors(int spare)
{
    int highest = fcntl(0, F_DUPFD_CLOEXEC, 200);

    T_TRUE(highest >= 0);
    (void)close(highest);
    for (int free_from = 3; free_from < 200; free_from++) /* fills the gaps */
        if (fcntl(free_from, F_GETFD) < 0)
            (void)fcntl(0, F_DUPFD_CLOEXEC, free_from);
    return t_limit(RLIMIT_NOFILE, 200 + (uint64_t)spare);
}

static int count(const struct stitch_listing *listing, void *arg)
{
    (void)listing;
    ++*(int *)arg;
    return 0;
}

T_HELPER(descriptors)
{
    stitch_region *region = create_here(T_MIB(9)), *none = NULL;
    uint64_t was, offset = 9;
    int listed = 0;

    fill(region, 0, 0xbb);
    was = leave_descriptors(0);
    T_TRUE(dup(0) < 0);

    if (!is_single()) { /* a segment needs a descriptor */
        T_GIVES(stitch_grow(region, T_MIB(30), &offset), STITCH_EMFILE);
        T_GIVES(stitch_append(region, t_bytes(region), T_MIB(9), &offset), STITCH_EMFILE);
        T_EQ(offset, 9);
        T_EQ(stitch_size(region), T_MIB(9));
        T_TRUE(stitch_os_error() != 0);
    }
    T_GIVES(stitch_create(t_name(), NULL, &none), STITCH_EMFILE);
    T_GIVES(stitch_attach(t_name(), NULL, &none), STITCH_EMFILE);
    T_GIVES(stitch_open(t_name(), NULL, &none), STITCH_EMFILE);
    T_GIVES(stitch_unlink(t_name()), STITCH_EMFILE);
    T_GIVES(stitch_list(count, &listed), STITCH_EMFILE);
    T_EQ(listed, 0);
    T_TRUE(none == NULL);

    T_OK(stitch_shrink(region, T_MIB(1)));
    T_OK(stitch_shrink(region, T_MIB(4)));
    T_OK(stitch_resize(region, T_KIB(300)));
    T_EQ(stitch_size(region), T_KIB(300));
    t_all_bytes(region, 0, T_KIB(300), 0xbb);
    (void)t_limit(RLIMIT_NOFILE, was);

    (void)t_prove(region);
    T_TRUE(t_info(region).resident <= T_KIB(300) + T_MIB(1));
    T_OK(stitch_resize(region, T_MIB(20)));
    t_all_bytes(region, T_KIB(300), T_MIB(20) - T_KIB(300), 0);
    (void)t_prove(region);
    t_close(region);
}

static void promise_7_descriptor_limit_is_emfile_and_shrink_works(void)
{
    run_helper("descriptors");
}

/* A failed call leaves no descriptor, object or mapping. */
T_HELPER(descriptors_unchanged)
{
    stitch_region *region = create_here(T_MIB(5));
    int highest;

    t_state_take(&before, region);
    for (int spare = 0; spare < 3; spare++) {
        stitch_region *none = NULL;
        uint64_t was;

        highest = fcntl(0, F_DUPFD_CLOEXEC, 3);
        (void)close(highest);
        was = t_limit(RLIMIT_NOFILE, (uint64_t)(highest + spare));
        if (stitch_create(t_name(), NULL, &none) == 0)
            t_close(none);
        if (stitch_grow(region, T_MIB(20), NULL) == 0)
            T_OK(stitch_shrink(region, T_MIB(20)));
        (void)t_limit(RLIMIT_NOFILE, was);
        T_EQ(stitch_size(region), T_MIB(5));
        T_EQ(t_folder_count(t_folder()), T_REGION_OBJECTS + t_info(region).segments);
    }
    (void)t_prove(region);
    t_close(region);
    T_EQ(t_folder_count(t_folder()), 0);
}

static void promise_7_descriptor_limit_leaves_nothing_behind(void)
{
    run_helper("descriptors_unchanged");
}

/* A follower at the descriptor limit says so, keeps its mappings, and can try again. */
T_HELPER(follower_without_descriptors)
{
    stitch_region *region = t_open(t_argument(1));
    uint64_t was = leave_descriptors(0), generation = stitch_generation(region);

    t_tell(t_parent(), "ready");
    t_expect(t_parent(), "grown");
    T_GIVES(stitch_sync(region), STITCH_EMFILE);
    T_GIVES(stitch_sync(region), STITCH_EMFILE);
    T_EQ(stitch_generation(region), generation);
    t_all_bytes(region, 0, T_MIB(1), 0x77);
    (void)t_limit(RLIMIT_NOFILE, was);
    T_EQ(stitch_sync(region), 1);
    T_EQ(stitch_size(region), T_MIB(9));
    t_all_bytes(region, 0, T_MIB(9), 0x77);
    (void)t_prove(region);
    t_close(region);
}

static void follower_at_the_descriptor_limit_can_try_again(void)
{
    struct stitch_options options = t_options();
    const char *name = t_name();
    stitch_region *region;
    t_process *follower;

    options.extent = STITCH_EXTENT_UNIT;
    options.size = T_MIB(1);
    region = t_create_with(name, &options);
    fill(region, 0, 0x77);
    follower = t_start("follower_without_descriptors", "%" PRIu64 " %s", options.backend, name);
    t_expect(follower, "ready");
    T_OK(stitch_resize(region, T_MIB(9)));
    fill(region, 0, 0x77);
    t_tell(follower, "grown");
    t_finish(follower);
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(promise_7_file_size_limit_is_efsize_without_a_signal),
    T_BOTH(file_size_limit_inside_an_extent),
    T_BOTH(promise_7_file_size_limit_among_whole_blocks),
    T_BOTH(promise_7_descriptor_limit_is_emfile_and_shrink_works),
    T_BOTH(promise_7_descriptor_limit_leaves_nothing_behind),
    T_TEST(follower_at_the_descriptor_limit_can_try_again),
};

static const t_helper helpers[] = {
    T_ENTRY(file_size),   T_ENTRY(file_size_inside),      T_ENTRY(file_size_blocks),
    T_ENTRY(descriptors), T_ENTRY(descriptors_unchanged), T_ENTRY(follower_without_descriptors),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
