/* SPDX-License-Identifier: MIT */
/*
 * state.c - compares states that state_<system>.c has taken.
 */
#include "state.h"

void t_state_same(const t_state *before, const t_state *now, const char *file, int line)
{
    size_t at = 0;

    if (strcmp(before->text, now->text) == 0)
        return;
    while (before->text[at] == now->text[at])
        at++;
    while (at > 0 && before->text[at - 1] != '\n')
        at--;
    t_fail(file, line, "something has changed:\n  before: %.*s\n  now:    %.*s", (int)strcspn(before->text + at, "\n"),
           before->text + at, (int)strcspn(now->text + at, "\n"), now->text + at);
}

void t_state_compare(const t_state *before, stitch_region *region, const char *file, int line)
{
    static t_state now;

    t_state_take(&now, region);
    t_state_same(before, &now, file, line);
}
