/* SPDX-License-Identifier: MIT */
/*
 * tool_run.c - runs commands, keeps their output in files of a scratch folder, and those that run in the background.
 */
#include "tool_run.h"

#include "tool_system.h"

enum { LINE_SIZE = 2048, WORDS = 40, PROCESSES = 16, KEPT = 16, TEXTS = 4 };

struct tool_process {
    bool used, interrupted;
    tool_child child;
    char out[24], err[24]; /* files of the scratch folder; out is empty if it is a pipe */
};

/* A region that stays between commands. */
struct kept {
    char name[80];
    tool_process *holder; /* NULL where the region needs none */
};

tool_output tool_last;

static tool_process processes[PROCESSES];
static struct kept kept[KEPT];
static unsigned files; /* how many were used for output in this case */

/* ---------------------------------------------------------------------------------------------------- words --- */

const char *tool_text(const char *text)
{
    static char texts[TEXTS][LINE_SIZE];
    static unsigned next;
    char *start = texts[next++ % TEXTS], *to = start, own[32] = "";

    if (!t_has(T_FOLDERS))
        (void)snprintf(own, sizeof own, "t%" PRIu64 ".", t_process_id(NULL));
    for (; *text != '\0'; text++) {
        T_TRUE(to + sizeof own < start + LINE_SIZE);
        if (*text == '@')
            to += sprintf(to, "%s", own);
        else
            *to++ = *text;
    }
    *to = '\0';
    return start;
}

/* The program that a command's first word names. */
static char *program(const char *word)
{
    static const struct {
        const char *word, *variable;
    } programs[] = {
        { "stitch", "STITCH_TOOL" },
        { "writer", "EXAMPLE_WRITER" },
        { "reader", "EXAMPLE_READER" },
        { "producer", "EXAMPLE_PRODUCER" },
        { "consumer", "EXAMPLE_CONSUMER" },
        { "grow", "EXAMPLE_GROW" },
        { "oldnewthing", "EXAMPLE_OLDNEWTHING" },
    };

    for (size_t i = 0; i < T_COUNT(programs); i++)
        if (strcmp(programs[i].word, word) == 0 && getenv(programs[i].variable) != NULL)
            return getenv(programs[i].variable);
    T_FAIL("there is no command %s", word);
}

/* A command's line, cut in place. */
struct command {
    char line[LINE_SIZE];
    char *words[WORDS + 1];
    const char *in, *out; /* of `<NAME`, `>NAME`; NULL if there is none */
};

static void parse(struct command *command, const char *line, size_t length)
{
    size_t count = 0;
    char *from = command->line, *to = command->line;

    T_TRUE(length < sizeof command->line);
    memcpy(command->line, line, length);
    command->line[length] = '\0';
    command->in = command->out = NULL;
    for (;;) {
        bool quoted = false;
        char *word;

        while (*from == ' ')
            from++;
        if (*from == '\0')
            break;
        for (word = to; *from != '\0' && (quoted || *from != ' '); from++)
            if (*from == '\'')
                quoted = !quoted;
            else
                *to++ = *from;
        from += *from == ' ';
        *to++ = '\0';
        if (*word == '<')
            command->in = word + 1;
        else if (*word == '>')
            command->out = word + 1;
        else
            command->words[count++] = word;
        T_TRUE(count < WORDS);
    }
    T_TRUE(count > 0);
    command->words[count] = NULL;
    command->words[0] = program(command->words[0]);
}

/* --------------------------------------------------------------------------------------------------- output --- */

/* Appends the text of a file to the output, with "\n" at the ends of lines. */
static void collect(char **text, size_t *size, const char *name)
{
    size_t length, kept_bytes = 0;
    char *more = tool_read_file(name, &length);
    char *all = malloc(*size + length + 1);

    T_TRUE(all != NULL);
    for (size_t i = 0; i < length; i++)
        if (more[i] != '\r' || more[i + 1] != '\n')
            more[kept_bytes++] = more[i];
    memcpy(all, *text, *size);
    memcpy(all + *size, more, kept_bytes);
    *size += kept_bytes;
    all[*size] = '\0';
    free(more);
    free(*text);
    *text = all;
}

static void forget_output(void)
{
    free(tool_last.out);
    free(tool_last.err);
    tool_last = (tool_output){ 0 };
}

