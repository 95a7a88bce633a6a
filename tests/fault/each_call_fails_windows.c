/* SPDX-License-Identifier: MIT */
/*
 * Promise 7 on Windows, call by call: every public operation, with every backend, while the n-th use of each Win32 call
 * fails with each of the errors that calls run into, for n = 1, 2, 3 ... until the operation passes undisturbed.
 *
 * An operation that reports a failure has changed nothing that anybody can see, and then succeeds when it is made
 * again; one that reports success has done all of it. Shrinking and closing never fail.
 */
#include "test.h"
#include "faults_windows.h"
#include "maps.h"
#include "operations.h"
#include "system_windows.h"

enum { NTH_MOST = 200 }; /* no operation makes as many calls of one kind */

/* Commitment limit, not enough memory, invalid address, access denied, too many open files (handles). */
static const DWORD errors[] = { 1455, 8, 487, 5, 4 };

/* Proves by the system's map for the first of the errors, and by the library, which is faster, for all. */
static bool thorough;
/* A view that the system refuses to unmap stays in the reservation until the next view replaces it. */
static bool left_a_view;

static void prove(stitch_region *region)
{
    struct stitch_verify_report report;
    int e = stitch_verify(region, &report);

    if (e == STITCH_EUNSOUND && left_a_view) {
        T_EQ(report.fault, STITCH_FAULT_RESERVATION);
        return;
    }
    T_OK(e);
    if (thorough && st_handle_is_readonly(region))
        (void)t_prove_readonly(region);
    else if (thorough)
        (void)t_prove(region);
}

static bool asks_for_pieces(enum t_call call)
{
    return call == T_CALL_VirtualQuery || call == T_CALL_VirtualQueryEx;
}

/* Makes one use of a call fail. Returns false if the operation ended before that use. */
static bool disturb(const t_operation *o, enum t_call call, unsigned nth, DWORD error)
{
    static t_seen before;
    t_balance was = t_faults_balance(), now;
    t_stage s = t_stage_set_up(o);
    bool failed;
    int e;

    t_note("%s, %s %u fails with %lu", o->name, t_call_name(call), nth, (unsigned long)error);
    thorough = error == errors[0];
    left_a_view = false;
    t_stage_look(&s, &before);
    t_faults_nth(call, nth, error, false);
    e = o->run(&s);
    failed = t_faults_over();
    left_a_view = failed && call == T_CALL_UnmapViewOfFile2;
    if (e == 0) {
        t_stage_done(&s, prove);
    } else {
        T_TRUE(e < 0);
        T_TRUE(failed);
        T_TRUE(stitch_os_error() == (int)error || asks_for_pieces(call)); /* a failed query can mean "not sound" */
        T_TRUE(!o->shrinks || call == T_CALL_WaitForSingleObject);        /* a failed wait is no lack */
        t_stage_unchanged(&s, &before, prove);
        T_OK(o->run(&s));
        t_stage_done(&s, prove);
    }
    if (left_a_view && s.mine) {
        left_a_view = false;
        T_OK(stitch_resize(s.mine, T_MIB(6)));
        prove(s.mine);
    }
    t_stage_tear_down(&s);
    now = t_faults_balance();
    T_EQ(now.handles, was.handles);
    T_EQ(now.views, was.views);
    return failed;
}

/*
 * Makes every use of a call fail with each of the errors. For calls that are made most often and whose error number
 * nobody reads, and for backends other than the system's own choice, errors come in turn, one for each use.
 */
static void disturb_each(const t_operation *o, enum t_call call)
{
    uint64_t own = st_win_has_placeholders() ? STITCH_BACKEND_STITCHED : STITCH_BACKEND_SINGLE;
    bool in_turn = asks_for_pieces(call) || call == T_CALL_CloseHandle || t_options().backend != own;

    for (size_t error = 0; error < (in_turn ? 1 : T_COUNT(errors)); error++) {
        unsigned nth = 1;

        while (disturb(o, call, nth, errors[(in_turn ? nth : error) % T_COUNT(errors)]))
            T_TRUE(nth++ < NTH_MOST);
        if (nth == 1)
            return; /* the operation makes no such call */
    }
}

static void disturb_operation(const t_operation *o)
{
    size_t reserved = t_reservations();

    t_faults_begin();
    for (enum t_call call = 0; call < T_CALL_COUNT; call++)
        /* Closing asks where the parts of a reservation end. That needs no resource, so it cannot fail. */
        if ((o != &t_operations[T_OPERATION_close] && o != &t_operations[T_OPERATION_close_of_the_last]) ||
            call != T_CALL_VirtualQuery)
            disturb_each(o, call);
    t_faults_end();
    T_EQ(t_reservations(), reserved);
}

#define TEST_OF(id)                                                                                                    \
    static void promise_7_##id(void)                                                                                   \
    {                                                                                                                  \
        disturb_operation(&t_operations[T_OPERATION_##id]);                                                            \
    }
T_OPERATIONS(TEST_OF)

/* The last case of all: the tests must have made this many calls fail. */
static void so_many_failures(void)
{
    (void)printf("figure: calls failed on Windows %u\n", t_faults_count());
    T_TRUE(t_faults_count() > 500);
}

#define T_OPERATION_TEST(id) promise_7_##id

static const struct CMUnitTest tests[] = {
    T_OPERATIONS_TABLE /* */
        T_TEST(so_many_failures),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
