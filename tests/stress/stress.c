/* SPDX-License-Identifier: MIT */
/*
 * stitch_stress - many processes of random roles on one region; some are stopped for a while, some are killed and
 * started again. All bytes that they read are checked, and so are their mappings and, in the end, all that is left.
 *
 *   stitch_stress [--seed N] [--seconds N] [--processes N] [--threads N] [--backend NAME] [--edge ROUNDS] [--quiet]
 *
 * Exits with 0 if nothing was wrong. A seed repeats the choices, not the moments. board.h says how a reader knows what
 * must be there; roles.c what the processes do. --edge is another test with the same options: edge.c.
 */
#include "test.h"

#include "block.h"
#include "check.h"
#include "maps.h"
#include "roles.h"
#include "state.h"

enum { LOOK_US = 5000 };

static struct {
    uint64_t seed, seconds, processes, threads, edge;
    bool quiet;
} wanted = { 0, 10, 10, 4, 0, false };

static t_case the_case;

/* A process as the coordinator knows it. */
struct child {
    t_process *process;
    enum role role;
    uint64_t stopped_until;  /* 0: it runs */
    uint64_t counted, moved; /* its operations, and when they last rose */
};

struct coordinator {
    const char *name, *board_name;
    stitch_region *region, *board_region;
    struct board *board;
    struct child child[PROCESSES_MOST];
    t_random random;
    uint64_t kills, stops, next_kill, next_stop, reported;
    struct worker worker;
    struct handle handle;
};

/* -------------------------------------------------------------------------------------------------- processes --- */

/* The first processes have one role each, in turn; later ones have any. The first two always write. */
static void start(struct coordinator *self, unsigned number, bool first)
{
    struct child *child = &self->child[number];
    unsigned threads = 1;

    child->role = (enum role)(first ? number % ROLES : t_random_below(&self->random, ROLES));
    if (number < 2)
        child->role = number == 0 ? ROLE_WRITER : ROLE_IMPATIENT;
    if (child->role != ROLE_EXCLUSIVE && wanted.threads > 1 && t_random_below(&self->random, 2))
        threads = 2 + (unsigned)t_random_below(&self->random, wanted.threads - 1);
    child->stopped_until = 0;
    child->moved = t_now_us();
    child->process = t_start("stress", "%s %s %u %u %u %" PRIu64, self->name, self->board_name, number,
                             (unsigned)child->role, threads, t_random_next(&self->random));
}

/* Where segments end with their last holder, those that only this process has mapped go now. */
static void kill_one(struct coordinator *self, unsigned number)
{
    if (!t_has(T_KEPT)) {
        board_begin_cut(self->board, SLOTS - 1);
        board_tell_cut(self->board, FLOOR);
    }
    t_kill(self->child[number].process);
    board_leave(self->board, SLOTS - 1);
    for (unsigned i = 0; i < THREADS_MOST; i++)
        board_leave(self->board, number * THREADS_MOST + i);
    self->kills++;
}

static void go_on(struct child *child)
{
    if (child->stopped_until)
        t_continue(child->process);
    child->stopped_until = 0;
    child->moved = t_now_us();
}

static uint64_t operations_of(const struct coordinator *self, unsigned number)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < THREADS_MOST; i++)
        sum += st_load(&self->board->slot[number * THREADS_MOST + i].count[COUNT_OPERATIONS]);
    return sum;
}

/* Processes say nothing, so one that can be heard has ended. One that runs must make operations. */
static void look_after(struct coordinator *self, unsigned number)
{
    struct child *child = &self->child[number];
    uint64_t operations = operations_of(self, number), now = t_now_us();

    if (child->stopped_until && now >= child->stopped_until)
        go_on(child);
    if (child->stopped_until)
        return;
    if (t_heard(child->process))
        T_FAIL("process %u (%s) ended with %d", number, role_name(child->role), t_wait(child->process));
    if (operations != child->counted)
        child->moved = now;
    child->counted = operations;
    if (now > child->moved + t_patience_ms() * UINT64_C(1000))
        T_FAIL("process %u (%s) has done nothing for %u s", number, role_name(child->role), t_patience_ms() / 1000);
}

static void kill_or_stop(struct coordinator *self)
{
    unsigned number = (unsigned)t_random_below(&self->random, wanted.processes);
    struct child *child = &self->child[number];
    uint64_t now = t_now_us();

    if (now >= self->next_kill && (now < self->next_stop || t_random_below(&self->random, 2))) {
        kill_one(self, number);
        start(self, number, false);
        self->next_kill = now + t_random_below(&self->random, 400000);
    } else if (now >= self->next_stop && !child->stopped_until) {
        t_stop(child->process);
        child->stopped_until = now + t_random_below(&self->random, 300000);
        self->stops++;
        self->next_stop = now + t_random_below(&self->random, 300000);
    }
}

/* ------------------------------------------------------------------------------------------- before and after --- */

