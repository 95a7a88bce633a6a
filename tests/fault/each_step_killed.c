/* SPDX-License-Identifier: MIT */
/*
 * Promise 8, step by step: the process that makes an operation is killed before each of its system calls, before each
 * store to shared pages, in the middle of the bytes that it appends, and at the end; for every operation and backend,
 * with no, one and three other processes attached. Then a second process is killed at a step of the recovery.
 *
 * The others read right bytes, follow, grow and shrink; a newcomer can attach; everybody's mapping is sound; and after
 * the last close nothing is left. Each step comes once (some steps, chosen at random, where all would take too long),
 * the numbers of others in turn; with STITCH_TEST_THOROUGH=1 each step comes with each number of others, and each
 * second step after each first that left something to recover from.
 */
#include "test.h"
#include "operations.h"
#include "killpoints.h"

#include "base/arith.h"
#include "shared/directory.h"

#define NEVER UINT64_MAX

enum { OTHERS = 3, READER = 2 };

/* ---------------------------------------------------------------------------------------------- those who die --- */

/* Sets the stage up, and makes the operation up to that step. */
T_HELPER(victim)
{
    const t_operation *o = &t_operations[t_argument_number(0)];
    t_stage s = t_stage_set_up(o);
    struct stitch_options options = t_stage_options();
    uint64_t length, directory = st_align_up(st_directory_length(options.segments), 4096);
    const unsigned char *source = t_stage_source(o, &length);

    t_tell(t_parent(), "ready %s", s.name);
    t_expect(t_parent(), "go");
    t_steps_begin(t_argument_number(1), directory);
    t_steps_watch(s.mine);
    t_steps_watch(s.other);
    if (source)
        t_steps_watch_source(source, (size_t)length);
    T_OK(o->run(&s));
    t_tell(t_parent(), "done %" PRIu64, t_steps_end());
    (void)t_hear_or_end(t_parent()); /* it is killed here */
}

/* The next writer, which recovers; or, if nobody is attached any more, the next process that looks into the folder. */
T_HELPER(heir)
{
    const char *name = t_argument(0);
    stitch_region *region = strcmp(name, "-") == 0 ? NULL : t_open(name);

    t_steps_begin(t_argument_number(1), 0);
    t_steps_watch(region);
    if (region)
        T_OK(stitch_resize(region, T_MIB(6)));
    else
        T_TRUE(stitch_collect_at(NULL, NULL, NULL) >= 0);
    t_tell(t_parent(), "done %" PRIu64, t_steps_end());
    (void)t_hear_or_end(t_parent());
}

/* --------------------------------------------------------------------------------------------- those who live --- */

/* Proves the mapping. Where objects end with their last holder, one may be missing until the next writing call. */
static void check_sound(stitch_region *region)
{
    struct stitch_verify_report report;
    int e = stitch_verify(region, &report);

    if (e != STITCH_EUNSOUND || t_has(T_KEPT) || report.fault != STITCH_FAULT_OBJECT)
        T_OK(e);
}

static void see(stitch_region *region)
{
    if (st_handle_is_readonly(region))
        T_TRUE(t_synced(region));
    else
        t_sync(region);
    check_sound(region);
    t_tell(t_parent(), "%" PRIu64 " %" PRIu64 " %" PRIu64, stitch_size(region), st_directory_journal(region->directory),
           region->segments.count);
}

/* Reads the directory without a sync, which could recover. */
static void peek(const stitch_region *region)
{
    struct st_entry entries[T_STAGE_SEGMENTS];
    struct st_snapshot now = { .entries = entries };

    T_EQ(st_directory_snapshot(region->directory, &region->geometry, &now), 0);
    t_tell(t_parent(), "%" PRIu64, now.record.size);
}

/* Makes a call that gives and takes no memory. Afterwards at most so much is resident beyond the commit mark. */
static void settle(stitch_region *region, uint64_t seen)
{
    struct stitch_info info;

    T_OK(stitch_grow(region, 0, NULL));
    T_EQ(st_directory_journal(region->directory), 0);
    info = t_info(region);
    T_TRUE(info.resident <= info.committed + seen);
}

