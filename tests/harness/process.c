/* SPDX-License-Identifier: MIT */
/*
 * process.c - the part of helper processes that is the same on every system: table, lines, ends; and the patience.
 */
#include "test.h"
#include "process_system.h"

enum { PATIENCE_MS = 60000 };

t_process t_processes[T_PROCESSES];
t_process t_parent_side;

/* ------------------------------------------------------------------------------------------------ patience --- */

unsigned t_patience_ms(void)
{
    const char *text = getenv("STITCH_TEST_TIMEOUT_FACTOR");
    double factor = text ? strtod(text, NULL) : 1;

    return factor > 0 ? (unsigned)(PATIENCE_MS * factor) : PATIENCE_MS;
}

uint64_t t_deadline_us(void)
{
    return t_now_us() + t_patience_ms() * UINT64_C(1000);
}

/* --------------------------------------------------------------------------------------------------- table --- */

t_process *t_process_new(void)
{
    for (size_t i = 0; i < T_PROCESSES; i++)
        if (!t_processes[i].used) {
            t_processes[i] = (t_process){ .used = true, .to = -1, .from = -1, .process = -1 };
            return &t_processes[i];
        }
    T_FAIL("more than %d helpers", (int)T_PROCESSES);
}

t_process *t_parent(void)
{
    if (!t_parent_side.used)
        T_FAIL("not a helper");
    return &t_parent_side;
}

void t_process_forget_all(void)
{
    for (size_t i = 0; i < T_PROCESSES; i++)
        if (t_processes[i].used) {
            if (t_processes[i].process != -1) { /* else it was never started, and to Linux -1 means every process */
                t_process_end(&t_processes[i]);
                (void)t_process_await(&t_processes[i], t_patience_ms());
            }
            t_process_release(&t_processes[i]);
        }
}

bool t_process_none_left(void)
{
    for (size_t i = 0; i < T_PROCESSES; i++)
        if (t_processes[i].used)
            return false;
    return true;
}

/* --------------------------------------------------------------------------------------------------- lines --- */

void t_tell(t_process *to, const char *format, ...)
{
    char text[T_LINE_SIZE];
    size_t length, done = 0;
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof text - 1, format, list);
    va_end(list);
    length = strlen(text);
    text[length++] = '\n';
    while (done < length)
        done += t_pipe_write(to, text + done, length - done);
}

const char *t_hear_or_end(t_process *from)
{
    char *newline;

    memmove(from->line, from->line + from->taken, from->filled - from->taken);
    from->filled -= from->taken;
    from->taken = 0;
    while ((newline = memchr(from->line, '\n', from->filled)) == NULL) {
        size_t count = 0;

        if (from->filled == sizeof from->line)
            T_FAIL("a line of more than %zu bytes", sizeof from->line);
        if (!t_pipe_readable(from, t_patience_ms()))
            T_FAIL("the other process said nothing for %u s", t_patience_ms() / 1000);
        if (!t_pipe_read(from, from->line + from->filled, sizeof from->line - from->filled, &count))
            return NULL;
        from->filled += count;
    }
    *newline = 0;
    from->taken = (size_t)(newline - from->line) + 1;
    return from->line;
}

const char *t_hear(t_process *from)
{
    const char *line = t_hear_or_end(from);

    if (line)
        return line;
    if (from == &t_parent_side)
        _Exit(1); /* the test has failed and said so */
    T_FAIL("the other process ended instead of saying something (exit %d)", t_wait(from));
}

void t_expect(t_process *from, const char *line)
{
    const char *heard = t_hear(from);

    if (strcmp(heard, line) != 0)
        T_FAIL("heard \"%s\", not \"%s\"", heard, line);
}

void t_scan(t_process *from, int count, const char *format, ...)
{
    const char *heard = t_hear(from);
    va_list list;
    int got;

    va_start(list, format);
    got = vsscanf(heard, format, list);
    va_end(list);
    if (got != count)
        T_FAIL("heard \"%s\", which is not of the form \"%s\"", heard, format);
}

bool t_heard(t_process *from)
{
    return memchr(from->line + from->taken, '\n', from->filled - from->taken) != NULL || t_pipe_readable(from, 0);
}

/* ---------------------------------------------------------------------------------------------------- ends --- */

/* Waits until the process has ended, and frees it. */
static int end_of(t_process *process)
{
    int end = t_process_await(process, t_patience_ms());

    if (end != T_NOT_ENDED)
        t_process_release(process);
    return end;
}

void t_kill(t_process *process)
{
    t_process_end(process);
    if (end_of(process) == T_NOT_ENDED)
        T_FAIL("a killed helper does not go");
}

int t_wait(t_process *process)
{
    int end;

    t_pipe_close(process);
    end = end_of(process);
    if (end == T_NOT_ENDED)
        T_FAIL("the helper has not ended within %u s", t_patience_ms() / 1000);
    return end;
}

void t_finish(t_process *process)
{
    int end = t_wait(process);

    if (end != 0)
        T_FAIL("the helper ended with %d", end);
}
