/* SPDX-License-Identifier: MIT */
/*
 * Promise 10: anything may be in the folder. Files that only look like ours, and objects of the wrong kind, size or
 * owner each give an error, no crash, and nothing of others is touched. (Directories with any word wrong:
 * directory_damaged.c.)
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "system_linux.h"
#include "maps.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/layout.h"
#include "handle/names.h"

static int folder_handle(void)
{
    int folder = open(t_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    T_TRUE(folder >= 0);
    return folder;
}

static int open_named(const char *object_name, int flags)
{
    int folder = folder_handle(), file = openat(folder, object_name, flags | O_CLOEXEC, 0600);

    if (file < 0)
        T_FAIL("%s: %s", object_name, strerror(errno));
    (void)close(folder);
    return file;
}

static int open_directory_object(const char *name)
{
    char object_name[ST_NAME_SIZE];

    st_names_region(object_name, name);
    return open_named(object_name, O_RDWR);
}

static void put_word(int file, size_t at, uint64_t value)
{
    T_EQ(pwrite(file, &value, 8, (off_t)at), 8);
}

static uint64_t get_word(int file, size_t at)
{
    uint64_t value;

    T_EQ(pread(file, &value, 8, (off_t)at), 8);
    return value;
}

static void remove_named(const char *object_name)
{
    int folder = folder_handle();

    (void)unlinkat(folder, object_name, 0);
    (void)close(folder);
}

static int all_three(const char *name)
{
    stitch_region *none = NULL;
    struct stitch_options options = t_options();
    int code = stitch_open(name, &options, &none);

    T_EQ(stitch_attach(name, &options, &none), code);
    options.flags = STITCH_READONLY;
    T_EQ(stitch_open(name, &options, &none), code);
    T_TRUE(none == NULL);
    return code;
}

/* Makes a region of three segments to which nobody is attached, and opens its directory as a file. */
static int make_kept(const char *name)
{
    stitch_region *region;

    region = t_create_shape(
        (t_shape){ .name = name, .flags = STITCH_KEEP, .extent = STITCH_EXTENT_UNIT, .reserve = T_MIB(64) });
    for (int i = 0; i < 3; i++)
        T_OK(stitch_grow(region, T_MIB(2) - 4096, NULL));
    t_close(region);
    return open_directory_object(name);
}

static int count(const struct stitch_listing *listing, void *arg)
{
    T_TRUE(listing->error <= 0);
    ++*(int *)arg;
    return 0;
}

/* ----------------------------------------------------------------------------------------- files that are not ours */

static void a_short_or_foreign_file_is_ecorrupt(void)
{
    static const int sizes[] = { 0, 1, 8, 100, 1023, 1024, 4096, 100000 };

    for (size_t i = 0; i < T_COUNT(sizes); i++) {
        const char *name = t_name();
        char object_name[ST_NAME_SIZE];
        stitch_region *none = NULL;
        int file, listed = 0;

        st_names_region(object_name, name);
        file = open_named(object_name, O_CREAT | O_RDWR);
        T_EQ(ftruncate(file, sizes[i]), 0);
        T_EQ(all_three(name), STITCH_ECORRUPT);
        T_GIVES(stitch_create(name, NULL, &none), STITCH_EEXIST);
        T_GIVES(stitch_unlink(name), STITCH_ECORRUPT); /* the region is left alone */
        T_OK(stitch_list(count, &listed));
        T_EQ(listed, 1);
        T_EQ(t_folder_count(t_folder()), 1);
        remove_named(object_name);
        (void)close(file);
    }
}

