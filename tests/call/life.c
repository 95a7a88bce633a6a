/* SPDX-License-Identifier: MIT */
/*
 * How regions begin and end: create, open, attach, unlink, the last close, and the objects that killed processes leave.
 */
#include "test.h"
#include "maps.h"

static int count_regions(const struct stitch_listing *listing, void *count)
{
    if (!t_is_ours(listing->name))
        return 0;
    T_EQ(listing->error, 0);
    ++*(uint64_t *)count;
    return 0;
}

static uint64_t regions_listed(void)
{
    uint64_t count = 0;

    T_OK(stitch_list(count_regions, &count));
    return count;
}

static void second_creator_gets_eexist(void)
{
    const char *name = t_name();
    struct stitch_options options = t_options();
    stitch_region *region = t_create(name), *other = NULL;

    T_GIVES(stitch_create(name, &options, &other), STITCH_EEXIST);
    T_TRUE(other == NULL);
    options.size = T_MIB(5); /* so that there would be segments to undo */
    T_GIVES(stitch_create(name, &options, &other), STITCH_EEXIST);
    T_OK(stitch_grow(region, 10, NULL));
    T_FOLDER_HOLDS(T_REGION_OBJECTS + 1);
    t_close(region);
}

static void nobody_there_is_enoent(void)
{
    const char *name = t_name();
    struct stitch_options options = t_options();
    stitch_region *region = NULL;

    T_GIVES(stitch_open(name, &options, &region), STITCH_ENOENT);
    options.flags = STITCH_READONLY;
    T_GIVES(stitch_open(name, &options, &region), STITCH_ENOENT);
    T_GIVES(stitch_unlink(name), STITCH_ENOENT);
    T_TRUE(region == NULL);
}

static void attach_opens_or_creates(void)
{
    const char *name = t_name();
    struct stitch_options options = t_options();
    stitch_region *one = NULL, *two = NULL;

    options.size = 12345;
    T_OK(stitch_attach(name, &options, &one));
    T_EQ(stitch_size(one), 12345);
    options.size = 99; /* the region's own size counts */
    options.reserve = T_MIB(64);
    T_OK(stitch_attach(name, &options, &two));
    T_EQ(stitch_size(two), 12345);
    T_EQ(stitch_reserve(two), stitch_reserve(one));
    T_EQ(t_info(one).tag, t_info(two).tag);
    t_close(one);
    t_close(two);
}

T_HELPER(racer)
{
    uint64_t rounds = t_argument_number(1), created, when;
    char name[64];

    for (uint64_t round = 0; round < rounds; round++) {
        struct stitch_options options = STITCH_OPTIONS_INIT;
        stitch_region *region = NULL;

        options.size = 4096;
        t_scan(t_parent(), 1, "at %" SCNu64, &when);
        (void)snprintf(name, sizeof name, "%s.%" PRIu64, t_argument(0), round);
        t_sleep_until_us(when);
        T_OK(stitch_attach(name, &options, &region));
        T_OK(stitch_grow(region, 8, &created));
        t_tell(t_parent(), "tag %" PRIu64 " offset %" PRIu64, t_info(region).tag, created);
        t_expect(t_parent(), "close");
        t_close(region);
    }
}

static void processes_that_attach_at_once_share_one_region(void)
{
    enum { RACERS = 6 };
    t_process *racers[RACERS];
    const char *name = t_name();
    uint64_t rounds = t_rounds(60);

    for (int i = 0; i < RACERS; i++)
        racers[i] = t_start("racer", "%s %" PRIu64, name, rounds);
    for (uint64_t round = 0; round < rounds; round++) {
        uint64_t when = t_now_us() + 3000, tag, offset, first_tag = 0, offsets = 0;

        for (int i = 0; i < RACERS; i++)
            t_tell(racers[i], "at %" PRIu64, when);
        for (int i = 0; i < RACERS; i++) {
            t_scan(racers[i], 2, "tag %" SCNu64 " offset %" SCNu64, &tag, &offset);
            T_TRUE(i == 0 || tag == first_tag);
            first_tag = tag;
            T_EQ((offset - 4096) % 8, 0);
            offsets |= UINT64_C(1) << (offset - 4096) / 8;
        }
        T_EQ(offsets, (UINT64_C(1) << RACERS) - 1); /* and their grows lie end to end */
        for (int i = 0; i < RACERS; i++)
            t_tell(racers[i], "close");
    }
    for (int i = 0; i < RACERS; i++)
        t_finish(racers[i]);
}

