/* SPDX-License-Identifier: MIT */
/*
 * Refusals of the surroundings and their codes: folders that cannot hold regions, locks that a stopped process holds,
 * regions of other users. These are the codes that no other test meets.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "system_linux.h"
#include "maps.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handle/names.h"

/* The file system is not in memory, or has pages above 2 MiB. */
static void folders_that_cannot_are_enotsup(void)
{
    static const char *const folders[] = { "/proc", "/sys", "/", "/usr" };
    struct stitch_options options = t_options();
    stitch_region *none = NULL;
    char huge[256];

    for (size_t i = 0; i < T_COUNT(folders); i++) {
        options.folder = folders[i];
        T_GIVES(stitch_create("x", &options, &none), STITCH_ENOTSUP);
        T_GIVES(stitch_open("x", &options, &none), STITCH_ENOTSUP);
        T_GIVES(stitch_attach("x", &options, &none), STITCH_ENOTSUP);
        T_GIVES(stitch_unlink_at(folders[i], "x"), STITCH_ENOTSUP);
    }
    if (geteuid() == 0 && t_mount("hugetlbfs", "pagesize=1G", huge, sizeof huge)) {
        options.folder = huge;
        T_GIVES(stitch_create("x", &options, &none), STITCH_ENOTSUP);
    }
}

static void a_path_that_the_system_refuses_is_esys(void)
{
    struct stitch_options options = t_options();
    stitch_region *none = NULL;
    char path[6000];

    memset(path, 'p', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = 0;
    options.folder = path;
    T_GIVES(stitch_create("x", &options, &none), STITCH_ESYS);
    T_EQ(stitch_os_error(), ENAMETOOLONG);
    T_TRUE(none == NULL);
}

/* Takes every lock that a region's directory can have, as a process that was stopped in the middle of a call. */
T_HELPER(lock_holder)
{
    struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char object_name[ST_NAME_SIZE], path[600];
    int file;

    st_names_region(object_name, t_argument(0));
    (void)snprintf(path, sizeof path, "%s/%s", t_folder(), object_name);
    file = open(path, O_RDWR | O_CLOEXEC);
    T_TRUE(file >= 0);
    T_EQ(fcntl(file, F_OFD_SETLK, &all), 0);
    t_tell(t_parent(), "locked");
    (void)t_hear_or_end(t_parent());
    (void)close(file);
}

static void a_stopped_remover_is_ebusy(void)
{
    struct stitch_options options = t_options();
    const char *name = t_name();
    stitch_region *region, *none = NULL;
    t_process *holder;

    options.flags = STITCH_KEEP;
    region = t_create_with(name, &options);
    t_close(region);
    holder = t_start("lock_holder", "%s", name);
    t_expect(holder, "locked");
    t_stop(holder);
    options.flags = 0;
    T_GIVES(stitch_open(name, &options, &none), STITCH_EBUSY);
    T_GIVES(stitch_unlink(name), STITCH_EBUSY);
    T_TRUE(none == NULL);
    t_continue(holder);
    t_kill(holder);
    region = t_open(name);
    T_OK(stitch_unlink(name));
    t_close(region);
}

/* A folder without the right to write, and one without the right to read. */
T_HELPER(poor_user)
{
    stitch_region *region = NULL;

    T_EQ(setgid(65534), 0);
    T_EQ(setuid(65534), 0);
    T_GIVES(stitch_create("mine", NULL, &region), STITCH_EACCES);
    T_GIVES(stitch_attach("mine", NULL, &region), STITCH_EACCES);
    if (t_argument_number(0) == 0)
        T_GIVES(stitch_open("mine", NULL, &region), STITCH_EACCES);
    T_TRUE(region == NULL);
}

static void a_folder_without_rights_is_eacces(void)
{
    t_need_root("become another user");
    for (unsigned mode = 0; mode <= 0755; mode += 0755) {
        T_EQ(chmod(t_folder(), mode), 0);
        t_finish(t_start("poor_user", "%u", mode));
    }
    T_EQ(t_folder_count(t_folder()), 0);
}

/* Another user's region in a folder for everybody. We cannot unlink, replace, write or collect it. */
T_HELPER(owner)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;

    T_EQ(setgid(65534), 0);
    T_EQ(setuid(65534), 0);
    options.flags = t_argument_number(1);
    options.size = T_MIB(3);
    options.mode = 0644;
    region = t_create_with(t_argument(0), &options);
    t_tell(t_parent(), "made");
    t_expect(t_parent(), "end");
    t_close(region);
}

