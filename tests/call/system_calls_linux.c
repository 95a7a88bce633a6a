/* SPDX-License-Identifier: MIT */
/*
 * The cost of a call, counted in system calls and never in time; and sleepers wake because a writer wakes them, not
 * because they look again: here a sleep has no other end.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "system_linux.h"
#include "intercept_linux.h"
#include "maps.h"
#include "members.h"

#include "shared/layout.h"
#include "handle/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ROUNDS = 1000 };

static stitch_region *create(const char *name, uint64_t flags)
{
    return t_create_shape((t_shape){ .name = name, .flags = flags, .extent = T_MIB(4), .reserve = T_MIB(64) });
}

static stitch_region *open_with(const char *name, uint64_t flags)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;

    options.flags = flags;
    T_OK(stitch_open(name, &options, &region));
    return region;
}

/* ------------------------------------------------------------------------------------------------- what it costs */

static void following_costs_no_call_inside_what_is_mapped(void)
{
    const char *name = t_name();
    stitch_region *writer = create(name, 0), *reader;

    T_OK(stitch_grow(writer, 100, NULL));
    reader = t_open_readonly(name);
    for (int i = 0; i < ROUNDS; i++) {
        T_OK(i % 3 == 2 ? stitch_shrink(writer, 90) : stitch_grow(writer, 100, NULL));
        t_calls_begin(NULL);
        T_EQ(stitch_sync(reader), 1);
        T_EQ(stitch_sync(reader), 0);
        T_EQ(stitch_size(reader), stitch_size(writer));
        T_EQ(t_calls(), 0);
        t_calls_end();
    }
    T_OK(stitch_resize(writer, T_MIB(9)));
    t_calls_begin(NULL);
    T_EQ(stitch_sync(reader), 1);
    T_TRUE(t_calls() > 0 || t_info(reader).segments == 1); /* the count works */
    t_calls_end();
    t_close(reader);
    t_close(writer);
}

/* Grows below the commit mark, into a page that stayed at the shrink. */
static uint64_t free_bytes(stitch_region *region)
{
    struct stitch_info info = t_info(region);

    return info.committed - info.size;
}

static void growing_inside_committed_memory(uint64_t flags, uint64_t calls)
{
    stitch_region *region = create(t_name(), flags);

    T_OK(stitch_grow(region, 1, NULL));
    for (int i = 0; i < ROUNDS; i++) {
        T_TRUE(free_bytes(region) >= 1000);
        t_calls_begin(NULL);
        T_OK(stitch_grow(region, 500, NULL));
        T_OK(stitch_append(region, "appended", 8, NULL));
        T_EQ(t_calls(), 2 * calls);
        T_EQ(t_calls_of(T_CALL_fcntl), 2 * calls); /* lock and unlock; nobody waits, so nobody is woken */
        t_calls_end();
        T_OK(stitch_shrink(region, 508));
    }
    t_close(region);
}

static void a_writer_locks_and_unlocks_and_no_more(void)
{
    growing_inside_committed_memory(0, 2);
}

static void an_exclusive_writer_makes_no_call(void)
{
    growing_inside_committed_memory(STITCH_EXCLUSIVE, 0);
}

/* From now on every system call kills this process, except the one that ends it. */
static void forbid_system_calls(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL),
    };
    struct sock_fprog program = { T_COUNT(rules), rules };

    T_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0)
        _exit(77);
}

static void grow_in_silence(stitch_region *region, unsigned times)
{
    while (times-- > 0)
        if (stitch_grow(region, 5, NULL) != 0 || stitch_sync(region) != 0)
            (void)syscall(SYS_exit_group, 1); /* with _exit a sanitizer would make calls */
}

/* Here the kernel proves it, not the table; the second argument makes this helper break the rule. */
T_HELPER(silent_writer)
{
    stitch_region *region = open_with(t_argument(0), STITCH_EXCLUSIVE);

    memset(t_bytes(region), 1, T_MIB(1)); /* page faults are no calls, but avoid them too */
    T_OK(stitch_resize(region, T_MIB(1) - 4000));
    grow_in_silence(region, 100); /* the first time a sanitizer makes calls of its own */
    forbid_system_calls();
    grow_in_silence(region, 500);
    if (t_argument_number(1))
        (void)!stitch_grow(region, T_MIB(8), NULL);
    (void)syscall(SYS_exit_group, 0);
}

static void an_exclusive_writer_makes_no_call_says_the_kernel(void)
{
    for (int breaks = 0; breaks < 2; breaks++) {
        const char *name = t_name();
        stitch_region *region = create(name, 0);
        int end;

        T_OK(stitch_resize(region, T_MIB(1)));
        end = t_wait(t_start("silent_writer", "%s %d", name, breaks));
        if (end == 77) {
            t_close(region);
            t_skip("this kernel lets nobody filter system calls");
        }
        T_EQ(end, breaks ? T_END_KILLED : 0);
        T_TRUE(stitch_sync(region) >= 0);
        T_EQ(stitch_size(region), T_MIB(1) - 4000 + 600 * 5);
        T_OK(stitch_grow(region, T_MIB(9), NULL));
        (void)t_prove(region);
        t_close(region);
    }
}

