/* SPDX-License-Identifier: MIT */
/*
 * process_windows.c - starts, stops and ends helper processes on Windows.
 *
 * A helper's standard input and output are the pipes of the line protocol; what it prints goes to standard error. All
 * helpers are in one job, which ends them when the test ends, however it ends.
 */
#include "test.h"
#include "process_system.h"
#include "system_windows.h"

#include <io.h>

enum { KILLED = 0x57175717, QUICK_LOOKS = 40, STARTS = 5 };

static char program_path[T_LINE_SIZE];
static HANDLE job;

/* ---------------------------------------------------------------------------------------------- beginnings --- */

/* Ends the process as the fault would, without a debugger or a window. */
static LONG WINAPI end_by_fault(EXCEPTION_POINTERS *fault)
{
    TerminateProcess(GetCurrentProcess(), fault->ExceptionRecord->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

static void make_job(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = { 0 };

    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    job = CreateJobObjectW(NULL, NULL);
    if (!job || !SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits))
        T_FAIL("no job for the helpers: %lu", (unsigned long)GetLastError());
}

void t_process_begin(char *program, bool is_helper)
{
    DWORD length = GetModuleFileNameA(NULL, program_path, sizeof program_path);
    HANDLE to;

    if (length == 0 || length == sizeof program_path)
        T_FAIL("%s cannot find its own program", program);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    (void)SetUnhandledExceptionFilter(end_by_fault);
    if (!is_helper) {
        make_job();
        return;
    }
    if (!DuplicateHandle(GetCurrentProcess(), GetStdHandle(STD_OUTPUT_HANDLE), GetCurrentProcess(), &to, 0, FALSE,
                         DUPLICATE_SAME_ACCESS) ||
        _dup2(2, 1) < 0)
        T_FAIL("no handle for the helper's lines: %lu", (unsigned long)GetLastError());
    t_parent_side = (t_process){ .used = true, .to = (intptr_t)to, .process = -1 };
    t_parent_side.from = (intptr_t)GetStdHandle(STD_INPUT_HANDLE);
}

/* Makes a pipe of which a helper inherits one end. */
static void make_pipe(intptr_t *ours, HANDLE *theirs, bool we_write)
{
    HANDLE our_end, *to_read = we_write ? theirs : &our_end, *to_write = we_write ? &our_end : theirs;

    if (!CreatePipe(to_read, to_write, NULL, 1 << 16) || !SetHandleInformation(*theirs, HANDLE_FLAG_INHERIT, 1))
        T_FAIL("no pipe: %lu", (unsigned long)GetLastError());
    *ours = (intptr_t)our_end;
}

bool t_start_again(int *tries)
{
    if (GetLastError() != ERROR_INTERNAL_ERROR || ++*tries == STARTS)
        return false;
    (void)fprintf(stderr, "CreateProcess: internal error, try %d of %d\n", *tries, (int)STARTS);
    Sleep(100);
    return true;
}

t_process *t_start(const char *helper, const char *format, ...)
{
    char text[T_LINE_SIZE], command[3 * T_LINE_SIZE];
    t_process *process = t_process_new();
    STARTUPINFOA startup = { .cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES };
    PROCESS_INFORMATION started;
    int tries = 0;
    BOOL made;
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    (void)snprintf(command, sizeof command, "\"%s\" --helper %s %s", program_path, helper, text);
    make_pipe(&process->to, &startup.hStdInput, true);
    make_pipe(&process->from, &startup.hStdOutput, false);
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    (void)SetHandleInformation(startup.hStdError, HANDLE_FLAG_INHERIT, 1);
    (void)fflush(NULL);
    do
        made =
            CreateProcessA(program_path, command, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup, &started);
    while (!made && t_start_again(&tries));
    if (!made)
        T_FAIL("no process: %lu", (unsigned long)GetLastError());
    if (!AssignProcessToJobObject(job, started.hProcess))
        T_FAIL("no place in the job: %lu", (unsigned long)GetLastError());
    (void)ResumeThread(started.hThread);
    (void)CloseHandle(started.hThread);
    (void)CloseHandle(startup.hStdInput);
    (void)CloseHandle(startup.hStdOutput);
    process->process = (intptr_t)started.hProcess;
    process->id = started.dwProcessId;
    return process;
}

t_process *t_start_soon(const char *helper, const char *format, ...)
{
    char text[T_LINE_SIZE];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return t_start(helper, "%s", text);
}

HANDLE t_process_handle(const t_process *process)
{
    return process ? (HANDLE)process->process : GetCurrentProcess();
}

/* --------------------------------------------------------------------------------------------------- lines --- */

size_t t_pipe_write(t_process *to, const char *bytes, size_t length)
{
    DWORD written = 0;

    if (!WriteFile((HANDLE)to->to, bytes, (DWORD)length, &written, NULL))
        T_FAIL("the other process no longer listens to \"%.*s\": %lu", (int)(length < 60 ? length - 1 : 60), bytes,
               (unsigned long)GetLastError());
    return written;
}

/* A pipe cannot be waited for, so this looks often. */
bool t_pipe_readable(const t_process *from, uint64_t milliseconds)
{
    uint64_t deadline = t_now_us() + milliseconds * 1000;
    DWORD there = 0;

    for (int looks = 0;; looks++) {
        if (!PeekNamedPipe((HANDLE)from->from, NULL, 0, NULL, &there, NULL) || there > 0)
            return true;
        if (t_now_us() >= deadline)
            return false;
        if (looks < QUICK_LOOKS)
            (void)SwitchToThread();
        else
            Sleep(1);
    }
}

bool t_pipe_read(t_process *from, char *bytes, size_t size, size_t *count)
{
    DWORD got = 0;
    BOOL done = ReadFile((HANDLE)from->from, bytes, (DWORD)size, &got, NULL);

    *count = got;
    return done && got > 0;
}

void t_pipe_close(t_process *to)
{
    if (to->to != -1)
        (void)CloseHandle((HANDLE)to->to);
    to->to = -1;
}

/* ---------------------------------------------------------------------------------------------------- ends --- */

/* Calls NtSuspendProcess or NtResumeProcess, as task managers do. They return when the process has stopped. */
static void suspend_or_resume(const t_process *process, const char *call)
{
    LONG(WINAPI * function)(HANDLE);
    FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), call);

    memcpy(&function, &found, sizeof found);
    if (!function || function((HANDLE)process->process) < 0)
        T_FAIL("%s is refused", call);
}

