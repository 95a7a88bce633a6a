/* SPDX-License-Identifier: MIT */
/*
 * state.h - everything about a region that somebody could see, as text: to prove that a failed call changed nothing.
 */
#ifndef T_STATE_H
#define T_STATE_H

#include "test.h"

enum { T_STATE_SIZE = 1 << 18 };

typedef struct t_state {
    char text[T_STATE_SIZE];
} t_state;

/* Sizes, generation and segments, mappings of the reservation, descriptors, the folder's objects with their sizes. */
void t_state_take(t_state *state, stitch_region *region);

/* Fails, and shows the first difference, unless the two are the same; or unless the state is still this one. */
#define T_SAME_STATE(before, now) t_state_same((before), (now), __FILE__, __LINE__)
void t_state_same(const t_state *before, const t_state *now, const char *file, int line);
#define T_UNCHANGED(before, region) t_state_compare((before), (region), __FILE__, __LINE__)
void t_state_compare(const t_state *before, stitch_region *region, const char *file, int line);

#endif
