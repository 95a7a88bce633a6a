/* SPDX-License-Identifier: MIT */
/*
 * state.c - compares states that state_<system>.c has taken.
 */
#include "state.h"

void t_state_compare(const t_state *before, stitch_region *region, const char *file, int line)
{
    static t_state now;
    size_t at = 0;

    t_state_take(&now, region);
    if (strcmp(before->text, now.text) == 0)
        return;
    while (before->text[at] == now.text[at])
        at++;
    while (at > 0 && before->text[at - 1] != '\n')
        at--;
    t_fail(file, line, "something has changed:\n  before: %.*s\n  now:    %.*s",
           (int)strcspn(before->text + at, "\n"), before->text + at, (int)strcspn(now.text + at, "\n"), now.text + at);
}