static void create(struct coordinator *self)
{
    struct stitch_options options = t_options(), fixed = STITCH_OPTIONS_INIT;

    options.size = FLOOR;
    options.reserve = RESERVE;
    if (t_random_below(&self->random, 2))
        options.extent = STITCH_EXTENT_UNIT;
    self->region = t_create_with(self->name, &options);
    for (uint64_t i = 0; i < FLOOR / FLOOR_BLOCK; i++) {
        block_name name = { FLOOR_BLOCK, i * FLOOR_BLOCK, i, 0 };

        block_make(t_bytes(self->region) + i * FLOOR_BLOCK, &name, false);
    }
    fixed.backend = STITCH_BACKEND_FIXED;
    fixed.size = sizeof(struct board);
    self->board_region = t_create_with(self->board_name, &fixed);
    self->board = stitch_base(self->board_region);
    self->handle = (struct handle){ .region = self->region, .board = self->board, .slot = SLOTS - 1, .threads = 1 };
    self->worker = (struct worker){ .board = self->board,
                                    .handle = &self->handle,
                                    .slot = SLOTS - 1,
                                    .name = self->name,
                                    .random = t_random_from(t_random_next(&self->random)),
                                    .alone = true,
                                    .follows = true };
}

static int count_members(const struct stitch_member *member, void *arg)
{
    *(unsigned *)arg += 1;
    return member->self ? 0 : 1;
}

/* Returns how much the objects in the folder hold, except the board's. Requires a system with folders. */
static uint64_t held_in_folder(uint64_t *objects)
{
    t_state *state = calloc(1, sizeof *state);
    uint64_t held = 0;

    T_TRUE(state != NULL);
    t_state_take(state, NULL);
    *objects = 0;
    for (const char *at = state->text; (at = strstr(at, "object ")) != NULL; at++) {
        uint64_t size, blocks;
        char name[300];

        if (sscanf(at, "object %299[^:]: size %" SCNu64 " blocks %" SCNu64, name, &size, &blocks) == 3) {
            held += blocks * 512;
            *objects += 1;
        }
    }
    free(state);
    return held;
}

/* No other process is left. Sizes, objects, memory, members and contents must be as the directory says. */
static void check_what_is_left(struct coordinator *self)
{
    uint64_t objects, held, board_held, had;
    struct stitch_info info, board_info;
    unsigned members = 0;
    board_entry entry;

    T_OK(stitch_grow(self->region, 2, NULL));
    T_OK(stitch_shrink(self->region, 2)); /* gives memory back that lagging readers have touched beyond */
    note_size(&self->worker);
    check_floor(&self->worker, true);
    for (unsigned i = 0; i < LEDGER; i++)
        if (board_pick(self->board, &self->random, &entry))
            check_entry(&self->worker, &entry);
    (void)t_prove(self->region);
    info = t_info(self->region);
    T_EQ(info.size, info.region_size);
    T_EQ(info.generation, info.region_generation);
    T_TRUE(board_size_of(self->board, info.generation, &had) && had == info.size);
    T_EQ(stitch_members(self->region, count_members, &members), 0);
    T_EQ(members, 1);
    board_info = t_info(self->board_region);
    if (t_has(T_FOLDERS)) {
        T_EQ(info.resident, info.committed);
        held = held_in_folder(&objects);
        T_EQ(objects, info.segments + 1 + 2 * T_REGION_OBJECTS);
        board_held = board_info.resident + 4 * T_MIB(1); /* directories and rosters take less than this */
        T_TRUE(held >= info.resident + board_info.resident && held <= info.resident + board_held);
    }
}

static void tell(const struct coordinator *self, uint64_t since)
{
    (void)printf(
        "stress: %s %" PRIu64 " s, seed %" PRIu64 ": %" PRIu64 " operations in %" PRIu64 " generations, %" PRIu64
        " blocks checked, %" PRIu64 " as they came, %" PRIu64 " frozen segments, %" PRIu64 " proofs, %" PRIu64
        " wake-ups, %" PRIu64 " busy, %" PRIu64 " kills, %" PRIu64 " stops\n",
        (const char *[]){ "auto", "stitched", "single", "fixed", "remap" }[t_options().backend],
        (t_now_us() - since) / 1000000, wanted.seed, board_sum(self->board, COUNT_OPERATIONS),
        stitch_generation(self->region), board_sum(self->board, COUNT_BLOCKS), board_sum(self->board, COUNT_TAILS),
        board_sum(self->board, COUNT_FROZEN), board_sum(self->board, COUNT_PROOFS), board_sum(self->board, COUNT_WAITS),
        board_sum(self->board, COUNT_BUSY), self->kills, self->stops);
    (void)fflush(stdout);
}

/* ------------------------------------------------------------------------------------------------------- runs --- */

