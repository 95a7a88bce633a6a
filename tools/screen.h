/* SPDX-License-Identifier: MIT */
/*
 * screen.h - a terminal that shows a page of lines, and the keys pressed meanwhile. One file per system implements it
 * (screen_curses.c by ncurses, screen_win32.c by the console); the build picks.
 */
#ifndef ST_SCREEN_H
#define ST_SCREEN_H

#include <stddef.h>

enum st_key { ST_KEY_NONE, ST_KEY_OTHER, ST_KEY_QUIT, ST_KEY_UP, ST_KEY_DOWN, ST_KEY_PAGE_UP, ST_KEY_PAGE_DOWN };

/* Take the terminal over. Returns 1, or 0 if it cannot show pages. st_term_catch_interrupt has been called. */
int st_screen_begin(void);

/* Give it back as it was; nothing if it was not taken. */
void st_screen_end(void);

/* Lines that it has now. */
size_t st_screen_height(void);

/* Show these lines from the top, `heading` of them set off; what does not fit is left out. */
void st_screen_show(const char *const *page, size_t count, size_t heading);

/* The next key, if one comes within the time. ST_KEY_OTHER also if the size has changed. */
enum st_key st_screen_key(unsigned milliseconds);

#endif
