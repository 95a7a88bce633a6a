/* SPDX-License-Identifier: MIT */
/*
 * names.h - what the objects of a region are called in its folder.
 *
 *   stitch.r.NAME    the directory of the region NAME
 *   stitch.u.TAG     the directory of a region whose name was unlinked, until the last user has gone
 *   stitch.u.TAG.N   the same, where another process had taken that name; N is random
 *   stitch.s.TAG.ID  segment ID of the region with that tag
 *   stitch.m.TAG     its roster (members)
 * TAG, ID and N are 16 lower-case hexadecimal digits.
 */
#ifndef ST_NAMES_H
#define ST_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#define ST_NAME_SIZE 256 /* bytes of any of them with its NUL; "stitch.r." and 200 bytes fit */

#define ST_NAMES_REGION   "stitch.r."
#define ST_NAMES_UNLINKED "stitch.u."
#define ST_NAMES_SEGMENT  "stitch.s."
#define ST_NAMES_ROSTER   "stitch.m."

/* Is it 1 to STITCH_NAME_MAX bytes, none of them a control character, a slash or a backslash (separators somewhere)? */
bool st_names_valid(const char *name);

void st_names_region(char out[ST_NAME_SIZE], const char *name);
void st_names_unlinked(char out[ST_NAME_SIZE], uint64_t tag, uint64_t nonce); /* nonce 0: without */
void st_names_segment(char out[ST_NAME_SIZE], uint64_t tag, uint64_t id);

void st_names_roster(char out[ST_NAME_SIZE], uint64_t tag);

/* Is `object` the name of a segment of the region with that tag? *id says which segment. */
bool st_names_is_segment(const char *object, uint64_t tag, uint64_t *id);

/* The region's name in the name of its directory; NULL if `object` is not the name of a directory of a named region. */
const char *st_names_of_region(const char *object);

/* Is it the name of the directory of an unlinked region? *tag says of which. */
bool st_names_is_unlinked(const char *object, uint64_t *tag);

#endif
