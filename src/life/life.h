/* SPDX-License-Identifier: MIT */
/* life.h - how a handle begins and ends: create, open, attach, close. Names and options have been checked. */
#ifndef ST_LIFE_H
#define ST_LIFE_H

#include "handle/handle.h"

int st_life_create(const char *name, const struct stitch_options *options, struct stitch_region **out);
int st_life_open(const char *name, const struct stitch_options *options, struct stitch_region **out);
int st_life_attach(const char *name, const struct stitch_options *options, struct stitch_region **out);
void st_life_close(struct stitch_region *region);

#endif
