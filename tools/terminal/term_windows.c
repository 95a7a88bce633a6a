/* SPDX-License-Identifier: MIT */
/*
 * term_windows.c - term.h on Windows.
 *
 * Standard input and the output of cat bypass the C library, which would change line ends. The console is switched to
 * UTF-8 and to escape sequences, and switched back at exit.
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <shellapi.h>

#include "terminal/term.h"

#include <stdlib.h>

#include "text/memory.h"
#include "text/text.h"

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004
#endif

enum { INTERRUPTED = 130, CLOSED = 129, LOOK_MS = 20, WRITE_MOST = 1 << 20 };

static volatile LONG caught; /* the exit status */
static UINT code_page_before;

/* ----------------------------------------------------------------------------------------------------- console --- */

static HANDLE stream(DWORD which)
{
    HANDLE handle = GetStdHandle(which);

    return handle ? handle : INVALID_HANDLE_VALUE;
}

static bool is_terminal(DWORD which)
{
    DWORD mode;

    return GetConsoleMode(stream(which), &mode) != 0;
}

static void restore_code_page(void)
{
    SetConsoleOutputCP(code_page_before);
}

/* The words that main receives are in the machine's code page, which cannot hold every name. */
void ui_term_arguments(int *argc, char ***argv)
{
    int count;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    char **words;

    if (!wide)
        return; /* main's own words have to do */
    words = ui_memory(((size_t)count + 1) * sizeof *words);
    for (int i = 0; i < count; i++) {
        int size = WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, NULL, 0, NULL, NULL);

        words[i] = ui_memory((size_t)size + 1);
        words[i][0] = '\0';
        WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, words[i], size, NULL, NULL);
    }
    words[count] = NULL;
    LocalFree(wide);
    *argc = count;
    *argv = words;
}

void ui_term_init(void)
{
    static const DWORD outputs[] = { STD_OUTPUT_HANDLE, STD_ERROR_HANDLE };
    DWORD mode;

    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++)
        if (GetConsoleMode(stream(outputs[i]), &mode))
            SetConsoleMode(stream(outputs[i]), mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
    if (is_terminal(STD_OUTPUT_HANDLE) || is_terminal(STD_ERROR_HANDLE)) {
        code_page_before = GetConsoleOutputCP();
        SetConsoleOutputCP(CP_UTF8);
        atexit(restore_code_page);
    }
    ui_text_set_utf8(true); /* files and pipes get UTF-8, too */
}

bool ui_term_in_is_terminal(void)
{
    return is_terminal(STD_INPUT_HANDLE);
}

bool ui_term_out_is_terminal(void)
{
    return is_terminal(STD_OUTPUT_HANDLE);
}

bool ui_term_error_is_terminal(void)
{
    return is_terminal(STD_ERROR_HANDLE);
}

unsigned ui_term_width(void)
{
    CONSOLE_SCREEN_BUFFER_INFO info;

    if (GetConsoleScreenBufferInfo(stream(STD_OUTPUT_HANDLE), &info) && info.srWindow.Right >= info.srWindow.Left)
        return (unsigned)(info.srWindow.Right - info.srWindow.Left + 1);
    return 80;
}

/* ------------------------------------------------------------------------------------------------ interruption --- */

/* Runs in a thread of the system. It does not wake a read that sleeps, so ui_term_read looks again and again. */
static BOOL WINAPI on_event(DWORD event)
{
    bool is_key = event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;

    InterlockedExchange(&caught, is_key ? INTERRUPTED : CLOSED);
    if (!is_key)
        Sleep(5000); /* the system ends the process when this returns: give it time to end by itself */
    return TRUE;
}

void ui_term_catch_interrupt(void)
{
    SetConsoleCtrlHandler(on_event, TRUE);
}

int ui_term_interrupted(void)
{
    return (int)caught;
}

/* ------------------------------------------------------------------------------------------------------- input --- */

/*
 * Returns true if input or its end is available, and stores how many bytes in *available. A file always has something;
 * for a console the read itself waits.
 */
static bool input_available(HANDLE input, DWORD *available)
{
    *available = MAXDWORD;
    if (GetFileType(input) != FILE_TYPE_PIPE)
        return true;
    return !PeekNamedPipe(input, NULL, 0, NULL, available, NULL) || *available > 0;
}

static int64_t read_input(HANDLE input, void *to, DWORD size)
{
    DWORD got = 0, code;

    if (ReadFile(input, to, size, &got, NULL)) {
        if (got == 0 && is_terminal(STD_INPUT_HANDLE))
            Sleep(LOOK_MS); /* Ctrl-C first ends the read, and is reported after that */
        return caught ? UI_TERM_INTERRUPTED : (int64_t)got;
    }
    code = GetLastError();
    return code == ERROR_BROKEN_PIPE || code == ERROR_HANDLE_EOF ? UI_TERM_END : -(int64_t)code - 1;
}

int64_t ui_term_read(void *to, size_t size, bool wait)
{
    HANDLE input = stream(STD_INPUT_HANDLE);
    DWORD available;

    while (!caught && !input_available(input, &available)) {
        if (!wait)
            return UI_TERM_NOTHING;
        Sleep(1);
    }
    if (caught)
        return UI_TERM_INTERRUPTED;
    if (!wait && is_terminal(STD_INPUT_HANDLE))
        return UI_TERM_NOTHING; /* the user may never end the line */
    return read_input(input, to, size < available ? (DWORD)size : available);
}

int ui_term_code(int64_t result)
{
    return (int)(-result - 1);
}

uint64_t ui_term_input_size(void)
{
    HANDLE input = stream(STD_INPUT_HANDLE);
    LARGE_INTEGER size, at, none = { .QuadPart = 0 };

    if (GetFileType(input) != FILE_TYPE_DISK || !GetFileSizeEx(input, &size) ||
        !SetFilePointerEx(input, none, &at, FILE_CURRENT))
        return 0;
    return size.QuadPart > at.QuadPart ? (uint64_t)(size.QuadPart - at.QuadPart) : 0;
}

/* ------------------------------------------------------------------------------------------------------ output --- */

int ui_term_write(const void *from, size_t size)
{
    const unsigned char *next = from;

    while (size > 0) {
        DWORD done = 0, piece = size < WRITE_MOST ? (DWORD)size : WRITE_MOST;

        if (!WriteFile(stream(STD_OUTPUT_HANDLE), next, piece, &done, NULL))
            return (int)GetLastError();
        next += done;
        size -= done;
    }
    return 0;
}

bool ui_term_reader_gone(void)
{
    DWORD done;

    return GetFileType(stream(STD_OUTPUT_HANDLE)) == FILE_TYPE_PIPE &&
           !WriteFile(stream(STD_OUTPUT_HANDLE), "", 0, &done, NULL) &&
           (GetLastError() == ERROR_NO_DATA || GetLastError() == ERROR_BROKEN_PIPE);
}
