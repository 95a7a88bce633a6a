/* SPDX-License-Identifier: MIT */
/* parallel.h - threads for stitch_set_parallel, as a caller's pool has them. */
#ifndef T_PARALLEL_H
#define T_PARALLEL_H

#include <stdint.h>

#include <stitch/memory.h>

enum { T_PARALLEL_THREADS = 3 };

/* Runs the work on T_PARALLEL_THREADS threads and on the calling one, and counts its runs. */
extern const struct stitch_parallel t_parallel;

/* Resets the count; returns how often it has run since. */
void t_parallel_reset(void);
uint64_t t_parallel_runs(void);

#endif
