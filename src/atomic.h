/* SPDX-License-Identifier: MIT */
/*
 * atomic.h - the few atomic operations that stitch needs, on 64-bit words.
 *
 * Shared and lock-free private state is made of st_word only. Loads acquire and stores release, always: on x86 both are
 * plain moves, and the proof beside st_directory_publish needs nothing stronger, but for the two places that say so.
 */
#ifndef ST_ATOMIC_H
#define ST_ATOMIC_H

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

static_assert(sizeof(void *) == 8, "stitch is 64-bit only: a reservation needs the address space");
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit atomics must be lock-free: they are shared between processes");

typedef struct st_word {
    _Atomic uint64_t value;
} st_word;

static_assert(sizeof(st_word) == 8, "a word in shared memory is 8 bytes");

static inline uint64_t st_load(const st_word *word)
{
    return atomic_load_explicit(&word->value, memory_order_acquire);
}

static inline void st_store(st_word *word, uint64_t value)
{
    atomic_store_explicit(&word->value, value, memory_order_release);
}

/* Sequentially consistent, for the two sides of "announce, then look": see st_directory_publish and st_follow_wait. */
static inline uint64_t st_load_ordered(const st_word *word)
{
    return atomic_load_explicit(&word->value, memory_order_seq_cst);
}

static inline void st_store_ordered(st_word *word, uint64_t value)
{
    atomic_store_explicit(&word->value, value, memory_order_seq_cst);
}

/* Keep the compiler from moving plain stores over this point: for what must be true if the process is killed right
 * here. */
static inline void st_keep_order(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

#define ST_THREAD_LOCAL _Thread_local

#endif
