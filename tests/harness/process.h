/* SPDX-License-Identifier: MIT */
/*
 * process.h - the porting header of the tests: helper processes, threads, time, folders. process.c and system_*.c
 * implement it.
 *
 * A helper process is this test's own program, started again, which runs one of the file's T_HELPER functions. Test and
 * helper tell each other lines of text: t_tell and t_hear on either side. Nothing waits without a limit: a wait that
 * takes longer than t_patience_ms() fails the test. A helper dies with the test that started it.
 */
#ifndef T_PROCESS_H
#define T_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#if defined(__MINGW_PRINTF_FORMAT) /* the C library's printf, or its replacement by mingw's: <stdio.h> knows */
#  define T_PRINTF(at, first) __attribute__((format(__MINGW_PRINTF_FORMAT, at, first)))
#  define T_SCANF(at, first) __attribute__((format(__MINGW_SCANF_FORMAT, at, first)))
#elif defined(__GNUC__)
#  define T_PRINTF(at, first) __attribute__((format(printf, at, first)))
#  define T_SCANF(at, first) __attribute__((format(scanf, at, first)))
#else
#  define T_PRINTF(at, first)
#  define T_SCANF(at, first)
#endif

/*
 * How long the tests wait for another process before they fail, in milliseconds: 60 s, multiplied by the environment's
 * STITCH_TEST_TIMEOUT_FACTOR (a decimal number; 1 by default). No other time limit makes a test fail. And the time at
 * which such a wait that begins now ends.
 */
unsigned t_patience_ms(void);
uint64_t t_deadline_us(void);

typedef struct t_process t_process;

/* How a process ended, if not with an exit status of 0 to 255. */
enum t_end {
    T_END_KILLED = -1, /* by t_kill, or by another signal than these */
    T_END_FAULT = -2,  /* access violation: SIGSEGV */
    T_END_BUS = -3,    /* SIGBUS: memory that was promised is not there */
    T_END_FSIZE = -4   /* SIGXFSZ */
};

/* Start a helper with the arguments that the format gives. */
t_process *t_start(const char *helper, const char *format, ...) T_PRINTF(2, 3);

/*
 * The same, but sooner where a process can be copied: the helper is a fork of this test then, and has what it has.
 * Only with no region open.
 */
t_process *t_start_soon(const char *helper, const char *format, ...) T_PRINTF(2, 3);

/* The other side of this helper. Only in a helper. */
t_process *t_parent(void);

/* A line to the other side; the next line from it, without the newline, good until the next t_hear from there. */
void t_tell(t_process *to, const char *format, ...) T_PRINTF(2, 3);
const char *t_hear(t_process *from);
/* As t_hear, but NULL if the other side has ended. */
const char *t_hear_or_end(t_process *from);
/* The next line must be this; must scan to `count` values. */
void t_expect(t_process *from, const char *line);
void t_scan(t_process *from, int count, const char *format, ...) T_SCANF(3, 4);
/* True if a line, or the end, is waiting. */
bool t_heard(t_process *from);

void t_stop(t_process *process);
void t_continue(t_process *process);
void t_kill(t_process *process);          /* at once, and wait until it is gone */
int t_wait(t_process *process);           /* until it ends: exit status or enum t_end; frees it */
void t_finish(t_process *process);        /* t_wait, and it must be 0 */
uint64_t t_process_id(const t_process *process); /* NULL: of this process */
void t_process_forget_all(void);          /* kill what a failed test left running */
bool t_process_none_left(void);

/* For t_main only. */
void t_process_begin(char *program, bool is_helper);

/* Threads. A thread that fails an assertion ends the process. */
typedef struct t_thread t_thread;
t_thread *t_thread_start(void (*run)(void *), void *arg);
void t_thread_join(t_thread *thread);

/*
 * Skip a test in which threads wait for each other's handles, where valgrind runs it: it lets no thread go on while one
 * waits for an open-file-description lock.
 */
void t_need_free_threads(void);

/* Time that all processes share, and sleep. */
uint64_t t_now_us(void);
void t_sleep_us(uint64_t microseconds);
/* And spin through the last bit: processes that wait for one moment start together. */
void t_sleep_until_us(uint64_t when);

/* Faults of the hardware end this process from now on, also where a sanitizer would report them. */
void t_default_signals(void);

/* Ask the system for the right to write these mapped bytes. False: it will not give it. */
bool t_raise_rights(void *address, size_t length);

/* Environment. NULL takes the variable away. */
void t_environment(const char *variable, const char *value);

/* Where the test's objects live. */
void t_folder_make(char *path, size_t size, uint64_t number); /* a new one, empty, for this process */
void t_folder_sweep(void);                                    /* what processes that died have left */
size_t t_folder_count(const char *path);                      /* names in it */
void t_folder_print(const char *path);
void t_folder_remove(const char *path);                       /* with all that is in it */
void t_folder_empty(const char *path);                        /* remove all that is in it */

/* Descriptors (handles) that this process holds. */
size_t t_descriptor_count(void);

/* What a system may not have. */
enum t_feature {
    T_KEPT,           /* regions without users: STITCH_KEEP */
    T_UNLINKING,      /* names that are taken away from what is in use */
    T_FOLDERS,        /* folders that a test has for itself, and whose objects can be counted */
    T_LAZINESS,       /* STITCH_LAZY */
    T_GIVING_BACK,    /* objects that lose a part of their memory */
    T_FILE_LOCKS,     /* an object's locks, which its handle holds */
    T_DESCRIPTORS     /* objects with security descriptors */
};
/* NULL if it is here; else the reason why not. */
const char *t_missing(enum t_feature feature);

#endif
