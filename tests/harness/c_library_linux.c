/* SPDX-License-Identifier: MIT */
/*
 * c_library_linux.c - functions of the C library that the library calls, counted and failed like the calls of its
 * table. The linker wraps them in a test that compiles this file (fault/CMakeLists.txt).
 */
#define _GNU_SOURCE 1

#include "intercept_linux.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define WRAP(name, type, failure, parameters, arguments)                                                               \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters                                                                                      \
    {                                                                                                                  \
        return t_calls_allow(T_CALL_##name) ? __real_##name arguments : failure;                                       \
    }

WRAP(malloc, void *, NULL, (size_t size), (size))
WRAP(calloc, void *, NULL, (size_t count, size_t size), (count, size))
WRAP(realloc, void *, NULL, (void *at, size_t size), (at, size))
WRAP(readlink, ssize_t, -1, (const char *path, char *out, size_t size), (path, out, size))
WRAP(fdopen, FILE *, NULL, (int fd, const char *mode), (fd, mode))
WRAP(getline, ssize_t, -1, (char **line, size_t *size, FILE *file), (line, size, file))
WRAP(pthread_mutex_init, int, errno, (pthread_mutex_t * mutex, const pthread_mutexattr_t *what), (mutex, what))
