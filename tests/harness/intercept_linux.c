/* SPDX-License-Identifier: MIT */
/*
 * intercept_linux.c - replaces the library's table of system calls by one that counts.
 */
#define _GNU_SOURCE 1

#include "intercept_linux.h"
#include "system_linux.h"
#include "test.h"

#include <assert.h>
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

static_assert(sizeof(struct st_sys) == T_CALL_TABLE * sizeof(void *), "every call of the table is counted");

static struct st_sys real;
static struct {
    bool begun;
    uint64_t of[T_CALL_COUNT], all, waking, last_sleep;
    void (*before)(enum t_call call, uint64_t number);
    enum t_futex futex;
    bool keep_views;
    struct {
        bool armed, for_good, struck;
        enum t_call call;
        uint64_t left; /* uses until it strikes */
        int error;
    } plan;
} calls;

/* Returns whether this call must fail now, and then sets errno. */
static bool strikes(enum t_call call)
{
    if (!calls.plan.armed || calls.plan.call != call)
        return false;
    if (calls.plan.left > 1) {
        calls.plan.left--;
        return false;
    }
    calls.plan.armed = calls.plan.for_good;
    calls.plan.struck = true;
    errno = calls.plan.error;
    return true;
}

static void count(enum t_call call)
{
    if (calls.before)
        calls.before(call, calls.all);
    calls.all++;
    calls.of[call]++;
}

bool t_calls_allow(enum t_call call)
{
    if (!calls.begun)
        return true;
    count(call);
    return !strikes(call);
}

/* One line each: name, type, result of a failure, parameters, arguments. */
#define CALLS(X)                                                                                                       \
    X(fstat, int, -1, (int fd, struct stat *out), (fd, out))                                                           \
    X(fstatat, int, -1, (int folder, const char *name, struct stat *out, int flags), (folder, name, out, flags))       \
    X(fstatfs, int, -1, (int fd, struct statfs *out), (fd, out))                                                       \
    X(fchmod, int, -1, (int fd, mode_t mode), (fd, mode))                                                              \
    X(ftruncate, int, -1, (int fd, off_t size), (fd, size))                                                            \
    X(linkat, int, -1, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags))           \
    X(unlinkat, int, -1, (int folder, const char *name, int flags), (folder, name, flags))                             \
    X(renameat2, int, -1, (int a, const char *from, int b, const char *to, unsigned flags), (a, from, b, to, flags))   \
    X(pwrite, ssize_t, -1, (int fd, const void *data, size_t length, off_t offset), (fd, data, length, offset))        \
    X(lseek, off_t, -1, (int fd, off_t offset, int whence), (fd, offset, whence))                                      \
    X(getrlimit, int, -1, (__rlimit_resource_t which, struct rlimit * out), (which, out))                              \
    X(mmap, void *, (void *)-1, (void *address, size_t length, int protection, int flags, int fd, off_t offset),       \
      (address, length, protection, flags, fd, offset))                                                                \
    X(mprotect, int, -1, (void *address, size_t length, int protection), (address, length, protection))                \
    X(madvise, int, -1, (void *address, size_t length, int advice), (address, length, advice))                         \
    X(fdopendir, DIR *, NULL, (int fd), (fd))                                                                          \
    X(readdir, struct dirent *, NULL, (DIR * folder), (folder))

/* Calls that give something back. */
#define RETURNS(X)                                                                                                     \
    X(close, int, -1, (int fd), (fd))                                                                                  \
    X(closedir, int, -1, (DIR * folder), (folder))

