/* SPDX-License-Identifier: MIT */
/*
 * term_posix.c - term.h on POSIX systems.
 *
 * Interruption without a race: the signals are blocked from st_term_catch_interrupt on and let through only in
 * was_interrupted and while pselect sleeps, so none can arrive between the look at the flag and the sleep. (pselect
 * alone is not enough: it lets nothing through when the input is ready at once.)
 */
#define _POSIX_C_SOURCE 200809L

#include "term.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t caught; /* the signal's number */
static int catching;
static sigset_t mask_while_asleep;

void st_term_arguments(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
}

void st_term_init(void)
{
    /* A closed stream gets a descriptor that cannot be used in its direction: reading and writing fail as before. */
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) {
            (void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY); /* the lowest free number is fd */
        }
    }
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigaction(SIGPIPE, &ignore, NULL);
    setlocale(LC_CTYPE, ""); /* not LC_NUMERIC: numbers are written the same way everywhere */
}

int st_term_in_is_terminal(void)
{
    return isatty(STDIN_FILENO);
}

int st_term_out_is_terminal(void)
{
    return isatty(STDOUT_FILENO);
}

int st_term_error_is_terminal(void)
{
    return isatty(STDERR_FILENO);
}

unsigned st_term_width(void)
{
    struct winsize window;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0) {
        return window.ws_col;
    }
    return 80;
}

int st_term_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

uint64_t st_term_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void st_term_sleep(unsigned milliseconds)
{
    struct timespec rest = { .tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000 };
    while (nanosleep(&rest, &rest) == -1 && errno == EINTR) {
    }
}

static void on_signal(int number)
{
    caught = number;
}

void st_term_catch_interrupt(void)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = on_signal };
    sigset_t blocked;
    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction before;
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN) {
            continue; /* nohup, or a shell's background job: stays ignored */
        }
        sigaction(signals[i], &action, NULL);
        sigaddset(&blocked, signals[i]);
    }
    sigprocmask(SIG_BLOCK, &blocked, &mask_while_asleep);
    catching = 1;
}

static int was_interrupted(void)
{
    if (catching) {
        sigset_t blocked;
        sigprocmask(SIG_SETMASK, &mask_while_asleep, &blocked);
        sigprocmask(SIG_SETMASK, &blocked, NULL);
    }
    return caught != 0;
}

int st_term_interrupted(void)
{
    return was_interrupted() ? 128 + (int)caught : 0;
}

/* 1 if standard input can be read without sleeping, 0 if not, -1 if interrupted. */
static int input_ready(int wait)
{
    struct timespec at_once = { 0, 0 };
    for (;;) {
        if (was_interrupted()) {
            return -1;
        }
        fd_set set;
        FD_ZERO(&set);
        FD_SET(STDIN_FILENO, &set);
        int ready = pselect(STDIN_FILENO + 1, &set, NULL, NULL, wait ? NULL : &at_once,
                            catching ? &mask_while_asleep : NULL);
        if (ready >= 0) {
            return ready;
        }
        if (errno != EINTR) {
            return 1; /* read will say what is wrong */
        }
    }
}

int64_t st_term_read(void *to, size_t size, int wait)
{
    for (;;) {
        int ready = input_ready(wait);
        if (ready <= 0) {
            return ready < 0 ? ST_TERM_INTERRUPTED : -1;
        }
        ssize_t got = read(STDIN_FILENO, to, size);
        if (got == 0 && was_interrupted()) {
            return ST_TERM_INTERRUPTED; /* Ctrl-C has ended the one who wrote to us as well */
        }
        if (got >= 0) {
            return got;
        }
        if (errno == EAGAIN && !wait) {
            return -1;
        }
        if (errno != EINTR && errno != EAGAIN) {
            return -(int64_t)errno - 1;
        }
    }
}

int st_term_code(int64_t result)
{
    return (int)(-result - 1);
}

uint64_t st_term_input_size(void)
{
    struct stat status;
    if (fstat(STDIN_FILENO, &status) == -1 || !S_ISREG(status.st_mode)) {
        return 0;
    }
    off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);
    return at >= 0 && status.st_size > at ? (uint64_t)(status.st_size - at) : 0;
}

int st_term_write(const void *from, size_t size)
{
    const unsigned char *next = from;
    while (size > 0) {
        ssize_t done = write(STDOUT_FILENO, next, size);
        if (done >= 0) {
            next += done;
            size -= (size_t)done;
        } else if (errno == EAGAIN) { /* somebody made the shared end non-blocking */
            fd_set set;
            FD_ZERO(&set);
            FD_SET(STDOUT_FILENO, &set);
            (void)pselect(STDOUT_FILENO + 1, NULL, &set, NULL, NULL, NULL);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

int st_term_reader_gone(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
    return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

const char *st_term_error_text(int code)
{
    return strerror(code);
}

const char *st_term_folder(void)
{
    const char *folder = getenv("STITCH_DIR");
    return folder != NULL ? folder : "/dev/shm";
}

int st_term_regions_stay(void)
{
    return 1;
}

const char *st_term_user(uint64_t id, char *to, size_t size)
{
    const struct passwd *user = id <= (uid_t)-1 ? getpwuid((uid_t)id) : NULL;
    if (user != NULL && strlen(user->pw_name) < size) {
        snprintf(to, size, "%s", user->pw_name);
    } else {
        snprintf(to, size, "%" PRIu64, id);
    }
    return to;
}

/*
 * Field 22 of /proc/PID/stat: when the process began. The second field, its name in brackets, can hold anything: the
 * fields are counted from the last closing bracket.
 */
static int began(uint64_t id, uint64_t *started)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%" PRIu64 "/stat", id);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    const char *at = strrchr(text, ')');
    return at != NULL && sscanf(at + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %"
                                SCNu64, started) == 1;
}

const char *st_term_process(uint64_t id, uint64_t started, uint64_t space, char *to, size_t size)
{
    struct stat own;
    char path[64];
    uint64_t found;
    to[0] = '\0';
    if (stat("/proc/self/ns/pid", &own) == -1 || own.st_ino != space || !began(id, &found) || found != started) {
        return to;
    }
    snprintf(path, sizeof path, "/proc/%" PRIu64 "/comm", id);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        to[fread(to, 1, size - 1, file)] = '\0';
        to[strcspn(to, "\n")] = '\0';
        fclose(file);
    }
    return to;
}
