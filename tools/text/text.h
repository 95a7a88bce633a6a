/* SPDX-License-Identifier: MIT */
/*
 * text.h - text from outside, such as the name of a region, made safe and measured for a terminal.
 */
#ifndef UI_TEXT_H
#define UI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Says whether the output may hold UTF-8 beyond ASCII; the terminal's initialisation calls it. Until then: ASCII. */
void ui_text_set_utf8(bool utf8);
bool ui_text_utf8(void);

/*
 * Makes text safe to show: bytes that a terminal could obey, that change the direction of writing or that are not UTF-8
 * (not ASCII, if the output is not UTF-8) become \xHH. The result is unambiguous, since a region's name holds no
 * backslash. Returns a string that the caller frees.
 */
char *ui_text_safe(const char *text);

/* Returns true if all of the text is UTF-8. */
bool ui_text_is_utf8(const char *text);

/* Returns the number of columns that a safe text takes on a terminal. */
size_t ui_text_width(const char *text);

/* Returns how many bytes of the text fit into that many columns. */
size_t ui_text_clip(const char *text, size_t columns);

#endif