static void begin_output(void)
{
    forget_output();
    tool_last.out = calloc(1, 1);
    tool_last.err = calloc(1, 1);
    T_TRUE(tool_last.out != NULL && tool_last.err != NULL);
}

/* ------------------------------------------------------------------------------------------------ processes --- */

static tool_process *start(const char *line, size_t length, bool waits_for_input, bool piped)
{
    struct command command;
    char in[TOOL_PATH_SIZE], out[TOOL_PATH_SIZE], err[TOOL_PATH_SIZE];
    tool_process *process = NULL;

    for (size_t i = 0; i < PROCESSES && process == NULL; i++)
        process = processes[i].used ? NULL : &processes[i];
    T_TRUE(process != NULL);
    parse(&command, line, length);
    (void)snprintf(process->out, sizeof process->out, ".out%u", files);
    (void)snprintf(process->err, sizeof process->err, ".err%u", files++);
    if (piped)
        process->out[0] = '\0';
    if (command.out != NULL)
        (void)snprintf(process->out, sizeof process->out, "%s", command.out);
    tool_child_start(&process->child, command.words,
                     command.in != NULL ? tool_path(in, command.in)
                     : waits_for_input  ? NULL
                                        : TOOL_NOTHING,
                     piped ? NULL : tool_path(out, process->out), tool_path(err, process->err));
    process->used = true;
    process->interrupted = false;
    return process;
}

static tool_process *start_formatted(const char *format, va_list arguments, bool piped)
{
    char text[LINE_SIZE];
    const char *line;

    (void)vsnprintf(text, sizeof text, format, arguments);
    line = tool_text(text);
    return start(line, strlen(line), true, piped);
}

tool_process *tool_start(const char *format, ...)
{
    tool_process *process;
    va_list arguments;

    va_start(arguments, format);
    process = start_formatted(format, arguments, false);
    va_end(arguments);
    return process;
}

tool_process *tool_start_piped(const char *format, ...)
{
    tool_process *process;
    va_list arguments;

    va_start(arguments, format);
    process = start_formatted(format, arguments, true);
    va_end(arguments);
    return process;
}

size_t tool_read(tool_process *process, void *to, size_t size)
{
    return tool_child_read(&process->child, to, size);
}

void tool_write(tool_process *process, const void *bytes, size_t size)
{
    tool_child_write(&process->child, bytes, size);
}

void tool_close_input(tool_process *process)
{
    tool_child_close(&process->child.to);
}

void tool_close_output(tool_process *process)
{
    tool_child_close(&process->child.from);
}

void tool_interrupt(tool_process *process)
{
    process->interrupted = true;
    tool_child_interrupt(&process->child);
}

void tool_pause(tool_process *process)
{
    tool_child_pause(&process->child, true);
}

void tool_continue(tool_process *process)
{
    tool_child_pause(&process->child, false);
}

void tool_kill(tool_process *process)
{
    tool_child_kill(&process->child);
}

/* Waits for its end and adds its output to the collected one; a file named by `>NAME` stays. */
static int finish(tool_process *process)
{
    int end = 0;

    if (!process->interrupted) /* an interrupted command may notice the end of its output a little later */
        tool_close_input(process);
    if (!tool_child_wait(&process->child, t_patience_ms(), &end))
        T_FAIL("a command has not ended within %u s", t_patience_ms() / 1000);
    tool_close_input(process);
    tool_close_output(process);
    process->used = false;
    if (process->out[0] == '.')
        collect(&tool_last.out, &tool_last.out_size, process->out);
    collect(&tool_last.err, &tool_last.err_size, process->err);
    return end;
}

int tool_end(tool_process *process)
{
    begin_output();
    return finish(process);
}

void tool_wait_for_output(tool_process *process, uint64_t bytes)
{
    uint64_t deadline = t_deadline_us();

    while (tool_file_size(process->out) < bytes) {
        if (t_now_us() > deadline)
            T_FAIL("a command has not written %" PRIu64 " bytes within %u s", bytes, t_patience_ms() / 1000);
        t_sleep_us(10000);
    }
}

