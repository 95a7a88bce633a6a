/* SPDX-License-Identifier: MIT */
/* close.c - the end of a handle, which may be the end of its region. */
#include <stitch/stitch.h>

#include "handle/handle.h"
#include "life/remove.h"

int stitch_close(stitch_region *region)
{
    int code = st_error_code(); /* of a failure before this call, not of what is already gone */
    uint64_t tag;

    if (!region)
        return 0;
    tag = region->geometry.tag; /* 0: the handle never got as far as a region */
    st_handle_detach(region);
    if (tag != 0 && !(region->geometry.flags & STITCH_KEEP))
        st_remove_one(&region->store.folder, &region->store.label);
    if (tag != 0)
        st_remove_unlinked(&region->store.folder, tag);
    st_handle_free(region);
    st_error_set_code(code);
    return 0;
}
