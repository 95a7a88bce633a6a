/* SPDX-License-Identifier: MIT */
/*
 * Promise 7 on Linux, call by call: every public operation, with every backend, while the n-th use of each system call
 * and of each allocation fails, for n = 1, 2, 3 ... until the operation passes undisturbed.
 *
 * The errors of a call come in turn, one for each n; with STITCH_TEST_THOROUGH=1 every error comes for every n, and
 * every lack also for good, from that call on. An operation that reports a failure has changed nothing that can be
 * seen, from inside or by the system (mappings, descriptors, objects and their memory), and then succeeds when it is
 * made again; one that reports success has done all of it. Shrinking and closing fail for no lack of anything. Another
 * process, which is attached before, sees the same: nothing of an operation that failed, and all of one that succeeded.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "peer.h"
#include "intercept_linux.h"
#include "system_linux.h"
#include "maps.h"
#include "members.h"
#include "operations.h"
#include "state.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ERRORS = 7, NTH_MOST = 500 };

/*
 * The errors that each call can have. ENOENT of existing objects (fstatat, unlinkat) is not among them: that would be
 * no failure but a lie. Nor is EOPNOTSUPP (fallocate), since every folder of regions must support that.
 */
static const int errors[T_CALL_COUNT][ERRORS] = {
    [T_CALL_openat] = { EMFILE, ENFILE, ENOMEM, EACCES, ENOENT, ELOOP },
    [T_CALL_tmpfile] = { ENOSPC, EMFILE, ENOMEM, ENOENT, EACCES, EDQUOT },
    [T_CALL_close] = { EINTR, EIO, ENOSPC },
    [T_CALL_fstat] = { ENOMEM, EACCES, EOVERFLOW },
    [T_CALL_fstatat] = { ENOMEM, EACCES, ELOOP },
    [T_CALL_fstatfs] = { ENOMEM, EINTR, EIO, EOVERFLOW },
    [T_CALL_fchmod] = { EPERM, EROFS, EIO, ENOMEM },
    [T_CALL_ftruncate] = { EINTR, EFBIG, EINVAL, EPERM, ENOMEM, ENOSPC },
    [T_CALL_fallocate] = { ENOSPC, EINTR, ENOMEM, EFBIG, EPERM },
    [T_CALL_linkat] = { EEXIST, ENOENT, ENOSPC, ENOMEM, EPERM, EACCES, EDQUOT },
    [T_CALL_unlinkat] = { EACCES, EPERM, EBUSY, ENOMEM, EROFS },
    [T_CALL_renameat2] = { EEXIST, EACCES, ENOENT, EINVAL, ENOMEM, ENOSPC, EBUSY },
    [T_CALL_pread] = { T_CALLS_SHORT, EIO, ENOMEM, EINTR, EAGAIN, ESRCH },
    [T_CALL_pwrite] = { ENOSPC, EINTR, ENOMEM, EFBIG, EIO, EDQUOT },
    [T_CALL_lseek] = { EINVAL, EOVERFLOW, EIO },
    [T_CALL_fcntl] = { ENOLCK, EINTR, EAGAIN, EACCES, EDEADLK, EMFILE },
    [T_CALL_getrlimit] = { EPERM, EFAULT },
    [T_CALL_mmap] = { ENOMEM, EAGAIN, ENFILE, EACCES, EPERM, ENODEV },
    [T_CALL_mremap] = { ENOMEM, EAGAIN, EFAULT, EINVAL },
    [T_CALL_munmap] = { ENOMEM },
    [T_CALL_mprotect] = { ENOMEM, EACCES },
    [T_CALL_madvise] = { EINVAL, EBUSY, EAGAIN, ENOMEM, EIO },
    [T_CALL_getrandom] = { T_CALLS_SHORT, EINTR, ENOSYS, EAGAIN, EPERM },
    [T_CALL_syscall] = { EAGAIN, EINTR, ENOMEM, EFAULT },
    [T_CALL_fdopendir] = { ENOMEM, EMFILE },
    [T_CALL_readdir] = { ENOMEM, EIO, EOVERFLOW },
    [T_CALL_closedir] = { EINTR, EIO },
    [T_CALL_malloc] = { ENOMEM },
    [T_CALL_calloc] = { ENOMEM },
    [T_CALL_realloc] = { ENOMEM },
    [T_CALL_readlink] = { ENOENT, EACCES, ENOMEM },
    [T_CALL_fdopen] = { ENOMEM, EINVAL },
    [T_CALL_getline] = { ENOMEM, EIO },
    [T_CALL_pthread_mutex_init] = { ENOMEM, EAGAIN },
};

