/* SPDX-License-Identifier: MIT */
/*
 * tool_system_windows.c - tool_system.h on Windows.
 *
 * A child gets one command line and splits it into words itself: quote() writes it so that the words stay the same.
 * Children inherit the handles of their standard streams and no others. A child that the test writes to has a console
 * of its own, without a window, so that Ctrl-C can be sent to it; the others have none.
 */
#include "tool_system.h"

#include <wchar.h>

#include "test.h"
#include "tool_run.h"
#include "system_windows.h"

enum { LINE_SIZE = 8192, KILLED = 0x57175717, REMOVE_TRIES = 200 };

/* ---------------------------------------------------------------------------------------------- command line --- */

/*
 * Writes a word as CommandLineToArgvW and the C library read it back: in quotes; a backslash stands for itself unless a
 * quote follows, then it and the quote need one more each. Returns the end of the written text.
 */
static char *quote(char *to, const char *word)
{
    size_t backslashes = 0;

    *to++ = '"';
    for (; *word != '\0'; word++) {
        if (*word == '"')
            for (backslashes++; backslashes > 0; backslashes--)
                *to++ = '\\';
        backslashes = *word == '\\' ? backslashes + 1 : 0;
        *to++ = *word;
    }
    for (; backslashes > 0; backslashes--)
        *to++ = '\\';
    *to++ = '"';
    return to;
}

static void write_line(wchar_t *line, char *const *words)
{
    char text[LINE_SIZE], *to = text;

    for (; *words != NULL; words++) {
        T_TRUE(to + 2 * strlen(*words) + 4 < text + LINE_SIZE);
        to = quote(to, *words);
        *to++ = ' ';
    }
    *to = '\0';
    /* A byte that is not UTF-8 cannot be in a command line: it would become another character. */
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, line, LINE_SIZE) == 0)
        T_FAIL("no command line can be made of %s", text);
}

/* --------------------------------------------------------------------------------------------------- streams --- */

/* Returns the child's end of a stream, which it inherits: a file, nothing, or a pipe, whose other end is *ours. */
static HANDLE open_stream(const char *path, bool input, intptr_t *ours)
{
    SECURITY_ATTRIBUTES inherited = { .nLength = sizeof inherited, .bInheritHandle = TRUE };
    HANDLE read_end, write_end, file;

    if (path != NULL) {
        file =
            CreateFileA(*path != '\0' ? path : "NUL", input ? GENERIC_READ : GENERIC_WRITE,
                        FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, input ? OPEN_EXISTING : CREATE_ALWAYS, 0, NULL);
        if (file == INVALID_HANDLE_VALUE)
            T_FAIL("%s cannot be opened: %lu", path, (unsigned long)GetLastError());
        return file;
    }
    if (!CreatePipe(&read_end, &write_end, NULL, 1 << 16) ||
        !SetHandleInformation(input ? read_end : write_end, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT))
        T_FAIL("no pipe: %lu", (unsigned long)GetLastError());
    *ours = (intptr_t)(input ? write_end : read_end);
    return input ? read_end : write_end;
}

/* Only these handles are inherited: no child of this test may hold another's pipe open. */
static void start_with(STARTUPINFOEXW *startup, HANDLE *handles, wchar_t *line, DWORD console, tool_child *child)
{
    PROCESS_INFORMATION started;
    SIZE_T size = 0;
    int tries = 0;
    BOOL made;

    (void)InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    startup->lpAttributeList = malloc(size);
    if (startup->lpAttributeList == NULL || !InitializeProcThreadAttributeList(startup->lpAttributeList, 1, 0, &size) ||
        !UpdateProcThreadAttribute(startup->lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles,
                                   3 * sizeof *handles, NULL, NULL))
        T_FAIL("no list of handles: %lu", (unsigned long)GetLastError());
    do
        made = CreateProcessW(NULL, line, NULL, NULL, TRUE, EXTENDED_STARTUPINFO_PRESENT | console, NULL, NULL,
                              &startup->StartupInfo, &started);
    while (!made && t_start_again(&tries));
    if (!made)
        T_FAIL("no process: %lu", (unsigned long)GetLastError());
    DeleteProcThreadAttributeList(startup->lpAttributeList);
    free(startup->lpAttributeList);
    (void)CloseHandle(started.hThread);
    child->process = (intptr_t)started.hProcess;
}

void tool_child_start(tool_child *child, char *const *words, const char *in, const char *out, const char *err)
{
    STARTUPINFOEXW startup = { .StartupInfo = { .cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES } };
    wchar_t line[LINE_SIZE];
    HANDLE handles[3];

    *child = (tool_child){ .process = -1, .to = -1, .from = -1 };
    write_line(line, words);
    startup.StartupInfo.hStdInput = handles[0] = open_stream(in, true, &child->to);
    startup.StartupInfo.hStdOutput = handles[1] = open_stream(out, false, &child->from);
    startup.StartupInfo.hStdError = handles[2] = open_stream(err, false, NULL);
    start_with(&startup, handles, line, in == NULL ? CREATE_NO_WINDOW : DETACHED_PROCESS, child);
    for (size_t i = 0; i < T_COUNT(handles); i++)
        (void)CloseHandle(handles[i]);
}