/* -------------------------------------------------------------------------------------------------- waking up --- */

/*
 * Sleeps until there is a change, so many times. Only a wake-up ends a sleep, so a writer that does not wake makes the
 * test run into its time limit.
 */
T_HELPER(sleeper)
{
    stitch_region *region = t_argument_number(1) ? t_open_readonly(t_argument(0)) : t_open(t_argument(0));

    t_calls_begin(NULL);
    t_calls_futex(T_FUTEX_ONLY_WAKES);
    for (uint64_t left = t_argument_number(2); left > 0; left--) {
        t_tell(t_parent(), "ready");
        T_OK(stitch_wait(region, stitch_generation(region), -1));
        T_EQ(stitch_sync(region), 1);
    }
    t_calls_end();
    t_tell(t_parent(), "awake %" PRIu64, stitch_generation(region));
    t_close(region);
}

static void every_sleeper_is_woken_by_the_writer(void)
{
    enum { SLEEPERS = 20, WAKES = 5 };
    const char *name = t_name();
    stitch_region *region = create(name, 0);
    t_process *sleeper[SLEEPERS];
    uint64_t generation;

    for (int i = 0; i < SLEEPERS; i++)
        sleeper[i] = t_start("sleeper", "%s %d %d", name, i % 2, WAKES);
    for (int wake = 0; wake < WAKES; wake++) {
        for (int i = 0; i < SLEEPERS; i++)
            t_expect(sleeper[i], "ready");
        for (int i = 0; i < SLEEPERS && wake % 2 == 0; i++)
            t_until_it_sleeps(t_process_id(sleeper[i]));
        T_OK(wake % 3 == 2 ? stitch_shrink(region, 1) : stitch_grow(region, 1, NULL));
    }
    for (int i = 0; i < SLEEPERS; i++) {
        t_scan(sleeper[i], 1, "awake %" SCNu64, &generation);
        T_EQ(generation, stitch_generation(region));
        t_finish(sleeper[i]);
    }
    t_close(region);
}

static uint64_t wakes_of_a_grow(stitch_region *region)
{
    uint64_t wakes;

    t_calls_begin(NULL);
    T_OK(stitch_grow(region, 1, NULL));
    wakes = t_calls_waking();
    t_calls_end();
    return wakes;
}

/* A writer wakes if processes sleep, and not otherwise; at most once too often for one that was killed asleep. */
static void a_writer_wakes_whoever_sleeps_and_nobody_else(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, 0);

    T_EQ(wakes_of_a_grow(region), 0);
    for (int round = 0; round < 4; round++) {
        bool readonly = round % 2 != 0, killed = round / 2 != 0;
        t_process *sleeper = t_start("sleeper", "%s %d 1", name, readonly);
        uint64_t generation;

        t_expect(sleeper, "ready");
        t_until_it_sleeps(t_process_id(sleeper));
        T_EQ(st_load(&region->roster.shared->waiting), readonly);
        if (killed)
            t_kill(sleeper);
        T_EQ(wakes_of_a_grow(region), 1);
        if (!killed) {
            t_scan(sleeper, 1, "awake %" SCNu64, &generation);
            t_finish(sleeper);
        }
        T_EQ(wakes_of_a_grow(region), 0);
    }
    t_close(region);
}

/* Sleeps as usual, and says when it has seen one change. */
T_HELPER(plain_sleeper)
{
    stitch_region *region = t_argument_number(1) ? t_open_readonly(t_argument(0)) : t_open(t_argument(0));

    t_calls_begin(NULL);
    t_tell(t_parent(), "ready");
    T_OK(stitch_wait(region, stitch_generation(region), t_patience_ms()));
    t_tell(t_parent(), "awake %" PRIu64 " %" PRIu64, t_calls_of(T_CALL_syscall), t_calls_last_sleep());
    t_calls_end();
    t_close(region);
}

/* A writer is killed between publishing and waking: the sleepers look again before long. */
static void sleepers_look_again(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, 0);

    for (int readonly = 0; readonly < 2; readonly++) {
        t_process *sleeper = t_start("plain_sleeper", "%s %d", name, readonly);
        uint64_t looks, slice;

        t_expect(sleeper, "ready");
        t_until_it_sleeps(t_process_id(sleeper));
        t_calls_begin(NULL);
        t_calls_futex(T_FUTEX_NO_WAKES);
        T_OK(stitch_grow(region, 1, NULL));
        T_EQ(t_calls_waking(), 1);
        t_calls_end();
        t_scan(sleeper, 2, "awake %" SCNu64 " %" SCNu64, &looks, &slice);
        T_TRUE(looks >= 1);
        T_TRUE(slice > 5 && slice <= 100);
        t_finish(sleeper);
    }
    t_close(region);
}

