/* SPDX-License-Identifier: MIT */
/*
 * state.h - everything about a region that a process can see, as text. It proves that a failed call changed nothing.
 */
#ifndef T_STATE_H
#define T_STATE_H

#include "maps.h"
#include "test.h"

enum { T_STATE_SIZE = 1 << 18 };

typedef struct t_state {
    size_t used;
    char text[T_STATE_SIZE];
} t_state;

/* Sizes, generation and segments, mappings of the reservation, descriptors, the folder's objects with their sizes. */
void t_state_take(t_state *state, stitch_region *region);

/* Fails and shows the first difference, unless both states are the same; unless the region's state is `before`. */
#define T_SAME_STATE(before, now) t_state_same((before), (now), __FILE__, __LINE__)
void t_state_same(const t_state *before, const t_state *now, const char *file, int line);
#define T_UNCHANGED(before, region) t_state_compare((before), (region), __FILE__, __LINE__)
void t_state_compare(const t_state *before, stitch_region *region, const char *file, int line);

/*
 * For t_state_take only: appends a line; a range as the state shows it; appends what the process and the folder hold,
 * as far as each system can tell it.
 */
void t_state_add(t_state *state, const char *format, ...) T_PRINTF(2, 3);
t_range t_state_range(t_range range, uint64_t base);
void t_state_add_surroundings(t_state *state);

#endif
