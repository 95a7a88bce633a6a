/* SPDX-License-Identifier: MIT */
/*
 * roles.c - the processes: each leads some lives after another, with handles of its own, until it ends or is killed.
 */
#include "roles.h"

#include "check.h"
#include "write.h"

enum { PROVE_US = 50000, RARE_US = 300000, LIFE_US = 3000000, HELD_US = 15000 };

const char *role_name(enum role role)
{
    static const char *const names[ROLES] = { "writer", "impatient writer", "exclusive writer",
                                              "reader", "rare reader",      "reader that never syncs",
                                              "waiter", "edge reader" };

    return names[role];
}

static bool goes_on(const struct worker *worker)
{
    return !st_load(&worker->board->stop) && t_now_us() < worker->until;
}

static void count(struct worker *worker)
{
    board_count(worker->board, worker->slot, COUNT_OPERATIONS);
}

/* ------------------------------------------------------------------------------------------------------ lives --- */

static void look_around(struct worker *worker)
{
    check_tail(worker);
    check_ledger(worker);
    check_floor(worker, false);
    prove(worker, PROVE_US);
}

static void live_writing(struct worker *worker)
{
    if (worker->handle->exclusive) /* others may have written before it became that */
        T_OK(stitch_grow(worker->handle->region, 0, NULL));
    while (goes_on(worker)) {
        write_step(worker);
        if (t_random_below(&worker->random, 4) == 0)
            look_around(worker);
        if (worker->handle->nowait)
            t_sleep_us(t_random_below(&worker->random, 300));
    }
}

static void live_reading(struct worker *worker)
{
    while (goes_on(worker)) {
        follow(worker);
        look_around(worker);
        count(worker);
    }
}

static void live_reading_rarely(struct worker *worker)
{
    uint64_t synced = 0;

    worker->follows = false;
    while (goes_on(worker)) {
        if (t_now_us() - synced > RARE_US) {
            synced = t_now_us();
            follow(worker);
            read_all(worker);
        }
        look_around(worker);
        read_edges(worker);
        count(worker);
        t_sleep_us(200);
    }
}

/* All that it has mapped stays, and segments that have left keep their bytes. */
static void live_without_sync(struct worker *worker)
{
    uint64_t size = stitch_size(worker->handle->region), generation = stitch_generation(worker->handle->region);
    uint64_t looked = t_now_us();
    struct frozen *frozen = frozen_begin(worker);

    worker->follows = false;
    while (goes_on(worker)) {
        check_floor(worker, true);
        check_ledger(worker);
        read_all(worker);
        prove(worker, PROVE_US);
        T_EQ(stitch_size(worker->handle->region), size);
        T_EQ(stitch_generation(worker->handle->region), generation);
        if (worker->thread == 0 && t_now_us() - looked > RARE_US) {
            frozen_check(worker, frozen);
            looked = t_now_us();
        }
        count(worker);
        t_sleep_us(2000);
    }
    frozen_end(frozen);
}

/* Waits for any time from 0 to for ever: the region changes as long as others wait for this process. */
static void live_waiting(struct worker *worker)
{
    while (goes_on(worker)) {
        int64_t timeout = t_random_below(&worker->random, 8) ? (int64_t)t_random_below(&worker->random, 200) : -1;
        uint64_t seen = stitch_generation(worker->handle->region), since = t_now_us();
        int e = stitch_wait(worker->handle->region, seen, timeout);

        T_TRUE(e == 0 || (e == STITCH_ETIMEDOUT && timeout >= 0));
        if (e) {
            T_TRUE(t_now_us() - since + 2000 >= (uint64_t)timeout * 1000);
        } else {
            follow(worker);
            T_TRUE(stitch_generation(worker->handle->region) > seen || !t_has(T_KEPT));
            board_count(worker->board, worker->slot, COUNT_WAITS);
        }
        look_around(worker);
        count(worker);
    }
}

static void live_at_the_edge(struct worker *worker)
{
    while (goes_on(worker)) {
        for (int i = 0; i < 50; i++)
            read_edges(worker);
        follow(worker);
        read_edges(worker);
        prove(worker, PROVE_US);
        count(worker);
    }
}