#define DEFINE(name, type, failure, parameters, arguments)                                                             \
    static type counted_##name parameters                                                                              \
    {                                                                                                                  \
        return t_calls_allow(T_CALL_##name) ? real.name arguments : failure;                                           \
    }
CALLS(DEFINE)

#define DEFINE_RETURN(name, type, failure, parameters, arguments)                                                      \
    static type counted_##name parameters                                                                              \
    {                                                                                                                  \
        type result;                                                                                                   \
                                                                                                                       \
        count(T_CALL_##name);                                                                                          \
        result = real.name arguments;                                                                                  \
        return strikes(T_CALL_##name) ? failure : result;                                                              \
    }
RETURNS(DEFINE_RETURN)

/* Calls that may return fewer bytes than the caller wants. */
#define READS(X)                                                                                                       \
    X(pread, (int fd, void *out, size_t length, off_t offset), (fd, out, length, offset))                              \
    X(getrandom, (void *out, size_t length, unsigned flags), (out, length, flags))

#define DEFINE_READ(name, parameters, arguments)                                                                       \
    static ssize_t counted_##name parameters                                                                           \
    {                                                                                                                  \
        bool allowed = t_calls_allow(T_CALL_##name);                                                                   \
        ssize_t got = allowed || calls.plan.error == T_CALLS_SHORT ? real.name arguments : -1;                         \
                                                                                                                       \
        if (allowed || got < 2)                                                                                        \
            return got;                                                                                                \
        memset((char *)out + got / 2, 0, (size_t)(got - got / 2));                                                     \
        return got / 2;                                                                                                \
    }
READS(DEFINE_READ)

static int counted_munmap(void *address, size_t length)
{
    int result = 0;
    bool struck;

    count(T_CALL_munmap);
    struck = strikes(T_CALL_munmap);
    if (!struck || !calls.keep_views)
        result = real.munmap(address, length);
    if (struck)
        errno = calls.plan.error;
    return struck ? -1 : result;
}

static int counted_fallocate(int fd, int mode, off_t offset, off_t length)
{
    count(T_CALL_fallocate);
    if ((mode == 0 || !calls.plan.for_good) && strikes(T_CALL_fallocate))
        return -1;
    return real.fallocate(fd, mode, offset, length);
}

static int counted_openat(int folder, const char *name, int flags, ...)
{
    va_list list;
    mode_t mode = 0;

    va_start(list, flags);
    if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)))
        mode = va_arg(list, mode_t);
    va_end(list);
    return t_calls_allow(mode ? T_CALL_tmpfile : T_CALL_openat) ? real.openat(folder, name, flags, mode) : -1;
}

static int counted_fcntl(int fd, int command, ...)
{
    va_list list;
    void *what;
    int result;

    va_start(list, command);
    what = va_arg(list, void *);
    va_end(list);
    if (command != F_OFD_SETLK || ((const struct flock *)what)->l_type != F_UNLCK)
        return t_calls_allow(T_CALL_fcntl) ? real.fcntl(fd, command, what) : -1;
    count(T_CALL_fcntl);
    result = real.fcntl(fd, command, what);
    return strikes(T_CALL_fcntl) ? -1 : result;
}

static void *counted_mremap(void *address, size_t old_length, size_t length, int flags, ...)
{
    return t_calls_allow(T_CALL_mremap) ? real.mremap(address, old_length, length, flags) : (void *)-1;
}

static long counted_syscall(long number, ...)
{
    va_list list;
    uint32_t *word, value;
    struct timespec *time;
    int operation;

    va_start(list, number);
    word = va_arg(list, uint32_t *);
    operation = va_arg(list, int);
    value = va_arg(list, uint32_t);
    time = va_arg(list, struct timespec *);
    va_end(list);
    T_EQ(number, SYS_futex);
    if (operation == FUTEX_WAKE)
        calls.waking++;
    else
        calls.last_sleep = (uint64_t)time->tv_sec * 1000 + (uint64_t)time->tv_nsec / 1000000;
    if (!t_calls_allow(T_CALL_syscall))
        return -1;
    if (operation == FUTEX_WAKE && calls.futex == T_FUTEX_NO_WAKES)
        return 0;
    if (operation != FUTEX_WAKE && calls.futex == T_FUTEX_ONLY_WAKES)
        time = NULL;
    return real.syscall(number, word, operation, value, time, NULL, 0);
}

void t_calls_begin(void (*before)(enum t_call call, uint64_t number))
{
    t_calls_end();
    real = st_sys;
#define TAKE(name, type, failure, parameters, arguments) st_sys.name = counted_##name;
    CALLS(TAKE)
    RETURNS(TAKE)
    st_sys.pread = counted_pread;
    st_sys.getrandom = counted_getrandom;
    st_sys.fallocate = counted_fallocate;
    st_sys.munmap = counted_munmap;
    st_sys.openat = counted_openat;
    st_sys.fcntl = counted_fcntl;
    st_sys.mremap = counted_mremap;
    st_sys.syscall = counted_syscall;
    memset(&calls, 0, sizeof calls);
    calls.before = before;
    calls.begun = true;
}

void t_calls_end(void)
{
    if (calls.begun)
        st_sys = real;
    calls.begun = false;
}

uint64_t t_calls(void)
{
    return calls.all;
}

uint64_t t_calls_of(enum t_call call)
{
    return calls.of[call];
}

uint64_t t_calls_waking(void)
{
    return calls.waking;
}

void t_calls_fail_nth(enum t_call call, uint64_t nth, int error, bool for_good)
{
    calls.plan.call = call;
    calls.plan.left = nth;
    calls.plan.error = error;
    calls.plan.for_good = for_good;
    calls.plan.struck = false;
    calls.plan.armed = true;
}

void t_calls_fail(enum t_call call, int error)
{
    t_calls_fail_nth(call, 1, error, false);
}

void t_calls_keep_views(bool keep)
{
    calls.keep_views = keep;
}

bool t_calls_over(void)
{
    calls.plan.armed = false;
    return calls.plan.struck;
}

const char *t_call_name(enum t_call call)
{
    static const char *const names[T_CALL_COUNT] = {
#define NAME(name, ...) [T_CALL_##name] = #name,
        CALLS(NAME) RETURNS(NAME) NAME(openat) NAME(fcntl) NAME(fallocate) NAME(munmap) NAME(mremap) NAME(tmpfile)
            NAME(pread) NAME(getrandom) NAME(malloc) NAME(calloc) NAME(realloc) NAME(readlink) NAME(fdopen)
                NAME(getline) NAME(pthread_mutex_init) /* */
                    [T_CALL_syscall] = "futex",
    };

    return names[call];
}

void t_calls_futex(enum t_futex how)
{
    calls.futex = how;
}

uint64_t t_calls_last_sleep(void)
{
    return calls.last_sleep;
}

void t_until_it_sleeps(uint64_t process)
{
    char path[64], text[256], wanted[16];
    uint64_t deadline = t_deadline_us();

    (void)snprintf(path, sizeof path, "/proc/%" PRIu64 "/syscall", process);
    (void)snprintf(wanted, sizeof wanted, "%d ", (int)SYS_futex);
    if (!t_read_text(path, text, sizeof text)) { /* not every kernel has this file */
        t_sleep_us(50000);
        return;
    }
    while (!t_read_text(path, text, sizeof text) || strncmp(text, wanted, strlen(wanted)) != 0) {
        if (t_now_us() > deadline)
            T_FAIL("process %" PRIu64 " does not sleep on a futex: %s", process, text);
        t_sleep_us(500);
    }
}
