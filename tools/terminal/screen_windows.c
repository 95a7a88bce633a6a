/* SPDX-License-Identifier: MIT */
/*
 * screen_windows.c - screen.h in a console buffer of its own, so that the user's own buffer reappears afterwards. It
 * uses console calls and no escape sequences, since some consoles accept the mode for those and then print them.
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "terminal/screen.h"

#include <stdlib.h>

#include "text/memory.h"
#include "text/text.h"

#define BRIGHT FOREGROUND_INTENSITY

static HANDLE page_buffer = INVALID_HANDLE_VALUE;
static DWORD input_before;

static HANDLE input(void)
{
    return GetStdHandle(STD_INPUT_HANDLE);
}

bool ui_screen_begin(void)
{
    CONSOLE_CURSOR_INFO hidden = { .dwSize = 1, .bVisible = FALSE };

    if (!GetConsoleMode(input(), &input_before) || atexit(ui_screen_end) != 0)
        return false;
    page_buffer = CreateConsoleScreenBuffer(GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                            CONSOLE_TEXTMODE_BUFFER, NULL);
    if (page_buffer == INVALID_HANDLE_VALUE)
        return false;
    SetConsoleCursorInfo(page_buffer, &hidden);
    SetConsoleActiveScreenBuffer(page_buffer);
    SetConsoleMode(input(), ENABLE_PROCESSED_INPUT | ENABLE_WINDOW_INPUT);
    return true;
}

void ui_screen_end(void)
{
    if (page_buffer == INVALID_HANDLE_VALUE)
        return;
    SetConsoleMode(input(), input_before);
    SetConsoleActiveScreenBuffer(GetStdHandle(STD_OUTPUT_HANDLE));
    CloseHandle(page_buffer);
    page_buffer = INVALID_HANDLE_VALUE;
}

/* Returns the visible part of the buffer. */
static SMALL_RECT window(void)
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    SMALL_RECT none = { 0, 0, 0, 0 };
    BOOL known = GetConsoleScreenBufferInfo(page_buffer, &info);

    return known && info.srWindow.Bottom >= info.srWindow.Top && info.srWindow.Right >= info.srWindow.Left
               ? info.srWindow
               : none;
}

size_t ui_screen_height(void)
{
    SMALL_RECT seen = window();

    return (size_t)(seen.Bottom - seen.Top) + 1;
}

/* Overwrites one line of the page. The last column stays blank: text there could scroll the buffer. */
static void show_line(const char *line, SMALL_RECT seen, SHORT at, WORD colours)
{
    size_t room = (size_t)(seen.Right - seen.Left), bytes = ui_text_clip(line, room);
    wchar_t *wide = ui_memory((bytes + 1) * sizeof *wide);
    int length = bytes > 0 ? MultiByteToWideChar(CP_UTF8, 0, line, (int)bytes, wide, (int)bytes) : 0;
    COORD place = { .X = seen.Left, .Y = at };
    DWORD done;

    FillConsoleOutputCharacterW(page_buffer, L' ', (DWORD)room + 1, place, &done);
    FillConsoleOutputAttribute(page_buffer, colours, (DWORD)room + 1, place, &done);
    SetConsoleTextAttribute(page_buffer, colours);
    SetConsoleCursorPosition(page_buffer, place);
    WriteConsoleW(page_buffer, wide, (DWORD)length, &done, NULL);
    free(wide);
}

void ui_screen_show(const char *const *page, size_t count, size_t heading)
{
    const WORD plain = FOREGROUND_RED | FOREGROUND_GREEN | FOREGROUND_BLUE;
    SMALL_RECT seen = window();

    for (SHORT at = seen.Top; at <= seen.Bottom; at++) {
        size_t i = (size_t)(at - seen.Top);

        show_line(i < count ? page[i] : "", seen, at, i < heading ? plain | BRIGHT : plain);
    }
}

static enum ui_key meaning(const INPUT_RECORD *event)
{
    wchar_t character = event->Event.KeyEvent.uChar.UnicodeChar;

    if (event->EventType != KEY_EVENT)
        return event->EventType == WINDOW_BUFFER_SIZE_EVENT ? UI_KEY_OTHER : UI_KEY_NONE;
    if (!event->Event.KeyEvent.bKeyDown)
        return UI_KEY_NONE;
    switch (event->Event.KeyEvent.wVirtualKeyCode) {
    case VK_UP:
        return UI_KEY_UP;
    case VK_DOWN:
        return UI_KEY_DOWN;
    case VK_PRIOR:
        return UI_KEY_PAGE_UP;
    case VK_NEXT:
        return UI_KEY_PAGE_DOWN;
    default:
        return character == L'q' || character == L'Q' ? UI_KEY_QUIT : UI_KEY_NONE;
    }
}

enum ui_key ui_screen_key(unsigned milliseconds)
{
    INPUT_RECORD event;
    DWORD count;

    if (WaitForSingleObject(input(), milliseconds) != WAIT_OBJECT_0)
        return UI_KEY_NONE;
    if (!ReadConsoleInputW(input(), &event, 1, &count) || count == 0)
        return UI_KEY_QUIT; /* the console is gone */
    return meaning(&event);
}
