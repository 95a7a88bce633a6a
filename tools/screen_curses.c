/* SPDX-License-Identifier: MIT */
/*
 * screen_curses.c - screen.h by ncurses. Its handlers for SIGINT and SIGTERM are not wanted: those signals are caught
 * already, which it respects. It notices SIGWINCH and tells it as a key.
 */
#define NCURSES_NOMACROS
#include <curses.h>

#include "screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "term.h"
#include "text.h"

#include <term.h> /* the system's, last: it makes macros of many words, lines and columns among them */

static SCREEN *screen;

/* Is it known, and can its cursor be moved? newterm does not ask the second, and where the first fails loses memory. */
static int shows_pages(void)
{
    int code;
    if (setupterm(NULL, STDOUT_FILENO, &code) != OK) {
        return 0;
    }
    int moves = tigetstr("cup") != NULL;
    del_curterm(cur_term);
    return moves;
}

int st_screen_begin(void)
{
    if (!shows_pages() || atexit(st_screen_end) != 0) {
        return 0;
    }
    screen = newterm(NULL, stdout, stdin); /* initscr would end the process where it fails */
    if (screen == NULL) {
        return 0;
    }
    set_term(screen);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    curs_set(0);
    return 1;
}

void st_screen_end(void)
{
    if (screen != NULL) {
        endwin();
        delscreen(screen);
        screen = NULL;
    }
}

size_t st_screen_height(void)
{
    int height = getmaxy(stdscr);
    return height > 0 ? (size_t)height : 1;
}

void st_screen_show(const char *const *page, size_t count, size_t heading)
{
    int width = getmaxx(stdscr);
    erase();
    for (size_t i = 0; i < count && i < st_screen_height(); i++) {
        if (i < heading) {
            attron(A_BOLD);
        }
        mvaddnstr((int)i, 0, page[i], (int)st_text_clip(page[i], width > 0 ? (size_t)width : 0));
        attroff(A_BOLD);
    }
    refresh();
}

static enum st_key meaning(int key)
{
    switch (key) {
    case 'q':
    case 'Q':
        return ST_KEY_QUIT;
    case KEY_UP:
        return ST_KEY_UP;
    case KEY_DOWN:
        return ST_KEY_DOWN;
    case KEY_PPAGE:
        return ST_KEY_PAGE_UP;
    case KEY_NPAGE:
        return ST_KEY_PAGE_DOWN;
    default:
        return ST_KEY_OTHER;
    }
}

enum st_key st_screen_key(unsigned milliseconds)
{
    uint64_t began = st_term_now();
    timeout((int)milliseconds);
    int key = getch();
    if (key != ERR) {
        return meaning(key);
    }
    if (!st_term_in_is_terminal()) {
        return ST_KEY_QUIT; /* hung up */
    }
    uint64_t passed = st_term_now() - began;
    if (passed < milliseconds && st_term_interrupted() == 0) {
        st_term_sleep((unsigned)(milliseconds - passed)); /* nothing can be read, for whatever reason: no haste */
    }
    return ST_KEY_NONE;
}
