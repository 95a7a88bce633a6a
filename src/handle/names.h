/* SPDX-License-Identifier: MIT */
/*
 * names.h - what the objects of a region are called in its folder.
 *
 *   stitch.r.NAME    the directory of the region NAME
 *   stitch.u.TAG     the directory of a region whose name was unlinked, until the last user has gone
 *   stitch.u.TAG.N   the same, where somebody else had taken that name; N is random
 *   stitch.s.TAG.ID  segment ID of the region with that tag
 *   stitch.m.TAG     its roster (members)
 * TAG, ID and N are 16 lower-case hexadecimal digits.
 */
#ifndef ST_NAMES_H
#define ST_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#define ST_NAME_SIZE 256 /* bytes for any of them with its NUL; "stitch.r." and 200 bytes fit */

#define ST_NAMES_REGION   "stitch.r."
#define ST_NAMES_UNLINKED "stitch.u."
#define ST_NAMES_SEGMENT  "stitch.s."
#define ST_NAMES_ROSTER   "stitch.m."

/* 1 to STITCH_NAME_MAX bytes, none of them a slash or backslash (a separator on one system or the other) or control. */
bool st_names_valid(const char *name);

void st_names_region(char out[ST_NAME_SIZE], const char *name);
void st_names_unlinked(char out[ST_NAME_SIZE], uint64_t tag, uint64_t nonce); /* nonce 0: without */
void st_names_segment(char out[ST_NAME_SIZE], uint64_t tag, uint64_t id);

void st_names_roster(char out[ST_NAME_SIZE], uint64_t tag);

/* True if `object` is a segment's name of the region with that tag; *id then tells which. */
bool st_names_is_segment(const char *object, uint64_t tag, uint64_t *id);

/* The region's name in an object's name, or NULL if it is not a directory under its own name. */
const char *st_names_of_region(const char *object);

/* True if it is the name of an unlinked directory; *tag tells whose. */
bool st_names_is_unlinked(const char *object, uint64_t *tag);

#endif
