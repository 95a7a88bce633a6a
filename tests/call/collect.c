/* SPDX-License-Identifier: MIT */
/*
 * stitch_collect: objects of regions that ended with killed processes go and are reported; nothing else is touched.
 */
#include "test.h"
#include "maps.h"

#include <string.h>

enum { ROOM = 16 };

typedef struct collected {
    int count, stop_at;
    char name[ROOM][STITCH_NAME_MAX + 1];
    struct stitch_collected item[ROOM];
} collected;

static int note(const struct stitch_collected *item, void *arg)
{
    collected *all = arg;

    T_TRUE(all->count < ROOM);
    for (size_t i = 0; i < T_COUNT(item->spare); i++)
        T_EQ(item->spare[i], 0);
    (void)snprintf(all->name[all->count], sizeof all->name[0], "%s", item->name);
    all->item[all->count++] = *item;
    return all->count == all->stop_at ? -4711 : 0;
}

/* Returns the one of that name and fails unless there is one. */
static const struct stitch_collected *find(const collected *all, const char *name)
{
    const struct stitch_collected *found = NULL;

    for (int i = 0; i < all->count; i++)
        if (strcmp(all->name[i], name) == 0) {
            T_TRUE(found == NULL);
            found = &all->item[i];
        }
    T_TRUE(found != NULL);
    return found;
}

/* Makes a region of so many segments, and waits to be killed. */
T_HELPER(owner)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;

    options.backend = t_argument_number(2);
    options.flags = t_argument_number(3);
    options.extent = STITCH_EXTENT_UNIT;
    options.reserve = T_MIB(64);
    region = t_create_with(t_argument(0), &options);
    for (uint64_t i = t_argument_number(1); i > 0; i--)
        T_OK(stitch_grow(region, STITCH_EXTENT_UNIT, NULL));
    t_tell(t_parent(), "tag %" PRIu64 " resident %" PRIu64, t_info(region).tag, t_info(region).resident);
    t_expect(t_parent(), "end");
    t_close(region);
}

typedef struct owned {
    t_process *process;
    const char *name;
    uint64_t tag, resident;
} owned;

static owned own(unsigned segments, uint64_t flags)
{
    owned o = { .name = t_name() };

    o.process = t_start("owner", "%s %u %" PRIu64 " %" PRIu64, o.name, segments, t_options().backend, flags);
    t_scan(o.process, 2, "tag %" SCNu64 " resident %" SCNu64, &o.tag, &o.resident);
    return o;
}

static void end(const owned *o)
{
    t_tell(o->process, "end");
    t_finish(o->process);
}

static void what_killed_processes_left_goes(void)
{
    uint64_t backend = t_options().backend;
    collected all = { 0 };
    owned dead[3], lives;

    t_needs(T_FOLDERS);
    for (unsigned i = 0; i < 3; i++)
        dead[i] = own(i * 2, 0);
    lives = own(2, 0);
    T_OK(stitch_collect(note, &all));
    for (int i = 0; i < 3; i++)
        t_kill(dead[i].process);
    T_EQ(stitch_collect_at(NULL, note, &all), 3);
    T_EQ(all.count, 3);
    for (unsigned i = 0; i < 3; i++) {
        const struct stitch_collected *one = find(&all, dead[i].name);

        T_EQ(one->tag, dead[i].tag);
        T_EQ(one->objects, T_REGION_OBJECTS + (backend == STITCH_BACKEND_STITCHED ? i * 2 : 1));
        /* The bytes of its segments, and of a directory and a roster of some pages each. */
        T_TRUE(one->bytes >= dead[i].resident + 8192 && one->bytes <= dead[i].resident + T_KIB(256));
    }
    T_EQ(t_folder_count(t_folder()), T_REGION_OBJECTS + (backend == STITCH_BACKEND_STITCHED ? 2 : 1));
    T_OK(stitch_collect(note, &all));
    T_EQ(all.count, 3);
    end(&lives);
    T_OK(stitch_collect_at(t_folder(), note, &all));
    T_EQ(all.count, 3);
}