T_HELPER(third)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region = NULL;

    T_EQ(setgid(65533), 0);
    T_EQ(setuid(65533), 0);
    T_GIVES(stitch_create(t_argument(0), NULL, &region), STITCH_EEXIST);
    T_GIVES(stitch_open(t_argument(0), NULL, &region), STITCH_EACCES);
    T_GIVES(stitch_attach(t_argument(0), NULL, &region), STITCH_EACCES);
    T_GIVES(stitch_unlink(t_argument(0)), STITCH_EACCES);
    options.flags = STITCH_READONLY;
    T_GIVES(stitch_open(t_argument(0), &options, &region), STITCH_EACCES);
    options.flags |= STITCH_OTHER_OWNER;
    T_OK(stitch_open(t_argument(0), &options, &region));
    T_EQ(stitch_size(region), T_MIB(3));
    t_close(region);
}

static void another_users_region(void)
{
    const char *name = t_name();
    t_process *owner;

    t_need_root("become another user");
    T_EQ(chmod(t_folder(), 01777), 0);
    owner = t_start("owner", "%s 0", name);
    t_expect(owner, "made");
    t_finish(t_start("third", "%s", name));
    t_tell(owner, "end");
    t_finish(owner);
    T_EQ(t_folder_count(t_folder()), 0);
}

static int count_regions(const struct stitch_listing *listing, void *count)
{
    (void)listing;
    ++*(unsigned *)count;
    return 0;
}

/* A dead region is its owner's to remove, so it is left alone. */
T_HELPER(third_after_death)
{
    unsigned count = 0;
    stitch_region *region = NULL;

    T_EQ(setgid(65533), 0);
    T_EQ(setuid(65533), 0);
    T_OK(stitch_list(count_regions, &count));
    T_OK(stitch_create("another", NULL, &region));
    t_close(region);
    t_tell(t_parent(), "left %zu", t_folder_count(t_folder()));
}

static void another_users_dead_region_is_left_alone(void)
{
    const char *name = t_name();
    t_process *owner, *third;
    uint64_t left;

    t_need_root("become another user");
    T_EQ(chmod(t_folder(), 01777), 0);
    owner = t_start("owner", "%s 0", name);
    t_expect(owner, "made");
    t_kill(owner);
    third = t_start("third_after_death", "-");
    t_scan(third, 1, "left %" SCNu64, &left);
    T_EQ(left, T_REGION_OBJECTS + 1);
    t_finish(third);
    t_folder_empty(t_folder());
}

/* Another program unlinks the directory's file: those attached go on, as after stitch_unlink. */
static void a_directory_object_that_was_removed(void)
{
    const char *name = t_name();
    stitch_region *region = t_create(name);
    char object_name[ST_NAME_SIZE], path[600];

    T_OK(stitch_grow(region, T_MIB(3), NULL));
    st_names_region(object_name, name);
    (void)snprintf(path, sizeof path, "%s/%s", t_folder(), object_name);
    T_EQ(unlink(path), 0);
    T_OK(stitch_grow(region, T_MIB(3), NULL));
    T_OK(stitch_resize(region, 10));
    (void)t_prove(region);
    t_close(region);
    t_folder_empty(t_folder()); /* no call can know any more whose segments these are */
}

static const struct CMUnitTest tests[] = {
    T_TEST(folders_that_cannot_are_enotsup),
    T_TEST(a_path_that_the_system_refuses_is_esys),
    T_TEST(a_stopped_remover_is_ebusy),
    T_TEST(a_folder_without_rights_is_eacces),
    T_TEST(another_users_region),
    T_TEST(another_users_dead_region_is_left_alone),
    T_TEST(a_directory_object_that_was_removed),
};

static const t_helper helpers[] = {
    T_ENTRY(lock_holder), T_ENTRY(poor_user),         T_ENTRY(owner),
    T_ENTRY(third),       T_ENTRY(third_after_death), { NULL, NULL },
};

T_MAIN(tests, helpers)
