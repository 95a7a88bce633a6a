/* SPDX-License-Identifier: MIT */
/*
 * The command `stitch top` on a pseudo terminal, whose other end is the test. The test does not check how the page
 * looks, but that it appears, follows the terminal's size and the keys, and leaves the terminal as it was.
 */
#define _XOPEN_SOURCE 700

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "test.h"
#include "tool_run.h"

enum { SEEN_SIZE = 1 << 20 };

/* One terminal and the command on it. */
static struct {
    int end, other; /* the test's end; the command's, left open to read its modes afterwards */
    pid_t pid;
    struct termios before;
    char seen[SEEN_SIZE];
    size_t size;
} term;

static void resize(unsigned short lines, unsigned short columns)
{
    struct winsize size = { .ws_row = lines, .ws_col = columns };

    T_EQ(ioctl(term.end, TIOCSWINSZ, &size), 0);
    if (term.pid > 0)
        T_EQ(kill(term.pid, SIGWINCH), 0); /* the system sends none without a controlling terminal */
}

static void start(const char *type, const char *option, const char *value)
{
    char *words[] = { getenv("STITCH_TOOL"), "top", (char *)(uintptr_t)option, (char *)(uintptr_t)value, NULL };

    T_TRUE(words[0] != NULL);
    t_environment("TERM", type);
    term.pid = 0;
    term.size = 0;
    term.end = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    T_TRUE(term.end >= 0 && grantpt(term.end) == 0 && unlockpt(term.end) == 0);
    term.other = open(ptsname(term.end), O_RDWR | O_NOCTTY | O_CLOEXEC);
    T_TRUE(term.other >= 0 && tcgetattr(term.other, &term.before) == 0);
    resize(24, 80);
    term.pid = fork();
    T_TRUE(term.pid >= 0);
    if (term.pid == 0) {
        for (int i = 0; i <= 2; i++)
            if (dup2(term.other, i) < 0)
                _exit(126);
        (void)execv(words[0], words);
        _exit(127);
    }
}

/* Takes what it has written so far. Returns false if nothing came within the time. */
static bool take(int milliseconds)
{
    struct pollfd ready = { .fd = term.end, .events = POLLIN };
    ssize_t got;

    if (poll(&ready, 1, milliseconds) <= 0)
        return false;
    T_TRUE(term.size + 1 < SEEN_SIZE);
    got = read(term.end, term.seen + term.size, SEEN_SIZE - 1 - term.size);
    if (got <= 0)
        return false;
    term.size += (size_t)got;
    term.seen[term.size] = '\0';
    return true;
}

