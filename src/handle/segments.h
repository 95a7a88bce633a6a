/* SPDX-License-Identifier: MIT */
/*
 * segments.h - the segments that this process has mapped, by id and in order. THIS PROCESS ONLY.
 *
 * The uthash table finds a segment by its id; the order finds it by index or offset. Segments lie end to end.
 */
#ifndef ST_SEGMENTS_H
#define ST_SEGMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "os/os.h"
#include "shared/directory.h"

struct st_segment; /* one mapped segment; its fields are read by the calls below */
struct st_segments {
    struct st_segment *by_id; /* uthash head */
    struct st_segment **order;
    uint64_t count, room;
};

struct st_segment_view {
    uint64_t id, offset, extent;
    st_os_identity identity; /* what the system's map calls the view */
    st_os_object object;     /* owned by the table; closed where it need not be open */
    uint64_t mapped;         /* bytes from its start that have an address: extent, except with STITCH_BACKEND_REMAP */
};

/* Is it the view of this entry? */
static inline bool st_segments_view_is(const struct st_segment_view *view, const struct st_entry *entry)
{
    return view->id == entry->id && view->offset == entry->offset && view->extent == entry->extent;
}

/* The entry of which it is the view. */
static inline struct st_entry st_segments_entry(const struct st_segment_view *view)
{
    return (struct st_entry){ view->id, view->offset, view->extent };
}

/* Removes every segment and closes its object. A zeroed struct is an empty table. */
void st_segments_clear(struct st_segments *table);

/*
 * Adds a segment at the end and takes over its object. Returns 0; STITCH_ENOMEM, or STITCH_ECORRUPT if the id is in the
 * table already: then nothing has changed, and the object remains the caller's.
 */
int st_segments_add(struct st_segments *table, const struct st_segment_view *segment);

/* Removes the last one and closes its object. Requires: there is one. */
void st_segments_drop_last(struct st_segments *table);

/* Each copies one segment, or finds its index. Returns 0 or STITCH_ENOENT. */
int st_segments_at(const struct st_segments *table, uint64_t index, struct st_segment_view *out);
int st_segments_by_id(const struct st_segments *table, uint64_t id, struct st_segment_view *out);
int st_segments_at_offset(const struct st_segments *table, uint64_t offset, uint64_t *index);

/* The last segment, valid until the table changes; NULL if there is none. */
const struct st_segment_view *st_segments_last(const struct st_segments *table);

/* The segment itself, for opening or closing its object in place; valid until the table changes. Requires: index is
 * less than count. */
struct st_segment_view *st_segments_view(const struct st_segments *table, uint64_t index);

/* Records another view of the last segment. Requires: there is one. */
void st_segments_set_view(const struct st_segments *table, uint64_t mapped, st_os_identity identity);

/* The offset at which the last one ends; 0 if there is none. */
uint64_t st_segments_end(const struct st_segments *table);

#endif
