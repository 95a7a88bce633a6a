/* SPDX-License-Identifier: MIT */
/* watch.c - the caller's watcher. */
#include "handle/watch.h"

#include <stddef.h>

#include "base/arith.h"

void st_watch_end(struct stitch_region *region, uint64_t size)
{
    struct st_watch *watch = &region->watch;

    st_assert(st_handle_is_locked(&region->table));
    if (size >= st_load(&region->size))
        return;
    if (watch->callbacks.before_unmap && size < watch->reported_size)
        watch->callbacks.before_unmap(watch->callbacks.arg, size, watch->reported_size - size);
    watch->reported_size = st_min(watch->reported_size, size);
    st_store(&region->size, size);
}

void st_watch_mapped(struct stitch_region *region)
{
    struct st_watch *watch = &region->watch;
    uint64_t size = st_load(&region->size), reported = watch->reported_size;

    st_assert(st_handle_is_locked(&region->table));
    watch->reported_size = size;
    if (watch->callbacks.after_map && size > reported)
        watch->callbacks.after_map(watch->callbacks.arg, reported, size - reported);
}

int stitch_set_watcher(stitch_region *region, const struct stitch_watcher *watcher)
{
    st_error_set_code(0);
    if (!region)
        return STITCH_EINVAL;
    st_os_mutex_lock(&region->table);
    region->watch.callbacks = watcher ? *watcher : (struct stitch_watcher){ NULL, NULL, NULL };
    region->watch.reported_size = st_load(&region->size);
    st_os_mutex_unlock(&region->table);
    return 0;
}
