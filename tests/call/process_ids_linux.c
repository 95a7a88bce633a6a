/* SPDX-License-Identifier: MIT */
/*
 * A process id that a later process uses again; and processes whose name space of clocks has another time since boot,
 * from which the kernel computes when a process began.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "system_linux.h"
#include "members.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

#define TICK_US 10000 /* /proc tells a process's start in hundredths of a second */

static bool write_to(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    bool good = file && fputs(text, file) >= 0;

    return file && fclose(file) == 0 && good;
}

/* Lives, and attaches and ends when it is told to. */
T_HELPER(newcomer)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;

    options.flags = t_argument_number(1) ? STITCH_EXCLUSIVE : 0;
    t_tell(t_parent(), "alive");
    t_expect(t_parent(), "attach");
    T_OK(stitch_open(t_argument(0), &options, &region));
    t_tell(t_parent(), "attached");
    t_expect(t_parent(), "end");
    t_close(region);
}

static t_process *newcomer(const char *name, bool exclusive)
{
    t_process *process = t_start("newcomer", "%s %d", name, exclusive);

    t_expect(process, "alive");
    return process;
}

static void attach(t_process *process)
{
    t_tell(process, "attach");
    t_expect(process, "attached");
}

static void end(t_process *process)
{
    t_tell(process, "end");
    t_finish(process);
}

/* --------------------------------------------------------------------------------------------- process ids --- */

/* Starts a process of this id, in a name space where nobody else starts any. */
static t_process *start_with_id(uint64_t id, const char *name)
{
    char last[32];

    (void)snprintf(last, sizeof last, "%" PRIu64, id - 1);
    T_TRUE(write_to("/proc/sys/kernel/ns_last_pid", last));
    return newcomer(name, false);
}

static void use_ids_again(const char *name)
{
    stitch_region *region;

    region = t_create_shape((t_shape){ .name = name, .flags = STITCH_NOWAIT });
    for (int round = 0; round < 3; round++) {
        t_process *first = newcomer(name, round == 1), *second;
        uint64_t id = t_process_id(first), started;

        attach(first);
        started = t_member_of(region, first).started;
        T_EQ(t_members_count(region), 2);
        t_kill(first);
        t_sleep_us((uint64_t)2 * TICK_US); /* in the same tick both would begin at the same time */
        second = start_with_id(id, name);
        T_EQ(t_process_id(second), id);
        T_TRUE(!t_is_member(region, second)); /* it lives and has never attached */
        T_EQ(t_members_count(region), 1);
        T_OK(stitch_grow(region, 1, NULL)); /* the locks of the first are free */
        attach(second);
        T_TRUE(t_member_of(region, second).started > started);
        T_EQ(t_members_count(region), 2);
        end(second);
        T_EQ(t_members_count(region), 1);
    }
    t_close(region);
}

/* Becomes the first process of a new name space, with a /proc of its own; everything happens there. */
static void in_a_name_space(void *name)
{
    int status;
    pid_t child;

    if (unshare(CLONE_NEWPID | CLONE_NEWNS) || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL)) {
        t_tell(t_parent(), "refused");
        return;
    }
    child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (mount("proc", "/proc", "proc", 0, NULL) || access("/proc/sys/kernel/ns_last_pid", W_OK)) {
            t_tell(t_parent(), "refused");
            t_leave();
        }
        t_tell(t_parent(), "entered");
        use_ids_again(name);
        t_leave();
    }
    T_EQ(waitpid(child, &status, 0), child);
    T_EQ(status, 0);
}

static void an_id_that_comes_again_is_another_process(void)
{
    const char *name = t_name(), *heard;
    t_process *process;

    t_need_root("make a name space of processes and choose ids in it");
    process = t_fork(in_a_name_space, (void *)(uintptr_t)name);
    heard = t_hear(process);
    if (strcmp(heard, "refused") == 0) {
        t_finish(process);
        t_skip("no name space of processes can be had, or ids cannot be chosen in it");
    }
    T_STR_EQ(heard, "entered");
    t_finish(process);
}

/* -------------------------------------------------------------------------------------------------- clocks --- */

/* Its time since boot is 1000 seconds later than its parent's. It sees the parent, and follows what that publishes. */
static void with_another_clock(void *name)
{
    stitch_region *region = t_open(name);

    t_tell(t_parent(), "here");
    t_expect(t_parent(), "look");
    T_EQ(t_members_count(region), 2);
    T_TRUE(t_is_member(region, NULL));
    t_tell(t_parent(), "looked");
    T_OK(stitch_wait(region, stitch_generation(region), t_patience_ms()));
    T_EQ(stitch_sync(region), 1);
    T_GIVES(stitch_wait(region, stitch_generation(region), 20), STITCH_ETIMEDOUT);
    t_tell(t_parent(), "grown");
    t_expect(t_parent(), "end");
    t_close(region);
}

static void in_another_time(void *name)
{
    t_process *process;

    if (unshare(CLONE_NEWTIME) || !write_to("/proc/self/timens_offsets", "monotonic 1000 0\nboottime 1000 0\n")) {
        t_tell(t_parent(), "refused");
        return;
    }
    process = t_fork(with_another_clock, name); /* children are in the new name space, the process itself is not */
    t_tell(t_parent(), "%s", t_hear(process));
    for (const char *line; strcmp(line = t_hear(t_parent()), "end") != 0;) {
        t_tell(process, "%s", line);
        t_tell(t_parent(), "%s", t_hear(process));
        t_tell(t_parent(), "%s", t_hear(process));
    }
    end(process);
}

static void processes_with_another_clock_are_not_taken_for_dead(void)
{
    const char *name = t_name(), *heard;
    stitch_region *region = t_create(name);
    t_process *process = t_fork(in_another_time, (void *)(uintptr_t)name);

    heard = t_hear(process);
    if (strcmp(heard, "refused") == 0) {
        t_finish(process);
        t_close(region);
        t_skip("no name space of clocks can be had here");
    }
    T_STR_EQ(heard, "here");
    T_EQ(t_members_count(region), 2);
    T_EQ(t_members_count(region), 2);
    t_tell(process, "look");
    t_expect(process, "looked");
    T_EQ(t_members_count(region), 2);
    T_OK(stitch_grow(region, 4096, NULL));
    t_expect(process, "grown");
    T_EQ(t_members_count(region), 2);
    t_tell(process, "end");
    t_finish(process);
    T_EQ(t_members_count(region), 1);
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_TEST(an_id_that_comes_again_is_another_process),
    T_TEST(processes_with_another_clock_are_not_taken_for_dead),
};

static const t_helper helpers[] = {
    T_ENTRY(newcomer),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
