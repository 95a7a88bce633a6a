/* SPDX-License-Identifier: MIT */
/*
 * patience.h - how often to try again what others have disturbed by changing the region. Honest processes seldom do so
 * twice in a row. A hostile one may do it for ever, and make each try a long one; it must not hold a caller up.
 */
#ifndef ST_PATIENCE_H
#define ST_PATIENCE_H

#include "os/os.h"

#define ST_PATIENCE_LEAST_TRIES 16   /* allowed in any case */
#define ST_PATIENCE_MOST_TRIES  1000 /* and never more than these, */
#define ST_PATIENCE_MS          1000 /* nor longer than this */

struct st_patience {
    int tries;
    uint64_t since;
};

/* Counts one more try. Returns false when it is time to give up. Zero-initialise *patience before the first one. */
static inline bool st_patience_lasts(struct st_patience *patience)
{
    if (patience->tries++ == 0)
        patience->since = st_os_milliseconds();
    return patience->tries < ST_PATIENCE_LEAST_TRIES ||
           (patience->tries < ST_PATIENCE_MOST_TRIES && st_os_milliseconds() - patience->since < ST_PATIENCE_MS);
}

#endif
