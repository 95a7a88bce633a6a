/* SPDX-License-Identifier: MIT */
/* sys_linux.c - clocks, /proc, and memory that is touched to warm it. */
#include "sys.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static clockid_t measure = CLOCK_MONOTONIC;

static double read_clock(clockid_t id)
{
    struct timespec time;

    clock_gettime(id, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

double sys_now(void)
{
    return read_clock(measure);
}

double sys_wall(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void sys_count_processor_time(void)
{
    measure = CLOCK_THREAD_CPUTIME_ID;
}

double sys_busy_share(const struct sys_stopwatch *since)
{
    double wall = read_clock(CLOCK_MONOTONIC) - since->wall;

    return wall > 0 ? (read_clock(CLOCK_PROCESS_CPUTIME_ID) - since->busy) / wall : 1;
}

struct sys_stopwatch sys_start(void)
{
    return (struct sys_stopwatch){ read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_PROCESS_CPUTIME_ID) };
}

double sys_seconds(const struct sys_stopwatch *since)
{
    return (read_clock(CLOCK_MONOTONIC) - since->wall) / 1e9;
}

double sys_clock_cost(void)
{
    enum { ROUNDS = 100000 };
    double begin = sys_now();

    for (int i = 0; i < ROUNDS; i++)
        (void)sys_now();
    return (sys_now() - begin) / ROUNDS;
}

/* Folds the per-CPU counters into the sums of /proc/meminfo. Returns false without the right to do so (root only). */
static bool refresh_counters(void)
{
    FILE *file = fopen("/proc/sys/vm/stat_refresh", "r");

    if (!file)
        return false;
    (void)fgetc(file);
    fclose(file);
    return true;
}

bool sys_memory_is_exact(void)
{
    return refresh_counters();
}

void sys_read_memory(struct sys_memory *out)
{
    unsigned long long kib;
    char line[128];
    FILE *file;

    *out = (struct sys_memory){ 0 };
    refresh_counters();
    file = fopen("/proc/meminfo", "r");
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "Shmem: %llu kB", &kib) == 1)
            out->shared = kib * 1024;
        else if (sscanf(line, "AnonPages: %llu kB", &kib) == 1)
            out->anon = kib * 1024;
        else if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
            out->available = kib * 1024;
    }
    fclose(file);
}

/* Returns the nanoseconds that it took, or 0 if it failed. */
static double warm_small(uint64_t bytes)
{
    int fd = memfd_create("stitch-bench-warm", MFD_CLOEXEC);
    double begin = sys_now(), end;
    bool worked = fd >= 0 && ftruncate(fd, (off_t)bytes) == 0 && fallocate(fd, 0, 0, (off_t)bytes) == 0;

    end = sys_now();
    if (fd >= 0)
        close(fd);
    return worked ? end - begin : 0;
}

static double warm_huge(uint64_t bytes)
{
    double begin = sys_now(), end;
    char *base = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (base == MAP_FAILED)
        return 0;
    madvise(base, (size_t)bytes, MADV_HUGEPAGE);
    for (uint64_t offset = 0; offset < bytes; offset += 4096)
        *(volatile char *)(base + offset) = 1;
    end = sys_now();
    munmap(base, (size_t)bytes);
    return end - begin;
}

double sys_warm(uint64_t bytes, bool huge)
{
    double ns = huge ? warm_huge(bytes) : warm_small(bytes);

    return ns > 0 ? (double)bytes / ns * 1e9 : 0;
}

/* Reads the first line of a small file, without its newline; "?" if there is none. */
static void read_line(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");

    snprintf(out, size, "?");
    if (!file)
        return;
    if (fgets(out, (int)size, file))
        out[strcspn(out, "\n")] = '\0';
    fclose(file);
}

/* Reads the word that counts of "always [madvise] never". */
static void read_choice(const char *path, char *out, size_t size)
{
    char line[128], *begin, *end;

    read_line(path, line, sizeof line);
    begin = strchr(line, '[');
    end = begin ? strchr(begin, ']') : NULL;
    if (end)
        *end = '\0';
    snprintf(out, size, "%.30s", end ? begin + 1 : line);
}

#define HUGE_PAGES "/sys/kernel/mm/transparent_hugepage/"

/*
 * Writes "shared: never; private: madvise", and which page sizes between small and huge are allowed. Such pages help
 * all peers that touch small pages, and so change every ratio.
 */
static void read_huge_pages(char *out, size_t size)
{
    char shared[32], private[32];
    size_t length;

    read_choice(HUGE_PAGES "shmem_enabled", shared, sizeof shared);
    read_choice(HUGE_PAGES "enabled", private, sizeof private);
    snprintf(out, size, "shared: %s; private: %s", shared, private);
    for (unsigned kib = 8; kib < 2048; kib *= 2) {
        char path[128];

        snprintf(path, sizeof path, HUGE_PAGES "hugepages-%ukB/shmem_enabled", kib);
        read_choice(path, shared, sizeof shared);
        length = strlen(out);
        if (strcmp(shared, "never") != 0 && strcmp(shared, "?") != 0)
            snprintf(out + length, size - length, "; shared, %u KiB: %s", kib, shared);
    }
}

static void read_processor(char *out, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");

    snprintf(out, size, "?");
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) == 0 && colon) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(out, size, "%s", colon + 2);
            break;
        }
    }
    fclose(file);
}

void sys_describe(struct sys_machine *out)
{
    struct utsname name;
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE), cpus = sysconf(_SC_NPROCESSORS_ONLN);

    memset(out, 0, sizeof *out);
    read_processor(out->processor, sizeof out->processor);
    if (uname(&name) == 0)
        snprintf(out->system, sizeof out->system, "%s %s", name.sysname, name.release);
    read_huge_pages(out->huge_pages, sizeof out->huge_pages);
    out->cpus = (unsigned)cpus;
    out->memory = (uint64_t)pages * (uint64_t)page;
}

uint64_t sys_shared_available(void)
{
    const char *folder = getenv("STITCH_DIR");
    struct statvfs status;

    if (statvfs(folder && folder[0] != '\0' ? folder : "/dev/shm", &status) != 0)
        return 0;
    return (uint64_t)status.f_bavail * status.f_frsize;
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    interrupted = 1;
    signal(number, SIG_DFL);
}

void sys_catch_interrupts(void)
{
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
}

bool sys_interrupted(void)
{
    return interrupted != 0;
}
