/* SPDX-License-Identifier: MIT */
/* killpoints_linux.c - sees faults by SIGSEGV, and steps one instruction by the processor's trap flag and SIGTRAP. */
#define _GNU_SOURCE 1

#include "intercept_linux.h"
#include "killpoints.h"
#include "test.h"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { TRAP_FLAG = 0x100 };

static struct st_sys below; /* the table that was there before */

_Noreturn void t_steps_die(void)
{
    for (;;)
        (void)kill(getpid(), SIGKILL);
}

void t_steps_protect(void *at, size_t length, enum t_step_access access)
{
    static const int rights[] = { PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE };

    if (mprotect(at, length, rights[access]) != 0)
        _exit(3); /* this may run in a signal handler */
}

static void trap_flag(void *context, bool on)
{
#ifdef REG_EFL
    greg_t *flags = &((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL];

    *flags = on ? *flags | TRAP_FLAG : *flags & ~(greg_t)TRAP_FLAG;
#else
    (void)context;
    (void)on;
#endif
}

static void on_fault(int signal_number, siginfo_t *info, void *context)
{
    (void)signal_number;
    switch (t_steps_fault((uintptr_t)info->si_addr)) {
    case T_STEP_NOT_OURS:
        (void)signal(SIGSEGV, SIG_DFL); /* the same fault comes again and ends the process */
        break;
    case T_STEP_ONE_INSTRUCTION:
        trap_flag(context, true);
        break;
    default:
        break;
    }
}

static void on_trap(int signal_number, siginfo_t *info, void *context)
{
    (void)signal_number;
    (void)info;
    trap_flag(context, false);
    t_steps_trap();
}

static void before_call(enum t_call call, uint64_t number)
{
    (void)call;
    (void)number;
    t_steps_call();
}

static void *watched_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    void *at = below.mmap(address, length, protection, flags, fd, offset);

    if (at != MAP_FAILED && fd >= 0 && (protection & PROT_WRITE) && !(flags & MAP_FIXED))
        t_steps_mapped(at, length);
    return at;
}

static int watched_munmap(void *address, size_t length)
{
    int result = below.munmap(address, length);

    t_steps_unmapped(address);
    return result;
}

void t_steps_hook(bool on)
{
    struct sigaction fault = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    struct sigaction trap = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };

    if (!on) {
        t_calls_end();
        return;
    }
    T_EQ(sigaction(SIGSEGV, &fault, NULL), 0);
    T_EQ(sigaction(SIGTRAP, &trap, NULL), 0);
    t_calls_begin(before_call);
    below = st_sys;
    st_sys.mmap = watched_mmap;
    st_sys.munmap = watched_munmap;
}
