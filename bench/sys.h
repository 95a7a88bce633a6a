/* SPDX-License-Identifier: MIT */
/* sys.h - the services of the system that the benchmark needs: clock, memory counters, warm pages. */
#ifndef BENCH_SYS_H
#define BENCH_SYS_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes in use by everybody on this machine, as the system counts them. */
struct sys_memory {
    uint64_t shared;    /* Shmem */
    uint64_t anon;      /* AnonPages */
    uint64_t available; /* MemAvailable: could be used without swapping */
};

struct sys_machine {
    char processor[96];
    char system[160];
    char huge_pages[160];
    unsigned cpus;
    uint64_t memory;
};

/* Returns the nanoseconds since some moment. */
double sys_now(void);

/* Returns the nanoseconds of the wall clock, which is the same for all processes. */
double sys_wall(void);

/* Makes sys_now count only the time for which the calling thread had a processor. A reading costs more then. */
void sys_count_processor_time(void);

/* Wall clock and processor time together, for whole trials and runs. Does not depend on what sys_now counts. */
struct sys_stopwatch {
    double wall, busy;
};

struct sys_stopwatch sys_start(void);
double sys_seconds(const struct sys_stopwatch *since);
/* Returns the fraction of that time for which this process had a processor, 0 to 1. */
double sys_busy_share(const struct sys_stopwatch *since);

/* Returns the nanoseconds that one reading of sys_now takes. */
double sys_clock_cost(void);

void sys_read_memory(struct sys_memory *out);

/* Returns true if sys_read_memory is exact; false if the kernel's per-CPU counters may hide some hundred KiB. */
bool sys_memory_is_exact(void);

/*
 * Uses `bytes` of memory and gives them back, so that the system has that many free pages which a hypervisor has
 * already backed: small pages of shared memory, or huge pages. The two kinds come from different lists, so only pages
 * of that kind are warm afterwards. Returns the rate in bytes per second; 0 if there was not that much memory.
 */
double sys_warm(uint64_t bytes, bool huge);

void sys_describe(struct sys_machine *out);

/* Returns the bytes that are free in the folder of shared objects now. */
uint64_t sys_shared_available(void);

/* From now on a first SIGINT or SIGTERM only makes sys_interrupted true; the second one kills. */
void sys_catch_interrupts(void);
bool sys_interrupted(void);

#endif
