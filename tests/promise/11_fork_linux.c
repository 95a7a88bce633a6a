/* SPDX-License-Identifier: MIT */
/*
 * Promise 11: a handle works in a forked child; parent and child exclude each other as two processes do. Nothing leaks
 * into a program that is started by exec.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "system_linux.h"
#include "maps.h"
#include "members.h"

#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

enum { BLOCK = 200, CHILDREN = 3 };

static stitch_region *region; /* the handle that children inherit */
static uint64_t blocks;

static stitch_region *create(const char *name)
{
    return t_create_shape((t_shape){ .name = name, .extent = STITCH_EXTENT_UNIT, .reserve = T_MIB(256) });
}

/* Grows block by block and fills each with `value`. Every tenth time it grows by one more and shrinks again. */
static void grow_blocks(unsigned char value)
{
    for (uint64_t i = 0; i < blocks; i++) {
        uint64_t offset;

        T_OK(stitch_grow(region, BLOCK, &offset));
        T_EQ(offset % BLOCK, 0);
        t_all_bytes(region, offset, BLOCK, 0);
        memset(t_bytes(region) + offset, value, BLOCK);
    }
}

/* Fails unless every block has one owner's value throughout, and each owner has as many as it has grown. */
static void check_tiles(unsigned owners)
{
    uint64_t found[256] = { 0 };

    T_TRUE(stitch_sync(region) >= 0);
    T_EQ(stitch_size(region), blocks * BLOCK * owners);
    for (uint64_t at = 0; at < stitch_size(region); at += BLOCK) {
        unsigned char value = t_bytes(region)[at];

        t_all_bytes(region, at, BLOCK, value);
        found[value]++;
    }
    for (unsigned owner = 1; owner <= owners; owner++)
        T_EQ(found[owner], blocks);
    (void)t_prove(region);
}

static void growing_child(void *value)
{
    t_tell(t_parent(), "here");
    t_expect(t_parent(), "go");
    grow_blocks(*(unsigned char *)value);
    T_TRUE(stitch_sync(region) >= 0);
    (void)t_prove(region);
    t_close(region);
}

static void promise_11_parent_and_children_grow_at_once(void)
{
    t_process *child[CHILDREN];

    region = create(t_name());
    blocks = t_rounds(15000);
    for (int i = 0; i < CHILDREN; i++) {
        unsigned char value = (unsigned char)(i + 2);

        child[i] = t_fork(growing_child, &value);
        t_expect(child[i], "here");
    }
    for (int i = 0; i < CHILDREN; i++)
        t_tell(child[i], "go");
    grow_blocks(1);
    for (int i = 0; i < CHILDREN; i++)
        t_finish(child[i]);
    check_tiles(CHILDREN + 1);
    t_close(region);
}

static void child_that_does_nothing(void *arg)
{
    (void)arg;
}

static void child_that_closes(void *arg)
{
    (void)arg;
    t_close(region);
}

static void promise_11_a_childs_end_is_not_the_parents(void)
{
    blocks = 50;
    region = create(t_name());
    t_finish(t_fork(child_that_does_nothing, NULL));
    t_finish(t_fork(child_that_closes, NULL));
    grow_blocks(1);
    t_finish(t_fork(child_that_does_nothing, NULL));
    t_finish(t_fork(child_that_closes, NULL));
    check_tiles(1);
    t_close(region);
    T_EQ(t_folder_count(t_folder()), 0);
}

static int count_one(const struct stitch_listing *listing, void *count)
{
    T_EQ(listing->error, 0);
    ++*(int *)count;
    return 0;
}

/* The parent has closed its handle, so the region lives as long as the child's. */
static void child_that_goes_on(void *arg)
{
    int regions = 0;

    (void)arg;
    t_tell(t_parent(), "here");
    t_expect(t_parent(), "closed");
    T_OK(stitch_list(count_one, &regions));
    T_EQ(regions, 1);
    T_EQ(stitch_sync(region), 1);
    T_EQ(stitch_size(region), blocks * BLOCK);
    grow_blocks(2);
    check_tiles(2);
    T_OK(stitch_shrink(region, BLOCK));
    t_close(region);
    T_EQ(t_folder_count(t_folder()), 0);
}

static void promise_11_a_child_goes_on_when_the_parent_has_closed(void)
{
    t_process *child;

    blocks = 12000;
    region = create(t_name());
    child = t_fork(child_that_goes_on, NULL);
    t_expect(child, "here");
    grow_blocks(1);
    t_close(region);
    t_tell(child, "closed");
    t_finish(child);
    T_EQ(t_folder_count(t_folder()), 0);
}

static void grandchild(void *arg)
{
    (void)arg;
    grow_blocks(3);
    t_close(region);
}

static void child_with_a_child(void *arg)
{
    t_process *child;

    (void)arg;
    child = t_fork(grandchild, NULL);
    grow_blocks(2);
    t_finish(child);
    t_close(region);
}

