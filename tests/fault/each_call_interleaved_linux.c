/* SPDX-License-Identifier: MIT */
/*
 * Others act between any two system calls of an operation, without chance: at the n-th call, for n = 1, 2, 3 ..., the
 * last other user closes its handle, or another region gets the name. Whichever comes first, a handle that the
 * operation returns belongs to a living region, a name leads to the region that has it, and after the last close
 * nothing is left.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "intercept_linux.h"
#include "system_linux.h"
#include "maps.h"

#include <errno.h>
#include <time.h>

enum { CALLS_MOST = 500 };

static struct event {
    uint64_t at; /* the call before which the others act */
    const char *name;
    uint64_t size;                 /* of the first region; the second one has T_MIB(5) */
    stitch_region *first, *second; /* the region at first, and the one that has its name afterwards */
    bool done;
} event;

static void (*happen)(void);

static void before_call(enum t_call call, uint64_t number)
{
    int error = errno; /* a call that succeeds leaves it as it was: only so readdir tells its end */

    (void)call;
    if (event.done || number != event.at)
        return;
    event.done = true;
    happen(); /* these calls are counted too, but nothing happens at them */
    errno = error;
}

/* The library's only sleep: the process that it waits for does not go on meanwhile. */
int nanosleep(const struct timespec *time, struct timespec *left)
{
    (void)time;
    (void)left;
    return 0;
}

static void last_one_closes(void)
{
    t_close(event.first);
    event.first = NULL;
}

/* A second region is made, unless the first one still has the name because the operation is not done. */
static void make_the_second(void)
{
    struct stitch_options options = t_options();
    int e;

    options.size = T_MIB(5);
    e = stitch_create(event.name, &options, &event.second);
    T_TRUE(e == 0 || e == STITCH_EEXIST);
}

/*
 * The first region loses its name and keeps its user; if the operation is about to take the name, others are too late.
 */
static void name_changes_hands(void)
{
    int e = stitch_unlink(event.name);

    if (e) {
        T_TRUE(e == STITCH_EBUSY || e == STITCH_ENOENT);
        return;
    }
    make_the_second();
}

/* The first region loses its name and its user. */
static void it_ends(void)
{
    int e = stitch_unlink(event.name);

    T_TRUE(e == 0 || e == STITCH_EBUSY || e == STITCH_ENOENT);
    last_one_closes();
}

static void both(void)
{
    last_one_closes();
    make_the_second();
}

static void begin(uint64_t at, uint64_t size, void (*what)(void))
{
    event = (struct event){ .at = at, .size = size, .name = t_name() };
    happen = what;
    event.first = t_create(event.name);
    T_OK(stitch_resize(event.first, size));
    t_calls_begin(before_call);
}

/*
 * Returns whether the others acted. If so, the name must lead to the second region, if there is one; nothing must stay.
 */
static bool end(stitch_region *mine, bool named)
{
    stitch_region *again = NULL;

    if (mine)
        (void)t_prove(mine);
    if (event.second && named) {
        T_OK(stitch_open(event.name, NULL, &again));
        T_EQ(t_info(again).tag, t_info(event.second).tag);
        t_close(again);
    }
    t_close(mine);
    t_close(event.first);
    t_close(event.second);
    T_FOLDER_HOLDS(0);
    return event.done;
}

static bool open_while(uint64_t at, uint64_t size, void (*what)(void))
{
    stitch_region *mine = NULL;
    int e;

    begin(at, size, what);
    t_note("open, call %" PRIu64, at);
    e = stitch_open(event.name, NULL, &mine);
    t_calls_end();
    if (e) {
        T_EQ(e, STITCH_ENOENT); /* for a moment there was no region */
        T_TRUE(event.done);
    } else {
        stitch_region *expected = stitch_size(mine) == T_MIB(5) ? event.second : event.first;

        T_TRUE(stitch_size(mine) == T_MIB(5) || stitch_size(mine) == event.size);
        T_TRUE(!expected || t_info(mine).tag == t_info(expected).tag);
        if (happen == last_one_closes) { /* the region lives and can be found */
            stitch_region *again = t_open(event.name);

            T_EQ(t_info(again).tag, t_info(mine).tag);
            t_close(again);
        }
        T_OK(stitch_grow(mine, T_MIB(2), NULL));
    }
    return end(mine, true);
}

static bool unlink_while(uint64_t at, uint64_t size, void (*what)(void))
{
    int e;

    begin(at, size, what);
    t_note("unlink, call %" PRIu64, at);
    e = stitch_unlink(event.name);
    t_calls_end();
    T_TRUE(e == 0 || e == STITCH_ENOENT);
    return end(NULL, e != 0);
}

static stitch_region *looker;

/* A process that looks for the name does not find it yet, or finds the whole region. */
static void somebody_looks(void)
{
    int e = stitch_open(event.name, NULL, &looker);

    T_TRUE(e == 0 || e == STITCH_ENOENT);
    if (!e) {
        T_EQ(stitch_size(looker), event.size);
        T_EQ(t_info(looker).region_size, event.size);
        (void)t_prove(looker);
    }
}

