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
#define T_PRINTF(at, first) __attribute__((format(__MINGW_PRINTF_FORMAT, at, first)))
#define T_SCANF(at, first)  __attribute__((format(__MINGW_SCANF_FORMAT, at, first)))
#elif defined(__GNUC__)
#define T_PRINTF(at, first) __attribute__((format(printf, at, first)))
#define T_SCANF(at, first)  __attribute__((format(scanf, at, first)))
#else
#define T_PRINTF(at, first)
#define T_SCANF(at, first)
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

/* Starts a helper with the arguments that the format gives. */
t_process *t_start(const char *helper, const char *format, ...) T_PRINTF(2, 3);

/*
 * The same, but faster where a process can be copied: there the helper is a fork of this test and has all that it has.
 * Requires that no region is open.
 */
t_process *t_start_soon(const char *helper, const char *format, ...) T_PRINTF(2, 3);

/* Returns the other side of this helper. Requires that this process is one. */
t_process *t_parent(void);

/* Writes a line to the other side; reads the next line from it, without the newline, valid until the next t_hear. */
void t_tell(t_process *to, const char *format, ...) T_PRINTF(2, 3);
const char *t_hear(t_process *from);
/* As t_hear, but returns NULL if the other side has ended. */
const char *t_hear_or_end(t_process *from);
/* Fails unless the next line is this one; unless it scans to `count` values. */
void t_expect(t_process *from, const char *line);
void t_scan(t_process *from, int count, const char *format, ...) T_SCANF(3, 4);
/* Returns whether a line, or the end, can be read now. */
bool t_heard(t_process *from);

void t_stop(t_process *process);
void t_continue(t_process *process);
void t_kill(t_process *process);                 /* kills it, waits until it is gone, and frees it */
int t_wait(t_process *process);                  /* waits for its end, frees it; returns exit status or enum t_end */
void t_finish(t_process *process);               /* as t_wait, and fails unless that is 0 */
uint64_t t_process_id(const t_process *process); /* NULL: of this process */
void t_process_forget_all(void);                 /* kills the helpers that a failed case left running */
bool t_process_none_left(void);

/* For t_main only. */
void t_process_begin(char *program, bool is_helper);

/* Threads. A thread that fails an assertion ends the process. */
typedef struct t_thread t_thread;
t_thread *t_thread_start(void (*run)(void *), void *arg);
void t_thread_join(t_thread *thread);

/*
 * Skips, under valgrind, a case in which threads wait for each other's handles: valgrind lets no thread go on while one
 * waits for an open-file-description lock.
 */
void t_need_free_threads(void);

/* A clock that all processes share, and sleep. */
uint64_t t_now_us(void);
void t_sleep_us(uint64_t microseconds);
/* Sleeps and spins through the last bit, so that processes that wait for the same moment start together. */
void t_sleep_until_us(uint64_t when);

/* From now on a hardware fault ends this process, also where a sanitizer would report it. */
void t_default_signals(void);

/* Asks the system for the right to write these mapped bytes. Returns false if the system refuses. */
bool t_raise_rights(void *address, size_t length);

/* Sets a variable of the environment; NULL removes it. */
void t_environment(const char *variable, const char *value);

/* The folders in which the objects of a case live. */
void t_folder_make(char *path, size_t size, uint64_t number); /* makes an empty one for this process */
void t_folder_sweep(void);                                    /* removes the folders of processes that died */
size_t t_folder_count(const char *path);                      /* returns how many names it has */
void t_folder_print(const char *path);
void t_folder_remove(const char *path); /* removes it with all that is in it */
void t_folder_empty(const char *path);  /* removes all that is in it */

/* Returns how many descriptors (handles) this process holds. */
size_t t_descriptor_count(void);

/* Features that a system may lack. */
enum t_feature {
    T_KEPT,        /* regions persist without users: STITCH_KEEP */
    T_UNLINKING,   /* a name can be taken away from a region in use */
    T_FOLDERS,     /* a test has a folder for itself, and its objects can be counted */
    T_LAZINESS,    /* STITCH_LAZY */
    T_GIVING_BACK, /* an object can lose a part of its memory */
    T_FILE_LOCKS,  /* an object has locks, which its handle holds */
    T_DESCRIPTORS  /* objects have security descriptors */
};
/* Returns NULL if the system has the feature, or the reason why not. */
const char *t_missing(enum t_feature feature);

#endif
