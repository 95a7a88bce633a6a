/* SPDX-License-Identifier: MIT */
/*
 * tool_run.c - scripts in a POSIX shell; their output goes through files in a scratch folder.
 */
#define _POSIX_C_SOURCE 200809L

#include "tool_run.h"

#include <sys/stat.h>
#include <sys/wait.h>

tool_output tool_last;

static char scratch[80]; /* inside the test's folder, which is removed also after a failure */

/* Aliases and not functions: in the background `$!` is then the program itself. */
static const char prelude[] = "alias stitch='\"$STITCH_TOOL\"'\n"
                              "alias producer='\"$EXAMPLE_PRODUCER\"'\n"
                              "alias consumer='\"$EXAMPLE_CONSUMER\"'\n"
                              "alias grow='\"$EXAMPLE_GROW\"'\n"
                              "soon() { for i in $(seq 500); do eval \"$1\" && return; sleep 0.02; done; return 1; }\n";

static void path_of(char *path, size_t size, const char *name)
{
    (void)snprintf(path, size, "%s/%s", scratch, name);
}

/* A whole file, with a NUL behind it. */
static char *read_file(const char *name, size_t *size)
{
    char path[128], *text;
    FILE *file;
    long length;

    path_of(path, sizeof path, name);
    file = fopen(path, "rb");
    T_TRUE(file != NULL && fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) >= 0);
    rewind(file);
    text = malloc((size_t)length + 1);
    T_TRUE(text != NULL && fread(text, 1, (size_t)length, file) == (size_t)length);
    text[length] = '\0';
    *size = (size_t)length;
    (void)fclose(file);
    return text;
}

static void write_script(const char *format, va_list arguments)
{
    char path[128];
    FILE *file;

    path_of(path, sizeof path, ".script");
    file = fopen(path, "w");
    T_TRUE(file != NULL && fputs(prelude, file) >= 0 && vfprintf(file, format, arguments) >= 0);
    T_TRUE(fputc('\n', file) == '\n' && fclose(file) == 0);
}

static int run_script(void)
{
    char line[512];
    int status;

    (void)snprintf(line, sizeof line, "sh %s/.script >%s/.out 2>%s/.err", scratch, scratch, scratch);
    status = system(line);
    free(tool_last.out);
    free(tool_last.err);
    tool_last.out = read_file(".out", &tool_last.out_size);
    tool_last.err = read_file(".err", &tool_last.err_size);
    if (!WIFEXITED(status))
        T_FAIL("the shell did not end by itself: %d", status);
    return WEXITSTATUS(status);
}

int tool_run(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_script(format, arguments);
    va_end(arguments);
    return run_script();
}

void tool_gives(const char *file, int line, int status, const char *format, ...)
{
    va_list arguments;
    int got;

    va_start(arguments, format);
    write_script(format, arguments);
    va_end(arguments);
    got = run_script();
    if (got != status || (tool_last.err_size == 0) != (status == 0))
        t_fail(file, line, "status %d, not %d, of: %s\n--- output ---\n%.2000s--- errors ---\n%.2000s", got, status,
               format, tool_last.out, tool_last.err);
}

void tool_says(const char *file, int line, const char *where, const char *text)
{
    if (strstr(where, text) == NULL)
        t_fail(file, line, "\"%s\" is not in:\n%.4000s", text, where);
}

void tool_make_file(const char *name, uint64_t size)
{
    t_random random = t_random_from(size);
    char path[128];
    FILE *file;

    path_of(path, sizeof path, name);
    file = fopen(path, "wb");
    T_TRUE(file != NULL);
    while (size > 0) {
        uint64_t word = t_random_next(&random);
        size_t part = size < sizeof word ? (size_t)size : sizeof word;

        T_EQ(fwrite(&word, 1, part, file), part);
        size -= part;
    }
    T_EQ(fclose(file), 0);
}

void tool_begin(void)
{
    if (getenv("STITCH_TOOL") == NULL)
        t_skip("STITCH_TOOL does not name the command; ctest sets it");
    (void)snprintf(scratch, sizeof scratch, "%s/scratch", t_folder());
    T_EQ(mkdir(scratch, 0700), 0);
    t_environment("SCRATCH", scratch);
    t_environment("LC_ALL", "C");
}

void tool_end(void)
{
    char line[128];

    (void)snprintf(line, sizeof line, "rm -rf %s", scratch);
    T_EQ(system(line), 0);
    free(tool_last.out);
    free(tool_last.err);
    tool_last = (tool_output){ 0 };
}
