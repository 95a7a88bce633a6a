/* SPDX-License-Identifier: MIT */
/*
 * Sleeping and waking on Windows: sleepers, read-only ones too, wake because a writer sets their event and not because
 * they look again (here a sleep has no other end), and a writer sets none when nobody sleeps. Its twin is
 * call/system_calls_linux.c.
 */
#include "test.h"
#include "system_windows.h"

#include "shared/layout.h"
#include "os/windows/sys.h"
#include "handle/handle.h"

static struct st_win real;
static volatile LONG sleeps, wakes;

static DWORD WINAPI wait_without_end(HANDLE object, DWORD milliseconds)
{
    if (milliseconds != 0)
        InterlockedIncrement(&sleeps);
    return real.WaitForSingleObject(object, milliseconds ? INFINITE : 0);
}

static BOOL WINAPI set_event(HANDLE event)
{
    InterlockedIncrement(&wakes);
    return real.SetEvent(event);
}

static stitch_region *create(const char *name)
{
    return t_create_shape((t_shape){ .name = name, .reserve = T_MIB(16) });
}

/* Sleeps until there is a change, so many times. */
T_HELPER(sleeper)
{
    stitch_region *region = t_argument_number(1) ? t_open_readonly(t_argument(0)) : t_open(t_argument(0));

    real = st_win;
    st_win.WaitForSingleObject = wait_without_end;
    for (uint64_t left = t_argument_number(2); left > 0; left--) {
        t_tell(t_parent(), "ready");
        T_OK(stitch_wait(region, stitch_generation(region), -1));
        T_EQ(stitch_sync(region), 1);
    }
    st_win = real;
    t_tell(t_parent(), "awake %ld", (long)sleeps);
    t_close(region);
}

static LONG wakes_of_a_grow(stitch_region *region)
{
    wakes = 0;
    real = st_win;
    st_win.SetEvent = set_event;
    T_OK(stitch_grow(region, 1, NULL));
    st_win = real;
    return wakes;
}

/* Waits for the word that a process sets when it is about to sleep. */
static void until_it_is_announced(const st_word *waiting)
{
    uint64_t deadline = t_deadline_us();

    while (st_load(waiting) == 0) {
        T_TRUE(t_now_us() < deadline);
        t_sleep_us(1000);
    }
    t_sleep_us(20000); /* now it sleeps, most likely */
}

static void a_writer_wakes_whoever_sleeps_and_nobody_else(void)
{
    enum { WAKES = 5 };
    const char *name = t_name();
    stitch_region *region = create(name);

    T_EQ(wakes_of_a_grow(region), 0);
    for (int readonly = 0; readonly < 2; readonly++) {
        t_process *sleeper = t_start("sleeper", "%s %d %d", name, readonly, WAKES);
        const st_word *waiting = readonly ? &region->roster.shared->waiting : &region->directory->waiting;
        long slept;

        for (int i = 0; i < WAKES; i++) {
            t_expect(sleeper, "ready");
            until_it_is_announced(waiting);
            T_EQ(wakes_of_a_grow(region), 1);
        }
        t_scan(sleeper, 1, "awake %ld", &slept);
        T_TRUE(slept >= 1);
        t_finish(sleeper);
        T_EQ(wakes_of_a_grow(region), 0);
    }
    t_close(region);
}

static void a_sleeper_that_was_killed_costs_one_wake(void)
{
    const char *name = t_name();
    stitch_region *region = create(name);

    for (int readonly = 0; readonly < 2; readonly++) {
        t_process *sleeper = t_start("sleeper", "%s %d 1", name, readonly);

        t_expect(sleeper, "ready");
        until_it_is_announced(readonly ? &region->roster.shared->waiting : &region->directory->waiting);
        t_kill(sleeper);
        T_EQ(wakes_of_a_grow(region), 1);
        T_EQ(wakes_of_a_grow(region), 0);
    }
    t_close(region);
}

/* The writers have gone: nobody can wake it, and only its time limit ends the wait. */
static void readers_alone(void)
{
    const char *name = t_name();
    stitch_region *region = create(name), *reader = t_open_readonly(name);
    uint64_t generation = stitch_generation(reader);

    t_close(region);
    T_GIVES(stitch_wait(reader, generation, 30), STITCH_ETIMEDOUT);
    region = t_open(name);
    T_OK(stitch_grow(region, 1, NULL));
    T_OK(stitch_wait(reader, generation, -1));
    T_EQ(stitch_sync(reader), 1);
    t_close(region);
    t_close(reader);
}

static const struct CMUnitTest tests[] = {
    T_TEST(a_writer_wakes_whoever_sleeps_and_nobody_else),
    T_TEST(a_sleeper_that_was_killed_costs_one_wake),
    T_TEST(readers_alone),
};

static const t_helper helpers[] = {
    T_ENTRY(sleeper),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
