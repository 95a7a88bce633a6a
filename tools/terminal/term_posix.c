/* SPDX-License-Identifier: MIT */
/*
 * term_posix.c - term.h on POSIX systems.
 *
 * Interruption has no race: after ui_term_catch_interrupt the signals are blocked, and only let through in
 * was_interrupted and while pselect sleeps. So no signal can arrive between the check of the flag and the sleep.
 * (pselect alone would not be enough: it lets no signal through if input is ready at once.)
 */
#define _POSIX_C_SOURCE 200809L

#include "terminal/term.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/text.h"

static volatile sig_atomic_t caught; /* the signal's number */
static bool catching;
static sigset_t mask_while_asleep;

/* ---------------------------------------------------------------------------------------------------- terminal --- */

void ui_term_arguments(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
}

void ui_term_init(void)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    /* A closed stream gets a descriptor without its access right, so that reading and writing fail as before. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
            (void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY); /* the lowest free number is fd */
    sigaction(SIGPIPE, &ignore, NULL);
    setlocale(LC_CTYPE, ""); /* not LC_NUMERIC: numbers are written the same way everywhere */
    ui_text_set_utf8(strcmp(nl_langinfo(CODESET), "UTF-8") == 0);
}

bool ui_term_in_is_terminal(void)
{
    return isatty(STDIN_FILENO);
}

bool ui_term_out_is_terminal(void)
{
    return isatty(STDOUT_FILENO);
}

bool ui_term_error_is_terminal(void)
{
    return isatty(STDERR_FILENO);
}

unsigned ui_term_width(void)
{
    struct winsize window;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col : 80;
}

/* ------------------------------------------------------------------------------------------------ interruption --- */

static void on_signal(int number)
{
    caught = number;
}

void ui_term_catch_interrupt(void)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = on_signal };
    sigset_t blocked;

    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction before;

        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN)
            continue; /* under nohup, or in a shell's background job, it stays ignored */
        sigaction(signals[i], &action, NULL);
        sigaddset(&blocked, signals[i]);
    }
    sigprocmask(SIG_BLOCK, &blocked, &mask_while_asleep);
    catching = true;
}

static bool was_interrupted(void)
{
    sigset_t blocked;

    if (catching) {
        sigprocmask(SIG_SETMASK, &mask_while_asleep, &blocked);
        sigprocmask(SIG_SETMASK, &blocked, NULL);
    }
    return caught != 0;
}

int ui_term_interrupted(void)
{
    return was_interrupted() ? 128 + (int)caught : 0;
}

/* ----------------------------------------------------------------------------------------------------- streams --- */

/* Returns 1 if standard input can be read without sleeping, 0 if not, -1 if the user interrupted. */
static int input_ready(bool wait)
{
    struct timespec at_once = { 0, 0 };

    while (!was_interrupted()) {
        fd_set set;
        int ready;

        FD_ZERO(&set);
        FD_SET(STDIN_FILENO, &set);
        ready =
            pselect(STDIN_FILENO + 1, &set, NULL, NULL, wait ? NULL : &at_once, catching ? &mask_while_asleep : NULL);
        if (ready >= 0)
            return ready;
        if (errno != EINTR)
            return 1; /* the read will report the error */
    }
    return -1;
}

int64_t ui_term_read(void *to, size_t size, bool wait)
{
    for (;;) {
        int ready = input_ready(wait);
        ssize_t got;

        if (ready <= 0)
            return ready < 0 ? UI_TERM_INTERRUPTED : UI_TERM_NOTHING;
        got = read(STDIN_FILENO, to, size);
        if (got == 0 && was_interrupted())
            return UI_TERM_INTERRUPTED; /* Ctrl-C ended the process that wrote to us, too */
        if (got >= 0)
            return got;
        if (errno == EAGAIN && !wait)
            return UI_TERM_NOTHING;
        if (errno != EINTR && errno != EAGAIN)
            return -(int64_t)errno - 1;
    }
}

int ui_term_code(int64_t result)
{
    return (int)(-result - 1);
}

uint64_t ui_term_input_size(void)
{
    struct stat status;
    off_t at;

    if (fstat(STDIN_FILENO, &status) == -1 || !S_ISREG(status.st_mode))
        return 0;
    at = lseek(STDIN_FILENO, 0, SEEK_CUR);
    return at >= 0 && status.st_size > at ? (uint64_t)(status.st_size - at) : 0;
}

static void wait_for_room(void)
{
    fd_set set;

    FD_ZERO(&set);
    FD_SET(STDOUT_FILENO, &set);
    (void)pselect(STDOUT_FILENO + 1, NULL, &set, NULL, NULL, NULL);
}

int ui_term_write(const void *from, size_t size)
{
    const unsigned char *next = from;

    while (size > 0) {
        ssize_t done = write(STDOUT_FILENO, next, size);

        if (done >= 0) {
            next += done;
            size -= (size_t)done;
        } else if (errno == EAGAIN) { /* a process that shares this descriptor made it non-blocking */
            wait_for_room();
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

bool ui_term_reader_gone(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

    return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}
