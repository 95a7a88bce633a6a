/* SPDX-License-Identifier: MIT */
/*
 * atomic.h - the few atomic operations that stitch needs, on 64-bit words.
 *
 * Shared and lock-free private state is made of st_word only. Loads acquire and stores release, always: on x86 both are
 * plain moves, and the proof beside st_directory_publish needs nothing stronger, but for the two places that say so.
 * A load is never more than a read: it works where memory is mapped read-only, and so no interlocked call can do it.
 *
 * Twice: by C11's <stdatomic.h>, and by Microsoft's intrinsics for Microsoft's compiler, whose <stdatomic.h> is
 * experimental and must be asked for. STITCH_INTERLOCKED asks for the second elsewhere, so that it can be tested.
 */
#ifndef ST_ATOMIC_H
#define ST_ATOMIC_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#if defined(_MSC_VER) && defined(__STDC_NO_ATOMICS__) && !defined(STITCH_INTERLOCKED)
#define STITCH_INTERLOCKED
#endif

static_assert(sizeof(void *) == 8, "stitch is 64-bit only: a reservation needs the address space");

#ifndef STITCH_INTERLOCKED

#include <stdatomic.h>

static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit atomics must be lock-free: they are shared between processes");

typedef struct st_word {
    _Atomic uint64_t value;
} st_word;

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

/* Store `to` if the word is `from`; was it? */
static inline bool st_claim(st_word *word, uint64_t from, uint64_t to)
{
    return atomic_compare_exchange_strong_explicit(&word->value, &from, to, memory_order_acq_rel, memory_order_acquire);
}

/* Keep the compiler from moving plain stores over this point: for what must be true if the process is killed right
 * here. */
static inline void st_compiler_fence(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

#else

/* The intrinsics alone: <windows.h> would bring its macros (min, small, interface) to every file. */
#include <intrin.h>

typedef struct st_word {
    volatile uint64_t value;
} st_word;

/* The compiler moves nothing over this point. Microsoft calls it deprecated in favour of C++'s atomics. */
static inline void st_compiler_fence(void)
{
#ifdef _MSC_VER
#pragma warning(push)
#pragma warning(disable : 4996)
#endif
    _ReadWriteBarrier();
#ifdef _MSC_VER
#pragma warning(pop)
#endif
}

/*
 * What a load needs behind it to acquire, and a store before it to release. Nothing of an x86 processor, which keeps
 * the order of loads and the order of stores. An ARM64 one gets a barrier for all memory and all processors; the
 * variants of its code that run beside emulated x86 code (ARM64EC) call themselves x64 too, and are asked for first.
 */
static inline void st_fence(void)
{
    st_compiler_fence();
#if defined(_M_ARM64) || defined(_M_ARM64EC) || defined(__aarch64__)
    __dmb(0xb); /* _ARM64_BARRIER_ISH */
    st_compiler_fence();
#endif
}

/* Exactly one move, of all 8 bytes. Microsoft's volatile can mean more than that (/volatile:ms), hence its own words.
 */
static inline uint64_t st_load(const st_word *word)
{
#ifdef _MSC_VER
    uint64_t value = (uint64_t)__iso_volatile_load64((const volatile __int64 *)&word->value);
#else
    uint64_t value = word->value;
#endif
    st_fence();
    return value;
}

static inline void st_store(st_word *word, uint64_t value)
{
    st_fence();
#ifdef _MSC_VER
    __iso_volatile_store64((volatile __int64 *)&word->value, (__int64)value);
#else
    word->value = value;
#endif
}

/*
 * Sequentially consistent, see above. What is costly stands in the store: nothing behind it is done before everybody
 * can see it. So the load is the plain one. On x86 the exchange does that; ARM64 has the barrier on both sides.
 */
static inline uint64_t st_load_ordered(const st_word *word)
{
    return st_load(word);
}

static inline void st_store_ordered(st_word *word, uint64_t value)
{
    st_fence();
    (void)_InterlockedExchange64((volatile __int64 *)&word->value, (__int64)value);
    st_fence();
}

static inline bool st_claim(st_word *word, uint64_t from, uint64_t to)
{
    bool was;

    st_fence();
    was = _InterlockedCompareExchange64((volatile __int64 *)&word->value, (__int64)to, (__int64)from) == (__int64)from;
    st_fence();
    return was;
}

#endif

static_assert(sizeof(st_word) == 8, "a word in shared memory is 8 bytes");

/* Microsoft's C has had this word of its own for longer than the standard's. */
#ifdef _MSC_VER
#define ST_THREAD_LOCAL __declspec(thread)
#else
#define ST_THREAD_LOCAL _Thread_local
#endif

#endif
