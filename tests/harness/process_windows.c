/* SPDX-License-Identifier: MIT */
/*
 * process_windows.c - helper processes on Windows.
 *
 * A helper's standard input and output are the pipes of the line protocol; what it prints goes to standard error. All
 * helpers are in one job, which ends them when the test ends, in whatever way.
 */
#include "test.h"
#include "system_windows.h"

#include <io.h>

enum { PROCESSES = 160, LINE_SIZE = 4096, KILLED = 0x57175717, NOT_YET = -1000, QUICK_LOOKS = 40, STARTS = 5 };

struct t_process {
    bool used;
    HANDLE process;
    DWORD id;
    HANDLE to, from; /* NULL if closed */
    char line[LINE_SIZE];
    size_t filled, taken; /* bytes of `line` read so far; of them, those that the last t_hear gave out */
};

static t_process processes[PROCESSES];
static t_process parent_side;
static char program_path[LINE_SIZE];
static HANDLE job;

/* ---------------------------------------------------------------------------------------------- beginnings --- */

/* Ends as the fault would, without a debugger or a window. */
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

    if (length == 0 || length == sizeof program_path)
        T_FAIL("%s cannot find its own program", program);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    (void)SetUnhandledExceptionFilter(end_by_fault);
    if (!is_helper) {
        make_job();
        return;
    }
    parent_side = (t_process){ .used = true, .from = GetStdHandle(STD_INPUT_HANDLE) };
    if (!DuplicateHandle(GetCurrentProcess(), GetStdHandle(STD_OUTPUT_HANDLE), GetCurrentProcess(), &parent_side.to, 0,
                         FALSE, DUPLICATE_SAME_ACCESS) ||
        _dup2(2, 1) < 0)
        T_FAIL("no handle for the helper's lines: %lu", (unsigned long)GetLastError());
}

static t_process *new_process(void)
{
    for (size_t i = 0; i < PROCESSES; i++)
        if (!processes[i].used) {
            processes[i] = (t_process){ .used = true };
            return &processes[i];
        }
    T_FAIL("more than %d helpers", (int)PROCESSES);
}

/* A pipe, of which a helper inherits one end. */
static void make_pipe(HANDLE *ours, HANDLE *theirs, bool we_write)
{
    HANDLE *to_read = we_write ? theirs : ours, *to_write = we_write ? ours : theirs;

    if (!CreatePipe(to_read, to_write, NULL, 1 << 16) || !SetHandleInformation(*theirs, HANDLE_FLAG_INHERIT, 1))
        T_FAIL("no pipe: %lu", (unsigned long)GetLastError());
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
    char text[LINE_SIZE], command[3 * LINE_SIZE];
    t_process *process = new_process();
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
        made = CreateProcessA(program_path, command, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup,
                              &started);
    while (!made && t_start_again(&tries));
    if (!made)
        T_FAIL("no process: %lu", (unsigned long)GetLastError());
    if (!AssignProcessToJobObject(job, started.hProcess))
        T_FAIL("no place in the job: %lu", (unsigned long)GetLastError());
    (void)ResumeThread(started.hThread);
    (void)CloseHandle(started.hThread);
    (void)CloseHandle(startup.hStdInput);
    (void)CloseHandle(startup.hStdOutput);
    process->process = started.hProcess;
    process->id = started.dwProcessId;
    return process;
}

t_process *t_start_soon(const char *helper, const char *format, ...)
{
    char text[LINE_SIZE];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return t_start(helper, "%s", text);
}

t_process *t_parent(void)
{
    if (!parent_side.used)
        T_FAIL("not a helper");
    return &parent_side;
}

HANDLE t_process_handle(const t_process *process)
{
    return process ? process->process : GetCurrentProcess();
}

/* --------------------------------------------------------------------------------------------------- lines --- */

void t_tell(t_process *to, const char *format, ...)
{
    char text[LINE_SIZE];
    size_t length, done = 0;
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof text - 1, format, list);
    va_end(list);
    length = strlen(text);
    text[length++] = '\n';
    while (done < length) {
        DWORD written = 0;

        if (!WriteFile(to->to, text + done, (DWORD)(length - done), &written, NULL))
            T_FAIL("the other process no longer listens to \"%.60s\": %lu", text, (unsigned long)GetLastError());
        done += written;
    }
}

