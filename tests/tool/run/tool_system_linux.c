/* SPDX-License-Identifier: MIT */
/*
 * tool_system_linux.c - tool_system.h on POSIX systems.
 */
#define _POSIX_C_SOURCE 200809L

#include "tool_system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"
#include "tool_run.h"

/* In the child: makes this its stream `number`. The path TOOL_NOTHING is /dev/null. */
static void become(int number, const char *path, int flags, int pipe_end)
{
    int fd = path == NULL ? pipe_end : open(*path != '\0' ? path : "/dev/null", flags, 0600);

    if (fd < 0 || dup2(fd, number) < 0)
        _exit(126);
    if (fd != number)
        (void)close(fd);
}

void tool_child_start(tool_child *child, char *const *words, const char *in, const char *out, const char *err)
{
    int to[2] = { -1, -1 }, from[2] = { -1, -1 };
    pid_t pid;

    if ((in == NULL && pipe(to) != 0) || (out == NULL && pipe(from) != 0))
        T_FAIL("no pipe: %s", strerror(errno));
    for (int i = 0; i < 2; i++) /* no child may hold another's pipe open */
        T_TRUE((to[i] < 0 || fcntl(to[i], F_SETFD, FD_CLOEXEC) == 0) &&
               (from[i] < 0 || fcntl(from[i], F_SETFD, FD_CLOEXEC) == 0));
    pid = fork();
    if (pid < 0)
        T_FAIL("no process: %s", strerror(errno));
    if (pid == 0) {
        (void)signal(SIGPIPE, SIG_DFL);
        become(0, in, O_RDONLY, to[0]);
        become(1, out, O_WRONLY | O_CREAT | O_TRUNC, from[1]);
        become(2, err, O_WRONLY | O_CREAT | O_TRUNC, -1);
        (void)execv(words[0], words);
        _exit(127);
    }
    if (to[0] >= 0)
        (void)close(to[0]);
    if (from[1] >= 0)
        (void)close(from[1]);
    *child = (tool_child){ .process = pid, .to = to[1], .from = from[0] };
}

size_t tool_child_read(tool_child *child, void *to, size_t size)
{
    ssize_t got = read((int)child->from, to, size);

    if (got < 0)
        T_FAIL("a command's output cannot be read: %s", strerror(errno));
    return (size_t)got;
}

void tool_child_write(tool_child *child, const void *bytes, size_t size)
{
    const char *next = bytes;

    while (size > 0) {
        ssize_t done = write((int)child->to, next, size);

        if (done < 0)
            T_FAIL("a command does not take its input: %s", strerror(errno));
        next += done;
        size -= (size_t)done;
    }
}

void tool_child_close(intptr_t *end)
{
    if (*end != -1)
        (void)close((int)*end);
    *end = -1;
}

const t_helper tool_helpers[] = { { NULL, NULL } };

void tool_child_interrupt(tool_child *child)
{
    T_EQ(kill((pid_t)child->process, SIGTERM), 0);
}

void tool_child_pause(tool_child *child, bool pause)
{
    T_EQ(kill((pid_t)child->process, pause ? SIGSTOP : SIGCONT), 0);
}

void tool_child_kill(tool_child *child)
{
    T_EQ(kill((pid_t)child->process, SIGKILL), 0);
}

bool tool_child_wait(tool_child *child, uint64_t milliseconds, int *end)
{
    uint64_t deadline = t_now_us() + milliseconds * 1000;
    int status;

    while (waitpid((pid_t)child->process, &status, WNOHANG) == 0) {
        if (t_now_us() > deadline)
            return false;
        t_sleep_us(500);
    }
    *end = WIFEXITED(status) ? WEXITSTATUS(status) : T_END_KILLED;
    return true;
}

bool tool_utf8(bool wanted)
{
    bool there = setlocale(LC_CTYPE, "C.UTF-8") != NULL;

    (void)setlocale(LC_CTYPE, "C");
    t_environment("LC_ALL", wanted ? "C.UTF-8" : "C");
    return wanted && there;
}

/* It is inside the case's folder, which is removed also after a failure. */
void tool_folder_make(char *path, size_t size)
{
    (void)signal(SIGPIPE, SIG_IGN); /* tool_write reports a command that has ended */
    (void)snprintf(path, size, "%s/scratch", t_folder());
    T_EQ(mkdir(path, 0700), 0);
}

void tool_folder_remove(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL)
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder != NULL)
        (void)closedir(folder);
    (void)rmdir(path);
}
