/* SPDX-License-Identifier: MIT */
/*
 * maps.h - what the system says about a process's address space, read without the library. Proves promise 2.
 *
 * Not for several threads at once: the results stand in static memory, so that reading needs no new mapping.
 */
#ifndef T_MAPS_H
#define T_MAPS_H

#include "test.h"

/* One line of the system's map. */
typedef struct t_range {
    uint64_t start, end;
    uint64_t device, object, offset; /* which object (0: none), and where in it the range begins */
    bool readable, writable, executable, shared;
} t_range;

typedef struct t_ranges {
    size_t count;
    const t_range *item;
} t_ranges;

/* One segment as the system shows it: one object, whole. */
typedef struct t_mapped {
    uint64_t offset, extent, device, object;
} t_mapped;

/* What a region's reservation should look like. */
typedef struct t_expected {
    uint64_t base, reserve, size;
    bool readonly;
    bool moves; /* the one view of a region whose base moves: `reserve` is what it should cover */
} t_expected;

/* The ranges of a process (NULL: this one) that touch [from, to), in order. */
t_ranges t_maps_read(const t_process *process, uint64_t from, uint64_t to);

/* Size of an object, by its identity, if its name is still in the folder; else 0. */
uint64_t t_maps_object_size(uint64_t device, uint64_t object);

/* Mappings of this process in all; those of objects under this path. */
size_t t_maps_count(void);
size_t t_maps_count_in(const char *path);

/*
 * Prove that the process's reservation is sound: segments end to end from base without a gap, each one object mapped
 * whole from its offset 0 and no object twice, right protection, at least `size` bytes of them, and behind them
 * nothing but inaccessible private memory without an object up to the reservation's end. Returns the number of
 * segments, and in `mapped` (may be NULL) the first `room` of them.
 */
size_t t_maps_prove(const t_process *process, t_expected expected, t_mapped *mapped, size_t room);

/*
 * The same for a region of this process, and that stitch_info, stitch_segment and stitch_verify agree with the system.
 */
size_t t_prove(stitch_region *region);
size_t t_prove_readonly(stitch_region *region);

/*
 * The same where writers die all the time. Where objects end with their last holder, a listed segment may have gone
 * with one of them: stitch_verify then says so ("object"), and all that is mapped must be sound all the same.
 */
size_t t_prove_follower(stitch_region *region);

#endif