static void links_pipes_and_folders_are_not_followed(void)
{
    const char *name = t_name();
    char object_name[ST_NAME_SIZE], target[300];
    int folder = folder_handle(), file, code, listed = 0;

    st_names_region(object_name, name);
    (void)snprintf(target, sizeof target, "%s/target", t_folder());
    file = open(target, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    T_EQ(symlinkat(target, folder, object_name), 0);
    code = all_three(name);
    T_TRUE(code == STITCH_EACCES || code == STITCH_ECORRUPT);
    T_TRUE(stitch_unlink(name) < 0);
    T_OK(stitch_list(count, &listed));
    remove_named(object_name);
    T_EQ(unlink(target), 0);
    (void)close(file);

    T_EQ(mkfifoat(folder, object_name, 0600), 0); /* a pipe must not block either */
    T_EQ(all_three(name), STITCH_ECORRUPT);
    T_TRUE(stitch_unlink(name) < 0);
    T_OK(stitch_list(count, &listed));
    remove_named(object_name);

    T_EQ(mkdirat(folder, object_name, 0700), 0);
    code = all_three(name);
    T_TRUE(code == STITCH_ECORRUPT || code == STITCH_EACCES);
    T_TRUE(stitch_unlink(name) < 0);
    T_OK(stitch_list(count, &listed));
    T_EQ(unlinkat(folder, object_name, AT_REMOVEDIR), 0);
    (void)close(folder);
}

/* ----------------------------------------------------------------------------------------------- damaged regions */

static void a_region_damaged_behind_its_header_can_be_unlinked(void)
{
    const char *name = t_name();
    int file = make_kept(name);

    for (size_t at = offsetof(struct st_directory, record); at < 4096; at += 8)
        put_word(file, at, UINT64_MAX);
    T_EQ(all_three(name), STITCH_ECORRUPT);
    T_OK(stitch_unlink(name));
    T_EQ(t_folder_count(t_folder()), 0);
    (void)close(file);
}

static void a_segment_that_is_gone_is_egone(void)
{
    const char *name = t_name();
    int file = make_kept(name);
    char object_name[ST_NAME_SIZE];
    uint64_t tag = get_word(file, offsetof(struct st_directory, header.tag));

    st_names_segment(object_name, tag, get_word(file, offsetof(struct st_directory, entry[1].id)));
    remove_named(object_name);
    T_EQ(all_three(name), STITCH_EGONE);
    T_OK(stitch_unlink(name));
    T_EQ(t_folder_count(t_folder()), 0);
    (void)close(file);
}

/* A wrong object has a segment's name. */
static void promise_10_segments_of_another_size_or_kind(void)
{
    for (int kind = 0; kind < 4; kind++) {
        const char *name = t_name();
        int file = make_kept(name), object, folder = folder_handle(), code;
        char object_name[ST_NAME_SIZE];

        st_names_segment(object_name, get_word(file, offsetof(struct st_directory, header.tag)),
                         get_word(file, offsetof(struct st_directory, entry[2].id)));
        if (kind < 2) {
            object = open_named(object_name, O_RDWR);
            T_EQ(ftruncate(object, kind ? (off_t)T_MIB(1) : (off_t)T_MIB(4)), 0);
            (void)close(object);
        } else {
            remove_named(object_name);
            T_EQ(kind == 2 ? mkfifoat(folder, object_name, 0600) : symlinkat("/etc/passwd", folder, object_name), 0);
        }
        code = all_three(name);
        T_TRUE(code == STITCH_ECORRUPT || (kind == 3 && code == STITCH_EACCES));
        T_OK(stitch_unlink(name));
        (void)close(folder);
        (void)close(file);
        T_EQ(t_folder_count(t_folder()), 0);
    }
}

static void a_segment_of_another_owner_is_eacces(void)
{
    const char *name = t_name();
    char object_name[ST_NAME_SIZE];
    int file, object;

    t_need_root("give a file to somebody else");
    file = make_kept(name);
    st_names_segment(object_name, get_word(file, offsetof(struct st_directory, header.tag)),
                     get_word(file, offsetof(struct st_directory, entry[1].id)));
    object = open_named(object_name, O_RDWR);
    T_EQ(fchown(object, 65534, 65534), 0);
    T_EQ(all_three(name), STITCH_EACCES);
    (void)close(object);
    (void)close(file);
    remove_named(object_name);
    T_OK(stitch_unlink(name));
    T_EQ(t_folder_count(t_folder()), 0);
}

/* The names of the next segments are taken; a process that may read the directory can guess them. */
static void names_taken_before_us(void)
{
    stitch_region *region;
    char planted[5][ST_NAME_SIZE];
    uint64_t tag;

    region = t_create_shape((t_shape){ .extent = STITCH_EXTENT_UNIT });
    T_OK(stitch_grow(region, T_MIB(1), NULL));
    tag = t_info(region).tag;
    for (unsigned i = 0; i < 5; i++) {
        int file;

        st_names_segment(planted[i], tag, 2 + i);
        file = open_named(planted[i], O_CREAT | O_EXCL | O_RDWR);
        T_EQ(pwrite(file, "mine", 4, 0), 4);
        (void)close(file);
    }
    T_OK(stitch_grow(region, T_MIB(6), NULL));
    memset(t_bytes(region), 0x44, T_MIB(7));
    (void)t_prove(region);
    for (unsigned i = 0; i < 5; i++) { /* they are unchanged */
        int file = open_named(planted[i], O_RDONLY);
        char text[5] = "";
        struct stat status;

        T_EQ(fstat(file, &status), 0);
        T_EQ(status.st_size, 4);
        T_EQ(pread(file, text, 4, 0), 4);
        T_STR_EQ(text, "mine");
        (void)close(file);
        remove_named(planted[i]);
    }
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_TEST(a_short_or_foreign_file_is_ecorrupt),
    T_TEST(links_pipes_and_folders_are_not_followed),
    T_TEST(a_region_damaged_behind_its_header_can_be_unlinked),
    T_TEST(a_segment_that_is_gone_is_egone),
    T_TEST(promise_10_segments_of_another_size_or_kind),
    T_TEST(a_segment_of_another_owner_is_eacces),
    T_TEST(names_taken_before_us),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
