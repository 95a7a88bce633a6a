/* SPDX-License-Identifier: MIT */
/*
 * term_win32.c - term.h on Windows.
 *
 * Standard input and what cat writes go as bytes, past the C library: it would change line ends. The console is
 * switched to UTF-8 and to escape sequences, and put back at exit.
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <shellapi.h>

#include "term.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>

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

static int is_terminal(DWORD which)
{
    DWORD mode;

    return GetConsoleMode(stream(which), &mode) ? 1 : 0;
}

static void put_code_page_back(void)
{
    SetConsoleOutputCP(code_page_before);
}

/* What main is given is in the machine's code page, which cannot hold every name. */
void st_term_arguments(int *argc, char ***argv)
{
    int count;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);

    if (wide == NULL) {
        return; /* main's own will have to do */
    }
    char **words = st_text_memory(((size_t)count + 1) * sizeof *words);
    for (int i = 0; i < count; i++) {
        int size = WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, NULL, 0, NULL, NULL);

        words[i] = st_text_memory((size_t)size + 1);
        words[i][0] = '\0';
        WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, words[i], size, NULL, NULL);
    }
    words[count] = NULL;
    LocalFree(wide);
    *argc = count;
    *argv = words;
}

void st_term_init(void)
{
    static const DWORD outputs[] = { STD_OUTPUT_HANDLE, STD_ERROR_HANDLE };
    DWORD mode;

    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
        if (GetConsoleMode(stream(outputs[i]), &mode)) {
            SetConsoleMode(stream(outputs[i]), mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
        }
    }
    if (is_terminal(STD_OUTPUT_HANDLE) || is_terminal(STD_ERROR_HANDLE)) {
        code_page_before = GetConsoleOutputCP();
        SetConsoleOutputCP(CP_UTF8);
        atexit(put_code_page_back);
    }
}

int st_term_in_is_terminal(void)
{
    return is_terminal(STD_INPUT_HANDLE);
}

int st_term_out_is_terminal(void)
{
    return is_terminal(STD_OUTPUT_HANDLE);
}

int st_term_error_is_terminal(void)
{
    return is_terminal(STD_ERROR_HANDLE);
}

unsigned st_term_width(void)
{
    CONSOLE_SCREEN_BUFFER_INFO info;

    if (GetConsoleScreenBufferInfo(stream(STD_OUTPUT_HANDLE), &info) && info.srWindow.Right >= info.srWindow.Left) {
        return (unsigned)(info.srWindow.Right - info.srWindow.Left + 1);
    }
    return 80;
}

int st_term_utf8(void)
{
    return 1; /* st_term_init sees to the console; files and pipes get UTF-8 */
}

uint64_t st_term_now(void)
{
    return GetTickCount64();
}

void st_term_sleep(unsigned milliseconds)
{
    Sleep(milliseconds);
}

/* ------------------------------------------------------------------------------------------------ interruption --- */

/* In a thread of the system's own. A read that sleeps is not woken by it: hence the looks in wait_for_input. */
static BOOL WINAPI on_event(DWORD event)
{
    int is_key = event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;

    InterlockedExchange(&caught, is_key ? INTERRUPTED : CLOSED);
    if (!is_key) {
        Sleep(5000); /* the process ends when this returns; let it end by itself */
    }
    return TRUE;
}

void st_term_catch_interrupt(void)
{
    SetConsoleCtrlHandler(on_event, TRUE);
}

int st_term_interrupted(void)
{
    return (int)caught;
}

/* ------------------------------------------------------------------------------------------------------- input --- */

/* 1 if input or its end is there, 0 if not. Files always have; a console is asked by the read itself. */
static int input_there(HANDLE input, DWORD *there)
{
    *there = MAXDWORD;
    if (GetFileType(input) != FILE_TYPE_PIPE) {
        return 1;
    }
    return !PeekNamedPipe(input, NULL, 0, NULL, there, NULL) || *there > 0;
}

