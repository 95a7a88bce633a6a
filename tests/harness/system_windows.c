/* SPDX-License-Identifier: MIT */
/*
 * system_windows.c - threads, time, environment, name spaces and handles on Windows (the rest of process.h).
 */
#include "test.h"
#include "faults_windows.h"
#include "system_windows.h"

enum { FREE_ROW = 128 };

/* ------------------------------------------------------------------------------------------------- threads --- */

struct t_thread {
    HANDLE thread;
    void (*run)(void *);
    void *arg;
};

static DWORD WINAPI run_thread(void *arg)
{
    t_thread *thread = arg;

    thread->run(thread->arg);
    return 0;
}

t_thread *t_thread_start(void (*run)(void *), void *arg)
{
    t_thread *thread = malloc(sizeof *thread);

    T_TRUE(thread != NULL);
    thread->run = run;
    thread->arg = arg;
    thread->thread = CreateThread(NULL, 0, run_thread, thread, 0, NULL);
    T_TRUE(thread->thread != NULL);
    return thread;
}

void t_thread_join(t_thread *thread)
{
    T_EQ(WaitForSingleObject(thread->thread, INFINITE), WAIT_OBJECT_0);
    T_TRUE(CloseHandle(thread->thread));
    free(thread);
}

void t_need_free_threads(void)
{
}

/* ------------------------------------------------------------------------------------------------- faults --- */

/* t_process_begin has done that. */
void t_default_signals(void)
{
}

bool t_raise_rights(void *address, size_t length)
{
    DWORD before;

    return VirtualProtect(address, length, PAGE_READWRITE, &before) ||
           VirtualAlloc(address, length, MEM_COMMIT, PAGE_READWRITE);
}

/* ---------------------------------------------------------------------------------------------------- time --- */

uint64_t t_now_us(void)
{
    LARGE_INTEGER now, frequency;

    (void)QueryPerformanceCounter(&now);
    (void)QueryPerformanceFrequency(&frequency);
    return (uint64_t)((double)now.QuadPart * 1e6 / (double)frequency.QuadPart);
}

/* The system's sleep counts in milliseconds. */
void t_sleep_us(uint64_t microseconds)
{
    uint64_t until = t_now_us() + microseconds;

    if (microseconds >= 1000)
        Sleep((DWORD)(microseconds / 1000));
    while (t_now_us() < until)
        (void)SwitchToThread();
}

void t_sleep_until_us(uint64_t when)
{
    uint64_t now = t_now_us();

    if (when > now + 2000)
        t_sleep_us(when - now - 2000);
    while (t_now_us() < when)
        ;
}

void t_environment(const char *variable, const char *value)
{
    T_EQ(_putenv_s(variable, value ? value : ""), 0);
}

/* -------------------------------------------------------------------------------------------- name spaces --- */

/*
 * All processes of a session have one name space, in which nothing outlives its users: there is no folder to make,
 * count or sweep, and the objects of one test cannot be told from another's.
 */
void t_folder_make(char *path, size_t size, uint64_t number)
{
    (void)number;
    t_maps_begin();
    (void)snprintf(path, size, "Local");
}

void t_folder_remove(const char *path)
{
    (void)path;
}

void t_folder_empty(const char *path)
{
    (void)path;
}

void t_folder_sweep(void)
{
}

size_t t_folder_count(const char *path)
{
    (void)path;
    return 0;
}

void t_folder_print(const char *path)
{
    (void)path;
}

/*
 * Counts them one by one, since Wine does not tell their number. They are multiples of 4, the lowest free one first, so
 * there are no more after a long row of free ones.
 */
size_t t_descriptor_count(void)
{
    size_t count = 0;
    DWORD flags;

    for (uintptr_t handle = 4, last = 0; handle <= last + 4 * FREE_ROW; handle += 4)
        if (GetHandleInformation((HANDLE)handle, &flags)) {
            last = handle;
            count++;
        }
    return count;
}

/* No test changes a setting of the machine here. */
void t_restore(void)
{
    t_faults_end();
}

/* ------------------------------------------------------------------------------------------------ features --- */

const char *t_missing(enum t_feature feature)
{
    switch (feature) {
    case T_KEPT:
        return "on Windows nothing outlives its last user, so nothing can be kept";
    case T_UNLINKING:
        return "on Windows a section's name goes with its last handle, and cannot be taken away before";
    case T_FOLDERS:
        return "on Windows there is one name space for the session, no folder whose objects could be counted";
    case T_LAZINESS:
        return "on Windows what is not committed cannot be touched, so nothing is lazy";
    case T_GIVING_BACK:
        return "on Windows the memory of a section goes with the whole section only";
    case T_DESCRIPTORS:
        return NULL;
    case T_FILE_LOCKS:
        return "on Windows locks are named objects, not a file's";
    }
    return NULL;
}