static void promise_11_grandchildren(void)
{
    t_process *child;

    blocks = t_rounds(4000);
    region = create(t_name());
    child = t_fork(child_with_a_child, NULL);
    grow_blocks(1);
    t_finish(child);
    check_tiles(3);
    t_close(region);
}

static void killed_child(void *arg)
{
    (void)arg;
    t_tell(t_parent(), "here");
    for (;;) {
        T_OK(stitch_grow(region, T_MIB(3), NULL));
        T_OK(stitch_shrink(region, T_MIB(3)));
    }
}

static void promise_11_children_that_are_killed(void)
{
    t_random random = t_random_start();

    blocks = 30;
    region = create(t_name());
    for (uint64_t round = 0; round < t_rounds(40); round++) {
        t_process *child = t_fork(killed_child, NULL);

        t_expect(child, "here");
        t_sleep_us(t_random_below(&random, 4000));
        t_kill(child);
        T_TRUE(stitch_sync(region) >= 0);
        T_OK(stitch_resize(region, 0));
        grow_blocks(1);
        check_tiles(1);
    }
    T_EQ(t_folder_count(t_folder()), T_REGION_OBJECTS + t_info(region).segments);
    t_close(region);
}

static void child_that_reads(void *reader)
{
    stitch_region *inherited = *(stitch_region **)reader;

    t_tell(t_parent(), "here");
    t_expect(t_parent(), "grown");
    T_EQ(stitch_sync(inherited), 1);
    t_all_bytes(inherited, 0, T_MIB(5), 0x61);
    (void)t_prove_readonly(inherited);
    T_GIVES(stitch_grow(inherited, 1, NULL), STITCH_EREADONLY);
    T_GIVES(stitch_wait(inherited, stitch_generation(inherited), 20), STITCH_ETIMEDOUT);
    t_close(inherited);
}

static void promise_11_read_only_handles(void)
{
    const char *name = t_name();
    stitch_region *reader;
    t_process *child;

    region = create(name);
    reader = t_open_readonly(name);
    child = t_fork(child_that_reads, &reader);
    t_expect(child, "here");
    T_OK(stitch_grow(region, T_MIB(5), NULL));
    memset(t_bytes(region), 0x61, T_MIB(5));
    t_tell(child, "grown");
    t_finish(child);
    T_EQ(stitch_sync(reader), 1);
    t_close(reader);
    t_close(region);
}

static void child_that_attaches(void *name)
{
    stitch_region *other = t_open(name);

    T_OK(stitch_grow(other, 100, NULL));
    T_EQ(stitch_sync(region), 1);
    T_OK(stitch_grow(region, 100, NULL));
    T_EQ(stitch_sync(other), 1);
    T_EQ(stitch_size(other), 200);
    t_close(region);
    t_close(other);
}

static void promise_11_old_and_new_handles_side_by_side(void)
{
    char name[64];

    (void)snprintf(name, sizeof name, "%s", t_name());
    region = create(name);
    t_finish(t_fork(child_that_attaches, name));
    T_EQ(stitch_sync(region), 1);
    T_EQ(stitch_size(region), 200);
    t_close(region);
}

/* ----------------------------------------------------------------------------- the roster, the writers' lock --- */

enum first_thing { SYNC, GROW, CLOSE, FIRST_THINGS };

static void child_with_a_first_thing(void *thing)
{
    t_tell(t_parent(), "here");
    t_expect(t_parent(), "go");
    switch (*(enum first_thing *)thing) {
    case SYNC:
        T_EQ(stitch_sync(region), 1);
        break;
    case GROW:
        T_OK(stitch_grow(region, 100, NULL));
        break;
    default:
        t_close(region);
    }
    t_tell(t_parent(), "done");
    t_expect(t_parent(), "end");
}

/* A child takes a seat of its own with its first call; the parent keeps its own. */
static void children_have_seats_of_their_own(void)
{
    for (enum first_thing thing = SYNC; thing < FIRST_THINGS; thing++) {
        struct stitch_member before, now;
        t_process *child;

        region = create(t_name());
        before = t_member_of(region, NULL);
        child = t_fork(child_with_a_first_thing, &thing);
        t_expect(child, "here");
        T_EQ(t_members_count(region), 1);
        T_OK(stitch_grow(region, T_MIB(3), NULL));
        t_tell(child, "go");
        t_expect(child, "done");
        T_TRUE(stitch_sync(region) >= 0);
        T_EQ(t_members_count(region), thing == CLOSE ? 1 : 2);
        if (thing != CLOSE) {
            now = t_member_of(region, child);
            T_EQ(now.generation, stitch_generation(region));
            T_EQ(now.base, before.base);
            T_EQ(now.mapped, t_member_of(region, NULL).mapped);
        }
        now = t_member_of(region, NULL);
        T_TRUE(now.pid == before.pid && now.started == before.started && now.attached == before.attached);
        T_EQ(now.generation, stitch_generation(region));
        if (thing == GROW)
            t_kill(child);
        else {
            t_tell(child, "end");
            t_finish(child);
        }
        T_EQ(t_members_count(region), 1);
        T_EQ(t_member_of(region, NULL).pid, before.pid);
        t_close(region);
    }
}

