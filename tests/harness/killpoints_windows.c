/* SPDX-License-Identifier: MIT */
/* killpoints_windows.c - sees faults by a vectored handler, and steps one instruction by the processor's trap flag. */
#include "faults_windows.h"
#include "killpoints.h"
#include "test.h"
#include "system_windows.h"

enum { TRAP_FLAG = 0x100, KILLED = 0x57175717 };

static struct st_win below; /* the table that was there before */
static void *handler;

_Noreturn void t_steps_die(void)
{
    for (;;)
        (void)TerminateProcess(GetCurrentProcess(), KILLED);
}

void t_steps_protect(void *at, size_t length, enum t_step_access access)
{
    static const DWORD rights[] = { PAGE_READWRITE, PAGE_READONLY, PAGE_NOACCESS };
    DWORD before;

    if (!VirtualProtect(at, length, rights[access], &before))
        ExitProcess(3); /* this may run in a handler */
}

static void trap_flag(CONTEXT *context, bool on)
{
#ifdef _M_X64
    context->EFlags = on ? context->EFlags | TRAP_FLAG : context->EFlags & ~(DWORD)TRAP_FLAG;
#else
    (void)context;
    (void)on;
#endif
}

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *what)
{
    const EXCEPTION_RECORD *record = what->ExceptionRecord;

    if (record->ExceptionCode == EXCEPTION_SINGLE_STEP) {
        trap_flag(what->ContextRecord, false);
        t_steps_trap();
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    switch (t_steps_fault((uintptr_t)record->ExceptionInformation[1])) {
    case T_STEP_NOT_OURS:
        return EXCEPTION_CONTINUE_SEARCH;
    case T_STEP_ONE_INSTRUCTION:
        trap_flag(what->ContextRecord, true);
        return EXCEPTION_CONTINUE_EXECUTION;
    default:
        return EXCEPTION_CONTINUE_EXECUTION;
    }
}

static void *WINAPI watched_map(HANDLE section, DWORD access, DWORD high, DWORD low, SIZE_T size)
{
    void *at = below.MapViewOfFile(section, access, high, low, size);

    if (at && (access & FILE_MAP_WRITE))
        t_steps_mapped(at, size);
    return at;
}

static BOOL WINAPI watched_unmap(const void *at)
{
    t_steps_unmapped(at);
    return below.UnmapViewOfFile(at);
}

void t_steps_hook(bool on)
{
    if (!on) {
        t_faults_before(NULL);
        t_faults_end();
        (void)RemoveVectoredExceptionHandler(handler);
        return;
    }
    handler = AddVectoredExceptionHandler(1, on_exception);
    T_TRUE(handler != NULL);
    t_faults_begin();
    t_faults_before(t_steps_call);
    below = st_win;
    st_win.MapViewOfFile = watched_map;
    st_win.UnmapViewOfFile = watched_unmap;
}
