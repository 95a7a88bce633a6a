/* SPDX-License-Identifier: MIT */
/*
 * follow.c - processes that follow an owner who grows. It measures the time from the beginning of the grow until
 * another process has read the first new byte, either polling or asleep until it is woken, and the cost of sleepers for
 * the owner. It always uses the wall clock, since the processor time of a process does not include its waiting.
 */
#include "sys.h"
#include "works/work.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum phase { GROW, SEEN };

#define PAGE UINT64_C(4096)
#define MIB  (UINT64_C(1) << 20)

enum { FOLLOWERS_MAX = 8, PATIENCE_S = 20, QUIET_NS = 500000 };

/* In shared memory. Each follower writes the round for which it is ready, the round that it has seen, and when. */
struct board {
    struct {
        _Alignas(64) atomic_ullong ready;
        atomic_ullong seen;
        double when;
    } follower[FOLLOWERS_MAX];
};

struct followers {
    struct board *board;
    pid_t process[FOLLOWERS_MAX];
    unsigned count;
};

/* The main function of a follower's process. */
static void follow(const struct work *work, struct trial *trial, struct board *board, unsigned number)
{
    const struct peer *peer = trial->peer;
    uint64_t size = peer->size(trial->self);
    void *self = peer->attach(trial->self);

    for (uint64_t round = 1; self && round <= work->count; round++) {
        size += work->step;
        atomic_store(&board->follower[number].ready, round);
        while (peer->size(self) < size)
            if (((work->flags & WORK_NEEDS_WAIT) && peer->wait(self) != 0) || peer->sync(self, 1) != 0)
                _exit(1);
        (void)*(volatile const char *)(peer->base(self) + size - work->step);
        board->follower[number].when = sys_wall();
        atomic_store(&board->follower[number].seen, round);
    }
    _exit(!self);
}

/* Waits until all followers have come to this round. */
static int wait_for_followers(const struct followers *followers, bool seen, uint64_t round)
{
    double deadline = sys_wall() + PATIENCE_S * 1e9;

    for (unsigned i = 0; i < followers->count; i++) {
        atomic_ullong *at = seen ? &followers->board->follower[i].seen : &followers->board->follower[i].ready;

        while (atomic_load(at) < round) {
            if (sys_wall() > deadline)
                return peer_fail("a follower has ended, or does not see the owner grow");
            sched_yield();
        }
    }
    return 0;
}

/* Gives the followers time to fall asleep. */
static void let_them_sleep(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = QUIET_NS }, NULL);
}

static int grow_and_be_seen(const struct work *work, struct trial *trial, const struct followers *followers)
{
    for (uint64_t round = 1; round <= work->count; round++) {
        double begin, end, last = 0;

        if (wait_for_followers(followers, false, round) != 0)
            return -1;
        if (work->flags & WORK_NEEDS_WAIT)
            let_them_sleep();
        begin = sys_wall();
        if (trial_resize(trial, trial->peer->size(trial->self) + work->step) < 0)
            return -1;
        end = sys_wall();
        if (wait_for_followers(followers, true, round) != 0)
            return -1;
        for (unsigned i = 0; i < followers->count; i++)
            last = followers->board->follower[i].when > last ? followers->board->follower[i].when : last;
        series_add(&trial->phase[GROW], end - begin);
        if (followers->count > 0)
            series_add(&trial->phase[SEEN], last - begin);
    }
    return 0;
}

static int start(const struct work *work, struct trial *trial, struct followers *followers)
{
    *followers = (struct followers){ .board = mmap(NULL, sizeof *followers->board, PROT_READ | PROT_WRITE,
                                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0) };
    if (followers->board == MAP_FAILED)
        return peer_fail_errno("mmap");
    for (; followers->count < work->limit; followers->count++) {
        pid_t process = fork();

        if (process == 0)
            follow(work, trial, followers->board, followers->count);
        if (process < 0)
            return peer_fail_errno("fork");
        followers->process[followers->count] = process;
    }
    return 0;
}

static void stop(const struct followers *followers)
{
    for (unsigned i = 0; i < followers->count; i++) {
        kill(followers->process[i], SIGKILL);
        waitpid(followers->process[i], NULL, 0);
    }
    if (followers->board != MAP_FAILED)
        munmap(followers->board, sizeof *followers->board);
}

static uint64_t peak(const struct work *work, const struct settings *settings)
{
    (void)settings;
    return work->start + (work->count + 1) * work->step;
}

static int run(const struct work *work, struct trial *trial)
{
    struct followers followers;
    int err;

    if (trial_open(trial, work->start, peak(work, trial->settings), work->start) != 0)
        return -1;
    err = start(work, trial, &followers);
    if (err == 0)
        err = grow_and_be_seen(work, trial, &followers);
    stop(&followers);
    trial_close(trial);
    return err;
}

/* `step` is the growth in bytes, `limit` the number of followers, `count` the number of rounds. */
#define FOLLOW_WORK(work_name, work_what, more_flags, ...)                                                             \
    {                                                                                                                  \
        .name = work_name, .what = work_what, .flags = WORK_NEEDS_SHARED | WORK_NO_COPIES | (more_flags),              \
        .peak = peak, .run = run, .start = 2 * MIB, __VA_ARGS__                                                        \
    }

const struct work work_follow[] = {
    FOLLOW_WORK("follow-poll", "grow by a page; another process polls, and reads the first new byte; 300 times", 0,
                .phases = { "grow", "seen" }, .step = PAGE, .limit = 1, .count = 300),
    FOLLOW_WORK("follow-segment",
                "grow by 2 MiB (stitch: a segment); another process polls, and reads the first new byte; 50 times", 0,
                .phases = { "grow", "seen" }, .step = 2 * MIB, .limit = 1, .count = 50),
    FOLLOW_WORK("follow-wait-0", "grow by a page, and no process waits; 300 times", WORK_NEEDS_WAIT,
                .phases = { "grow" }, .step = PAGE, .limit = 0, .count = 300),
    FOLLOW_WORK("follow-wait-1", "the same, and another process sleeps until there is more; 300 times", WORK_NEEDS_WAIT,
                .phases = { "grow", "seen" }, .step = PAGE, .limit = 1, .count = 300),
    FOLLOW_WORK("follow-wait-8", "the same, and 8 others sleep (seen: by the last of them); 300 times", WORK_NEEDS_WAIT,
                .phases = { "grow", "seen" }, .step = PAGE, .limit = 8, .count = 300),
    { 0 },
};
