/* SPDX-License-Identifier: MIT */
/*
 * Regions of another user: who may attach, and that nothing of them can be changed. (The test needs root to become
 * another user.)
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "system_linux.h"
#include "maps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static void become_nobody(void)
{
    T_EQ(setgroups(0, NULL), 0);
    T_EQ(setgid(NOBODY), 0);
    T_EQ(setuid(NOBODY), 0);
}

static int try_open(const char *name, uint64_t flags, stitch_region **region)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;

    options.flags = flags;
    return stitch_open(name, &options, region);
}

/* Fails if names, descriptors or mappings give a right to write. */
static void try_every_door(void)
{
    DIR *folder = opendir(t_folder()), *descriptors = opendir("/proc/self/fd");
    struct dirent *entry;
    unsigned tried = 0;

    T_TRUE(folder != NULL && descriptors != NULL);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        T_TRUE(openat(dirfd(folder), entry->d_name, O_RDWR) < 0 && errno == EACCES);
        T_TRUE(unlinkat(dirfd(folder), entry->d_name, 0) != 0);
    }
    while ((entry = readdir(descriptors)) != NULL) {
        int number = atoi(entry->d_name);
        char target[256] = "";

        if (readlinkat(dirfd(descriptors), entry->d_name, target, sizeof target - 1) <= 0 ||
            strncmp(target, t_folder(), strlen(t_folder())) != 0 || number == dirfd(folder))
            continue;
        tried++;
        T_TRUE(ftruncate(number, 0) != 0);
        T_TRUE(fallocate(number, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) != 0);
        T_TRUE(write(number, "x", 1) < 0);
    }
    T_TRUE(tried > 0);
    (void)closedir(folder);
    (void)closedir(descriptors);
}

T_HELPER(stranger)
{
    const char *name = t_argument(0);
    stitch_region *region = NULL;
    uint64_t generation;

    become_nobody();
    T_GIVES(try_open(name, 0, &region), STITCH_EACCES);
    T_GIVES(try_open(name, STITCH_READONLY, &region), STITCH_EACCES);
    T_GIVES(stitch_unlink(name), STITCH_EACCES);
    T_TRUE(region == NULL);
    if (t_argument_number(1) == 0600) {
        T_GIVES(try_open(name, STITCH_READONLY | STITCH_OTHER_OWNER, &region), STITCH_EACCES);
        return;
    }
    T_OK(try_open(name, STITCH_READONLY | STITCH_OTHER_OWNER, &region));
    T_EQ(stitch_size(region), T_MIB(3));
    t_all_bytes(region, 0, T_MIB(3), 0x15);
    T_EQ(t_info(region).owner, 0);
    T_EQ(t_info(region).writers, 1);
    try_every_door();
    T_TRUE(mprotect(t_bytes(region), 4096, PROT_READ | PROT_WRITE) != 0);
    generation = stitch_generation(region);
    t_tell(t_parent(), "reading");
    T_OK(stitch_wait(region, generation, t_patience_ms()));
    T_EQ(stitch_sync(region), 1);
    T_EQ(stitch_size(region), T_MIB(9));
    (void)t_prove_readonly(region);
    t_close(region);
}

static void region_of_another_user(uint64_t mode)
{
    struct stitch_options options = t_options();
    const char *name = t_name();
    stitch_region *region;
    t_process *stranger;

    t_need_root("become another user");
    T_EQ(chmod(t_folder(), 0755), 0);
    options.mode = mode;
    options.size = T_MIB(3);
    region = t_create_with(name, &options);
    memset(t_bytes(region), 0x15, T_MIB(3));
    stranger = t_start("stranger", "%s %" PRIu64, name, mode);
    if (mode != 0600) {
        t_expect(stranger, "reading");
        t_sleep_us(10000);
        T_OK(stitch_resize(region, T_MIB(9)));
    }
    t_finish(stranger);
    t_all_bytes(region, 0, T_MIB(3), 0x15);
    t_close(region);
}

static void promise_9_another_users_reader_has_no_door(void)
{
    region_of_another_user(0644);
}

static void another_user_is_refused_by_default(void)
{
    region_of_another_user(0600);
}

/*
 * Attaches, then becomes another user, who may write to all existing objects: the objects that it makes would belong to
 * that user, and the existing ones do not.
 */
static void promise_10_a_process_that_becomes_another_user(void)
{
    struct stitch_options options = t_options();
    stitch_region *region, *opened = NULL;
    const char *name = t_name();
    char path[512];
    size_t names;

    t_need_root("become another user");
    T_EQ(chmod(t_folder(), 0777), 0);
    options.mode = 0644;
    options.extent = STITCH_EXTENT_UNIT;
    region = t_create_with(name, &options);
    T_OK(stitch_grow(region, T_MIB(2), NULL));
    memset(t_bytes(region), 0x15, T_MIB(2));
    (void)snprintf(path, sizeof path, "%s/stitch.r.%s", t_folder(), name);
    T_EQ(chmod(path, 0666), 0); /* stitch gives others less */
    names = t_folder_count(t_folder());

    T_EQ(seteuid(NOBODY), 0);
    T_GIVES(stitch_grow(region, T_MIB(2), NULL), STITCH_EACCES);
    T_GIVES(try_open(name, 0, &opened), STITCH_EACCES);
    T_GIVES(try_open(name, STITCH_READONLY, &opened), STITCH_EACCES);
    T_GIVES(stitch_unlink(name), STITCH_EACCES);
    T_EQ(seteuid(0), 0);

    T_TRUE(opened == NULL);
    T_EQ(t_folder_count(t_folder()), names);
    T_EQ(stitch_size(region), T_MIB(2));
    t_all_bytes(region, 0, T_MIB(2), 0x15);
    (void)t_prove(region);
    T_OK(stitch_grow(region, T_MIB(2), NULL));
    T_OK(stitch_unlink(name));
    t_close(region);
}

/* Objects have the mode of the options, whatever umask the growing process has. */
static void modes_are_those_asked_for(void)
{
    static const uint64_t modes[] = { 0600, 0640, 0604, 0644 };

    for (size_t i = 0; i < T_COUNT(modes); i++) {
        struct stitch_options options = t_options();
        mode_t umask_before = umask(i % 2 ? 0777 : 0);
        stitch_region *region;
        struct dirent *entry;
        DIR *folder;

        options.mode = modes[i];
        options.extent = STITCH_EXTENT_UNIT;
        region = t_create_with(t_name(), &options);
        for (int grown = 0; grown < 3; grown++)
            T_OK(stitch_grow(region, T_MIB(2), NULL));
        (void)umask(umask_before);
        T_EQ(t_info(region).mode, modes[i]);
        folder = opendir(t_folder());
        T_TRUE(folder != NULL);
        while ((entry = readdir(folder)) != NULL) {
            struct stat status;

            if (entry->d_name[0] == '.')
                continue;
            T_EQ(fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW), 0);
            T_EQ(status.st_mode & 07777, strncmp(entry->d_name, "stitch.m.", 9) == 0 ? 0600 : modes[i]);
        }
        (void)closedir(folder);
        t_close(region);
    }
}

static const struct CMUnitTest tests[] = {
    T_BOTH(promise_9_another_users_reader_has_no_door),
    T_TEST(another_user_is_refused_by_default),
    T_STITCHED(promise_10_a_process_that_becomes_another_user),
    T_TEST(modes_are_those_asked_for),
};

static const t_helper helpers[] = {
    T_ENTRY(stranger),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
