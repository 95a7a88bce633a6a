/* SPDX-License-Identifier: MIT */
/*
 * maps.h - reads the system's map of a process's address space, without the library. It proves promise 2.
 *
 * Requires that one thread at a time calls it: the results stand in static memory, so that reading needs no new
 * mapping.
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

/* How a region's reservation should look. */
typedef struct t_expected {
    uint64_t base, reserve, size;
    bool readonly;
    bool moves; /* the base moves: the region has one view, which should cover `reserve` */
} t_expected;

/* Returns the ranges of a process (NULL: this one) that touch [from, to), in order. */
t_ranges t_maps_read(const t_process *process, uint64_t from, uint64_t to);

/* Returns the size of the object of this identity, or 0 if the folder has no name of it any more. */
uint64_t t_maps_object_size(uint64_t device, uint64_t object);

/* Return how many mappings this process has in all; of objects under this path. */
size_t t_maps_count(void);
size_t t_maps_count_in(const char *path);

/*
 * Proves that the process's reservation is sound: segments lie end to end from base without a gap and have at least
 * `size` bytes; each is one object, mapped whole from its offset 0, with the right protection; no object is mapped
 * twice; and after them comes nothing but inaccessible private memory without an object, up to the reservation's end.
 * Returns the number of segments, and in `mapped` (may be NULL) the first `room` of them.
 */
size_t t_maps_prove(const t_process *process, t_expected expected, t_mapped *mapped, size_t room);

/*
 * Proves the same of a region of this process, and that stitch_info, stitch_segment and stitch_verify agree with the
 * system.
 */
size_t t_prove(stitch_region *region);
size_t t_prove_readonly(stitch_region *region);

/*
 * Proves the same where writers die all the time. Where objects end with their last holder, a listed segment may have
 * gone with one of them: stitch_verify then says so ("object"), and all that is mapped must be sound nevertheless.
 */
size_t t_prove_follower(stitch_region *region);

#endif
