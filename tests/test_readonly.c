/* SPDX-License-Identifier: MIT */
/*
 * Promise 9: a read-only handle cannot write, by the system's word; it follows and waits like any other. And regions of
 * another user: who may attach, and that nothing of them can be changed (needs root, to become somebody else).
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "linux.h"
#include "maps.h"
#include "state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static t_state before;

static void promise_9_every_writing_call_says_readonly(void)
{
    const char *name = t_name();
    stitch_region *writer = t_create(name), *reader;
    uint64_t offset = 6;

    T_OK(stitch_grow(writer, T_MIB(3), NULL));
    reader = t_open_readonly(name);
    T_TRUE((t_info(reader).flags & STITCH_READONLY) != 0);
    t_state_take(&before, reader);
    T_GIVES(stitch_grow(reader, 1, &offset), STITCH_EREADONLY);
    T_GIVES(stitch_grow(reader, 0, &offset), STITCH_EREADONLY);
    T_GIVES(stitch_append(reader, "x", 1, &offset), STITCH_EREADONLY);
    T_GIVES(stitch_shrink(reader, 1), STITCH_EREADONLY);
    T_GIVES(stitch_shrink(reader, 0), STITCH_EREADONLY);
    T_GIVES(stitch_resize(reader, 0), STITCH_EREADONLY);
    T_GIVES(stitch_resize(reader, T_MIB(3)), STITCH_EREADONLY);
    T_GIVES(stitch_discard(reader, 0, 4096), STITCH_EREADONLY);
    T_EQ(offset, 6);
    T_UNCHANGED(&before, reader);
    (void)t_prove_readonly(reader);
    t_close(reader);
    t_close(writer);
}

T_HELPER(storer)
{
    stitch_region *region = t_open_readonly(t_argument(0));

    t_default_signals();
    t_tell(t_parent(), "storing");
    *(volatile unsigned char *)(t_bytes(region) + t_argument_number(1)) = 1;
    t_tell(t_parent(), "stored");
}

static void promise_9_a_store_faults(void)
{
    const char *name = t_name();
    stitch_region *region = t_create(name);
    static const uint64_t offsets[] = { 0, 5000000, 8 << 20, (9 << 20) - 1 };

    T_OK(stitch_grow(region, T_MIB(3), NULL));
    T_OK(stitch_grow(region, T_MIB(6), NULL));
    for (size_t i = 0; i < T_COUNT(offsets); i++) {
        t_process *storer = t_start("storer", "%s %" PRIu64, name, offsets[i]);

        t_expect(storer, "storing");
        T_EQ(t_wait(storer), T_END_FAULT);
    }
    t_all_bytes(region, 0, T_MIB(9), 0);
    t_close(region);
}

static void promise_9_rights_cannot_be_raised(void)
{
    const char *name = t_name();
    stitch_region *writer = t_create(name), *reader;

    T_OK(stitch_grow(writer, T_MIB(5), NULL));
    reader = t_open_readonly(name);
    for (uint64_t at = 0; at < T_MIB(5); at += T_MIB(1)) {
        errno = 0;
        T_EQ(mprotect(t_bytes(reader) + at, 4096, PROT_READ | PROT_WRITE), -1);
        T_EQ(errno, EACCES);
    }
    T_TRUE(madvise(t_bytes(reader), 4096, MADV_REMOVE) != 0);
    (void)t_prove_readonly(reader);
    t_close(reader);
    t_close(writer);
}

/* The last one out may be one that could only read: the region still ends. */
static void a_reader_as_the_last_one_out(void)
{
    const char *name = t_name();
    stitch_region *writer = t_create(name), *reader = t_open_readonly(name);

    T_EQ(t_info(reader).writers, 1);
    T_OK(stitch_append(writer, "still here", 10, NULL));
    t_close(writer);
    T_EQ(t_info(reader).writers, 0);
    T_EQ(stitch_sync(reader), 1);
    T_TRUE(memcmp(t_bytes(reader), "still here", 10) == 0);
    t_close(reader);
    T_EQ(t_folder_count(t_folder()), 0);
}

static void attach_readonly_never_creates(void)
{
    stitch_options options = t_options();
    stitch_region *none = NULL;

    options.flags = STITCH_READONLY;
    T_GIVES(stitch_attach(t_name(), &options, &none), STITCH_ENOENT);
    T_TRUE(none == NULL);
    T_EQ(t_folder_count(t_folder()), 0);
}

/* ----------------------------------------------------------------------------------------------- other users --- */

static void become_nobody(void)
{
    T_EQ(setgroups(0, NULL), 0);
    T_EQ(setgid(NOBODY), 0);
    T_EQ(setuid(NOBODY), 0);
}

static int try_open(const char *name, uint64_t flags, stitch_region **region)
{
    stitch_options options = STITCH_OPTIONS_INIT;

    options.flags = flags;
    return stitch_open(name, &options, region);
}

/* No door to a right to write: not the names, not the descriptors, not the mappings. */
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
    T_OK(stitch_wait(region, generation, T_PATIENCE_MS));
    T_EQ(stitch_sync(region), 1);
    T_EQ(stitch_size(region), T_MIB(9));
    (void)t_prove_readonly(region);
    t_close(region);
}

static void region_of_another_user(uint64_t mode)
{
    stitch_options options = t_options();
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

/* Objects have the mode that was asked for, whatever the umask of who grows. */
static void modes_are_those_asked_for(void)
{
    static const uint64_t modes[] = { 0600, 0640, 0604, 0644 };

    for (size_t i = 0; i < T_COUNT(modes); i++) {
        stitch_options options = t_options();
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
            T_EQ(status.st_mode & 07777, modes[i]);
        }
        (void)closedir(folder);
        t_close(region);
    }
}

static const struct CMUnitTest tests[] = {
    T_BOTH(promise_9_every_writing_call_says_readonly),
    T_BOTH(promise_9_a_store_faults),
    T_BOTH(promise_9_rights_cannot_be_raised),
    T_BOTH(a_reader_as_the_last_one_out),
    T_TEST(attach_readonly_never_creates),
    T_BOTH(promise_9_another_users_reader_has_no_door),
    T_TEST(another_user_is_refused_by_default),
    T_TEST(modes_are_those_asked_for),
};

static const t_helper helpers[] = {
    T_ENTRY(storer),
    T_ENTRY(stranger),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
