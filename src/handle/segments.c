/* SPDX-License-Identifier: MIT */
/*
 * segments.c - the table of mapped segments. It is the only file with uthash, which must report a lack of memory and
 * not exit. Invariant: `order` holds each segment of `by_id` once, end to end.
 */
#include "handle/segments.h"

#include <stdlib.h>

#include <stitch/stitch.h>

#define HASH_NONFATAL_OOM            1
#define uthash_nonfatal_oom(element) ((void)((element)->oom = 1))
#include <uthash.h>

struct st_segment {
    struct st_segment_view view;
    int oom;
    UT_hash_handle hh;
};

void st_segments_clear(struct st_segments *table)
{
    while (table->count > 0)
        st_segments_drop_last(table);
    free(table->order);
    *table = (struct st_segments){ 0 };
}

static int make_room(struct st_segments *table)
{
    uint64_t room = table->room ? table->room * 2 : 16;
    struct st_segment **order;

    if (table->count < table->room)
        return 0;
    order = realloc(table->order, (size_t)room * sizeof *order);
    if (!order)
        return STITCH_ENOMEM;
    table->order = order;
    table->room = room;
    return 0;
}

int st_segments_add(struct st_segments *table, const struct st_segment_view *segment)
{
    struct st_segment *added = NULL;
    int err = make_room(table);

    if (err)
        return err;
    HASH_FIND(hh, table->by_id, &segment->id, sizeof segment->id, added);
    if (added)
        return STITCH_ECORRUPT;
    added = calloc(1, sizeof *added);
    if (!added)
        return STITCH_ENOMEM;
    added->view = *segment;
    HASH_ADD(hh, table->by_id, view.id, sizeof added->view.id, added);
    if (added->oom) {
        free(added);
        return STITCH_ENOMEM;
    }
    table->order[table->count++] = added;
    return 0;
}

void st_segments_drop_last(struct st_segments *table)
{
    struct st_segment *last = table->order[--table->count];

    HASH_DELETE(hh, table->by_id, last);
    st_os_object_close(&last->view.object);
    free(last);
}

int st_segments_at(const struct st_segments *table, uint64_t index, struct st_segment_view *out)
{
    if (index >= table->count)
        return STITCH_ENOENT;
    *out = table->order[index]->view;
    return 0;
}

int st_segments_by_id(const struct st_segments *table, uint64_t id, struct st_segment_view *out)
{
    struct st_segment *found = NULL;

    HASH_FIND(hh, table->by_id, &id, sizeof id, found);
    if (!found)
        return STITCH_ENOENT;
    *out = found->view;
    return 0;
}

int st_segments_at_offset(const struct st_segments *table, uint64_t offset, uint64_t *index)
{
    uint64_t low = 0, high = table->count;

    if (offset >= st_segments_end(table))
        return STITCH_ENOENT;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;

        if (table->order[middle]->view.offset <= offset)
            low = middle;
        else
            high = middle;
    }
    *index = low;
    return 0;
}

struct st_segment_view *st_segments_view(const struct st_segments *table, uint64_t index)
{
    return &table->order[index]->view;
}

void st_segments_set_view(const struct st_segments *table, uint64_t mapped, st_os_identity identity)
{
    struct st_segment_view *last = &table->order[table->count - 1]->view;

    last->mapped = mapped;
    last->identity = identity;
}

const struct st_segment_view *st_segments_last(const struct st_segments *table)
{
    return table->count > 0 ? &table->order[table->count - 1]->view : NULL;
}

uint64_t st_segments_end(const struct st_segments *table)
{
    const struct st_segment_view *last = st_segments_last(table);

    return last ? last->offset + last->extent : 0;
}
