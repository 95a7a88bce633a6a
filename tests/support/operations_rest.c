/* SPDX-License-Identifier: MIT */
/* operations_rest.c - leaves what a writer leaves that is killed at work, without killing one. */
#include "operations.h"

#include "handle/store.h"

/* An object that no state lists, memory past the commit mark, and an open journal. */
void t_stage_leave_a_rest(stitch_region *region)
{
    const struct st_record *record = &region->known.record;
    const struct st_entry *listed = &region->known.entries[record->count - 1];
    struct st_entry unlisted = { .id = record->next_id + 1, .extent = STITCH_EXTENT_UNIT };
    struct st_segment_view last;
    st_os_object object;
    st_os_identity identity;
    st_os_status status;

    T_OK(st_store_make_segment(&region->store, &unlisted, true, &object, &identity));
    T_OK(st_store_name_segment(&region->store, &object, &unlisted));
    st_os_object_close(&object);
    T_TRUE(st_segments_last(&region->segments, &last));
    T_OK(st_store_open_segment(&region->store, listed, &object, &status));
    T_OK(st_os_populate(&object, T_KIB(1792), T_KIB(256)));
    st_os_object_close(&object);
    /* Not where a view is as long as the size, nor where all is committed. */
    if (last.mapped >= T_MIB(2) && record->commit <= T_KIB(1792))
        memset(t_bytes(region) + T_KIB(1792), 0xee, T_KIB(256));
    st_directory_journal_open(region->directory, T_KIB(1100));
}
