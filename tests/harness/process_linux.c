/* SPDX-License-Identifier: MIT */
/*
 * process_linux.c - starts, stops and ends helper processes on Linux.
 *
 * A helper's standard input and output are the pipes of the line protocol; what it prints goes to standard error.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "process_system.h"
#include "system_linux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENTS = 32 };

/* Exists in builds that measure coverage only: _exit would lose their counts. */
extern void __gcov_dump(void) __attribute__((weak));

static char program_path[T_LINE_SIZE];

/* ---------------------------------------------------------------------------------------------- beginnings --- */

void t_process_begin(char *program, bool is_helper)
{
    ssize_t length = readlink("/proc/self/exe", program_path, sizeof program_path - 1);

    if (length <= 0)
        T_FAIL("%s cannot find its own program", program);
    program_path[length] = 0;
    (void)signal(SIGPIPE, SIG_IGN);
    if (!is_helper)
        return;
    t_parent_side = (t_process){ .used = true, .to = fcntl(1, F_DUPFD_CLOEXEC, 3), .from = 0 };
    t_parent_side.process = getppid();
    t_parent_side.id = (uint64_t)t_parent_side.process;
    if (t_parent_side.to < 0 || dup2(2, 1) < 0)
        T_FAIL("no descriptor for the helper's lines: %s", strerror(errno));
}

/* Gives the new process its ends of the pipes, and lets it die together with its parent. */
static void become_child(pid_t parent, int to_read, int to_write)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(to_read, 0) < 0 || dup2(to_write, 1) < 0)
        _exit(1);
    (void)signal(SIGPIPE, SIG_DFL);
}

t_process *t_start(const char *helper, const char *format, ...)
{
    char text[T_LINE_SIZE], *arguments[ARGUMENTS + 4], *rest = text, *word, helper_name[128];
    t_process *process = t_process_new();
    int down[2], up[2], count = 0;
    pid_t parent = getpid();
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    (void)snprintf(helper_name, sizeof helper_name, "%s", helper);
    arguments[count++] = program_path;
    arguments[count++] = (char[]){ "--helper" };
    arguments[count++] = helper_name;
    while ((word = strtok_r(rest, " ", &rest)) != NULL && count < ARGUMENTS + 3)
        arguments[count++] = word;
    arguments[count] = NULL;

    if (pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC))
        T_FAIL("no pipe: %s", strerror(errno));
    (void)fflush(NULL);
    process->process = fork();
    if (process->process == 0) {
        become_child(parent, down[0], up[1]);
        execv(program_path, arguments);
        _exit(1);
    }
    (void)close(down[0]);
    (void)close(up[1]);
    process->to = down[1];
    process->from = up[0];
    if (process->process < 0)
        T_FAIL("no process: %s", strerror(errno));
    process->id = (uint64_t)process->process;
    return process;
}

void t_leave(void)
{
    (void)fflush(NULL);
    if (__gcov_dump)
        __gcov_dump();
    _exit(0);
}

t_process *t_fork(void (*run)(void *), void *arg)
{
    t_process *process = t_process_new();
    int down[2], up[2];
    pid_t parent = getpid();

    if (pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC))
        T_FAIL("no pipe: %s", strerror(errno));
    (void)fflush(NULL);
    process->process = fork();
    if (process->process == 0) {
        become_child(parent, down[0], up[1]);
        for (size_t i = 0; i < T_PROCESSES; i++)
            t_processes[i].used = false;
        (void)close(down[0]);
        (void)close(down[1]);
        (void)close(up[0]);
        (void)close(up[1]);
        t_process_begin(program_path, true);
        t_become_helper();
        run(arg);
        t_leave();
    }
    (void)close(down[0]);
    (void)close(up[1]);
    process->to = down[1];
    process->from = up[0];
    if (process->process < 0)
        T_FAIL("no process: %s", strerror(errno));
    process->id = (uint64_t)process->process;
    return process;
}

