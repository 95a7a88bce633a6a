/* SPDX-License-Identifier: MIT */
/* attach.c - stitch_attach: opens a region or creates it, whichever works first. */
#include <stitch/stitch.h>

#include "life/options.h"
#include "os/os.h"

#define TRIES 2000 /* of a millisecond: a region of that name is being made or removed */

int stitch_attach(const char *name, const struct stitch_options *options, stitch_region **out)
{
    struct stitch_options checked;
    int err = st_options_for_attach(name, options, out, &checked);

    st_error_set_code(0);
    if (err)
        return err;
    for (int tries = 0; tries < TRIES; tries++) {
        err = stitch_open(name, &checked, out);
        if (err != STITCH_ENOENT || (checked.flags & STITCH_READONLY))
            return err;
        err = stitch_create(name, &checked, out);
        if (err != STITCH_EEXIST)
            return err;
        st_os_sleep(1);
    }
    return STITCH_EBUSY;
}
