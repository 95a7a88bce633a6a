/* SPDX-License-Identifier: MIT */
/*
 * system_linux.h - only tests for Linux use it: fork, limits, mounts, settings of the machine, counters of the kernel.
 */
#ifndef T_SYSTEM_LINUX_H
#define T_SYSTEM_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process.h"

/* Forks a child, which runs `run` and ends with status 0. It may use t_parent. */
t_process *t_fork(void (*run)(void *), void *arg);

/* Ends a child that a test has forked by itself, with status 0. A build that measures coverage keeps its counts. */
_Noreturn void t_leave(void);

/* Reads the beginning of a file as text. Returns false if it cannot be read. */
bool t_read_text(const char *path, char *text, size_t size);

/* Skips the case unless root runs it, and says what it needs root for. */
void t_need_root(const char *what_for);

/*
 * Changes a setting of the machine; mounts a file system and returns its path. A process of its own restores everything
 * when the test ends, however it ends. Return false if the system refuses.
 */
bool t_setting(const char *path, const char *value);
bool t_mount(const char *type, const char *options, char *path, size_t size);
void t_remove_later(const char *folder); /* removes an empty folder when the settings are restored */

/* Counters, in bytes. */
uint64_t t_kernel_shmem(void);                /* Shmem of /proc/meminfo */
uint64_t t_folder_used(const char *path);     /* bytes in use on the folder's file system */
uint64_t t_process_memory(const char *field); /* a field of /proc/self/status, say "VmRSS" */

/* Sets a soft limit of this process (RLIMIT_...) and returns the one before. */
uint64_t t_limit(int resource, uint64_t soft);

#endif