/* Errors that last are those of a lack. */
static const int lasting[T_CALL_COUNT][ERRORS] = {
    [T_CALL_openat] = { EMFILE, ENOMEM },
    [T_CALL_tmpfile] = { EMFILE, ENOSPC },
    [T_CALL_fstat] = { ENOMEM },
    [T_CALL_fstatat] = { ENOMEM },
    [T_CALL_fstatfs] = { ENOMEM },
    [T_CALL_ftruncate] = { ENOMEM },
    [T_CALL_fallocate] = { ENOSPC, ENOMEM },
    [T_CALL_linkat] = { ENOSPC, ENOMEM },
    [T_CALL_unlinkat] = { ENOMEM },
    [T_CALL_renameat2] = { ENOMEM, ENOSPC },
    [T_CALL_pread] = { ENOMEM },
    [T_CALL_pwrite] = { ENOSPC, ENOMEM },
    [T_CALL_fcntl] = { ENOLCK },
    [T_CALL_mmap] = { ENOMEM, EAGAIN },
    [T_CALL_mremap] = { ENOMEM },
    [T_CALL_madvise] = { ENOMEM, EAGAIN },
    [T_CALL_fdopendir] = { ENOMEM },
    [T_CALL_readdir] = { ENOMEM },
    [T_CALL_malloc] = { ENOMEM },
    [T_CALL_calloc] = { ENOMEM },
    [T_CALL_realloc] = { ENOMEM },
    [T_CALL_fdopen] = { ENOMEM },
    [T_CALL_getline] = { ENOMEM },
    [T_CALL_pthread_mutex_init] = { ENOMEM },
};

/* How many lasting errors are tried without STITCH_TEST_THOROUGH. */
static const size_t often[T_CALL_COUNT] = {
    [T_CALL_openat] = 1, [T_CALL_tmpfile] = 1, [T_CALL_fallocate] = 1, [T_CALL_mmap] = 1,
    [T_CALL_malloc] = 1, [T_CALL_calloc] = 1,  [T_CALL_realloc] = 1,
};

static struct {
    uint64_t failed, met_by_an_error, met_by_success;
} figures;

/* A view that the system refuses to replace stays, without access, until the next view replaces it. */
static bool left_a_view;

/* The errors of the use of a call that is tested now. */
static enum t_call failing;
static bool for_good;

static void prove(stitch_region *region)
{
    struct stitch_verify_report report;

    if (left_a_view && stitch_verify(region, &report) == STITCH_EUNSOUND) {
        T_EQ(report.fault, STITCH_FAULT_RESERVATION);
        return;
    }
    if (st_handle_is_readonly(region))
        (void)t_prove_readonly(region);
    else
        (void)t_prove(region);
}

static bool has(const char *line, size_t length, const char *what)
{
    const char *at = strstr(line, what);

    return at && at < line + length;
}

/* Returns whether the line is the descriptor of a segment, by its name or, if this process made it, without one. */
static bool is_tail(const char *line, size_t length)
{
    return strncmp(line, "descriptor ", 11) == 0 && (has(line, length, "/stitch.s.") || has(line, length, "/#"));
}

/*
 * Takes the state. The descriptor of the last segment is not compared: a handle opens it when it first needs it, and
 * keeps it.
 */
