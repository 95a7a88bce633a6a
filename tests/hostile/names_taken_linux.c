/* SPDX-License-Identifier: MIT */
/*
 * Promise 10: any object has any of our names, planted before the region is made or while it lives: files, links of
 * both kinds, pipes, sockets, devices, folders, files of others. No call blocks or crashes, the planted object and all
 * that it leads to stay as they were, and once it is gone all works. (Files that look like ours:
 * hostile/objects_wrong_linux.c, the roster: hostile/roster_files_linux.c.)
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "intercept_linux.h"
#include "system_linux.h"
#include "maps.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "handle/names.h"

#define NOBODY    65534
#define BYSTANDER "bystander"

enum kind {
    PLAIN_FILE,
    SECRET_FILE, /* without any permission */
    HARD_LINK,
    LINK,
    LINK_TO_NOTHING,
    PIPE,
    FOLDER,
    SOCKET,
    DEVICE,   /* from here on planting needs a privilege */
    STRANGER, /* a file of another user */
    KINDS
};

static int folder;

static void make(const char *name, const char *text, mode_t mode)
{
    int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (file < 0)
        T_FAIL("%s: %s", name, strerror(errno));
    T_EQ(write(file, text, strlen(text)), strlen(text));
    T_EQ(fchmod(file, mode), 0);
    (void)close(file);
}

static void make_socket(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int end = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    T_TRUE(end >= 0);
    /* By the descriptor, since the folder's path and the name are longer than an address may be. */
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/socket", folder);
    T_EQ(bind(end, (const struct sockaddr *)&address, sizeof address), 0);
    T_EQ(renameat(folder, "socket", folder, name), 0);
    (void)close(end);
}

/* Plants an object. Returns false where the machine does not allow it. */
static bool plant(enum kind kind, const char *name)
{
    switch (kind) {
    case PLAIN_FILE:
        make(name, "mine", 0600);
        return true;
    case SECRET_FILE:
        make(name, "mine", 0);
        return true;
    case HARD_LINK:
        T_EQ(linkat(folder, BYSTANDER, folder, name, 0), 0);
        return true;
    case LINK:
        T_EQ(symlinkat(BYSTANDER, folder, name), 0);
        return true;
    case LINK_TO_NOTHING:
        T_EQ(symlinkat("nothing", folder, name), 0);
        return true;
    case PIPE:
        T_EQ(mkfifoat(folder, name, 0600), 0);
        return true;
    case FOLDER:
        T_EQ(mkdirat(folder, name, 0700), 0);
        return true;
    case SOCKET:
        make_socket(name);
        return true;
    case DEVICE: /* the same as /dev/zero */
        return geteuid() == 0 && mknodat(folder, name, S_IFCHR | 0600, makedev(1, 5)) == 0;
    default:
        if (geteuid() != 0)
            return false;
        make(name, "mine", 0600);
        T_EQ(fchownat(folder, name, NOBODY, NOBODY, 0), 0);
        return true;
    }
}

static struct stat state_of(const char *name)
{
    struct stat status;

    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        T_FAIL("%s: %s", name, strerror(errno));
    return status;
}

/* Fails unless it is the same object, with the same size and time of writing. */
static void must_be(const char *name, const struct stat *was)
{
    struct stat now = state_of(name);

    T_EQ(now.st_ino, was->st_ino);
    T_EQ(now.st_mode, was->st_mode);
    T_EQ(now.st_uid, was->st_uid);
    T_EQ(now.st_size, was->st_size);
    T_TRUE(now.st_mtim.tv_sec == was->st_mtim.tv_sec && now.st_mtim.tv_nsec == was->st_mtim.tv_nsec);
}

static void take_away(enum kind kind, const char *name)
{
    T_EQ(unlinkat(folder, name, kind == FOLDER ? AT_REMOVEDIR : 0), 0);
}

static int look(const struct stitch_listing *listing, void *arg)
{
    T_TRUE(listing->error <= 0);
    ++*(int *)arg;
    return 0;
}

static void begin(void)
{
    folder = open(t_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    T_TRUE(folder >= 0);
    make(BYSTANDER, "untouched", 0600);
}

static void end(void)
{
    char text[16] = "";
    int file = openat(folder, BYSTANDER, O_RDONLY | O_CLOEXEC);

    T_EQ(read(file, text, sizeof text - 1), 9);
    T_STR_EQ(text, "untouched");
    (void)close(file);
    T_EQ(unlinkat(folder, BYSTANDER, 0), 0);
    (void)close(folder);
}

static bool is_refusal(int code)
{
    return code == STITCH_ECORRUPT || code == STITCH_EACCES;
}

/* -------------------------------------------------------------------------------------------- before the region */

static void promise_10_anything_under_the_name_of_a_region(void)
{
    begin();
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct stitch_options options = t_options();
        stitch_region *none = NULL;
        const char *name = t_name();
        char planted[ST_NAME_SIZE];
        struct stat was;
        int listed = 0;

        st_names_region(planted, name);
        if (!plant(kind, planted))
            continue;
        t_note("kind %d", (int)kind);
        was = state_of(planted);
        T_GIVES(stitch_create(name, &options, &none), STITCH_EEXIST);
        T_TRUE(is_refusal(stitch_open(name, &options, &none)));
        T_TRUE(is_refusal(stitch_attach(name, &options, &none)));
        options.flags = STITCH_READONLY;
        T_TRUE(is_refusal(stitch_open(name, &options, &none)));
        options.flags |= STITCH_OTHER_OWNER;
        T_TRUE(is_refusal(stitch_open(name, &options, &none)));
        T_TRUE(none == NULL);
        T_TRUE(is_refusal(stitch_unlink(name)));
        T_OK(stitch_list(look, &listed));
        T_EQ(listed, 1);
        T_EQ(stitch_collect_at(NULL, NULL, NULL), 0);
        must_be(planted, &was);
        take_away(kind, planted);
        t_close(t_create(name));
    }
    end();
}

