/* SPDX-License-Identifier: MIT */
/* query.h - looking at a region: what the directory says, what this handle has, what the system says. */
#ifndef ST_QUERY_H
#define ST_QUERY_H

#include "handle/handle.h"

int st_query_info(struct stitch_region *region, struct stitch_info *out);
int st_query_segment(struct stitch_region *region, uint64_t index, struct stitch_segment *out);
int st_query_find(struct stitch_region *region, const void *address, struct stitch_segment *out);
int st_query_presence(struct stitch_region *region, uint64_t offset);

/* verify.c */
int st_verify_region(struct stitch_region *region, struct stitch_verify_report *out);
/* Does the system's map say that this segment, one of those that are mapped, is its object, whole, behind its
 * neighbour? 1, 0, or an error. */
int st_verify_segment(struct stitch_region *region, uint64_t index);

/* members.c */
int st_members_each(struct stitch_region *region, int (*each)(const struct stitch_member *, void *), void *arg);

/* list.c */
int st_list_folder(const char *folder, int (*each)(const struct stitch_listing *, void *), void *arg);

#endif