static void take_state(t_state *state, stitch_region *region)
{
    char *from, *to;

    t_state_take(state, region);
    for (from = to = state->text; *from;) {
        size_t length = strcspn(from, "\n") + 1;

        if (!is_tail(from, length)) {
            memmove(to, from, length);
            to += length;
        }
        from += length;
    }
    *to = 0;
}

/*
 * Fails unless the state is the same. A failed call may leave the journal open for the next writer: nobody sees that.
 */
static void check_state(const t_state *before, stitch_region *region)
{
    static t_state now;

    take_state(&now, region);
    T_SAME_STATE(before, &now);
}

/* Returns how many objects there are without segments: a region whose roster could not be named has none. */
static uint64_t objects_of(const t_stage *s)
{
    bool roster = (s->made && s->made->roster.shared) || (s->mine && s->mine->roster.shared) ||
                  (s->other && s->other->roster.shared);

    return roster ? T_REGION_OBJECTS : T_REGION_OBJECTS - 1;
}

/* A call that failed while it gave memory back leaves some to the next writer: after that nothing is left. */
static void check_the_next_writer(t_stage *s)
{
    stitch_region *writer = s->made ? s->made : s->mine ? s->mine : s->other;
    struct stitch_info info;

    if (!writer || st_handle_is_readonly(writer) || (s->other && st_handle_is_exclusive(s->other)))
        return;
    left_a_view = false;
    T_OK(stitch_grow(writer, 0, NULL)); /* this writer takes no memory that could hide a rest */
    T_EQ(st_directory_journal(writer->directory), 0);
    info = t_info(writer);
    T_FOLDER_HOLDS(objects_of(s) + info.region_segments);
    T_TRUE(info.resident <= info.committed + t_stage_seen(s->operation));
    T_OK(stitch_resize(writer, T_MIB(6)));
    prove(writer);
}

/* Judges an operation that has reported failure. */
static void check_failure(t_stage *s, int e, int error, const t_seen *before, const t_state *state)
{
    const t_operation *o = s->operation;
    bool busy = failing == T_CALL_fcntl && (error == EAGAIN || error == EACCES); /* another process has the lock */

    T_TRUE(e < 0);
    if (!busy && stitch_os_error() != error && e != STITCH_ENOMEM && e != STITCH_ENOTSUP)
        T_FAIL("it gave %s, and the system's code is %d", stitch_error_name(e), stitch_os_error());
    if (o->shrinks)
        T_TRUE(failing == T_CALL_fcntl); /* the lock itself failed */
    else if ((o->codes >> -e & 1) == 0 && !busy)
        T_FAIL("it gave %s, which stitch.h does not know of it", stitch_error_name(e));
    t_stage_unchanged(s, before, prove);
    if (!for_good && !o->ahead && !o->recovers && !o->parts)
        check_state(state, s->mine);
    figures.met_by_an_error++;
}

/* Makes one use of a call fail. Returns false if the operation ended before that use. */
static bool disturb(const t_operation *o, uint64_t nth, int error)
{
    static t_seen before;
    static t_state state;
    t_stage s;
    uint64_t members;
    bool failed;
    int e;

    t_note("%s, %s %" PRIu64 " fails with %s%s", o->name, t_call_name(failing), nth,
           error == T_CALLS_SHORT ? "less than there is" : strerrorname_np(error), for_good ? " for good" : "");
    s = t_stage_set_up(o);
    t_peer_comes(&s);
    t_calls_keep_views(t_options().backend == STITCH_BACKEND_REMAP &&
                       o->after < (o->ahead > o->start ? o->ahead : o->start));
    t_stage_look(&s, &before);
    take_state(&state, s.mine);
    members = s.other ? t_members_count(s.other) : 0;
    t_calls_fail_nth(failing, nth, error, for_good);
    e = o->run(&s);
    failed = t_calls_over();
    left_a_view = failed && for_good && failing == T_CALL_mmap;
    figures.failed += failed;
    if (e == 0) {
        t_stage_done(&s, prove);
        figures.met_by_success += failed;
    } else {
        T_TRUE(failed);
        check_failure(&s, e, error, &before, &state);
        if (s.other)
            T_EQ(t_members_count(s.other), members);
        t_peer_sees_nothing(&s, &before, figures.met_by_an_error % 2 == 0);
        T_OK(o->run(&s));
        t_stage_done(&s, prove);
    }
    t_peer_sees_it_done(&s);
    check_the_next_writer(&s);
    t_peer_leaves(&s);
    t_stage_tear_down(&s);
    T_FOLDER_HOLDS(0);
    T_EQ(t_maps_count_in(t_folder()), 0);
    return failed;
}