int64_t st_term_read(void *to, size_t size, int wait)
{
    HANDLE input = stream(STD_INPUT_HANDLE);
    DWORD got = 0, there;

    while (!caught && !input_there(input, &there)) {
        if (!wait) {
            return -1;
        }
        Sleep(1);
    }
    if (caught) {
        return ST_TERM_INTERRUPTED;
    }
    if (!wait && is_terminal(STD_INPUT_HANDLE)) {
        return -1; /* a line that is begun may never end */
    }
    if (size < there) {
        there = (DWORD)size;
    }
    if (ReadFile(input, to, there, &got, NULL)) {
        if (got == 0 && is_terminal(STD_INPUT_HANDLE)) {
            Sleep(LOOK_MS); /* Ctrl-C ends the read first, and is told afterwards */
        }
        return caught ? ST_TERM_INTERRUPTED : (int64_t)got;
    }
    return GetLastError() == ERROR_BROKEN_PIPE || GetLastError() == ERROR_HANDLE_EOF ? ST_TERM_END
                                                                                     : -(int64_t)GetLastError() - 1;
}

int st_term_code(int64_t result)
{
    return (int)(-result - 1);
}

uint64_t st_term_input_size(void)
{
    HANDLE input = stream(STD_INPUT_HANDLE);
    LARGE_INTEGER size, at, none = { .QuadPart = 0 };

    if (GetFileType(input) != FILE_TYPE_DISK || !GetFileSizeEx(input, &size) ||
        !SetFilePointerEx(input, none, &at, FILE_CURRENT)) {
        return 0;
    }
    return size.QuadPart > at.QuadPart ? (uint64_t)(size.QuadPart - at.QuadPart) : 0;
}

/* ------------------------------------------------------------------------------------------------------ output --- */

int st_term_write(const void *from, size_t size)
{
    const unsigned char *next = from;

    while (size > 0) {
        DWORD done = 0, piece = size < WRITE_MOST ? (DWORD)size : WRITE_MOST;

        if (!WriteFile(stream(STD_OUTPUT_HANDLE), next, piece, &done, NULL)) {
            return (int)GetLastError();
        }
        next += done;
        size -= done;
    }
    return 0;
}

int st_term_reader_gone(void)
{
    DWORD done;

    return GetFileType(stream(STD_OUTPUT_HANDLE)) == FILE_TYPE_PIPE &&
           !WriteFile(stream(STD_OUTPUT_HANDLE), "", 0, &done, NULL) &&
           (GetLastError() == ERROR_NO_DATA || GetLastError() == ERROR_BROKEN_PIPE);
}

const char *st_term_error_text(int code)
{
    static char text[512];
    wchar_t wide[256];
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, (DWORD)code, 0,
                                  wide, sizeof wide / sizeof wide[0], NULL);

    while (length > 0 && (wide[length - 1] == L'\n' || wide[length - 1] == L'\r' || wide[length - 1] == L'.')) {
        length--;
    }
    int bytes = WideCharToMultiByte(CP_UTF8, 0, wide, (int)length, text, (int)sizeof text - 1, NULL, NULL);
    text[bytes] = '\0';
    if (bytes == 0) {
        (void)snprintf(text, sizeof text, "error %d", code);
    }
    return text;
}

/* ------------------------------------------------------------------------------------------ regions' name space --- */

const char *st_term_folder(void)
{
    const char *folder = getenv("STITCH_DIR");

    return folder != NULL && *folder != '\0' ? folder : "Local";
}

int st_term_regions_stay(void)
{
    return 0; /* the system ends them with the last handle */
}

const char *st_term_user(uint64_t id, char *to, size_t size)
{
    (void)id; /* what a section has is a security descriptor; stitch makes no number of it */
    (void)snprintf(to, size, "-");
    return to;
}

/* The program's file name, without the folder. */
static void file_name(HANDLE process, char *to, size_t size)
{
    wchar_t path[1024];
    DWORD length = sizeof path / sizeof path[0];

    if (QueryFullProcessImageNameW(process, 0, path, &length)) {
        const wchar_t *last = wcsrchr(path, L'\\');
        int bytes = WideCharToMultiByte(CP_UTF8, 0, last ? last + 1 : path, -1, to, (int)size, NULL, NULL);

        to[bytes > 0 ? bytes - 1 : 0] = '\0';
    }
}

const char *st_term_process(uint64_t id, uint64_t started, uint64_t space, char *to, size_t size)
{
    FILETIME created, ended, kernel, user;
    HANDLE process = id <= MAXDWORD ? OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD)id) : NULL;

    (void)space; /* there is one */
    to[0] = '\0';
    if (process != NULL) {
        if (GetProcessTimes(process, &created, &ended, &kernel, &user) &&
            ((uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime) == started) {
            file_name(process, to, size);
        }
        CloseHandle(process);
    }
    return to;
}
