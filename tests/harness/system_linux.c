/* SPDX-License-Identifier: MIT */
/*
 * system_linux.c - threads, time, environment, folders and descriptors on Linux (the rest of process.h).
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "system_linux.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PARENT_FOLDER "/dev/shm"
#define FOLDER_PREFIX "stitch-test-"

/* ------------------------------------------------------------------------------------------------- threads --- */

struct t_thread {
    pthread_t thread;
    void (*run)(void *);
    void *arg;
};

static void *run_thread(void *arg)
{
    t_thread *thread = arg;

    thread->run(thread->arg);
    return NULL;
}

t_thread *t_thread_start(void (*run)(void *), void *arg)
{
    t_thread *thread = malloc(sizeof *thread);

    T_TRUE(thread != NULL);
    thread->run = run;
    thread->arg = arg;
    T_EQ(pthread_create(&thread->thread, NULL, run_thread, thread), 0);
    return thread;
}

void t_thread_join(t_thread *thread)
{
    T_EQ(pthread_join(thread->thread, NULL), 0);
    free(thread);
}

void t_need_free_threads(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    if (preloaded && strstr(preloaded, "vgpreload"))
        t_skip("valgrind stops every thread while one waits for a lock of another handle");
}

/* ---------------------------------------------------------------------------------------------------- time --- */

uint64_t t_now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void t_sleep_us(uint64_t microseconds)
{
    struct timespec rest = { (time_t)(microseconds / 1000000), (long)(microseconds % 1000000 * 1000) };

    while (nanosleep(&rest, &rest) && errno == EINTR)
        ;
}

void t_sleep_until_us(uint64_t when)
{
    uint64_t now = t_now_us();

    if (when > now + 500)
        t_sleep_us(when - now - 500);
    while (t_now_us() < when)
        ;
}

void t_environment(const char *variable, const char *value)
{
    T_EQ(value ? setenv(variable, value, 1) : unsetenv(variable), 0);
}

/* ------------------------------------------------------------------------------------------------- folders --- */

void t_folder_make(char *path, size_t size, uint64_t number)
{
    (void)snprintf(path, size, PARENT_FOLDER "/" FOLDER_PREFIX "%d-%" PRIu64, (int)getpid(), number);
    if (mkdir(path, 0700)) {
        (void)fprintf(stderr, "cannot make %s: %s\n", path, strerror(errno));
        abort();
    }
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

void t_folder_remove(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void t_folder_empty(const char *path)
{
    t_folder_remove(path);
    T_EQ(mkdir(path, 0700), 0);
}

void t_folder_sweep(void)
{
    DIR *folder = opendir(PARENT_FOLDER);
    struct dirent *entry;

    while (folder && (entry = readdir(folder)) != NULL) {
        char path[512];
        int pid;

        if (sscanf(entry->d_name, FOLDER_PREFIX "%d-", &pid) != 1 || (kill(pid, 0) == 0 || errno != ESRCH))
            continue;
        (void)snprintf(path, sizeof path, PARENT_FOLDER "/%s", entry->d_name);
        t_folder_remove(path);
    }
    if (folder)
        (void)closedir(folder);
}

static size_t walk_folder(const char *path, bool print)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    size_t count = 0;

    if (folder == NULL)
        T_FAIL("no folder %s: %s", path, strerror(errno));
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (print)
            (void)fprintf(stderr, "  in the folder: %s\n", entry->d_name);
    }
    (void)closedir(folder);
    return count;
}

size_t t_folder_count(const char *path)
{
    return walk_folder(path, false);
}

void t_folder_print(const char *path)
{
    (void)walk_folder(path, true);
}

size_t t_descriptor_count(void)
{
    /* Reading the folder itself holds one. */
    return t_folder_count("/proc/self/fd") - 1;
}

const char *t_missing(enum t_feature feature)
{
    return feature == T_DESCRIPTORS ? "here an object has a mode, and no security descriptor" : NULL;
}

bool t_read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    size_t count;

    if (file == NULL)
        return false;
    count = fread(text, 1, size - 1, file);
    text[count] = 0;
    (void)fclose(file);
    return true;
}
