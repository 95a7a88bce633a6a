/* SPDX-License-Identifier: MIT */
/*
 * system_linux.h - what only Linux tests use: fork, limits, mounts, settings of the machine, counters of the kernel.
 */
#ifndef T_SYSTEM_LINUX_H
#define T_SYSTEM_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process.h"

/* A child by fork, which runs `run` and ends with status 0. It may use t_parent. */
t_process *t_fork(void (*run)(void *), void *arg);

/* The end of a child that a test has forked by itself: status 0, and a build that counts what runs keeps the count. */
_Noreturn void t_leave(void);

/* A file's beginning as text; false if it cannot be read. */
bool t_read_text(const char *path, char *text, size_t size);

/* Skip the test unless root runs it, and say what for. */
void t_need_root(const char *what_for);

/*
 * Settings of the machine and mounts. A guard process puts everything back when the test ends, in whatever way it
 * ends. False: the system refuses.
 */
bool t_setting(const char *path, const char *value);
bool t_mount(const char *type, const char *options, char *path, size_t size); /* path of the new mount comes back */
void t_remove_later(const char *folder); /* an empty folder, with the settings */

/* Counters, in bytes. */
uint64_t t_kernel_shmem(void);                 /* Shmem of /proc/meminfo */
uint64_t t_folder_used(const char *path);      /* what the folder's file system holds */
uint64_t t_process_memory(const char *field);  /* a field of /proc/self/status, say "VmRSS" */

/* Set a soft limit of this process (RLIMIT_...); returns the one before. */
uint64_t t_limit(int resource, uint64_t soft);

#endif