/* It leaves regions in use, with STITCH_KEEP, or only read alone. An unlinked region is reported without a name. */
static void what_is_used_or_kept_stays(void)
{
    collected all = { 0 };
    owned kept, used, unlinked, read;
    stitch_region *user, *reader;

    t_needs(T_FOLDERS);
    kept = own(2, STITCH_KEEP);
    used = own(2, 0);
    read = own(2, 0);
    unlinked = own(3, 0);
    user = t_open(used.name);
    reader = t_open_readonly(read.name);
    T_OK(stitch_unlink(unlinked.name));
    T_OK(stitch_collect_at(t_folder(), note, &all));
    t_kill(kept.process);
    t_kill(used.process);
    t_kill(read.process);
    T_OK(stitch_collect_at(t_folder(), note, &all));
    T_OK(stitch_grow(user, T_MIB(3), NULL));
    (void)t_prove(user);
    (void)t_prove_readonly(reader);
    t_kill(unlinked.process);
    T_EQ(stitch_collect_at(t_folder(), note, &all), 1);
    T_EQ(all.count, 1);
    T_STR_EQ(all.name[0], "");
    T_EQ(all.item[0].tag, unlinked.tag);
    T_EQ(all.item[0].objects, T_REGION_OBJECTS + (t_options().backend == STITCH_BACKEND_STITCHED ? 3 : 1));
    t_close(user);
    t_close(reader);
    user = t_open(kept.name);
    T_EQ(stitch_size(user), T_MIB(4));
    t_close(user);
    T_OK(stitch_collect_at(t_folder(), note, &all));
    T_OK(stitch_unlink(kept.name));
    T_EQ(t_folder_count(t_folder()), 0);
}

static void each_can_end_it(void)
{
    collected all = { .stop_at = 2 };
    owned dead[4];

    t_needs(T_FOLDERS);
    for (int i = 0; i < 4; i++)
        dead[i] = own(1, 0);
    for (int i = 0; i < 4; i++)
        t_kill(dead[i].process);
    T_EQ(stitch_collect_at(t_folder(), note, &all), -4711);
    T_EQ(all.count, 2);
    T_EQ(stitch_collect_at(t_folder(), NULL, NULL), 2); /* the others go without a report */
    T_EQ(t_folder_count(t_folder()), 0);
}

/* Calls that look into the folder anyway collect as well. */
static int count_listed(const struct stitch_listing *listing, void *count)
{
    (void)listing;
    ++*(int *)count;
    return 0;
}

static void create_attach_and_list_do_so_by_the_way(void)
{
    t_needs(T_FOLDERS);
    for (int which = 0; which < 3; which++) {
        owned dead = own(2, 0);
        stitch_region *region = NULL;
        collected all = { 0 };
        int count = 0;

        t_kill(dead.process);
        if (which == 0)
            T_OK(stitch_list(count_listed, &count));
        else
            T_OK(which == 1 ? stitch_create("another", NULL, &region) : stitch_attach("another", NULL, &region));
        T_EQ(count, 0);
        T_EQ(t_folder_count(t_folder()), which == 0 ? 0 : T_REGION_OBJECTS + t_info(region).segments);
        T_OK(stitch_collect_at(t_folder(), note, &all));
        t_close(region);
    }
}

/* stitch_open looks at one name and removes a dead region of that name, and no others. */
static void open_removes_the_one_that_it_was_asked_for(void)
{
    t_needs(T_FOLDERS);
    for (uint64_t flags = 0; flags <= STITCH_READONLY; flags += STITCH_READONLY) {
        struct stitch_options options = t_options();
        owned dead = own(2, 0), other = own(0, 0);
        stitch_region *none = NULL;
        collected all = { 0 };

        t_kill(dead.process);
        t_kill(other.process);
        options.flags = flags;
        T_GIVES(stitch_open(dead.name, &options, &none), STITCH_ENOENT);
        T_TRUE(none == NULL);
        T_EQ(t_folder_count(t_folder()), T_REGION_OBJECTS + (options.backend == STITCH_BACKEND_SINGLE));
        T_EQ(stitch_collect_at(t_folder(), note, &all), 1);
        T_STR_EQ(all.name[0], other.name);
    }
}

static void wrong_folders(void)
{
    collected all = { 0 };
    int code = stitch_collect_at("/no/such/folder", note, &all);

    T_TRUE(code == STITCH_ENOENT || code == STITCH_EINVAL);
    T_EQ(all.count, 0);
}

/* Where objects end with their users there is nothing to collect, and that is no error. */
static void nothing_is_no_error(void)
{
    stitch_region *region = t_create(t_name());
    collected all = { 0 };

    T_OK(stitch_grow(region, 100, NULL));
    T_OK(stitch_collect(note, &all));
    T_OK(stitch_collect_at(t_folder(), note, &all));
    T_OK(stitch_collect_at(NULL, NULL, NULL));
    T_EQ(all.count, 0);
    (void)t_prove(region);
    t_close(region);
    T_OK(stitch_collect(note, &all));
}

static const struct CMUnitTest tests[] = {
    T_BOTH(what_killed_processes_left_goes),
    T_BOTH(what_is_used_or_kept_stays),
    T_TEST(each_can_end_it),
    T_TEST(create_attach_and_list_do_so_by_the_way),
    T_BOTH(open_removes_the_one_that_it_was_asked_for),
    T_TEST(wrong_folders),
    T_TEST(nothing_is_no_error),
};

static const t_helper helpers[] = {
    T_ENTRY(owner),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
