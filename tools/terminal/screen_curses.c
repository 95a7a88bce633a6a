/* SPDX-License-Identifier: MIT */
/*
 * screen_curses.c - screen.h with ncurses. Its own handlers for SIGINT and SIGTERM are not wanted; it leaves signals
 * alone that are caught already. It notices SIGWINCH and reports it as a key.
 */
#define NCURSES_NOMACROS
#include <curses.h>

#include "terminal/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "terminal/system.h"
#include "terminal/term.h"
#include "text/text.h"

#include <term.h> /* of ncurses. Last, since it defines macros for many words, such as lines and columns */

static SCREEN *screen;

/*
 * Returns true if the terminal is known and its cursor can be moved. newterm does not check the second, and leaks
 * memory if the first fails.
 */
static bool can_show_pages(void)
{
    int code;
    bool moves;

    if (setupterm(NULL, STDOUT_FILENO, &code) != OK)
        return false;
    moves = tigetstr("cup") != NULL;
    del_curterm(cur_term);
    return moves;
}

bool ui_screen_begin(void)
{
    if (!can_show_pages() || atexit(ui_screen_end) != 0)
        return false;
    screen = newterm(NULL, stdout, stdin); /* initscr would end the process if it failed */
    if (!screen)
        return false;
    set_term(screen);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    curs_set(0);
    return true;
}

void ui_screen_end(void)
{
    if (!screen)
        return;
    endwin();
    delscreen(screen);
    screen = NULL;
}

size_t ui_screen_height(void)
{
    int height = getmaxy(stdscr);

    return height > 0 ? (size_t)height : 1;
}

void ui_screen_show(const char *const *page, size_t count, size_t heading)
{
    int width = getmaxx(stdscr);

    erase();
    for (size_t i = 0; i < count && i < ui_screen_height(); i++) {
        if (i < heading)
            attron(A_BOLD);
        mvaddnstr((int)i, 0, page[i], (int)ui_text_clip(page[i], width > 0 ? (size_t)width : 0));
        attroff(A_BOLD);
    }
    refresh();
}

static enum ui_key meaning(int key)
{
    switch (key) {
    case 'q':
    case 'Q':
        return UI_KEY_QUIT;
    case KEY_UP:
        return UI_KEY_UP;
    case KEY_DOWN:
        return UI_KEY_DOWN;
    case KEY_PPAGE:
        return UI_KEY_PAGE_UP;
    case KEY_NPAGE:
        return UI_KEY_PAGE_DOWN;
    default:
        return UI_KEY_OTHER;
    }
}

enum ui_key ui_screen_key(unsigned milliseconds)
{
    uint64_t began = ui_system_now(), passed;
    int key;

    timeout((int)milliseconds);
    key = getch();
    if (key != ERR)
        return meaning(key);
    if (!ui_term_in_is_terminal())
        return UI_KEY_QUIT; /* the terminal has hung up */
    passed = ui_system_now() - began;
    if (passed < milliseconds && ui_term_interrupted() == 0)
        ui_system_sleep((unsigned)(milliseconds - passed)); /* reading fails for some reason: do not spin */
    return UI_KEY_NONE;
}
