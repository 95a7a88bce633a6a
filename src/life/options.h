/* SPDX-License-Identifier: MIT */
/* options.h - checking and completing what a caller asks for, so that nothing below has to ask whether it is valid. */
#ifndef ST_OPTIONS_H
#define ST_OPTIONS_H

#include <stitch/stitch.h>

/*
 * Each checks the arguments of the call of that name and copies the options, with this version's struct size.
 * Returns 0, STITCH_EINVAL, _ERESERVE.
 *   create   also fills in the defaults.
 *   attach   does not: what a new region needs is checked by create, if it comes to that. But if the caller names a
 *            backend, all options must be possible in any case.
 */
int st_options_for_create(const char *name, const struct stitch_options *from, stitch_region **out,
                          struct stitch_options *options);
int st_options_for_open(const char *name, const struct stitch_options *from, stitch_region **out,
                        struct stitch_options *options);
int st_options_for_attach(const char *name, const struct stitch_options *from, stitch_region **out,
                          struct stitch_options *options);

#endif
