/* SPDX-License-Identifier: MIT */
/*
 * stitch.c - the public calls: check the arguments, then call one function. The checks of names and options are here,
 * so that nothing below has to ask whether they are right.
 */
#include <stitch/inspect.h>
#include <stitch/stitch.h>

#include <string.h>

#include "shared/plan.h"
#include "region/sync.h"
#include "life/life.h"
#include "handle/names.h"
#include "look/look.h"
#include "life/remove.h"

static_assert(sizeof(struct stitch_options) == 10 * 8, "every option is 8 bytes wide, so that a size tells a version");

#define OPEN_FLAGS   (STITCH_READONLY | STITCH_OTHER_OWNER)
#define HANDLE_FLAGS (STITCH_EXCLUSIVE | STITCH_NOWAIT | STITCH_INHERIT)

/* ----------------------------------------------------------------------------------------------------- options --- */

/* Take over a struct of another size: what is not there is 0; what we do not know must be 0. */
static int copy_options(const struct stitch_options *from, struct stitch_options *out)
{
    const struct stitch_options defaults = STITCH_OPTIONS_INIT;
    uint64_t size = from ? from->struct_size : 0;

    *out = defaults;
    if (!from)
        return 0;
    if (size < sizeof from->struct_size || size % 8 != 0 || size > 4096)
        return STITCH_EINVAL;
    for (uint64_t i = sizeof *out; i < size; i++)
        if (((const unsigned char *)from)[i] != 0)
            return STITCH_EINVAL;
    memcpy(out, from, size < sizeof *out ? (size_t)size : sizeof *out);
    out->struct_size = sizeof *out;
    return 0;
}

static int choose_backend(uint64_t *backend)
{
    static const char *const names[] = { NULL, "stitched", "single", "fixed", "remap" };
    const char *setting;

    if (*backend > STITCH_BACKEND_REMAP)
        return STITCH_EINVAL;
    if (*backend != STITCH_BACKEND_AUTO)
        return 0;
    setting = st_os_setting("STITCH_BACKEND");
    if (!setting)
        return 0; /* by what the system can */
    for (uint64_t known = STITCH_BACKEND_STITCHED; known <= STITCH_BACKEND_REMAP; known++)
        if (strcmp(setting, names[known]) == 0)
            *backend = known;
    return *backend == STITCH_BACKEND_AUTO ? STITCH_EINVAL : 0;
}

/* What only some backends mean: FIXED has its memory from the beginning, REMAP maps only what has memory. */
static int check_backend(struct stitch_options *options)
{
    int e = choose_backend(&options->backend);

    if (e)
        return e;
    if ((options->flags & STITCH_LAZY) &&
        (options->backend == STITCH_BACKEND_FIXED || options->backend == STITCH_BACKEND_REMAP))
        return STITCH_EINVAL;
    if (options->reserve == 0)
        options->reserve = options->backend == STITCH_BACKEND_FIXED ? options->size : STITCH_RESERVE_DEFAULT;
    return options->reserve == 0 ? STITCH_EINVAL : 0; /* a fixed region of no size at all */
}

/* Fill in the defaults of what a new region needs. */
static int complete_for_create(struct stitch_options *options)
{
    int e = check_backend(options);

    if (e)
        return e;
    if (options->mode == 0)
        options->mode = 0600;
    if (options->segments == 0)
        options->segments = STITCH_SEGMENTS_DEFAULT;
    if (options->reserve > STITCH_RESERVE_MAX || options->extent > STITCH_RESERVE_MAX ||
        options->segments > STITCH_SEGMENTS_MAX)
        return STITCH_EINVAL;
    if ((options->mode & ~UINT64_C(0644)) != 0 || (options->mode & 0600) != 0600)
        return STITCH_EINVAL;
    options->reserve = st_align_up(options->reserve, STITCH_EXTENT_UNIT);
    options->extent = st_align_up(options->extent, STITCH_EXTENT_UNIT);
    if (options->extent > options->reserve)
        options->extent = options->reserve;
    return options->size > options->reserve ? STITCH_ERESERVE : 0;
}

enum { FOR_CREATE = 1, FOR_OPEN = 2 };

