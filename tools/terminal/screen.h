/* SPDX-License-Identifier: MIT */
/*
 * screen.h - a terminal that shows a page of lines, and the keys that the user presses. One file per kind of terminal
 * implements it (screen_curses.c with ncurses, screen_windows.c with the Windows console); the build picks the file.
 */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

enum ui_key { UI_KEY_NONE, UI_KEY_OTHER, UI_KEY_QUIT, UI_KEY_UP, UI_KEY_DOWN, UI_KEY_PAGE_UP, UI_KEY_PAGE_DOWN };

/* Begins to show pages. Returns false if the terminal cannot. Requires: ui_term_catch_interrupt has been called. */
bool ui_screen_begin(void);

/* Restores the terminal; does nothing if no page is shown. */
void ui_screen_end(void);

/* Returns the current number of lines. */
size_t ui_screen_height(void);

/* Shows these lines from the top, the first `heading` of them bright. Omits the part that does not fit. */
void ui_screen_show(const char *const *page, size_t count, size_t heading);

/* Returns the next key within that time, or UI_KEY_NONE. UI_KEY_OTHER can also mean that the size has changed. */
enum ui_key ui_screen_key(unsigned milliseconds);

#endif