/* Does what it is told. */
T_HELPER(servant)
{
    stitch_region *region = NULL;
    const char *line;

    while ((line = t_hear_or_end(t_parent())) != NULL) {
        char name[64];
        uint64_t number;

        if (strcmp(line, "see") == 0) {
            see(region);
            continue;
        }
        if (strcmp(line, "peek") == 0) {
            peek(region);
            continue;
        }
        if (sscanf(line, "attach %63s", name) == 1) {
            region = t_open(name);
        } else if (sscanf(line, "read %63s", name) == 1) {
            region = t_open_readonly(name);
        } else if (sscanf(line, "marks %" SCNu64, &number) == 1) {
            t_stage_contents(region, number);
        } else if (sscanf(line, "resize %" SCNu64, &number) == 1) {
            T_OK(stitch_resize(region, number));
        } else if (sscanf(line, "settle %" SCNu64, &number) == 1) {
            settle(region, number);
        } else if (strcmp(line, "close") == 0) {
            t_close(region);
            region = NULL;
        }
        t_tell(t_parent(), "ok");
    }
}

static t_process *servants[OTHERS];
static uint64_t killed, killed_twice;

/* All that can be seen of the region at one time. */
typedef struct scene {
    const t_operation *o;
    char name[64];
    unsigned others;
    uint64_t size, marks, journal, segments;
} scene;

static void order(unsigned who, const char *what)
{
    t_tell(servants[who], "%s", what);
    t_expect(servants[who], "ok");
}

static void order_number(unsigned who, const char *what, uint64_t number)
{
    char text[64];

    (void)snprintf(text, sizeof text, "%s %" PRIu64, what, number);
    order(who, text);
}

static void attach_others(const scene *s)
{
    for (unsigned i = 0; i < s->others; i++) {
        char text[80];

        (void)snprintf(text, sizeof text, "%s %s", i == READER ? "read" : "attach", s->name);
        order(i, text);
    }
}

/* Everybody must see the same size, one of these two; or less where segments go with the dead. */
static void see_all(scene *s, uint64_t one, uint64_t other)
{
    uint64_t was = s->marks, size;

    for (unsigned i = 0; i < s->others; i++) {
        t_tell(servants[i], "see");
        t_scan(servants[i], 3, "%" SCNu64 " %" SCNu64 " %" SCNu64, &size, &s->journal, &s->segments);
        if (i == 0)
            s->size = size;
        T_EQ(size, s->size);
    }
    if (t_has(T_KEPT))
        T_TRUE(s->size == one || s->size == other);
    else
        T_TRUE(s->size <= one || s->size <= other);
    s->marks = was < s->size ? was : s->size;
    for (unsigned i = 0; i < s->others; i++)
        order_number(i, "marks", s->marks);
}

/* The first writer recovers from the death, then they all grow and shrink. */
static void live_on(scene *s)
{
    unsigned second = s->others > 1 ? 1 : 0;

    order_number(0, "settle", t_stage_seen(s->o));
    order_number(0, "resize", T_MIB(6));
    see_all(s, T_MIB(6), T_MIB(6));
    order_number(second, "resize", T_MIB(1));
    see_all(s, T_MIB(1), T_MIB(1));
    T_EQ(s->journal, 0);
    T_FOLDER_HOLDS(T_REGION_OBJECTS + s->segments);
}

/* A newcomer attaches. If the operation takes the name away or makes it, there may be a name or none. */
static void newcomer(const scene *s, uint64_t one, uint64_t other, bool must_be)
{
    stitch_region *region = NULL;
    int e = stitch_open(s->name, NULL, &region);

    if (e) {
        T_TRUE(!must_be);
        T_EQ(e, STITCH_ENOENT);
        return;
    }
    T_TRUE(stitch_size(region) == one || stitch_size(region) == other);
    check_sound(region);
    t_stage_contents(region, s->marks < stitch_size(region) ? s->marks : stitch_size(region));
    T_OK(stitch_resize(region, T_MIB(6)));
    T_OK(stitch_resize(region, T_MIB(1)));
    T_EQ(st_directory_journal(region->directory), 0);
    check_sound(region);
    if (region->geometry.flags & STITCH_KEEP)
        T_OK(stitch_unlink(s->name));
    t_close(region);
}

