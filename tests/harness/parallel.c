/* SPDX-License-Identifier: MIT */
#include "parallel.h"

#include "test.h"

#include "base/atomic.h"

static st_word runs;

typedef struct part {
    void (*work)(void *job);
    void *job;
} part;

static void do_part(void *arg)
{
    const part *mine = arg;

    mine->work(mine->job);
}

static void run(void *arg, void (*work)(void *job), void *job)
{
    t_thread *threads[T_PARALLEL_THREADS];
    part each = { work, job };

    T_TRUE(arg == &runs);
    for (int i = 0; i < T_PARALLEL_THREADS; i++)
        threads[i] = t_thread_start(do_part, &each);
    work(job);
    for (int i = 0; i < T_PARALLEL_THREADS; i++)
        t_thread_join(threads[i]);
    st_store(&runs, st_load(&runs) + 1);
}

const struct stitch_parallel t_parallel = { run, &runs };

void t_parallel_reset(void)
{
    st_store(&runs, 0);
}

uint64_t t_parallel_runs(void)
{
    return st_load(&runs);
}