static int prepare(const char *name, const struct stitch_options *from, int purpose, stitch_region **out,
                   struct stitch_options *options)
{
    int e;

    st_error_set_code(0);
    if (!name || !out || !st_names_valid(name))
        return STITCH_EINVAL;
    e = copy_options(from, options);
    if (e)
        return e;
    if ((options->flags & ~(ST_REGION_FLAGS | OPEN_FLAGS | HANDLE_FLAGS)) != 0 ||
        (options->flags & (STITCH_READONLY | STITCH_EXCLUSIVE)) == (STITCH_READONLY | STITCH_EXCLUSIVE) ||
        (purpose == FOR_CREATE && (options->flags & OPEN_FLAGS) != 0) ||
        (options->flags & OPEN_FLAGS) == STITCH_OTHER_OWNER)
        return STITCH_EINVAL;
    return purpose == FOR_CREATE ? complete_for_create(options) : 0;
}

/* -------------------------------------------------------------------------------------------- life of a region --- */

int stitch_create(const char *name, const struct stitch_options *options, stitch_region **out)
{
    struct stitch_options checked;
    int e = prepare(name, options, FOR_CREATE, out, &checked);

    return e ? e : st_life_create(name, &checked, out);
}

int stitch_open(const char *name, const struct stitch_options *options, stitch_region **out)
{
    struct stitch_options checked;
    int e = prepare(name, options, FOR_OPEN, out, &checked);

    return e ? e : st_life_open(name, &checked, out);
}

int stitch_attach(const char *name, const struct stitch_options *options, stitch_region **out)
{
    struct stitch_options checked;
    int unfit, e = prepare(name, options, FOR_CREATE | FOR_OPEN, out, &checked);
    uint64_t backend = checked.backend;

    if (e)
        return e;
    unfit = complete_for_create(&checked);
    if (!unfit)
        return st_life_attach(name, &checked, out);
    if (backend != STITCH_BACKEND_AUTO)
        return unfit;
    e = st_life_open(name, &checked, out); /* what the environment asks for counts only when it comes to creating */
    return e == STITCH_ENOENT ? unfit : e;
}

int stitch_close(stitch_region *region)
{
    if (region)
        st_life_close(region);
    return 0;
}

int stitch_unlink(const char *name)
{
    return stitch_unlink_at(NULL, name);
}

int stitch_unlink_at(const char *folder, const char *name)
{
    st_os_folder opened;
    int e;

    st_error_set_code(0);
    if (!name || !st_names_valid(name))
        return STITCH_EINVAL;
    e = st_os_folder_open(folder ? folder : st_os_setting("STITCH_DIR"), &opened);
    if (e)
        return e;
    e = st_reap_unlink(&opened, name);
    st_os_folder_close(&opened);
    return e;
}

/* -------------------------------------------------------------------------------------------------- lock-free reads
 * --- */

void *stitch_base(const stitch_region *region)
{
    return region ? (void *)(uintptr_t)st_load(&region->base) : NULL;
}

uint64_t stitch_size(const stitch_region *region)
{
    return region ? st_load(&region->size) : 0;
}

uint64_t stitch_reserve(const stitch_region *region)
{
    return region ? region->geometry.reserve : 0;
}

uint64_t stitch_generation(const stitch_region *region)
{
    return region ? st_load(&region->generation) : 0;
}

/* ------------------------------------------------------------------------------------------------ growing, following
 * --- */

int stitch_grow(stitch_region *region, uint64_t bytes, uint64_t *offset)
{
    uint64_t unused;

    st_error_set_code(0);
    return region ? st_region_grow(region, bytes, NULL, offset ? offset : &unused) : STITCH_EINVAL;
}

int stitch_append(stitch_region *region, const void *data, uint64_t length, uint64_t *offset)
{
    uint64_t unused;

    st_error_set_code(0);
    if (!region || (!data && length > 0))
        return STITCH_EINVAL;
    return st_region_grow(region, length, data, offset ? offset : &unused);
}

int stitch_shrink(stitch_region *region, uint64_t bytes)
{
    st_error_set_code(0);
    return region ? st_region_shrink(region, bytes, NULL) : STITCH_EINVAL;
}