/* Returns a name that stitch_collect looks for: that of an unlinked region. */
static void promise_10_anything_under_the_name_of_an_unlinked_region(void)
{
    begin();
    for (enum kind kind = 0; kind < KINDS; kind++) {
        char planted[ST_NAME_SIZE], segment[ST_NAME_SIZE];
        struct stat was, segment_was;

        st_names_unlinked(planted, 0x1234, 0);
        st_names_segment(segment, 0x1234, 1);
        if (!plant(kind, planted))
            continue;
        t_note("kind %d", (int)kind);
        make(segment, "mine", 0600);
        was = state_of(planted);
        segment_was = state_of(segment);
        T_EQ(stitch_collect_at(NULL, NULL, NULL), 0);
        t_close(t_create(t_name()));
        must_be(planted, &was);
        must_be(segment, &segment_was);
        take_away(kind, planted);
        T_EQ(unlinkat(folder, segment, 0), 0);
    }
    end();
}

/* ------------------------------------------------------------------------------------------- while a region lives */

/*
 * The next segment gets another id. The object that has this one stays; only if it belongs to the region's own user, it
 * could be a dead writer's, and may go when the region ends.
 */
static void promise_10_anything_under_the_name_of_the_next_segment(void)
{
    begin();
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct stitch_options options = t_options();
        stitch_region *region, *follower;
        const char *name = t_name();
        char planted[ST_NAME_SIZE];
        struct stat was;

        options.extent = STITCH_EXTENT_UNIT;
        region = t_create_with(name, &options);
        follower = t_open(name);
        st_names_segment(planted, t_info(region).tag, 1);
        if (plant(kind, planted)) {
            t_note("kind %d", (int)kind);
            was = state_of(planted);
            T_OK(stitch_grow(region, T_MIB(4), NULL));
            T_EQ(stitch_sync(follower), 1);
            memset(t_bytes(region), 0x5a, T_MIB(4));
            t_all_bytes(follower, 0, T_MIB(4), 0x5a);
            (void)t_prove(follower);
            T_OK(stitch_shrink(region, T_MIB(4)));
            must_be(planted, &was);
            take_away(kind, planted);
        }
        t_close(follower);
        t_close(region);
        T_FOLDER_HOLDS(1);
    }
    end();
}

/* A process that always takes the name first, or a lack of random ids, stops growth and nothing else. */
static void promise_10_each_name_of_the_next_segment_is_taken(void)
{
    stitch_region *region;
    char planted[ST_NAME_SIZE];
    uint64_t size;

    begin();
    region = t_create_shape((t_shape){ .extent = STITCH_EXTENT_UNIT });
    T_OK(stitch_grow(region, T_MIB(2), NULL));
    memset(t_bytes(region), 0x5a, T_MIB(2));
    t_calls_begin(NULL);
    t_calls_fail_nth(T_CALL_linkat, 1, EEXIST, true);
    T_GIVES(stitch_grow(region, T_MIB(2), NULL), STITCH_EACCES);
    T_TRUE(t_calls_over());
    T_TRUE(t_calls_of(T_CALL_linkat) > 1);
    t_calls_end();
    T_FOLDER_HOLDS(T_REGION_OBJECTS + 2); /* its segment, and the uninvolved object */

    st_names_segment(planted, t_info(region).tag, 2);
    make(planted, "mine", 0600);
    t_calls_begin(NULL);
    t_calls_fail(T_CALL_getrandom, EIO);
    T_GIVES(stitch_grow(region, T_MIB(2), NULL), STITCH_ESYS);
    T_EQ(stitch_os_error(), EIO);
    T_TRUE(t_calls_over());
    t_calls_end();
    T_FOLDER_HOLDS(T_REGION_OBJECTS + 3);
    T_EQ(stitch_size(region), T_MIB(2));
    (void)t_prove(region);

    T_OK(stitch_grow(region, T_MIB(2), &size));
    T_EQ(size, T_MIB(2));
    t_all_bytes(region, 0, T_MIB(2), 0x5a);
    t_all_bytes(region, T_MIB(2), T_MIB(2), 0);
    (void)t_prove(region);
    t_close(region);
    end();
}