/* As above, but no process waits for the others, so the region ends and begins anew all the time. */
T_HELPER(coming_and_going)
{
    uint64_t rounds = t_argument_number(1);

    for (uint64_t round = 0; round < rounds; round++) {
        struct stitch_options options = STITCH_OPTIONS_INIT;
        stitch_region *region = NULL;

        options.size = round % 3 * 5000;
        T_OK(stitch_attach(t_argument(0), &options, &region));
        T_OK(stitch_grow(region, 100, NULL));
        t_all_bytes(region, stitch_size(region) - 100, 100, 0);
        t_close(region);
    }
}

static void regions_that_end_and_begin_at_once(void)
{
    enum { PROCESSES = 4 };
    t_process *processes[PROCESSES];
    const char *name = t_name();

    for (int i = 0; i < PROCESSES; i++)
        processes[i] = t_start("coming_and_going", "%s %" PRIu64, name, t_rounds(1000));
    for (int i = 0; i < PROCESSES; i++)
        t_finish(processes[i]);
    T_FOLDER_HOLDS(0);
}

static void unlinked_region_goes_on_for_those_attached(void)
{
    t_needs(T_UNLINKING);

    const char *name = t_name();
    struct stitch_options options = t_options();
    stitch_region *one = t_create(name), *two, *none = NULL;

    T_OK(stitch_grow(one, T_MIB(3), NULL));
    two = t_open(name);
    T_OK(stitch_unlink(name));
    T_GIVES(stitch_open(name, &options, &none), STITCH_ENOENT);
    T_GIVES(stitch_unlink(name), STITCH_ENOENT);
    t_regions_are(0);
    for (uint64_t i = 1; i <= 8; i++) {
        stitch_region *writer = i % 2 ? one : two, *reader = i % 2 ? two : one;

        T_OK(stitch_grow(writer, T_MIB(3), NULL));
        t_bytes(writer)[stitch_size(writer) - 1] = (unsigned char)i;
        T_EQ(stitch_sync(reader), 1);
        T_EQ(t_bytes(reader)[stitch_size(reader) - 1], i);
    }
    (void)t_prove(one);
    (void)t_prove(two);
    T_OK(stitch_resize(two, 5));
    T_EQ(stitch_sync(one), 1);
    t_close(one);
    T_OK(stitch_grow(two, T_MIB(4), NULL));
    T_TRUE(!t_has(T_FOLDERS) || t_folder_count(t_folder()) > 0);
    t_close(two);
    T_FOLDER_HOLDS(0);
}

static void name_can_be_used_again_at_once(void)
{
    t_needs(T_UNLINKING);

    const char *name = t_name();
    stitch_region *old = t_create(name), *new_one, *third;

    T_OK(stitch_grow(old, 100, NULL));
    memset(t_bytes(old), 'o', 100);
    T_OK(stitch_unlink(name));
    new_one = t_create(name);
    T_EQ(stitch_size(new_one), 0);
    T_TRUE(t_info(new_one).tag != t_info(old).tag);
    T_OK(stitch_grow(new_one, T_MIB(3), NULL));
    t_all_bytes(new_one, 0, T_MIB(3), 0);
    T_EQ(regions_listed(), 1);
    third = t_open(name);
    T_EQ(t_info(third).tag, t_info(new_one).tag);
    T_OK(stitch_grow(old, T_MIB(3), NULL)); /* the old region is not affected */
    t_all_bytes(old, 0, 100, 'o');
    t_close(old); /* nor is the new one by its end */
    T_OK(stitch_grow(third, 1, NULL));
    T_EQ(stitch_sync(new_one), 1);
    T_EQ(regions_listed(), 1);
    t_close(third);
    t_close(new_one);
    T_FOLDER_HOLDS(0);
}