int stitch_shrink_report(stitch_region *region, uint64_t bytes, struct stitch_shrink_report *out)
{
    st_error_set_code(0);
    return region && out ? st_region_shrink(region, bytes, out) : STITCH_EINVAL;
}

int stitch_resize(stitch_region *region, uint64_t size)
{
    st_error_set_code(0);
    return region ? st_region_resize(region, size) : STITCH_EINVAL;
}

int stitch_discard(stitch_region *region, uint64_t offset, uint64_t length)
{
    st_error_set_code(0);
    return region ? st_region_discard(region, offset, length) : STITCH_EINVAL;
}

int stitch_sync(stitch_region *region)
{
    if (!region)
        return STITCH_EINVAL;
    if (st_load(region->shared_generation) == st_load(&region->generation))
        return 0;
    st_error_set_code(0);
    return st_follow_sync(region);
}

int stitch_set_watcher(stitch_region *region, const struct stitch_watcher *watcher)
{
    st_error_set_code(0);
    if (!region)
        return STITCH_EINVAL;
    st_follow_watch(region, watcher);
    return 0;
}

int stitch_set_parallel(stitch_region *region, const struct stitch_parallel *lender)
{
    st_error_set_code(0);
    return region ? st_region_lend(region, lender) : STITCH_EINVAL;
}

int stitch_wait(stitch_region *region, uint64_t seen_generation, int64_t timeout_ms)
{
    st_error_set_code(0);
    if (!region || timeout_ms < -1)
        return STITCH_EINVAL;
    return st_follow_wait(region, seen_generation, timeout_ms);
}

/* ----------------------------------------------------------------------------------------------------- looking --- */

int stitch_info(stitch_region *region, struct stitch_info *out)
{
    st_error_set_code(0);
    return region && out ? st_query_info(region, out) : STITCH_EINVAL;
}

int stitch_segment(stitch_region *region, uint64_t index, struct stitch_segment *out)
{
    st_error_set_code(0);
    return region && out ? st_query_segment(region, index, out) : STITCH_EINVAL;
}

int stitch_find(stitch_region *region, const void *address, struct stitch_segment *out)
{
    st_error_set_code(0);
    return region && out ? st_query_find(region, address, out) : STITCH_EINVAL;
}

int stitch_presence(stitch_region *region, uint64_t offset)
{
    st_error_set_code(0);
    return region ? st_query_presence(region, offset) : STITCH_EINVAL;
}

int stitch_verify(stitch_region *region, struct stitch_verify_report *out)
{
    st_error_set_code(0);
    return region && out ? st_verify_region(region, out) : STITCH_EINVAL;
}

const char *stitch_fault_name(uint64_t fault)
{
    static const char *const names[] = { "none",   "missing",     "foreign",     "shifted",  "protection",
                                         "object", "uncommitted", "reservation", "directory" };

    return fault < sizeof names / sizeof names[0] ? names[fault] : "not a fault of stitch";
}

int stitch_members(stitch_region *region, int (*each)(const struct stitch_member *, void *), void *arg)
{
    st_error_set_code(0);
    return region && each ? st_members_each(region, each, arg) : STITCH_EINVAL;
}

int stitch_collect(int (*each)(const struct stitch_collected *, void *), void *arg)
{
    return stitch_collect_at(NULL, each, arg);
}

int stitch_collect_at(const char *folder, int (*each)(const struct stitch_collected *, void *), void *arg)
{
    st_os_folder opened;
    int e;

    st_error_set_code(0);
    e = st_os_folder_open(folder ? folder : st_os_setting("STITCH_DIR"), &opened);
    if (e)
        return e;
    e = st_reap_collect(&opened, each, arg);
    st_os_folder_close(&opened);
    return e;
}

int stitch_list(int (*each)(const struct stitch_listing *, void *), void *arg)
{
    return stitch_list_at(NULL, each, arg);
}

int stitch_list_at(const char *folder, int (*each)(const struct stitch_listing *, void *), void *arg)
{
    st_error_set_code(0);
    return each ? st_list_folder(folder, each, arg) : STITCH_EINVAL;
}
