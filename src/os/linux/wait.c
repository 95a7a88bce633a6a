/* SPDX-License-Identifier: MIT */
/*
 * wait.c - sleeping until a shared word changes: by a futex without FUTEX_PRIVATE_FLAG, so that its key is the object
 * and the offset and not the address. FUTEX_WAIT only reads the word and works through a read-only view.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <limits.h>
#include <sys/syscall.h>
#include <time.h>

#include "os/linux/sys.h"
#include "os/os.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low half of a word is at its address");

/* The kernel compares the low half of the word. */
void st_os_wait(const st_os_locks *locks, const st_word *word, uint64_t seen, uint64_t milliseconds)
{
    struct timespec time = { (time_t)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000 };

    (void)locks;
    st_sys.syscall(SYS_futex, word, FUTEX_WAIT, (uint32_t)seen, &time, NULL, 0);
}

void st_os_wake(const st_os_locks *locks, st_word *word)
{
    (void)locks;
    st_sys.syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}