static void the_last_one_out_removes_it(void)
{
    const char *name = t_name();
    struct stitch_options options = t_options();
    stitch_region *regions[5], *none = NULL;

    regions[0] = t_create(name);
    T_OK(stitch_grow(regions[0], T_MIB(7), NULL));
    for (int i = 1; i < 5; i++)
        regions[i] = i % 2 ? t_open(name) : t_open_readonly(name);
    for (int i = 0; i < 5; i++) {
        T_TRUE(!t_has(T_FOLDERS) || t_folder_count(t_folder()) > 0);
        T_EQ(regions_listed(), 1);
        t_close(regions[i]);
    }
    T_FOLDER_HOLDS(0);
    T_GIVES(stitch_open(name, &options, &none), STITCH_ENOENT);
}

/* Is started while others have the region, and does not know of it. */
T_HELPER(heir)
{
    t_tell(t_parent(), "here");
    t_expect(t_parent(), "end");
}

/*
 * Where objects live as long as some process has a handle, a process that inherits one keeps them; but it inherits it
 * only with STITCH_INHERIT. Where objects do not live so, nothing survives exec.
 */
static void handles_are_inherited_where_that_is_asked_for(void)
{
    for (int which = 0; which < 4; which++) {
        const char *name = t_name();
        struct stitch_options options = t_options();
        bool opens = which / 2 != 0, inherits = which % 2 != 0;
        stitch_region *region, *again = NULL;
        t_process *heir;

        options.flags = inherits && !opens ? STITCH_INHERIT : 0;
        region = t_create_with(name, &options);
        T_OK(stitch_grow(region, T_MIB(5), NULL));
        memset(t_bytes(region), 0x17, T_MIB(5));
        options.flags = inherits ? STITCH_INHERIT : 0;
        if (opens) {
            T_OK(stitch_open(name, &options, &again));
            t_close(region);
            region = again;
        }
        heir = t_start("heir", "-");
        t_expect(heir, "here");
        t_close(region);
        if (inherits && !t_has(T_KEPT)) {
            region = t_open(name);
            t_all_bytes(region, 0, T_MIB(5), 0x17);
            (void)t_prove(region);
            t_close(region);
        } else {
            T_GIVES(stitch_open(name, NULL, &again), STITCH_ENOENT);
        }
        t_tell(heir, "end");
        t_finish(heir);
        T_GIVES(stitch_open(name, NULL, &again), STITCH_ENOENT);
    }
}

static void keep_stays_until_unlink(void)
{
    t_needs(T_KEPT);

    const char *name = t_name();
    stitch_region *region;

    region = t_create_shape((t_shape){ .name = name, .flags = STITCH_KEEP });
    T_EQ(t_info(region).flags, STITCH_KEEP);
    T_OK(stitch_append(region, "kept", 4, NULL));
    t_close(region);
    T_EQ(regions_listed(), 1);
    region = t_open(name);
    T_EQ(stitch_size(region), 4);
    T_TRUE(memcmp(t_bytes(region), "kept", 4) == 0);
    (void)t_prove(region);
    T_OK(stitch_grow(region, T_MIB(4), NULL));
    t_close(region);
    T_TRUE(t_folder_count(t_folder()) > 1);
    T_OK(stitch_unlink(name));
    T_FOLDER_HOLDS(0);
    T_GIVES(stitch_unlink(name), STITCH_ENOENT);
}

T_HELPER(holder)
{
    uint64_t flags = t_argument_number(1);
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region = NULL;

    options.flags = flags & STITCH_KEEP;
    T_OK(stitch_attach(t_argument(0), &options, &region));
    T_OK(stitch_grow(region, T_MIB(3) + 10, NULL));
    memset(t_bytes(region), 'h', 10);
    t_tell(t_parent(), "holding");
    (void)t_hear_or_end(t_parent());
}