size_t tool_child_read(tool_child *child, void *to, size_t size)
{
    DWORD got = 0;

    if (!ReadFile((HANDLE)child->from, to, (DWORD)size, &got, NULL) && GetLastError() != ERROR_BROKEN_PIPE)
        T_FAIL("a command's output cannot be read: %lu", (unsigned long)GetLastError());
    return got;
}

void tool_child_write(tool_child *child, const void *bytes, size_t size)
{
    const char *next = bytes;

    while (size > 0) {
        DWORD done = 0;

        if (!WriteFile((HANDLE)child->to, next, (DWORD)size, &done, NULL))
            T_FAIL("a command does not take its input: %lu", (unsigned long)GetLastError());
        next += done;
        size -= done;
    }
}

void tool_child_close(intptr_t *end)
{
    if (*end != -1)
        (void)CloseHandle((HANDLE)*end);
    *end = -1;
}

/* ------------------------------------------------------------------------------------------------------ ends --- */

static BOOL WINAPI ignore(DWORD event)
{
    (void)event;
    return TRUE;
}

/* Ctrl-C goes to all processes of a console: this process attaches to that of the child, and ignores Ctrl-C itself. */
static void helper_interrupt(void)
{
    (void)FreeConsole();
    if (!AttachConsole((DWORD)t_argument_number(0)) || !SetConsoleCtrlHandler(ignore, TRUE) ||
        !GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0))
        T_FAIL("Ctrl-C cannot be sent: %lu", (unsigned long)GetLastError());
}

const t_helper tool_helpers[] = { { "interrupt", helper_interrupt }, { NULL, NULL } };

void tool_child_interrupt(tool_child *child)
{
    t_finish(t_start("interrupt", "%lu", (unsigned long)GetProcessId((HANDLE)child->process)));
}

void tool_child_pause(tool_child *child, bool pause)
{
    LONG(WINAPI * function)(HANDLE);
    FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), pause ? "NtSuspendProcess" : "NtResumeProcess");

    memcpy(&function, &found, sizeof found);
    T_TRUE(function != NULL && function((HANDLE)child->process) >= 0);
}

void tool_child_kill(tool_child *child)
{
    (void)TerminateProcess((HANDLE)child->process, KILLED);
}

bool tool_child_wait(tool_child *child, uint64_t milliseconds, int *end)
{
    DWORD code = 0;

    if (WaitForSingleObject((HANDLE)child->process, (DWORD)milliseconds) != WAIT_OBJECT_0)
        return false;
    (void)GetExitCodeProcess((HANDLE)child->process, &code);
    (void)CloseHandle((HANDLE)child->process);
    *end = code < 256 ? (int)code : T_END_KILLED;
    return true;
}

/* -------------------------------------------------------------------------------------------------- scratch --- */

bool tool_utf8(bool wanted)
{
    (void)wanted;
    return true;
}

void tool_folder_make(char *path, size_t size)
{
    static unsigned count;
    char place[MAX_PATH];

    T_TRUE(GetTempPathA(sizeof place, place) != 0);
    (void)snprintf(path, size, "%sstitch tool %lu.%u", place, (unsigned long)GetCurrentProcessId(), count++);
    if (!CreateDirectoryA(path, NULL))
        T_FAIL("%s cannot be made: %lu", path, (unsigned long)GetLastError());
}

static void remove_files(const char *path)
{
    char pattern[MAX_PATH + 16], name[2 * MAX_PATH + 32];
    WIN32_FIND_DATAA found;
    HANDLE search;

    (void)snprintf(pattern, sizeof pattern, "%s\\*", path);
    search = FindFirstFileA(pattern, &found);
    if (search != INVALID_HANDLE_VALUE) {
        do {
            (void)snprintf(name, sizeof name, "%s\\%s", path, found.cFileName);
            (void)DeleteFileA(name);
        } while (FindNextFileA(search, &found));
        (void)FindClose(search);
    }
}

/* A file stays while it is open anywhere: a process that has ended, or its console, may close it a little later. */
void tool_folder_remove(const char *path)
{
    for (int i = 0; i < REMOVE_TRIES; i++) {
        remove_files(path);
        if (RemoveDirectoryA(path) || GetLastError() == ERROR_FILE_NOT_FOUND || GetLastError() == ERROR_PATH_NOT_FOUND)
            return;
        Sleep(10);
    }
}
