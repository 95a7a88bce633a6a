/* SPDX-License-Identifier: MIT */
/*
 * The roster as an object in a folder: it is taken away, replaced, or has another owner; its creator is killed between
 * any two steps; and members are processes that may not be asked, or have ids of another name space.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "intercept_linux.h"
#include "system_linux.h"
#include "maps.h"
#include "members.h"

#include "shared/layout.h"
#include "handle/handle.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static int folder;

static void roster_name(const stitch_region *region, char out[ST_NAME_SIZE])
{
    st_names_roster(out, region->geometry.tag);
}

static int never(const struct stitch_member *member, void *arg)
{
    (void)member;
    (void)arg;
    T_FAIL("a roster that is not one was read");
}

/* Fails unless attaching works with the present object, and everything but the roster does. */
static void must_do_without(const char *name)
{
    stitch_region *region = t_open(name), *reader = t_open_readonly(name);
    uint64_t size;
    struct stitch_shrink_report report;

    T_GIVES(stitch_members(region, never, NULL), STITCH_ENOTSUP);
    T_GIVES(stitch_members(reader, never, NULL), STITCH_ENOTSUP);
    T_OK(stitch_grow(region, T_MIB(3), &size));
    T_GIVES(stitch_wait(reader, stitch_generation(region), 20), STITCH_ETIMEDOUT);
    T_EQ(stitch_sync(reader), 1);
    T_OK(stitch_shrink_report(region, T_MIB(3), &report));
    T_EQ(report.held, 0);
    T_EQ(report.holders, 0);
    T_EQ(stitch_sync(reader), 1);
    (void)t_prove(region);
    (void)t_prove_readonly(reader);
    t_close(reader);
    t_close(region);
}