static void disturb_each(const t_operation *o)
{
    bool thorough = getenv("STITCH_TEST_THOROUGH") != NULL;
    bool slow = t_rounds(2) < 2; /* every instruction is slow */
    const int *error = errors[failing];
    uint64_t count = 0;

    while (count < ERRORS && error[count])
        count++;
    for_good = false;
    for (uint64_t nth = 1, more = 1; more; nth += slow ? 3 : 1) {
        T_TRUE(nth < NTH_MOST);
        for (uint64_t i = 0; more && i < (thorough ? count : 1); i++)
            more = disturb(o, nth, error[(nth - 1 + i) % count]);
    }
    for_good = true;
    for (size_t i = 0; lasting[failing][i] && (thorough || i < often[failing]); i++)
        for (uint64_t nth = 1; disturb(o, nth, lasting[failing][i]); nth++)
            T_TRUE(nth < NTH_MOST);
}

static void disturb_operation(const t_operation *o)
{
    size_t descriptors = t_descriptor_count();

    t_peer_start("peer");
    t_calls_begin(NULL);
    for (failing = 0; failing < T_CALL_COUNT; failing++)
        disturb_each(o);
    t_calls_end();
    t_peer_end();
    T_EQ(t_descriptor_count(), descriptors);
}

#define TEST_OF(id)                                                                                                    \
    static void promise_7_##id(void)                                                                                   \
    {                                                                                                                  \
        disturb_operation(&t_operations[T_OPERATION_##id]);                                                            \
    }
T_OPERATIONS(TEST_OF)
T_OPERATIONS_ON_FILES(TEST_OF)
T_OPERATIONS_LAZY(TEST_OF)

/* A create that fails keeps no address space, whichever use of the call fails. Returns how many uses there are. */
static uint64_t refuse_each(enum t_call call, int first, int second)
{
    struct stitch_options options = t_options();
    uint64_t uses = 1;

    for (uint64_t nth = 0; nth <= uses; nth++) {
        uint64_t before = t_process_memory("VmSize");
        stitch_region *region = NULL;
        int e;

        t_note("%s %" PRIu64, t_call_name(call), nth);
        t_calls_begin(NULL);
        t_calls_keep_views(true);
        if (nth > 0)
            t_calls_fail_nth(call, nth, ENOMEM, false);
        e = stitch_create(t_name(), &options, &region);
        T_TRUE(nth > 0 ? e == first || e == second : e == 0);
        if (nth == 0)
            uses = t_calls_of(call);
        else
            T_TRUE(t_calls_over());
        t_calls_end();
        t_close(region);
        T_EQ(t_process_memory("VmSize"), before);
    }
    return uses;
}

/* At the limit of mappings the system can refuse to cut a reservation to size: then nothing of it stays. */
static void promise_7_a_reservation_that_cannot_be_cut_to_size(void)
{
    T_TRUE(refuse_each(T_CALL_munmap, STITCH_EMAPS, STITCH_EMAPS) >= 1);
}

static void promise_7_a_reservation_that_cannot_be_made(void)
{
    T_TRUE(refuse_each(T_CALL_mmap, STITCH_EMAPS, STITCH_EADDRSPACE) >= 3);
}

/*
 * No way to give memory back works: the view is locked, and no descriptor is free. The shrink stays, and the next
 * writer gives the memory back.
 */
static void promise_7_what_cannot_be_given_back_is_the_next_writers(void)
{
    struct stitch_options options = t_stage_options();
    stitch_region *region, *other;
    const char *name = t_name();

    options.size = T_KIB(1536);
    region = t_create_with(name, &options);
    other = t_open(name);
    T_EQ(syscall(SYS_mlock, t_bytes(other) + T_MIB(1), 4096), 0); /* mlock of a sanitizer does nothing */
    t_calls_begin(NULL);
    t_calls_fail_nth(T_CALL_openat, 1, EMFILE, true);
    T_OK(stitch_shrink(other, T_KIB(512)));
    T_TRUE(t_calls_over());
    t_calls_end();
    T_EQ(syscall(SYS_munlock, t_bytes(other) + T_MIB(1), 4096), 0);
    T_TRUE(st_directory_journal(region->directory) != 0);
    T_TRUE(t_info(region).resident > t_info(region).committed);
    T_OK(stitch_grow(region, 0, NULL));
    T_EQ(st_directory_journal(region->directory), 0);
    T_TRUE(t_info(region).resident <= t_info(region).committed);
    T_EQ(stitch_size(region), T_MIB(1));
    t_close(other);
    t_close(region);
}

/* The handle lags and lacks what a sync needs: the region shrinks nevertheless, and the next sync reports the lack. */
static void promise_7_a_shrink_that_cannot_catch_up(void)
{
    struct stitch_options options = t_stage_options();
    stitch_region *region, *other;
    const char *name = t_name();

    options.size = T_MIB(1);
    region = t_create_with(name, &options);
    other = t_open(name);
    T_OK(stitch_resize(region, T_MIB(5)));
    t_calls_begin(NULL);
    t_calls_fail_nth(T_CALL_openat, 1, EMFILE, true);
    T_OK(stitch_shrink(other, T_MIB(2)));
    T_GIVES(stitch_sync(other), STITCH_EMFILE);
    T_TRUE(t_calls_over());
    t_calls_end();
    T_EQ(stitch_size(other), T_MIB(1));
    (void)t_prove(other);
    T_EQ(stitch_sync(region), 1);
    T_EQ(stitch_size(region), T_MIB(3));
    T_OK(stitch_grow(region, 0, NULL));
    T_TRUE(t_info(region).resident <= t_info(region).committed);
    T_EQ(stitch_sync(other), 1);
    T_EQ(stitch_size(other), T_MIB(3));
    (void)t_prove(other);
    t_close(other);
    t_close(region);
}

/* The last case of all: the tests must have made this many calls fail. */
static void so_many_failures(void)
{
    (void)printf("figure: calls failed on Linux %" PRIu64 "\n", figures.failed);
    (void)printf("figure: calls failed on Linux and reported %" PRIu64 "\n", figures.met_by_an_error);
    (void)printf("figure: calls failed on Linux and overcome %" PRIu64 "\n", figures.met_by_success);
    T_TRUE(figures.failed > 1000);
}

#define T_OPERATION_TEST(id) promise_7_##id

static const struct CMUnitTest tests[] = {
    T_OPERATIONS_TABLE              /* */
        T_OPERATIONS_TABLE_ON_FILES /* */
            T_TEST(promise_7_a_reservation_that_cannot_be_cut_to_size),
    T_TEST(promise_7_a_reservation_that_cannot_be_made),
    T_STITCHED(promise_7_a_shrink_that_cannot_catch_up),
    T_BOTH(promise_7_what_cannot_be_given_back_is_the_next_writers),
    T_TEST(so_many_failures),
};

static const t_helper helpers[] = { { "peer", t_peer_runs }, { NULL, NULL } };

T_MAIN(tests, helpers)
