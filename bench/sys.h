/* SPDX-License-Identifier: MIT */
/* What the benchmark asks of the system: the clock, the memory counters, warm pages. One implementation per system. */
#ifndef BENCH_SYS_H
#define BENCH_SYS_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes in use by everybody on this machine, as the system counts them. */
struct sys_memory {
    uint64_t shared;    /* Shmem */
    uint64_t anon;      /* AnonPages */
    uint64_t available; /* what could be used without swapping */
};

struct sys_machine {
    char processor[96];
    char system[160];
    char huge_pages[160];
    unsigned cpus;
    uint64_t memory;
};

/* Nanoseconds since some moment. */
double sys_now(void);

/* The wall clock, the same for all processes. */
double sys_wall(void);

/* From now on sys_now counts only the time for which this process had a processor. A reading costs more, then. */
void sys_count_processor_time(void);

/* Wall clock and processor time together, for whole trials and runs, whatever sys_now counts. */
struct sys_stopwatch {
    double wall, busy;
};

struct sys_stopwatch sys_start(void);
double sys_seconds(const struct sys_stopwatch *since);
/* The part of that time for which this process had a processor, 0 to 1. */
double sys_busy_share(const struct sys_stopwatch *since);

/* What a reading of sys_now costs. */
double sys_clock_cost(void);

void sys_read_memory(struct sys_memory *out);

/* True if sys_read_memory is exact; false if the kernel's per-CPU counters may hide some hundred KiB. */
bool sys_memory_is_exact(void);

/*
 * Use `bytes` of memory and give them back, so that the system has that many pages at hand which a hypervisor has
 * already backed: small pages of shared memory, or huge ones. Small and huge pages are not found in the same places, so
 * only those of the right kind are warm then. Returns the rate in bytes per second; 0 if there was not that much
 * memory.
 */
double sys_warm(uint64_t bytes, bool huge);

void sys_describe(struct sys_machine *out);

/* Bytes that fit into the folder of shared objects now. */
uint64_t sys_shared_room(void);

/* From now on an interrupt (SIGINT, SIGTERM) only makes sys_interrupted true; the second one kills. */
void sys_catch_interrupts(void);
bool sys_interrupted(void);

#endif