/* A region that ends then takes another such name, and all of it goes. */
static void promise_10_anything_under_the_name_that_a_region_ends_by(void)
{
    begin();
    for (enum kind kind = 0; kind < KINDS; kind++) {
        stitch_region *region, *second;
        const char *name = t_name();
        char planted[ST_NAME_SIZE];
        struct stat was;

        region = t_create(name);
        T_OK(stitch_grow(region, T_MIB(3), NULL));
        st_names_unlinked(planted, t_info(region).tag, 0);
        if (plant(kind, planted)) {
            t_note("kind %d", (int)kind);
            was = state_of(planted);
            T_OK(stitch_unlink(name));
            second = t_create(name); /* the name is free */
            T_OK(stitch_grow(region, T_MIB(3), NULL));
            must_be(planted, &was);
            T_FOLDER_HOLDS(2 * T_REGION_OBJECTS + 2 + 2);
            t_close(region); /* looks for its own name among the others */
            T_FOLDER_HOLDS(T_REGION_OBJECTS + 2);
            t_close(second);
            T_FOLDER_HOLDS(2); /* the planted object, and the uninvolved one */
            must_be(planted, &was);
            take_away(kind, planted);
        } else {
            t_close(region);
        }
    }
    end();
}

/* A segment that a follower has not mapped yet is renamed, and another object has its name when the follower syncs. */
static void promise_10_anything_in_the_place_of_a_listed_segment(void)
{
    begin();
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct stitch_options options = t_options();
        stitch_region *region, *follower, *none = NULL;
        const char *name = t_name();
        char planted[ST_NAME_SIZE];
        struct stat was;
        int e;

        options.extent = STITCH_EXTENT_UNIT;
        region = t_create_with(name, &options);
        T_OK(stitch_grow(region, T_MIB(2), NULL));
        memset(t_bytes(region), 0x11, T_MIB(2));
        follower = t_open(name);
        T_OK(stitch_grow(region, T_MIB(2), NULL));
        memset(t_bytes(region) + T_MIB(2), 0x22, T_MIB(2));
        st_names_segment(planted, t_info(region).tag, 2);
        T_EQ(renameat(folder, planted, folder, "aside"), 0);
        if (plant(kind, planted)) {
            t_note("kind %d", (int)kind);
            was = state_of(planted);
            e = stitch_sync(follower);
            T_TRUE(is_refusal(e));
            T_EQ(stitch_size(follower), T_MIB(2)); /* its old bytes are as usable as before */
            t_all_bytes(follower, 0, T_MIB(2), 0x11);
            T_TRUE(is_refusal(stitch_grow(follower, T_MIB(2), NULL)));
            T_TRUE(is_refusal(stitch_open(name, &options, &none)));
            must_be(planted, &was);
            take_away(kind, planted);
        } else {
            T_GIVES(stitch_sync(follower), STITCH_EGONE);
        }
        T_EQ(renameat(folder, "aside", folder, planted), 0);
        T_EQ(stitch_sync(follower), 1);
        t_all_bytes(follower, 0, T_MIB(2), 0x11);
        t_all_bytes(follower, T_MIB(2), T_MIB(2), 0x22);
        (void)t_prove(follower);
        t_close(follower);
        t_close(region);
        T_FOLDER_HOLDS(1);
    }
    end();
}

/* A region of another user that has ended, and another user's file under the tag of a region of ours. */
static void promise_10_what_is_anothers_is_not_removed(void)
{
    const char *name = t_name();
    char directory[ST_NAME_SIZE], planted[ST_NAME_SIZE];
    stitch_region *region;
    struct stat was;

    t_need_root("give files to another user");
    begin();
    region = t_create(name);
    T_OK(stitch_grow(region, T_MIB(1), NULL));
    st_names_region(directory, name);
    st_names_segment(planted, t_info(region).tag, 77);
    T_TRUE(plant(STRANGER, planted));
    was = state_of(planted);
    T_EQ(fchownat(folder, directory, NOBODY, NOBODY, 0), 0);
    t_close(region);
    T_EQ(stitch_collect_at(NULL, NULL, NULL), 0);
    T_EQ(state_of(directory).st_uid, NOBODY);
    T_EQ(fchownat(folder, directory, geteuid(), getegid(), 0), 0);
    T_EQ(stitch_collect_at(NULL, NULL, NULL), 1);
    must_be(planted, &was);
    take_away(STRANGER, planted);
    T_FOLDER_HOLDS(1);
    end();
}

static const struct CMUnitTest tests[] = {
    T_TEST(promise_10_anything_under_the_name_of_a_region),
    T_TEST(promise_10_anything_under_the_name_of_an_unlinked_region),
    T_STITCHED(promise_10_anything_under_the_name_of_the_next_segment),
    T_BOTH(promise_10_what_is_anothers_is_not_removed),
    T_STITCHED(promise_10_each_name_of_the_next_segment_is_taken),
    T_STITCHED(promise_10_anything_under_the_name_that_a_region_ends_by),
    T_STITCHED(promise_10_anything_in_the_place_of_a_listed_segment),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