/* Without a roster no writer knows of a read-only sleeper; it looks more often, and the writer pays nothing. */
static void unannounced_sleepers_look_often(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, 0);
    t_process *sleeper;
    uint64_t looks, slice;

    st_store(&region->roster.shared->magic, 0);
    sleeper = t_start("plain_sleeper", "%s 1", name);
    t_expect(sleeper, "ready");
    t_until_it_sleeps(t_process_id(sleeper));
    T_EQ(wakes_of_a_grow(region), 0);
    t_scan(sleeper, 2, "awake %" SCNu64 " %" SCNu64, &looks, &slice);
    T_TRUE(looks >= 1);
    T_TRUE(slice > 0 && slice <= 5);
    t_finish(sleeper);
    t_close(region);
}

/* The time-out is the sum of the sleeps, and none of them is longer than the rest of it. */
static void no_sleep_is_longer_than_what_is_left(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, 0), *reader = t_open_readonly(name);

    for (int i = 0; i < 2; i++) {
        stitch_region *which = i ? reader : region;

        t_calls_begin(NULL);
        T_GIVES(stitch_wait(which, stitch_generation(which), 0), STITCH_ETIMEDOUT);
        T_EQ(t_calls(), 0);
        T_GIVES(stitch_wait(which, stitch_generation(which), 30), STITCH_ETIMEDOUT);
        T_TRUE(t_calls() >= 1 && t_calls_last_sleep() <= 30);
        T_GIVES(stitch_wait(which, stitch_generation(which), 250), STITCH_ETIMEDOUT);
        T_TRUE(t_calls() >= 2 && t_calls_last_sleep() <= 100); /* few and long sleeps on a busy machine */
        t_calls_end();
    }
    t_close(reader);
    t_close(region);
}

/* ---------------------------------------------------------------------------------------- syncs that fail half-way */

static uint64_t failing, known;
static bool failed;

static void going(void *arg, uint64_t offset, uint64_t length)
{
    (void)arg;
    T_EQ(offset + length, known);
    known = offset;
}

static void came(void *arg, uint64_t offset, uint64_t length)
{
    (void)arg;
    T_EQ(offset, known);
    known += length;
}

static void fail_that_one(enum t_call call, uint64_t number)
{
    if (number != failing)
        return;
    if (call == T_CALL_openat || call == T_CALL_fstat || call == T_CALL_mmap) {
        t_calls_fail(call, call == T_CALL_openat ? EMFILE : call == T_CALL_mmap ? ENOMEM : EIO);
        failed = true;
    }
}

/* A sync cannot map all: its result is right, all bytes below stitch_size can be used, and the next sync goes on. */
static void a_failed_sync_can_be_made_again(void)
{
    static const struct stitch_watcher watcher = { going, came, NULL };
    unsigned failures = 0;
    bool reached = true;

    for (failing = 0; reached; failing++) {
        const char *name = t_name();
        stitch_region *writer = create(name, 0), *reader;

        T_OK(stitch_resize(writer, T_MIB(9)));
        memset(t_bytes(writer), 0x3c, T_MIB(9));
        reader = t_open_readonly(name);
        known = stitch_size(reader);
        T_OK(stitch_set_watcher(reader, &watcher));
        T_OK(stitch_resize(writer, T_MIB(3)));
        for (int i = 0; i < 4; i++)
            T_OK(stitch_grow(writer, T_MIB(4), NULL));
        memset(t_bytes(writer), 0x3c, stitch_size(writer));
        t_note("call %" PRIu64 " fails", failing);
        failed = false;
        t_calls_begin(fail_that_one);
        if (stitch_sync(reader) < 0) {
            T_TRUE(failed);
            failures++;
            T_TRUE(stitch_os_error() != 0);
        }
        reached = t_calls() > failing;
        t_calls_end();
        T_EQ(known, stitch_size(reader));
        t_all_bytes(reader, 0, known, 0x3c);
        T_TRUE(t_member_of(reader, NULL).generation <= stitch_generation(writer));
        T_TRUE(stitch_sync(reader) >= 0);
        T_EQ(known, stitch_size(writer));
        T_EQ(known, stitch_size(reader));
        t_all_bytes(reader, 0, known, 0x3c);
        (void)t_prove_readonly(reader);
        t_close(reader);
        t_close(writer);
    }
    T_TRUE(failures > 5);
    (void)printf("%u failures\n", failures);
}

static const struct CMUnitTest tests[] = {
    T_STITCHED(a_failed_sync_can_be_made_again),
    T_BOTH(following_costs_no_call_inside_what_is_mapped),
    T_BOTH(a_writer_locks_and_unlocks_and_no_more),
    T_BOTH(an_exclusive_writer_makes_no_call),
    T_FIXED(an_exclusive_writer_makes_no_call),
    T_BOTH(an_exclusive_writer_makes_no_call_says_the_kernel),
    T_TEST(every_sleeper_is_woken_by_the_writer),
    T_TEST(a_writer_wakes_whoever_sleeps_and_nobody_else),
    T_TEST(sleepers_look_again),
    T_TEST(unannounced_sleepers_look_often),
    T_TEST(no_sleep_is_longer_than_what_is_left),
};

static const t_helper helpers[] = {
    T_ENTRY(silent_writer),
    T_ENTRY(sleeper),
    T_ENTRY(plain_sleeper),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
