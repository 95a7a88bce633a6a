/* SPDX-License-Identifier: MIT */
/*
 * process_linux.c - helper processes, threads, time and folders on Linux.
 *
 * A helper's standard input and output are the pipes of the line protocol; what it prints goes to standard error.
 */
#define _GNU_SOURCE 1

#include "test.h"
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

enum { PROCESSES = 160, LINE_SIZE = 4096, ARGUMENTS = 32 };

/* Only in a build that counts what runs: _exit would throw away what has been counted. */
extern void __gcov_dump(void) __attribute__((weak));

struct t_process {
    bool used;
    pid_t pid;
    int to, from; /* descriptors; -1 if closed */
    char line[LINE_SIZE];
    size_t filled, taken; /* bytes of `line` read so far; of them, those that the last t_hear gave out */
    uint64_t deadline;    /* of the wait that runs */
};

static t_process processes[PROCESSES];
static t_process parent_side;
static char program_path[LINE_SIZE];

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
    parent_side = (t_process){ .used = true, .pid = getppid(), .to = fcntl(1, F_DUPFD_CLOEXEC, 3), .from = 0 };
    if (parent_side.to < 0 || dup2(2, 1) < 0)
        T_FAIL("no descriptor for the helper's lines: %s", strerror(errno));
}

static t_process *new_process(void)
{
    for (size_t i = 0; i < PROCESSES; i++)
        if (!processes[i].used) {
            processes[i] = (t_process){ .used = true, .pid = -1, .to = -1, .from = -1 };
            return &processes[i];
        }
    T_FAIL("more than %d helpers", (int)PROCESSES);
}

/* In the new process: its ends of the pipes, nothing of the parent's, and death together with the parent. */
static void become_child(pid_t parent, int to_read, int to_write)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(to_read, 0) < 0 || dup2(to_write, 1) < 0)
        _exit(1);
    (void)signal(SIGPIPE, SIG_DFL);
}

t_process *t_start(const char *helper, const char *format, ...)
{
    char text[LINE_SIZE], *arguments[ARGUMENTS + 4], *rest = text, *word, helper_name[128];
    t_process *process = new_process();
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
    process->pid = fork();
    if (process->pid == 0) {
        become_child(parent, down[0], up[1]);
        execv(program_path, arguments);
        _exit(1);
    }
    (void)close(down[0]);
    (void)close(up[1]);
    process->to = down[1];
    process->from = up[0];
    if (process->pid < 0)
        T_FAIL("no process: %s", strerror(errno));
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
    t_process *process = new_process();
    int down[2], up[2];
    pid_t parent = getpid();

    if (pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC))
        T_FAIL("no pipe: %s", strerror(errno));
    (void)fflush(NULL);
    process->pid = fork();
    if (process->pid == 0) {
        become_child(parent, down[0], up[1]);
        for (size_t i = 0; i < PROCESSES; i++)
            processes[i].used = false;
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
    if (process->pid < 0)
        T_FAIL("no process: %s", strerror(errno));
    return process;
}

struct soon {
    const char *helper;
    char arguments[LINE_SIZE];
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

t_process *t_parent(void)
{
    if (!parent_side.used)
        T_FAIL("not a helper");
    return &parent_side;
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
        ssize_t written = write(to->to, text + done, length - done);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            T_FAIL("the other process no longer listens to \"%.60s\": %s", text, strerror(errno));
        done += (size_t)written;
    }
}

/* Is there something to read, within so many milliseconds? */
static bool readable(const t_process *from, int milliseconds)
{
    struct pollfd poll_from = { .fd = from->from, .events = POLLIN };
    int ready;

    do
        ready = poll(&poll_from, 1, milliseconds);
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

const char *t_hear_or_end(t_process *from)
{
    char *newline;

    memmove(from->line, from->line + from->taken, from->filled - from->taken);
    from->filled -= from->taken;
    from->taken = 0;
    while ((newline = memchr(from->line, '\n', from->filled)) == NULL) {
        ssize_t count;

        if (from->filled == sizeof from->line)
            T_FAIL("a line of more than %zu bytes", sizeof from->line);
        if (!readable(from, T_PATIENCE_MS))
            T_FAIL("the other process said nothing for %d s", T_PATIENCE_MS / 1000);
        count = read(from->from, from->line + from->filled, sizeof from->line - from->filled);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return NULL;
        from->filled += (size_t)count;
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
        _exit(1); /* the test has failed and said so */
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

void t_stop(t_process *process)
{
    char path[64], text[512];

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)process->pid);
    T_TRUE(kill(process->pid, SIGSTOP) == 0);
    for (int i = 0; i < T_PATIENCE_MS; i++) { /* until the kernel says that it stands */
        const char *after_name = t_read_text(path, text, sizeof text) ? strrchr(text, ')') : NULL;

        if (after_name && strncmp(after_name, ") T", 3) == 0)
            return;
        t_sleep_us(1000);
    }
    T_FAIL("the helper does not stop");
}

void t_continue(t_process *process)
{
    T_TRUE(kill(process->pid, SIGCONT) == 0);
}

static void release(t_process *process)
{
    if (process->to >= 0)
        (void)close(process->to);
    if (process->from >= 0)
        (void)close(process->from);
    process->used = false;
}

/* The end of the process as a number, or -1000 if it has not ended within the time. Frees it if it has. */
static int reap(t_process *process, uint64_t milliseconds)
{
    uint64_t deadline = t_now_us() + milliseconds * 1000;
    int status;
    pid_t got;

    while ((got = waitpid(process->pid, &status, WNOHANG)) == 0) {
        if (t_now_us() > deadline)
            return -1000;
        t_sleep_us(200);
    }
    release(process);
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

void t_kill(t_process *process)
{
    (void)kill(process->pid, SIGKILL);
    if (reap(process, T_PATIENCE_MS) == -1000)
        T_FAIL("a killed helper does not go");
}

int t_wait(t_process *process)
{
    int end;

    if (process->to >= 0)
        (void)close(process->to);
    process->to = -1;
    end = reap(process, T_PATIENCE_MS);
    if (end == -1000)
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
    return (uint64_t)(process ? process->pid : getpid());
}

void t_process_forget_all(void)
{
    for (size_t i = 0; i < PROCESSES; i++)
        if (processes[i].used) {
            if (processes[i].pid > 0) { /* else it never came to be, and -1 would be everybody */
                (void)kill(processes[i].pid, SIGKILL);
                (void)waitpid(processes[i].pid, NULL, 0);
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