/* Nobody was attached: after the next call in this folder, whichever it is, nothing stays. */
static void nobody_left(const scene *s, uint64_t step)
{
    struct stitch_options options = t_stage_options();
    stitch_region *region = NULL;

    if (s->o->flags & STITCH_KEEP) {
        newcomer(s, s->o->start, s->o->after, !s->o->ends && !s->o->nobody);
        T_TRUE(stitch_collect_at(NULL, NULL, NULL) >= 0);
    } else if (step % 4 == 0) {
        t_regions_are(0);
    } else if (step % 4 == 1) {
        T_GIVES(stitch_open(s->name, NULL, &region), STITCH_ENOENT);
        T_TRUE(stitch_collect_at(NULL, NULL, NULL) >= 0);
    } else {
        T_OK(step % 4 == 2 ? stitch_create(s->name, &options, &region) : stitch_attach(s->name, &options, &region));
        t_close(region);
    }
    T_FOLDER_HOLDS(0);
}

/* --------------------------------------------------------------------------------------------------- the steps --- */

/* Waits until the victim has died at its step or is done. Returns how many steps there were, or NEVER. */
static uint64_t end_of(t_process *process)
{
    const char *line = t_hear_or_end(process);
    uint64_t count = NEVER;

    if (line) {
        T_EQ(sscanf(line, "done %" SCNu64, &count), 1);
        t_kill(process);
    } else {
        T_EQ(t_wait(process), T_END_KILLED);
    }
    return count;
}

/* Kills the second process. Returns as end_of. */
static uint64_t second(const scene *s, uint64_t step)
{
    t_process *heir = t_start_soon("heir", "%s %" PRIu64, s->others > 0 ? s->name : "-", step);

    killed_twice++;
    return end_of(heir);
}

/*
 * Kills one process or, if second_step is not NEVER, two. *count: steps of the last process to die, or NEVER if that
 * was before the end.
 */
static void die_at(const t_operation *o, unsigned others, uint64_t step, uint64_t second_step, uint64_t *count,
                   bool *open)
{
    uint64_t before = o->ahead ? o->ahead : o->start;
    scene s = { .o = o, .others = others };
    t_process *victim;

    t_note("%s, dies at step %" PRId64 ", then %" PRId64 ", %u others", o->name, (int64_t)step, (int64_t)second_step,
           others);
    victim = t_start_soon("victim", "%d %" PRIu64, (int)(o - t_operations), step);
    t_scan(victim, 1, "ready %63s", s.name);
    attach_others(&s);
    t_tell(victim, "go");
    *count = end_of(victim);
    killed++;
    s.marks = t_stage_marked_after(o, before);
    if (others == 0) {
        if (second_step != NEVER)
            *count = second(&s, second_step);
        nobody_left(&s, step);
        return;
    }
    s.journal = 0;
    t_tell(servants[0], "peek");
    t_scan(servants[0], 1, "%" SCNu64, &s.size);
    T_TRUE(s.size == before || s.size == o->after);
    s.marks = s.marks < s.size ? s.marks : s.size;
    if (second_step != NEVER)
        *count = second(&s, second_step);
    see_all(&s, s.size, second_step == NEVER ? s.size : T_MIB(6));
    *open = s.journal != 0;
    live_on(&s);
    if (!o->ends || t_has(T_KEPT))
        newcomer(&s, T_MIB(1), T_MIB(1), !o->ends);
    for (unsigned i = 0; i < others; i++)
        order(i, "close");
    T_FOLDER_HOLDS(0);
}

/* Chooses at random the step of a second death after a first. */
static uint64_t some_step(uint64_t step)
{
    return (step * 7 + 3) % 45;
}

/*
 * Takes each first step, with numbers of others in turn or with each; only every `stride`th where not all are wanted.
 */