void t_stop(t_process *process)
{
    suspend_or_resume(process, "NtSuspendProcess");
}

void t_continue(t_process *process)
{
    suspend_or_resume(process, "NtResumeProcess");
}

void t_process_end(const t_process *process)
{
    (void)TerminateProcess((HANDLE)process->process, KILLED);
}

void t_process_release(t_process *process)
{
    t_pipe_close(process);
    if (process->from != -1)
        (void)CloseHandle((HANDLE)process->from);
    if (process->process != -1)
        (void)CloseHandle((HANDLE)process->process);
    process->used = false;
}

int t_process_await(t_process *process, uint64_t milliseconds)
{
    DWORD code = 0;

    if (WaitForSingleObject((HANDLE)process->process, (DWORD)milliseconds) != WAIT_OBJECT_0)
        return T_NOT_ENDED;
    (void)GetExitCodeProcess((HANDLE)process->process, &code);
    switch (code) {
    case KILLED:
        return T_END_KILLED;
    case EXCEPTION_ACCESS_VIOLATION:
        return T_END_FAULT;
    case EXCEPTION_IN_PAGE_ERROR:
        return T_END_BUS;
    default:
        return code < 256 ? (int)code : T_END_KILLED;
    }
}

uint64_t t_process_id(const t_process *process)
{
    return process ? process->id : GetCurrentProcessId();
}
