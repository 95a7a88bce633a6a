/* SPDX-License-Identifier: MIT */
/* parallel.c - stitch_set_parallel: the caller's threads, which commit.c uses. */
#include <stitch/memory.h>

#include <stddef.h>

#include "handle/handle.h"

int stitch_set_parallel(stitch_region *region, const struct stitch_parallel *parallel)
{
    st_error_set_code(0);
    if (!region)
        return STITCH_EINVAL;
    if (st_handle_is_readonly(region))
        return STITCH_EREADONLY;
    st_os_mutex_lock(&region->writing);
    region->parallel = parallel ? *parallel : (struct stitch_parallel){ NULL, NULL };
    st_os_mutex_unlock(&region->writing);
    return 0;
}