static void kill_at_each_step(const t_operation *o, uint64_t first, uint64_t stride)
{
    static const unsigned others[] = { 1, 0, 3 };
    bool thorough = getenv("STITCH_TEST_THOROUGH") != NULL, more = true;
    uint64_t turn = first;

    for (uint64_t step = thorough ? 0 : first; more; step += thorough ? 1 : stride) {
        for (size_t i = 0; i < (thorough ? T_COUNT(others) : 1); i++) {
            unsigned number = o->nobody ? 0 : others[(turn + i) % T_COUNT(others)];
            bool open = number == 0;
            uint64_t count;

            die_at(o, number, step, NEVER, &count, &open);
            more = count == NEVER;
            if (!open || (o->ends && number > 0))
                continue;
            if (!thorough)
                die_at(o, number, step, some_step(step), &count, &open);
            for (uint64_t next = 0; thorough && count == NEVER; next += stride)
                die_at(o, number, step, next, &count, &open);
        }
        turn++;
    }
}

/* Takes every fourth step of the other backends, and fewer where every instruction or every process is slow. */
static uint64_t stride_for(uint64_t backend)
{
    uint64_t slow = 20 / t_rounds(20), stride = backend == STITCH_BACKEND_STITCHED ? 1 : 4;

    return stride * slow * (t_has(T_KEPT) ? 1 : 4);
}

static void kill_in(const t_operation *o)
{
    static const char *const backends[] = { NULL, "stitched", "single", "fixed", "remap" };
    uint64_t backend = t_options().backend, stride = stride_for(backend);
    t_random random = t_random_start();

    t_environment("STITCH_BACKEND", backends[backend]);
    for (unsigned i = 0; i < OTHERS; i++)
        servants[i] = t_start("servant", "-");
    kill_at_each_step(o, t_random_below(&random, stride), stride);
    for (unsigned i = 0; i < OTHERS; i++)
        t_finish(servants[i]);
}

static void kill_on_files(const t_operation *o)
{
    t_needs(T_KEPT);
    kill_in(o);
}

#define TEST_OF(id)          TEST_BY(id, kill_in)
#define TEST_ON_FILES_OF(id) TEST_BY(id, kill_on_files)
#define TEST_BY(id, run)                                                                                               \
    static void promise_8_##id(void)                                                                                   \
    {                                                                                                                  \
        run(&t_operations[T_OPERATION_##id]);                                                                          \
    }
T_OPERATIONS(TEST_OF)
T_OPERATIONS_ON_FILES(TEST_ON_FILES_OF)
T_OPERATIONS_LAZY(TEST_ON_FILES_OF)

/* A grow without calls stores to the other record, the generation, its seat, and the journal. */
static void each_store_is_a_step(void)
{
    struct stitch_options options = t_stage_options();
    stitch_region *region;

    options.flags = STITCH_EXCLUSIVE;
    options.size = T_MIB(1) + 1;
    region = t_create_with(t_name(), &options);
    T_OK(stitch_grow(region, 1, NULL));
    t_steps_begin(NEVER, 0);
    t_steps_watch(region);
    T_OK(stitch_grow(region, 1, NULL));
    T_EQ(t_steps_end(), 6 + 1 + 3 + 1);
    t_close(region);
}

/* The last case of all: the tests must have killed this often. */
static void so_many_deaths(void)
{
    (void)printf("figure: steps killed %" PRIu64 "\n", killed);
    (void)printf("figure: steps of recovery killed %" PRIu64 "\n", killed_twice);
    T_TRUE(killed > 100 && killed_twice > 30);
}

#define T_OPERATION_TEST(id) promise_8_##id

static const struct CMUnitTest tests[] = {
    T_OPERATIONS_TABLE              /* */
        T_OPERATIONS_TABLE_ON_FILES /* */
            T_TEST(each_store_is_a_step),
    T_TEST(so_many_deaths),
};

static const t_helper helpers[] = {
    T_ENTRY(victim),
    T_ENTRY(heir),
    T_ENTRY(servant),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
