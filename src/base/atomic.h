/* SPDX-License-Identifier: MIT */
/*
 * atomic.h - the few atomic operations that stitch needs, on 64-bit words.
 *
 * Shared state, and private state that is read without a lock, is made of st_word only. Loads always acquire and stores
 * always release: on x86 both are plain moves, and the proof beside st_directory_snapshot needs nothing stronger,
 * except in the two places that say so. A load is never more than a read, so it works on a read-only mapping; an
 * interlocked call would not.
 *
 * There are two implementations: C11's <stdatomic.h>, and Microsoft's intrinsics for Microsoft's compiler, whose
 * <stdatomic.h> is experimental and must be enabled. STITCH_INTERLOCKED selects the second one elsewhere, so that it
 * can be tested.
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

/* Sequentially consistent, for the two sides of "announce, then look": see st_directory_publish and stitch_wait. */
static inline uint64_t st_load_ordered(const st_word *word)
{
    return atomic_load_explicit(&word->value, memory_order_seq_cst);
}

static inline void st_store_ordered(st_word *word, uint64_t value)
{
    atomic_store_explicit(&word->value, value, memory_order_seq_cst);
}

/* Stores `to` if the word is `from`. Returns whether it was. */
static inline bool st_claim(st_word *word, uint64_t from, uint64_t to)
{
    return atomic_compare_exchange_strong_explicit(&word->value, &from, to, memory_order_acq_rel, memory_order_acquire);
}

/* Keeps the compiler from moving plain stores over this point, so that they are done if the process is killed here. */
static inline void st_compiler_fence(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

#else

/* Only the intrinsics: <windows.h> would bring its macros (min, small, interface) to every file. */
#include <intrin.h>

typedef struct st_word {
    volatile uint64_t value;
} st_word;

/* The compiler moves nothing over this point. Microsoft has deprecated it in favour of C++'s atomics. */
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
 * Makes the load before it acquire, and the store after it release. An x86 processor needs nothing for that, since it
 * keeps the order of loads and the order of stores. An ARM64 processor gets a barrier for all memory and all
 * processors. Code for ARM64 that runs beside emulated x86 code (ARM64EC) defines the macros of x64 too, so it is
 * tested for first.
 */
static inline void st_fence(void)
{
    st_compiler_fence();
#if defined(_M_ARM64) || defined(_M_ARM64EC) || defined(__aarch64__)
    __dmb(0xb); /* _ARM64_BARRIER_ISH */
    st_compiler_fence();
#endif
}

/* Exactly one move of all 8 bytes. Microsoft's volatile can mean more than that (/volatile:ms), so its own calls are
 * used. */
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
 * Sequentially consistent, see above. The store pays for it: nothing after it is done before every processor can see
 * it, so the load can be the plain one. On x86 the exchange does this; ARM64 has the barrier on both sides.
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

/* Microsoft's C had a keyword of its own before the standard had one. */
#ifdef _MSC_VER
#define ST_THREAD_LOCAL __declspec(thread)
#else
#define ST_THREAD_LOCAL _Thread_local
#endif

#endif
