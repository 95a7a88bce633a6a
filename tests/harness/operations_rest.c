/* SPDX-License-Identifier: MIT */
/* operations_rest.c - what a writer leaves that died at work, without a death. */
#include "operations.h"

#include "region/sync.h"

void t_stage_leave_a_rest(stitch_region *region)
{
    struct st_segment_view last;
    char name[ST_NAME_SIZE];
    st_os_object object;
    st_os_status status;

    st_names_segment(name, region->geometry.tag, region->now.record.next_id + 1);
    T_OK(st_os_object_create(&region->folder, name, STITCH_EXTENT_UNIT, region->geometry.mode, true, &object));
    T_OK(st_os_object_publish(&region->folder, name, &object));
    st_os_object_close(&object);
    T_OK(st_segments_at(&region->segments, region->segments.count - 1, &last));
    T_OK(st_follow_open_segment(region, last.id, last.extent, &object, &status));
    T_OK(st_os_populate(&object, T_KIB(1792), T_KIB(256)));
    st_os_object_close(&object);
    /* Not where a view is as long as the size, nor where all is committed. */
    if (last.mapped >= T_MIB(2) && region->now.record.commit <= T_KIB(1792))
        memset(t_bytes(region) + T_KIB(1792), 0xee, T_KIB(256));
    st_directory_journal_open(region->directory, T_KIB(1100));
}