struct soon {
    const char *helper;
    char arguments[T_LINE_SIZE];
};

static void run_soon(void *arg)
{
    struct soon *soon = arg;

    t_run_helper(soon->helper, soon->arguments);
}

t_process *t_start_soon(const char *helper, const char *format, ...)
{
    struct soon soon = { .helper = helper };
    va_list list;

    va_start(list, format);
    (void)vsnprintf(soon.arguments, sizeof soon.arguments, format, list);
    va_end(list);
    return t_fork(run_soon, &soon);
}

void t_default_signals(void)
{
    (void)signal(SIGSEGV, SIG_DFL);
    (void)signal(SIGBUS, SIG_DFL);
}

bool t_raise_rights(void *address, size_t length)
{
    return mprotect(address, length, PROT_READ | PROT_WRITE) == 0 || errno != EACCES ||
           madvise(address, length, MADV_REMOVE) == 0;
}

/* --------------------------------------------------------------------------------------------------- lines --- */

size_t t_pipe_write(t_process *to, const char *bytes, size_t length)
{
    ssize_t written = write((int)to->to, bytes, length);

    if (written < 0 && errno == EINTR)
        return 0;
    if (written <= 0)
        T_FAIL("the other process no longer listens to \"%.*s\": %s", (int)(length < 60 ? length - 1 : 60), bytes,
               strerror(errno));
    return (size_t)written;
}

bool t_pipe_readable(const t_process *from, uint64_t milliseconds)
{
    struct pollfd poll_from = { .fd = (int)from->from, .events = POLLIN };
    int ready;

    do
        ready = poll(&poll_from, 1, (int)milliseconds);
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

bool t_pipe_read(t_process *from, char *bytes, size_t size, size_t *count)
{
    ssize_t got = read((int)from->from, bytes, size);

    *count = got > 0 ? (size_t)got : 0;
    return got > 0 || (got < 0 && errno == EINTR);
}

void t_pipe_close(t_process *to)
{
    if (to->to >= 0)
        (void)close((int)to->to);
    to->to = -1;
}

/* ---------------------------------------------------------------------------------------------------- ends --- */

void t_stop(t_process *process)
{
    char path[64], text[512];

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)process->process);
    T_TRUE(kill((pid_t)process->process, SIGSTOP) == 0);
    for (int i = 0; i < (int)t_patience_ms(); i++) { /* until the kernel says that it has stopped */
        const char *after_name = t_read_text(path, text, sizeof text) ? strrchr(text, ')') : NULL;

        if (after_name && strncmp(after_name, ") T", 3) == 0)
            return;
        t_sleep_us(1000);
    }
    T_FAIL("the helper does not stop");
}

void t_continue(t_process *process)
{
    T_TRUE(kill((pid_t)process->process, SIGCONT) == 0);
}

void t_process_end(const t_process *process)
{
    (void)kill((pid_t)process->process, SIGKILL);
}

void t_process_release(t_process *process)
{
    t_pipe_close(process);
    if (process->from >= 0)
        (void)close((int)process->from);
    process->used = false;
}

int t_process_await(t_process *process, uint64_t milliseconds)
{
    uint64_t deadline = t_now_us() + milliseconds * 1000;
    int status;
    pid_t got;

    while ((got = waitpid((pid_t)process->process, &status, WNOHANG)) == 0) {
        if (t_now_us() > deadline)
            return T_NOT_ENDED;
        t_sleep_us(200);
    }
    if (got < 0)
        return T_END_KILLED;
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    switch (WTERMSIG(status)) {
    case SIGSEGV:
        return T_END_FAULT;
    case SIGBUS:
        return T_END_BUS;
    case SIGXFSZ:
        return T_END_FSIZE;
    default:
        return T_END_KILLED;
    }
}

uint64_t t_process_id(const t_process *process)
{
    return process ? process->id : (uint64_t)getpid();
}