/* Is there something to read, or the end, within so many milliseconds? A pipe cannot be waited for: look often. */
static bool readable(const t_process *from, uint64_t milliseconds)
{
    uint64_t deadline = t_now_us() + milliseconds * 1000;
    DWORD there = 0;

    for (int looks = 0;; looks++) {
        if (!PeekNamedPipe(from->from, NULL, 0, NULL, &there, NULL) || there > 0)
            return true;
        if (t_now_us() >= deadline)
            return false;
        if (looks < QUICK_LOOKS)
            (void)SwitchToThread();
        else
            Sleep(1);
    }
}

const char *t_hear_or_end(t_process *from)
{
    char *newline;

    memmove(from->line, from->line + from->taken, from->filled - from->taken);
    from->filled -= from->taken;
    from->taken = 0;
    while ((newline = memchr(from->line, '\n', from->filled)) == NULL) {
        DWORD count = 0;

        if (from->filled == sizeof from->line)
            T_FAIL("a line of more than %zu bytes", sizeof from->line);
        if (!readable(from, T_PATIENCE_MS))
            T_FAIL("the other process said nothing for %d s", T_PATIENCE_MS / 1000);
        if (!ReadFile(from->from, from->line + from->filled, (DWORD)(sizeof from->line - from->filled), &count, NULL) ||
            count == 0)
            return NULL;
        from->filled += count;
    }
    *newline = 0;
    from->taken = (size_t)(newline - from->line) + 1;
    return from->line;
}

const char *t_hear(t_process *from)
{
    const char *line = t_hear_or_end(from);

    if (line)
        return line;
    if (from == &parent_side)
        _Exit(1); /* the test has failed and said so */
    T_FAIL("the other process ended instead of saying something (exit %d)", t_wait(from));
}

void t_expect(t_process *from, const char *line)
{
    const char *heard = t_hear(from);

    if (strcmp(heard, line) != 0)
        T_FAIL("heard \"%s\", not \"%s\"", heard, line);
}

void t_scan(t_process *from, int count, const char *format, ...)
{
    const char *heard = t_hear(from);
    va_list list;
    int got;

    va_start(list, format);
    got = vsscanf(heard, format, list);
    va_end(list);
    if (got != count)
        T_FAIL("heard \"%s\", which is not of the form \"%s\"", heard, format);
}

bool t_heard(t_process *from)
{
    return memchr(from->line + from->taken, '\n', from->filled - from->taken) != NULL || readable(from, 0);
}

/* ---------------------------------------------------------------------------------------------------- ends --- */

/* NtSuspendProcess or NtResumeProcess: what task managers use. They return when it stands. */
static void suspend_or_resume(const t_process *process, const char *call)
{
    LONG(WINAPI *function)(HANDLE);
    FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), call);

    memcpy(&function, &found, sizeof found);
    if (!function || function(process->process) < 0)
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

static void close_to(t_process *process)
{
    if (process->to)
        (void)CloseHandle(process->to);
    process->to = NULL;
}

static void release(t_process *process)
{
    close_to(process);
    if (process->from)
        (void)CloseHandle(process->from);
    if (process->process)
        (void)CloseHandle(process->process);
    process->used = false;
}

/* The end of the process as a number, or NOT_YET if it has not ended within the time. Frees it if it has. */
static int reap(t_process *process, DWORD milliseconds)
{
    DWORD code = 0;

    if (WaitForSingleObject(process->process, milliseconds) != WAIT_OBJECT_0)
        return NOT_YET;
    (void)GetExitCodeProcess(process->process, &code);
    release(process);
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

void t_kill(t_process *process)
{
    (void)TerminateProcess(process->process, KILLED);
    if (reap(process, T_PATIENCE_MS) == NOT_YET)
        T_FAIL("a killed helper does not go");
}

int t_wait(t_process *process)
{
    int end;

    close_to(process);
    end = reap(process, T_PATIENCE_MS);
    if (end == NOT_YET)
        T_FAIL("the helper has not ended within %d s", T_PATIENCE_MS / 1000);
    return end;
}

void t_finish(t_process *process)
{
    int end = t_wait(process);

    if (end != 0)
        T_FAIL("the helper ended with %d", end);
}

uint64_t t_process_id(const t_process *process)
{
    return process ? process->id : GetCurrentProcessId();
}

void t_process_forget_all(void)
{
    for (size_t i = 0; i < PROCESSES; i++)
        if (processes[i].used) {
            if (processes[i].process) { /* else it never came to be */
                (void)TerminateProcess(processes[i].process, KILLED);
                (void)WaitForSingleObject(processes[i].process, T_PATIENCE_MS);
            }
            release(&processes[i]);
        }
}

bool t_process_none_left(void)
{
    for (size_t i = 0; i < PROCESSES; i++)
        if (processes[i].used)
            return false;
    return true;
}