static void (*const lives[ROLES])(struct worker *) = { live_writing, live_writing,        live_writing,
                                                       live_reading, live_reading_rarely, live_without_sync,
                                                       live_waiting, live_at_the_edge };

/* -------------------------------------------------------------------------------------------------- processes --- */

struct team {
    struct worker worker[THREADS_MOST];
    enum role role;
    unsigned threads;
};

static void run_worker(void *arg)
{
    struct worker *worker = arg;

    lives[worker->role](worker);
}

static uint64_t flags_for(enum role role, t_random *random)
{
    bool readonly = t_random_below(random, 2) != 0;

    switch (role) {
    case ROLE_WRITER:
        return 0;
    case ROLE_IMPATIENT:
        return STITCH_NOWAIT;
    case ROLE_EXCLUSIVE:
        return STITCH_EXCLUSIVE | (t_random_below(random, 4) ? STITCH_NOWAIT : 0);
    default:
        return readonly ? STITCH_READONLY : 0;
    }
}

/* While the threads use one handle, it proves the mapping of another one that nobody else uses. */
static void live_beside(struct worker *first)
{
    struct worker own = *first;

    own.handle = handle_open(own.board, own.name, STITCH_READONLY, own.slot, 1);
    own.thread = 0;
    own.alone = own.follows = true;
    own.proved = 0;
    follow(&own);
    prove(&own, 0);
    check_tail(&own);
    check_ledger(&own);
    handle_close(own.handle);
}

/* Leads one life: handles are opened, used by all threads, and closed. */
static void live(struct team *team)
{
    struct worker *first = &team->worker[0];
    t_thread *thread[THREADS_MOST];
    uint64_t length = team->role == ROLE_EXCLUSIVE ? HELD_US : LIFE_US;
    struct handle *handle =
        handle_open(first->board, first->name, flags_for(team->role, &first->random), first->slot, team->threads);

    count(first);
    if (!handle) {
        board_count(first->board, first->slot, COUNT_BUSY);
        t_sleep_us(t_random_below(&first->random, 20000));
        return;
    }
    for (unsigned i = 0; i < team->threads; i++) {
        team->worker[i].handle = handle;
        team->worker[i].until = t_now_us() + t_random_below(&first->random, length);
        team->worker[i].alone = team->threads == 1;
        team->worker[i].follows = true;
    }
    note_size(first);
    for (unsigned i = 1; i < team->threads; i++)
        thread[i] = t_thread_start(run_worker, &team->worker[i]);
    run_worker(first);
    for (unsigned i = 1; i < team->threads; i++)
        t_thread_join(thread[i]);
    if (team->role != ROLE_EXCLUSIVE)
        live_beside(first);
    handle_close(handle);
    if (team->role == ROLE_EXCLUSIVE)
        t_sleep_us(t_random_below(&first->random, 200000));
}

void stress_process(void)
{
    const char *name = t_argument(0);
    stitch_region *board_region = t_open(t_argument(1));
    unsigned number = (unsigned)t_argument_number(2);
    struct team team = { .role = (enum role)t_argument_number(3), .threads = (unsigned)t_argument_number(4) };
    t_random random = t_random_from(t_argument_number(5));
    struct board *board = stitch_base(board_region);

    t_note("process %u (%s)", number, role_name(team.role));
    t_default_signals();
    for (unsigned i = 0; i < team.threads; i++) {
        team.worker[i] = (struct worker){ .board = board,
                                          .thread = i,
                                          .slot = number * THREADS_MOST + i,
                                          .role = (int)team.role,
                                          .name = name,
                                          .random = t_random_from(t_random_next(&random)),
                                          .sequence = t_random_next(&random) >> 16 << 16,
                                          .buffer = malloc(BUFFER) };
        T_TRUE(team.worker[i].buffer != NULL);
    }
    while (!st_load(&board->stop))
        live(&team);
    for (unsigned i = 0; i < team.threads; i++)
        free(team.worker[i].buffer);
    t_close(board_region);
}
