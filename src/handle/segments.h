/* SPDX-License-Identifier: MIT */
/*
 * segments.h - the private side of a region: which segments this process has mapped, by id and in order.
 *
 * THIS PROCESS ONLY. The uthash table finds a segment by its id; the order finds it by index or offset.
 */
#ifndef ST_SEGMENTS_H
#define ST_SEGMENTS_H

#include <stdint.h>

#include "os/os.h"

struct st_segment; /* one mapped segment; its fields are read by the calls below */
struct st_segments {
    struct st_segment *by_id; /* uthash head */
    struct st_segment **order;
    uint64_t count, room;
};

struct st_segment_view {
    uint64_t id, offset, extent;
    st_os_identity identity; /* what the system's map calls the view */
    st_os_object object;     /* open, or closed where it need not be open; the table's */
    uint64_t mapped;         /* bytes of it, from its start, that have an address: extent, but STITCH_BACKEND_REMAP */
};

/* Forget everything, close and free it. A zeroed struct is an empty table. */
void st_segments_clear(struct st_segments *table);

/* Add at the end. Returns 0; STITCH_ENOMEM, and nothing has changed, the object is not taken; STITCH_ECORRUPT if the id
 * is there. */
int st_segments_add(struct st_segments *table, const struct st_segment_view *segment);

/* Drop the last one and close its object; there must be one. Cannot fail. */
void st_segments_drop_last(struct st_segments *table);

/* Each returns 0, or STITCH_ENOENT. */
int st_segments_at(const struct st_segments *table, uint64_t index, struct st_segment_view *out);
int st_segments_by_id(const struct st_segments *table, uint64_t id, struct st_segment_view *out);
int st_segments_at_offset(const struct st_segments *table, uint64_t offset, uint64_t *index);

/* The object of one of them, to open or close in place; there must be such an index. */
st_os_object *st_segments_object(const struct st_segments *table, uint64_t index);

/* The last one, of which there must be one, has another view. */
void st_segments_set_view(const struct st_segments *table, uint64_t mapped, st_os_identity identity);

/* Where the last one ends; 0 without any. */
uint64_t st_segments_end(const struct st_segments *table);

#endif