static void press(const char *keys)
{
    T_EQ(write(term.end, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* Presses these keys again and again until it has written this: it may not know a new size yet. */
static void press_for(const char *keys, const char *text)
{
    uint64_t deadline = t_deadline_us();

    term.size = 0;
    term.seen[0] = '\0';
    while (strstr(term.seen, text) == NULL) {
        if (t_now_us() > deadline)
            T_FAIL("\"%s\" has not come within %u s, only %zu bytes: %.300s", text, t_patience_ms() / 1000, term.size,
                   term.seen);
        press(keys);
        (void)take(200);
    }
}

static void wait_for(const char *text)
{
    press_for("", text);
}

/* Returns its exit status; the terminal must be as it was. */
static int finish(void)
{
    uint64_t deadline = t_deadline_us();
    struct termios after;
    int status;

    while (waitpid(term.pid, &status, WNOHANG) == 0) {
        if (t_now_us() > deadline) {
            (void)kill(term.pid, SIGKILL);
            (void)waitpid(term.pid, &status, 0);
            T_FAIL("it has not ended within %u s", t_patience_ms() / 1000);
        }
        (void)take(10); /* unread output would keep it from ending */
    }
    while (take(0)) {
    }
    T_EQ(tcgetattr(term.other, &after), 0);
    T_EQ(after.c_lflag, term.before.c_lflag);
    T_EQ(after.c_iflag, term.before.c_iflag);
    T_EQ(after.c_oflag, term.before.c_oflag);
    (void)close(term.other);
    (void)close(term.end);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void a_page_that_q_ends(void)
{
    tool_begin();
    tool_make("one", "-s 3M");
    start("xterm", NULL, NULL);
    wait_for("one");
    tool_make("two", "-s 1M");
    wait_for("two");  /* the page is written again */
    press("x\x1b[A"); /* a key without meaning, and an arrow */
    press("q");
    T_EQ(finish(), 0);
    T_TRUE(strstr(term.seen, "\x1b[?1049l") != NULL); /* back on the other page */
    tool_remove("one");
    tool_remove("two");
    tool_finish();
}

static void the_page_follows_the_size(void)
{
    static const unsigned short sizes[][2] = { { 1, 1 }, { 2, 3 }, { 3, 200 }, { 200, 10 }, { 0, 0 }, { 2, 80 } };

    tool_begin();
    for (char name = 'a'; name <= 'j'; name++) /* no two names share a letter, since only differences are written */
        TOOL_OK("stitch create %c%c%c%c -q", name, name, name, name);
    start("xterm", "--interval", "0.1");
    wait_for("jjjj");
    for (size_t i = 0; i < T_COUNT(sizes); i++) {
        resize(sizes[i][0], sizes[i][1]);
        t_sleep_us(150000);
        while (take(0)) {
        }
    }
    resize(4, 80);                /* room for two of the ten */
    press_for("\x1b[6~", "ffff"); /* page down */
    press_for("\x1b[5~", "aaaa"); /* page up */
    press_for("\x1bOB", "cccc");  /* a line down */
    press_for("\x1bOA", "aaaa");  /* a line up */
    press_for("\x1b[6~", "jjjj"); /* not beyond the end */
    resize(24, 80);
    wait_for("aaaa");
    press("Q");
    T_EQ(finish(), 0);
    tool_shell("stitch rm aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj");
    tool_finish();
}

static void an_interruption_gives_the_terminal_back(void)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

    tool_begin();
    for (size_t i = 0; i < T_COUNT(signals); i++) {
        start("xterm", NULL, NULL);
        wait_for("NAME");
        T_EQ(kill(term.pid, signals[i]), 0);
        T_EQ(finish(), 0);
        T_TRUE(strstr(term.seen, "\x1b[?1049l") != NULL);
    }
    start("xterm", "--count", "2");
    T_EQ(finish(), 0);
    start("xterm", "--time", "0.2");
    T_EQ(finish(), 0);
    tool_finish();
}

/* The sentence must stay when the page goes. */
static void a_failure_can_be_read(void)
{
    const char *back;

    tool_begin();
    start("xterm", "--folder", "nowhere/at/all");
    T_EQ(finish(), 3);
    back = strstr(term.seen, "\x1b[?1049l");
    T_TRUE(back != NULL && strstr(back, "stitch: top: nowhere/at/all: there is no such folder") != NULL);
    tool_finish();
}

/* Where no page can be shown it writes text, once. */
static void terminals_without_pages(void)
{
    static const char *const types[] = { "no-such-terminal", "dumb", "" };

    tool_begin();
    tool_make("one", "-s 3M");
    for (size_t i = 0; i < T_COUNT(types); i++) {
        start(types[i], NULL, NULL);
        T_EQ(finish(), 0);
        T_TRUE(strstr(term.seen, "  one\r\n") != NULL);
    }
    start("xterm", "--plain", NULL);
    T_EQ(finish(), 0);
    T_TRUE(strstr(term.seen, "  one\r\n") != NULL && strchr(term.seen, '\x1b') == NULL);
    tool_remove("one");
    tool_finish();
}

static const struct CMUnitTest tests[] = {
    T_TEST(a_page_that_q_ends),    T_TEST(the_page_follows_the_size), T_TEST(an_interruption_gives_the_terminal_back),
    T_TEST(a_failure_can_be_read), T_TEST(terminals_without_pages),
};

T_MAIN(tests, tool_helpers)