static void plant(const char *roster, uint64_t size, unsigned char value, uid_t owner)
{
    int file = openat(folder, roster, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    unsigned char bytes[4096];

    T_TRUE(file >= 0);
    memset(bytes, value, sizeof bytes);
    for (uint64_t at = 0; at < size; at += sizeof bytes)
        T_EQ(write(file, bytes, sizeof bytes), sizeof bytes);
    if (owner != geteuid())
        T_EQ(fchown(file, owner, (gid_t)-1), 0);
    (void)close(file);
}

/* Gives the region's own roster to another user, who can write to it. */
static void plant_strangers(const char *roster, const stitch_region *region)
{
    uint64_t length = st_roster_length(4096);
    int file = openat(folder, roster, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

    T_TRUE(file >= 0);
    T_EQ(write(file, region->roster.shared, length), length);
    T_EQ(fchown(file, NOBODY, (gid_t)-1), 0);
    (void)close(file);
}

enum planted {
    NOTHING,
    SHORT,
    LONG,
    EMPTY,
    RUBBISH,
    ZEROES,
    FOLDER,
    LINK,
    PIPE,
    UNREADABLE,
    ANOTHERS,
    STRANGERS,
    KINDS
};

static void plant_kind(enum planted kind, const char *roster, const stitch_region *region, const stitch_region *other)
{
    uint64_t length = st_roster_length(4096);
    char others[ST_NAME_SIZE];

    switch (kind) {
    case SHORT:
        plant(roster, length - 4096, 0, geteuid());
        break;
    case LONG:
        plant(roster, length + 4096, 0, geteuid());
        break;
    case EMPTY:
        plant(roster, 0, 0, geteuid());
        break;
    case RUBBISH:
        plant(roster, length, 0xa7, geteuid());
        break;
    case ZEROES:
        plant(roster, length, 0, geteuid());
        break;
    case FOLDER:
        T_EQ(mkdirat(folder, roster, 0700), 0);
        break;
    case LINK:
        T_EQ(symlinkat("/dev/zero", folder, roster), 0);
        break;
    case PIPE:
        T_EQ(mkfifoat(folder, roster, 0600), 0);
        break;
    case UNREADABLE:
        plant(roster, length, 0xa7, geteuid());
        T_EQ(fchmodat(folder, roster, 0, 0), 0);
        break;
    case ANOTHERS: /* a sound roster of another region */
        roster_name(other, others);
        T_EQ(linkat(folder, others, folder, roster, 0), 0);
        break;
    case STRANGERS:
        if (geteuid() == 0) /* only root may give files away */
            plant_strangers(roster, region);
        else
            plant(roster, length, 0, geteuid());
        break;
    default:
        break;
    }
}

/* The region has only the name that tells its tag; a process that has seen this takes the roster's name first. */
static void take_the_rosters_name(enum t_call call, uint64_t number)
{
    DIR *names;
    struct dirent *entry;
    char roster[ST_NAME_SIZE];
    uint64_t tag;

    (void)number;
    if (call != T_CALL_linkat || t_calls_of(call) != 1) /* the directory's name, then the roster's */
        return;
    names = opendir(t_folder());
    T_TRUE(names != NULL);
    while ((entry = readdir(names)) != NULL)
        if (st_names_is_unlinked(entry->d_name, &tag)) {
            st_names_roster(roster, tag);
            plant(roster, 4096, 0xa7, NOBODY);
        }
    (void)closedir(names);
}

static void promise_10_a_rosters_name_that_is_taken_while_it_is_made(void)
{
    const char *name = t_name();
    stitch_region *region;
    char roster[ST_NAME_SIZE];

    t_need_root("plant a file of another user");
    folder = open(t_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    t_calls_begin(take_the_rosters_name);
    region = t_create(name);
    t_calls_end();
    T_GIVES(stitch_members(region, never, NULL), STITCH_ENOTSUP);
    T_OK(stitch_grow(region, T_MIB(1), NULL));
    (void)t_prove(region);
    must_do_without(name);
    roster_name(region, roster);
    t_close(region);
    T_FOLDER_HOLDS(1); /* the object is not ours, and stays */
    T_EQ(unlinkat(folder, roster, 0), 0);
    (void)close(folder);
}

static void anything_in_the_place_of_a_roster(void)
{
    stitch_region *other = t_create(t_name());

    folder = open(t_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (enum planted kind = NOTHING; kind < KINDS; kind++) {
        const char *name = t_name();
        stitch_region *region = t_create(name);
        char roster[ST_NAME_SIZE];

        t_note("kind %d", (int)kind);
        roster_name(region, roster);
        T_EQ(unlinkat(folder, roster, 0), 0);
        plant_kind(kind, roster, region, other);
        must_do_without(name);
        T_EQ(t_members_count(region), 1); /* a handle that had it still has it */
        T_EQ(t_members_count(other), 1);
        if (kind == FOLDER)
            T_EQ(unlinkat(folder, roster, AT_REMOVEDIR), 0);
        else if (kind != NOTHING)
            T_EQ(unlinkat(folder, roster, 0), 0);
        t_close(region);
    }
    t_close(other);
    (void)close(folder);
}

/* ------------------------------------------------------------------------------------- killed while creating --- */

static uint64_t last_call;

static void end_at_last_call(enum t_call call, uint64_t number)
{
    (void)call;
    if (number == last_call)
        _exit(9);
}

/* Ends before the system call of that number. */
T_HELPER(creator)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;

    last_call = t_argument_number(1);
    options.backend = t_argument_number(2);
    options.size = T_MIB(3);
    options.extent = STITCH_EXTENT_UNIT;
    options.reserve = T_MIB(16);
    t_calls_begin(end_at_last_call);
    T_OK(stitch_create(t_argument(0), &options, &region));
    t_calls_end();
    T_EQ(t_members_count(region), 1);
    t_close(region);
}

static int count_collected(const struct stitch_collected *item, void *objects)
{
    *(uint64_t *)objects += item->objects;
    return 0;
}

static void promise_8_a_creator_killed_between_any_two_calls_leaves_nothing(void)
{
    int end = 9;
    uint64_t number;

    for (number = 0; end == 9; number++) {
        const char *name = t_name();
        uint64_t objects = 0, left;

        end = t_wait(t_start("creator", "%s %" PRIu64 " %" PRIu64, name, number, t_options().backend));
        t_note("gone before call %" PRIu64, number);
        left = t_folder_count(t_folder());
        T_TRUE(end == 9 || left == 0);
        T_EQ(stitch_collect_at(t_folder(), count_collected, &objects), left > 0);
        T_EQ(objects, left);
        T_EQ(t_folder_count(t_folder()), 0);
    }
    T_EQ(end, 0);
    T_TRUE(number > 20);
    (void)printf("%" PRIu64 " calls\n", number);
}

/* ------------------------------------------------------------------------------------------- who may not be asked */

static void become_nobody(void)
{
    T_EQ(setgroups(0, NULL), 0);
    T_EQ(setgid(NOBODY), 0);
    T_EQ(setuid(NOBODY), 0);
}

/* A process of the same user whose memory may not be inspected. */
T_HELPER(secretive)
{
    stitch_region *region;

    become_nobody();
    T_EQ(prctl(PR_SET_DUMPABLE, 0), 0);
    region = t_open(t_argument(0));
    t_tell(t_parent(), "here");
    t_expect(t_parent(), "end");
    t_close(region);
}

T_HELPER(curious)
{
    stitch_region *region;
    t_members members;
    uint64_t other = t_argument_number(1);
    bool found = false;

    become_nobody();
    region = t_open(t_argument(0));
    T_OK(stitch_grow(region, T_MIB(1), NULL));
    T_OK(stitch_resize(region, 0));
    members = t_members_read(region);
    for (unsigned i = 0; i < members.count; i++) {
        const struct stitch_member *member = &members.item[i];

        T_EQ(member->proved, member->pid == other ? UINT64_MAX : 0);
        T_EQ(member->retired, member->pid == other ? T_MIB(6) : 0);
        found = found || member->pid == other;
    }
    T_TRUE(found);
    t_close(region);
}

T_HELPER(nobodys_creator)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;

    become_nobody();
    options.backend = STITCH_BACKEND_STITCHED;
    options.size = T_MIB(6);
    options.reserve = T_MIB(64);
    region = t_create_with(t_argument(0), &options);
    t_tell(t_parent(), "here");
    t_expect(t_parent(), "end");
    t_close(region);
}

static void processes_that_may_not_be_asked(void)
{
    const char *name = t_name();
    t_process *creator, *secretive;

    t_need_root("become another user, who may not look into every process");
    T_EQ(chmod(t_folder(), 0777), 0);
    creator = t_start("nobodys_creator", "%s", name);
    t_expect(creator, "here");
    secretive = t_start("secretive", "%s", name);
    t_expect(secretive, "here");
    t_tell(creator, "end");
    t_finish(creator);
    t_finish(t_start("curious", "%s %" PRIu64, name, t_process_id(secretive)));
    t_tell(secretive, "end");
    t_finish(secretive);
}

/* ------------------------------------------------------------------------------------ name spaces of processes --- */

/* Runs as process 1 of a new name space, attaches, and says which members it sees. */
static void first_of_a_name_space(void *name)
{
    int status;
    pid_t child;

    if (unshare(CLONE_NEWPID) != 0) {
        t_tell(t_parent(), "refused");
        return;
    }
    child = fork();
    if (child == 0) {
        stitch_region *region;

        T_EQ(getpid(), 1);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        region = t_open(name);
        t_tell(t_parent(), "here");
        t_expect(t_parent(), "look");
        (void)t_members_read(region); /* it drops no member that it cannot judge */
        T_EQ(stitch_sync(region), 1);
        t_tell(t_parent(), "looked");
        t_expect(t_parent(), "end");
        t_close(region);
        t_leave();
    }
    T_EQ(waitpid(child, &status, 0), child);
    T_EQ(status, 0);
}

static void processes_of_another_name_space_are_not_judged(void)
{
    const char *name = t_name();
    stitch_region *region = t_create(name);
    t_process *process = t_fork(first_of_a_name_space, (void *)(uintptr_t)name);
    const char *heard = t_hear(process);
    st_os_process self, stranger;

    if (strcmp(heard, "refused") == 0) {
        t_finish(process);
        t_close(region);
        t_skip("this user may make no name space of processes");
    }
    T_STR_EQ(heard, "here");
    T_TRUE(t_is_member(region, NULL));
    T_EQ(st_os_process_self(&self), 0);
    T_OK(stitch_grow(region, T_MIB(3), NULL));
    t_tell(process, "look");
    t_expect(process, "looked");
    T_TRUE(t_is_member(region, NULL));
    t_tell(process, "end");
    t_finish(process);
    T_EQ(t_members_count(region), 1);

    /* And a member that says it is of another name space. */
    stranger = (st_os_process){ 4711, 4711, self.space + 1 };
    T_EQ(st_os_process_lives(&stranger), -1);
    st_store(&region->roster.shared->seat[77].space, stranger.space);
    st_store(&region->roster.shared->seat[77].started, stranger.started);
    st_store(&region->roster.shared->seat[77].id, stranger.id);
    T_EQ(t_members_count(region), 2);
    T_EQ(t_members_count(region), 2);
    for (unsigned i = 0; i < 2; i++) {
        struct stitch_member member = t_members_read(region).item[i];

        T_EQ(member.proved, member.pid == 4711 ? UINT64_MAX : 0);
    }
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_TEST(anything_in_the_place_of_a_roster),
    T_TEST(promise_10_a_rosters_name_that_is_taken_while_it_is_made),
    T_BOTH(promise_8_a_creator_killed_between_any_two_calls_leaves_nothing),
    T_TEST(processes_that_may_not_be_asked),
    T_TEST(processes_of_another_name_space_are_not_judged),
};

static const t_helper helpers[] = {
    T_ENTRY(creator), T_ENTRY(secretive), T_ENTRY(curious), T_ENTRY(nobodys_creator), { NULL, NULL },
};

T_MAIN(tests, helpers)
