/* SPDX-License-Identifier: MIT */
/*
 * cleanup_linux.c - changes settings of the machine, and makes sure that they are restored.
 *
 * The guard is a process that no longer belongs to the test (forked twice, its own session), so that it outlives a test
 * that is killed for taking too long. It collects lines that say how to undo each change; when the pipe from the test
 * closes, it undoes them, the last one first, and ends.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "system_linux.h"
#include "intercept_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum { UNDO_SIZE = 256, UNDOS = 64 };

static int to_guard = -1, from_guard = -1;
static unsigned mounts;

static bool write_text(const char *path, const char *value)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool good = file >= 0 && write(file, value, strlen(value)) == (ssize_t)strlen(value);

    if (file >= 0)
        (void)close(file);
    return good;
}

/* Undoes one change: "path=value" restores a setting; "path" alone removes a mount or a folder. */
static void undo(char *line)
{
    char *value = strchr(line, '=');

    if (value) {
        *value++ = 0;
        (void)write_text(line, value);
        return;
    }
    if (umount(line))
        (void)umount2(line, MNT_DETACH);
    (void)rmdir(line);
}

_Noreturn static void guard(int from_test)
{
    static char undos[UNDOS][UNDO_SIZE];
    size_t count = 0;

    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    while (count < UNDOS && read(from_test, undos[count], UNDO_SIZE) == UNDO_SIZE)
        count++;
    while (count > 0)
        undo(undos[--count]);
    _exit(0);
}

static void start_guard(void)
{
    int down[2], up[2], null, turn;
    pid_t child;

    if (to_guard >= 0)
        return;
    /* Two tests at once would each restore what the other has set, so one has its turn until its guard ends. */
    turn = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (turn < 0 || flock(turn, LOCK_EX))
        T_FAIL("no turn at the machine's settings: %s", strerror(errno));
    if (pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC))
        T_FAIL("no pipe: %s", strerror(errno));
    (void)fflush(NULL);
    child = fork();
    if (child == 0) {
        (void)setsid();
        if (fork() != 0)
            _exit(0);
        /* The test's parent waits for the end of its output, so the guard must not hold that open. */
        null = open("/dev/null", O_RDWR);
        (void)dup2(null, 0);
        (void)dup2(null, 1);
        (void)dup2(null, 2);
        (void)close(down[1]);
        (void)close(up[0]);
        guard(down[0]);
    }
    (void)waitpid(child, NULL, 0);
    (void)close(down[0]);
    (void)close(up[1]);
    (void)close(turn); /* the guard keeps it */
    to_guard = down[1];
    from_guard = up[0];
}

static void tell_guard(const char *undo_line)
{
    char line[UNDO_SIZE] = { 0 };

    (void)snprintf(line, sizeof line, "%s", undo_line);
    if (write(to_guard, line, sizeof line) != (ssize_t)sizeof line)
        T_FAIL("the guard is gone");
}

void t_restore(void)
{
    char byte;

    t_calls_end();
    if (to_guard < 0)
        return;
    (void)close(to_guard);
    while (read(from_guard, &byte, 1) < 0 && errno == EINTR)
        ;
    (void)close(from_guard);
    to_guard = from_guard = -1;
}

/* Reads the value that is set now. Some files list all values and put the chosen one in brackets. */
static bool setting_now(const char *path, char *value, size_t size)
{
    char text[256], *open_bracket, *close_bracket;

    if (!t_read_text(path, text, sizeof text))
        return false;
    text[strcspn(text, "\n")] = 0;
    open_bracket = strchr(text, '[');
    close_bracket = strchr(text, ']');
    if (open_bracket && close_bracket) {
        *close_bracket = 0;
        (void)snprintf(value, size, "%.100s", open_bracket + 1);
    } else {
        (void)snprintf(value, size, "%.100s", text);
    }
    return true;
}

bool t_setting(const char *path, const char *value)
{
    char line[UNDO_SIZE], now[128];

    if (!setting_now(path, now, sizeof now))
        return false;
    start_guard();
    (void)snprintf(line, sizeof line, "%s=%s", path, now);
    tell_guard(line);
    return write_text(path, value);
}

bool t_mount(const char *type, const char *options, char *path, size_t size)
{
    (void)snprintf(path, size, "%s-mount%u", t_folder(), mounts++);
    if (mkdir(path, 0700))
        return false;
    start_guard();
    if (mount("stitch-test", path, type, 0, options)) {
        (void)rmdir(path);
        return false;
    }
    tell_guard(path);
    return true;
}

void t_remove_later(const char *folder)
{
    start_guard();
    tell_guard(folder);
}

void t_need_root(const char *what_for)
{
    if (geteuid() != 0)
        t_skip("only root can %s", what_for);
}

/* ------------------------------------------------------------------------------------------------ counters --- */

static uint64_t field_of(const char *path, const char *field)
{
    char text[16384], *at;

    if (!t_read_text(path, text, sizeof text) || (at = strstr(text, field)) == NULL)
        T_FAIL("%s has no %s", path, field);
    return strtoull(at + strcspn(at, "0123456789"), NULL, 10) * 1024;
}

uint64_t t_kernel_shmem(void)
{
    return field_of("/proc/meminfo", "Shmem:");
}

uint64_t t_process_memory(const char *field)
{
    return field_of("/proc/self/status", field);
}

uint64_t t_folder_used(const char *path)
{
    struct statfs status;

    if (statfs(path, &status))
        T_FAIL("%s: %s", path, strerror(errno));
    return (uint64_t)(status.f_blocks - status.f_bfree) * (uint64_t)status.f_bsize;
}

uint64_t t_limit(int resource, uint64_t soft)
{
    struct rlimit limit;
    uint64_t before;

    T_EQ(getrlimit((__rlimit_resource_t)resource, &limit), 0);
    before = limit.rlim_cur;
    limit.rlim_cur = soft;
    T_EQ(setrlimit((__rlimit_resource_t)resource, &limit), 0);
    return before;
}