static bool create_while(uint64_t at, uint64_t size, void (*what)(void))
{
    struct stitch_options options = t_options();
    stitch_region *mine = NULL;

    event = (struct event){ .at = at, .size = size, .name = t_name() };
    happen = what;
    looker = NULL;
    options.size = size;
    t_note("create, call %" PRIu64, at);
    t_calls_begin(before_call);
    T_OK(stitch_create(event.name, &options, &mine));
    t_calls_end();
    t_close(looker);
    return end(mine, true);
}

static bool close_while(uint64_t at, uint64_t size, void (*what)(void))
{
    stitch_region *mine;

    begin(CALLS_MOST, size, what);
    mine = t_open(event.name);
    t_calls_begin(before_call);
    event.at = at;
    t_note("close, call %" PRIu64, at);
    t_close(mine);
    t_calls_end();
    return end(NULL, true);
}

/* Makes a region without users. */
static void be_killed(void *arg)
{
    stitch_region *region = t_create(event.name);

    (void)arg;
    T_OK(stitch_resize(region, event.size));
    t_tell(t_parent(), "there");
    t_expect(t_parent(), "never");
}

/* The region has no users: all of it goes with the name, unless another process is about to remove it. */
static void its_name_is_taken_away(void)
{
    int e = stitch_unlink(event.name);

    T_TRUE(e == 0 || e == STITCH_EBUSY || e == STITCH_ENOENT);
}

static void another_collects(void)
{
    T_TRUE(stitch_collect_at(t_folder(), NULL, NULL) >= 0);
}

static bool collect_while(uint64_t at, uint64_t size, void (*what)(void))
{
    t_process *process;
    int e;

    event = (struct event){ .at = at, .size = size, .name = t_name() };
    happen = what;
    process = t_fork(be_killed, NULL);
    t_expect(process, "there");
    t_kill(process);
    (void)t_wait(process);
    t_note("collect, call %" PRIu64, at);
    t_calls_begin(before_call);
    e = stitch_collect_at(t_folder(), NULL, NULL);
    t_calls_end();
    T_TRUE(e == 1 || (e == 0 && event.done));
    return end(NULL, true);
}

/* Regions with segments to map and, where the system would not notice that these have gone, without any. */
static void at_each_call(bool (*operation)(uint64_t at, uint64_t size, void (*what)(void)), void (*what)(void))
{
    for (uint64_t size = 0; size <= T_MIB(3); size += T_MIB(3)) {
        uint64_t at = 0;

        while (operation(at, size, what))
            T_TRUE(++at < CALLS_MOST);
        T_TRUE(at > 3);
    }
}

static void the_last_user_goes_while_we_open(void)
{
    at_each_call(open_while, last_one_closes);
}

static void the_region_ends_while_we_open(void)
{
    at_each_call(open_while, it_ends);
}

static void the_name_changes_hands_while_we_open(void)
{
    at_each_call(open_while, name_changes_hands);
    at_each_call(open_while, both);
}

static void nobody_sees_a_region_half_made(void)
{
    at_each_call(create_while, somebody_looks);
}

static void the_name_changes_hands_while_we_unlink(void)
{
    at_each_call(unlink_while, name_changes_hands);
    at_each_call(unlink_while, both);
}

static void the_name_changes_hands_while_we_close(void)
{
    at_each_call(close_while, name_changes_hands);
    at_each_call(close_while, both);
}

static void others_remove_what_we_collect(void)
{
    at_each_call(collect_while, its_name_is_taken_away);
    at_each_call(collect_while, another_collects);
    at_each_call(collect_while, make_the_second);
}

/* The result must not be STITCH_EBUSY after two seconds of trying. */
static void a_name_that_cannot_be_looked_at_says_why(void)
{
    const char *name = t_name();
    stitch_region *region = t_create(name), *again = NULL;
    uint64_t looks = 1;

    for (uint64_t nth = 0; nth <= looks; nth++) {
        int e;

        t_calls_begin(NULL);
        if (nth > 0)
            t_calls_fail_nth(T_CALL_fstatat, nth, ENOMEM, true);
        e = stitch_open(name, NULL, &again);
        T_TRUE(e == 0 || e == STITCH_ENOMEM);
        T_TRUE(t_calls_of(T_CALL_fstatat) < 20);
        if (nth == 0)
            looks = t_calls_of(T_CALL_fstatat);
        t_calls_end();
        t_close(again);
        again = NULL;
    }
    T_TRUE(looks >= 1);
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(the_last_user_goes_while_we_open),       T_BOTH(the_region_ends_while_we_open),
    T_BOTH(the_name_changes_hands_while_we_open),   T_BOTH(nobody_sees_a_region_half_made),
    T_BOTH(the_name_changes_hands_while_we_unlink), T_BOTH(the_name_changes_hands_while_we_close),
    T_BOTH(others_remove_what_we_collect),          T_TEST(a_name_that_cannot_be_looked_at_says_why),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