static void child_that_waits_to_write(void *arg)
{
    uint64_t offset;

    (void)arg;
    t_tell(t_parent(), "here");
    T_OK(stitch_grow(region, BLOCK, &offset));
    t_tell(t_parent(), "offset %" PRIu64, offset);
    t_expect(t_parent(), "end");
    t_close(region);
}

static void child_that_waits_for_nothing(void *arg)
{
    (void)arg;
    t_tell(t_parent(), "here");
    t_expect(t_parent(), "end");
}

/* An exclusive handle belongs to the parent alone, and the lock is free when the parent has closed it. */
static void an_exclusive_handle_is_the_parents(void)
{
    struct stitch_options options = t_options();
    const char *name = t_name();
    t_process *writes, *idles;
    stitch_region *other;
    uint64_t offset;

    options.flags = STITCH_EXCLUSIVE;
    region = t_create_with(name, &options);
    options.flags = STITCH_NOWAIT;
    T_OK(stitch_open(name, &options, &other));
    idles = t_fork(child_that_waits_for_nothing, NULL);
    t_expect(idles, "here");
    writes = t_fork(child_that_waits_to_write, NULL);
    t_expect(writes, "here");
    T_OK(stitch_grow(region, BLOCK, NULL));
    t_sleep_us(20000); /* long enough to see it if it happened */
    T_TRUE(!t_heard(writes));
    T_GIVES(stitch_grow(other, 1, NULL), STITCH_EBUSY);
    t_close(region);
    t_scan(writes, 1, "offset %" SCNu64, &offset);
    T_EQ(offset, BLOCK);
    T_OK(stitch_grow(other, 1, &offset));
    T_EQ(offset, 2 * BLOCK);
    t_tell(writes, "end");
    t_finish(writes);
    t_tell(idles, "end");
    t_finish(idles);
    t_close(other);
}

/* ------------------------------------------------------------------------------------------------------ exec --- */

T_HELPER(started_program)
{
    DIR *descriptors = opendir("/proc/self/fd");
    struct dirent *entry;

    T_TRUE(descriptors != NULL);
    while ((entry = readdir(descriptors)) != NULL) {
        char target[256] = "";

        if (readlinkat(dirfd(descriptors), entry->d_name, target, sizeof target - 1) > 0 &&
            strstr(target, t_folder()) != NULL)
            T_FAIL("descriptor %s came along: %s", entry->d_name, target);
    }
    (void)closedir(descriptors);
    T_EQ(t_maps_count_in(t_folder()), 0);
}

static void *look_on(void *arg)
{
    for (int i = 0; i < 200; i++) {
        T_GIVES(stitch_wait(region, stitch_generation(region), 0), STITCH_ETIMEDOUT);
        T_TRUE((t_info(region).flags & STITCH_READONLY) == 0);
    }
    return arg;
}

static void child_with_two_threads(void *arg)
{
    pthread_t thread;

    T_EQ(pthread_create(&thread, NULL, look_on, arg), 0);
    T_OK(stitch_grow(region, 0, NULL));
    T_EQ(pthread_join(thread, NULL), 0);
}

/* The child's first writing call gives the handle locks of its own, while another thread of the child looks on. */
static void threads_of_a_child_may_use_the_handle_at_once(void)
{
    region = create(t_name());
    T_OK(stitch_grow(region, T_MIB(1), NULL));
    t_finish(t_fork(child_with_two_threads, NULL));
    t_close(region);
}

static void nothing_leaks_through_exec(void)
{
    struct stitch_options options = t_options();
    const char *name = t_name();
    stitch_region *reader;

    region = create(name);
    T_OK(stitch_grow(region, T_MIB(9), NULL));
    reader = t_open_readonly(name);
    t_finish(t_start("started_program", "-"));
    t_close(reader);
    t_close(region);
    options.flags = STITCH_INHERIT | STITCH_EXCLUSIVE; /* it makes no difference to exclusivity */
    region = t_create_with(name, &options);
    T_OK(stitch_grow(region, T_MIB(9), NULL));
    t_finish(t_start("started_program", "-"));
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(promise_11_parent_and_children_grow_at_once),
    T_BOTH(promise_11_a_childs_end_is_not_the_parents),
    T_BOTH(promise_11_a_child_goes_on_when_the_parent_has_closed),
    T_BOTH(promise_11_grandchildren),
    T_BOTH(promise_11_children_that_are_killed),
    T_BOTH(promise_11_read_only_handles),
    T_BOTH(promise_11_old_and_new_handles_side_by_side),
    T_BOTH(children_have_seats_of_their_own),
    T_TEST(an_exclusive_handle_is_the_parents),
    T_TEST(threads_of_a_child_may_use_the_handle_at_once),
    T_TEST(nothing_leaks_through_exec),
};

static const t_helper helpers[] = {
    T_ENTRY(started_program),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