void tool_wait_for_complaint(tool_process *process, const char *text)
{
    uint64_t deadline = t_deadline_us();
    bool there = false;

    while (!there) {
        size_t size;
        char *written = tool_read_file(process->err, &size);

        there = strstr(written, text) != NULL;
        free(written);
        if (!there && t_now_us() > deadline)
            T_FAIL("a command has not complained of \"%s\" within %u s", text, t_patience_ms() / 1000);
        t_sleep_us(10000);
    }
}

/* ------------------------------------------------------------------------------------------------- commands --- */

static int run_lines(const char *text)
{
    int status = 0;

    begin_output();
    while (*text != '\0' && status == 0) {
        size_t length = strcspn(text, "\n");

        status = finish(start(text, length, false, false));
        text += length + (text[length] == '\n');
    }
    return status;
}

int tool_run(const char *format, ...)
{
    char text[LINE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return run_lines(tool_text(text));
}

void tool_gives(const char *file, int line, int status, const char *format, ...)
{
    char text[LINE_SIZE];
    va_list arguments;
    int got;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    got = run_lines(tool_text(text));
    if (got != status || (tool_last.err_size == 0) != (status == 0))
        t_fail(file, line, "status %d, not %d, of: %s\n--- output ---\n%.600s--- errors ---\n%.600s", got, status, text,
               tool_last.out, tool_last.err);
}

void tool_says(const char *file, int line, const char *where, const char *text)
{
    if (strstr(where, tool_text(text)) == NULL)
        t_fail(file, line, "\"%s\" is not in:\n%.1500s", tool_text(text), where);
}

/* Runs in the scratch folder, which is $STITCH_DIR/scratch where there is a shell. */
void tool_shell(const char *script)
{
    char line[LINE_SIZE];

    (void)snprintf(line, sizeof line, "stitch() { \"$STITCH_TOOL\" \"$@\"; }; cd \"$STITCH_DIR/scratch\"; %s", script);
    if (system(line) != 0)
        T_FAIL("not so: %s", script);
}

/* -------------------------------------------------------------------------------- regions between the commands --- */

void tool_make(const char *name, const char *arguments)
{
    struct kept *region = NULL;

    for (size_t i = 0; i < KEPT && region == NULL; i++)
        region = kept[i].name[0] != '\0' ? NULL : &kept[i];
    T_TRUE(region != NULL);
    (void)snprintf(region->name, sizeof region->name, "%s", name);
    if (t_has(T_KEPT)) {
        TOOL_OK("stitch create '%s' --quiet %s", name, arguments);
        return;
    }
    region->holder = tool_start("stitch hold '%s' %s", name, arguments);
    tool_wait_for_output(region->holder, 1);
}

void tool_remove(const char *name)
{
    for (size_t i = 0; i < KEPT; i++)
        if (strcmp(kept[i].name, name) == 0) {
            kept[i].name[0] = '\0';
            if (kept[i].holder == NULL) {
                TOOL_OK("stitch rm '%s'", name);
                return;
            }
            tool_interrupt(kept[i].holder);
            T_EQ(tool_end(kept[i].holder), 0);
            kept[i].holder = NULL;
            return;
        }
    T_FAIL("%s was not made", name);
}

/* ---------------------------------------------------------------------------------------- around every test --- */

static void kill_all(void)
{
    for (size_t i = 0; i < PROCESSES; i++)
        if (processes[i].used) {
            int end;

            tool_child_kill(&processes[i].child);
            (void)tool_child_wait(&processes[i].child, t_patience_ms(), &end);
            tool_close_input(&processes[i]);
            tool_close_output(&processes[i]);
            processes[i].used = false;
        }
}

/* Also removes what a failed case has left. */
static void clean_up(void)
{
    kill_all();
    memset(kept, 0, sizeof kept);
    tool_files_end();
    forget_output();
}

void tool_begin(void)
{
    static bool will_clean_up;

    if (getenv("STITCH_TOOL") == NULL)
        t_skip("STITCH_TOOL does not name the command; ctest sets it");
    if (!will_clean_up)
        T_EQ(atexit(clean_up), 0);
    will_clean_up = true;
    clean_up();
    files = 0;
    tool_files_begin();
    t_environment("LC_ALL", "C");
}

void tool_finish(void)
{
    for (size_t i = 0; i < PROCESSES; i++)
        T_TRUE(!processes[i].used);
    clean_up();
}

const char *tool_backend(void)
{
    return t_options().backend == STITCH_BACKEND_STITCHED ? "stitched" : "single";
}