/* The coordinator's calls must not wait for a writer that it has stopped, so they only look. */
static void run(struct coordinator *self, uint64_t begin)
{
    while (t_now_us() - begin < wanted.seconds * 1000000) {
        for (unsigned i = 0; i < wanted.processes; i++)
            look_after(self, i);
        kill_or_stop(self);
        follow(&self->worker);
        check_floor(&self->worker, false);
        check_ledger(&self->worker);
        check_tail(&self->worker);
        prove(&self->worker, 100000);
        if (!wanted.quiet && t_now_us() - self->reported > 10000000) {
            self->reported = t_now_us();
            tell(self, begin);
        }
        t_sleep_us(LOOK_US);
    }
}

/* Makes a change for processes that wait for one, as often as necessary. */
static void end(struct coordinator *self)
{
    for (unsigned i = 0; i < wanted.processes; i++)
        go_on(&self->child[i]);
    st_store(&self->board->stop, 1);
    for (unsigned i = 0; i < wanted.processes; i++) {
        uint64_t deadline = t_deadline_us();

        while (!t_heard(self->child[i].process) && t_now_us() < deadline) {
            T_OK(stitch_grow(self->region, 2, NULL));
            t_sleep_us(2000);
        }
        if (!t_heard(self->child[i].process))
            T_FAIL("process %u (%s) does not end", i, role_name(self->child[i].role));
        t_finish(self->child[i].process);
    }
}

static void stress(void)
{
    static struct coordinator self;
    uint64_t begin;

    self.random = t_random_from(wanted.seed);
    if (wanted.edge) {
        edge_test(wanted.edge, (unsigned)wanted.processes, &self.random);
        (void)printf("stress: %" PRIu64 " rounds at the edge, %" PRIu64 " readers, seed %" PRIu64 ": no signal\n",
                     wanted.edge, wanted.processes, wanted.seed);
        return;
    }
    self.name = t_name();
    self.board_name = t_name();
    create(&self);
    for (unsigned i = 0; i < wanted.processes; i++)
        start(&self, i, true);
    begin = self.reported = t_now_us();
    run(&self, begin);
    end(&self);
    check_what_is_left(&self);
    tell(&self, begin);
    T_TRUE(board_sum(self.board, COUNT_BLOCKS) > 0 && board_sum(self.board, COUNT_PROOFS) > 0);
    t_close(self.board_region);
    t_close(self.region);
    t_regions_are(0);
}

/* ---------------------------------------------------------------------------------------------------- options --- */

static void helper_stress(void)
{
    stress_process();
}

static void helper_edge(void)
{
    edge_process();
}

static const t_helper helpers[] = { T_ENTRY(stress), T_ENTRY(edge), { NULL, NULL } };

static int usage(const char *program)
{
    (void)fprintf(stderr,
                  "usage: %s [--seed N] [--seconds N] [--processes 2-%d] [--threads 1-%d]\n"
                  "          [--backend stitched|single|fixed|remap] [--edge ROUNDS] [--quiet]\n",
                  program, (int)PROCESSES_MOST, (int)THREADS_MOST);
    return 2;
}

static bool take_number(const char *option, const char *value)
{
    struct {
        const char *name;
        uint64_t *number;
    } numbers[] = { { "--seed", &wanted.seed },
                    { "--seconds", &wanted.seconds },
                    { "--processes", &wanted.processes },
                    { "--threads", &wanted.threads },
                    { "--edge", &wanted.edge } };
    char *end = NULL;

    for (size_t i = 0; i < T_COUNT(numbers); i++)
        if (strcmp(option, numbers[i].name) == 0) {
            *numbers[i].number = strtoull(value, &end, 0);
            return end != value && *end == 0;
        }
    return false;
}

static bool take_backend(const char *value)
{
    static const char *const names[] = { "stitched", "single", "fixed", "remap" };

    for (size_t i = 0; i < T_COUNT(names); i++)
        if (strcmp(value, names[i]) == 0) {
            the_case.backend = i + 1;
            return true;
        }
    return false;
}

static bool take_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quiet") == 0)
            wanted.quiet = true;
        else if (i + 1 == argc ||
                 !(strcmp(argv[i], "--backend") == 0 ? take_backend(argv[i + 1]) : take_number(argv[i], argv[i + 1])))
            return false;
        else
            i++;
    }
    return wanted.processes >= 2 && wanted.processes <= PROCESSES_MOST && wanted.threads >= 1 &&
           wanted.threads <= THREADS_MOST;
}

int main(int argc, char **argv)
{
    struct CMUnitTest test = { "stress", t_run, t_setup, t_teardown, &the_case };

    the_case = (t_case){ stress, STITCH_BACKEND_STITCHED, false };
    if (argc > 1 && strcmp(argv[1], "--helper") == 0)
        return t_main(argc, argv, helpers, &test, 1);
    wanted.seed = t_now_us() ^ t_process_id(NULL) << 20;
    if (!take_options(argc, argv))
        return usage(argv[0]);
    if (the_case.backend == STITCH_BACKEND_REMAP) /* the base moves with every call of every thread */
        wanted.threads = 1;
    (void)printf("stress: --seed %" PRIu64 "\n", wanted.seed);
    (void)fflush(stdout);
    return t_main(1, argv, helpers, &test, 1);
}