/* SIGKILL leaves the objects; the next process that lists, creates or attaches in the folder removes them. */
static void killed_processes_leave_nothing(void)
{
    for (int how = 0; how < 4; how++) {
        const char *name = t_name(), *other_name = t_name();
        t_process *one = t_start("holder", "%s 0", name), *two = t_start("holder", "%s 0", name);
        struct stitch_options options = t_options();
        stitch_region *region = NULL;

        t_expect(one, "holding");
        t_expect(two, "holding");
        t_kill(one);
        T_EQ(regions_listed(), 1); /* one process still lives */
        t_kill(two);
        T_TRUE(!t_has(T_FOLDERS) || t_folder_count(t_folder()) > 0);
        switch (how) {
        case 0:
            t_regions_are(0);
            break;
        case 1:
            region = t_create(other_name);
            T_FOLDER_HOLDS(T_REGION_OBJECTS);
            t_close(region);
            break;
        case 2:
            region = t_create(name);
            T_EQ(stitch_size(region), 0);
            T_FOLDER_HOLDS(T_REGION_OBJECTS);
            t_close(region);
            break;
        default:
            T_GIVES(stitch_open(name, &options, &region), STITCH_ENOENT);
            T_OK(stitch_attach(name, &options, &region));
            T_EQ(stitch_size(region), 0);
            T_FOLDER_HOLDS(T_REGION_OBJECTS);
            t_close(region);
        }
        T_FOLDER_HOLDS(0);
    }
}

static void kept_regions_outlive_killed_processes(void)
{
    t_needs(T_KEPT);

    const char *name = t_name();
    t_process *holder = t_start("holder", "%s %" PRIu64, name, STITCH_KEEP);
    stitch_region *region;

    t_expect(holder, "holding");
    t_kill(holder);
    T_EQ(regions_listed(), 1);
    region = t_open(name);
    T_EQ(stitch_size(region), T_MIB(3) + 10);
    t_all_bytes(region, 0, 10, 'h');
    T_OK(stitch_unlink(name));
    t_close(region);
    T_FOLDER_HOLDS(0);
}

static void unlinked_regions_of_killed_processes_go_too(void)
{
    t_needs(T_UNLINKING);

    const char *name = t_name();
    t_process *holder = t_start("holder", "%s %" PRIu64, name, STITCH_KEEP);

    t_expect(holder, "holding");
    T_OK(stitch_unlink(name));
    T_TRUE(!t_has(T_FOLDERS) || t_folder_count(t_folder()) > 0); /* the holder still grows and follows */
    t_regions_are(0);
    T_TRUE(!t_has(T_FOLDERS) || t_folder_count(t_folder()) > 0);
    t_kill(holder);
    t_regions_are(0);
    T_FOLDER_HOLDS(0);
}

/* Creators that are killed at any moment leave no half-made region that stitch_list shows. */
T_HELPER(endless_creator)
{
    for (uint64_t i = 0;; i++) {
        char name[64];
        struct stitch_options options = STITCH_OPTIONS_INIT;
        stitch_region *region = NULL;

        (void)snprintf(name, sizeof name, "%s.%" PRIu64, t_argument(0), i);
        options.size = i % 4 * T_MIB(1);
        T_OK(stitch_create(name, &options, &region));
        T_OK(stitch_grow(region, i % 3 * T_MIB(1), NULL));
        t_close(region);
    }
}

static void promise_8_killed_creators_leave_nothing(void)
{
    t_random random = t_random_start();

    for (uint64_t round = 0; round < t_rounds(60); round++) {
        t_process *creator = t_start("endless_creator", "%s", t_name());

        t_sleep_us(3000 + t_random_below(&random, 12000));
        t_kill(creator);
        t_regions_are(0);
        T_FOLDER_HOLDS(0);
    }
}

static const struct CMUnitTest tests[] = {
    T_BOTH(second_creator_gets_eexist),
    T_TEST(nobody_there_is_enoent),
    T_BOTH(attach_opens_or_creates),
    T_TEST(processes_that_attach_at_once_share_one_region),
    T_TEST(regions_that_end_and_begin_at_once),
    T_BOTH(unlinked_region_goes_on_for_those_attached),
    T_BOTH(name_can_be_used_again_at_once),
    T_BOTH(the_last_one_out_removes_it),
    T_BOTH(handles_are_inherited_where_that_is_asked_for),
    T_BOTH(keep_stays_until_unlink),
    T_TEST(killed_processes_leave_nothing),
    T_TEST(kept_regions_outlive_killed_processes),
    T_TEST(unlinked_regions_of_killed_processes_go_too),
    T_TEST(promise_8_killed_creators_leave_nothing),
};

static const t_helper helpers[] = {
    T_ENTRY(heir), T_ENTRY(racer), T_ENTRY(coming_and_going), T_ENTRY(holder), T_ENTRY(endless_creator), { NULL, NULL },
};

T_MAIN(tests, helpers)
