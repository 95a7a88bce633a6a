/* SPDX-License-Identifier: MIT */
/* parallel.h - threads to lend to a region, as a caller's pool would. */
#ifndef T_PARALLEL_H
#define T_PARALLEL_H

#include <stdint.h>

#include <stitch/memory.h>

enum { T_LENT_THREADS = 3 };

/* Works on so many threads and on the calling one; counts. */
extern const struct stitch_parallel t_lender;

/* How often it ran since it was reset. */
void t_lender_reset(void);
uint64_t t_lender_runs(void);

#endif
