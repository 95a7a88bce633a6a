/* SPDX-License-Identifier: MIT */
/* options.c - the rules of struct stitch_options. */
#include "life/options.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/arith.h"
#include "handle/store.h"

static_assert(sizeof(struct stitch_options) == 10 * 8, "every option is 8 bytes wide, so that a size tells a version");

#define OPEN_FLAGS   (STITCH_READONLY | STITCH_OTHER_OWNER)
#define HANDLE_FLAGS (STITCH_EXCLUSIVE | STITCH_NOWAIT | STITCH_INHERIT)

#define LARGEST_OPTIONS 4096 /* bytes that any version's struct can have */

/* Copies a struct of any version's size: fields that it lacks are 0, and fields that we do not know must be 0. */
static int copy_options(const struct stitch_options *from, struct stitch_options *out)
{
    const struct stitch_options defaults = STITCH_OPTIONS_INIT;
    uint64_t size = from ? from->struct_size : 0;

    *out = defaults;
    if (!from)
        return 0;
    if (size < sizeof from->struct_size || size % 8 != 0 || size > LARGEST_OPTIONS)
        return STITCH_EINVAL;
    for (uint64_t i = sizeof *out; i < size; i++)
        if (((const unsigned char *)from)[i] != 0)
            return STITCH_EINVAL;
    memcpy(out, from, (size_t)st_min(size, sizeof *out));
    out->struct_size = sizeof *out;
    return 0;
}

/* The environment decides if the caller does not. AUTO remains: what the system can do decides. */
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
        return 0;
    for (uint64_t known = STITCH_BACKEND_STITCHED; known <= STITCH_BACKEND_REMAP; known++)
        if (strcmp(setting, names[known]) == 0)
            *backend = known;
    return *backend == STITCH_BACKEND_AUTO ? STITCH_EINVAL : 0;
}

/* FIXED has all its memory from the beginning, and REMAP maps only what is committed: neither can be lazy. */
static int check_backend(struct stitch_options *options)
{
    int err = choose_backend(&options->backend);

    if (err)
        return err;
    if ((options->flags & STITCH_LAZY) &&
        (options->backend == STITCH_BACKEND_FIXED || options->backend == STITCH_BACKEND_REMAP))
        return STITCH_EINVAL;
    if (options->reserve == 0)
        options->reserve = options->backend == STITCH_BACKEND_FIXED ? options->size : STITCH_RESERVE_DEFAULT;
    return options->reserve == 0 ? STITCH_EINVAL : 0; /* a fixed region without any size */
}

/* Fills in the defaults of a new region. */
static int complete(struct stitch_options *options)
{
    int err = check_backend(options);

    if (err)
        return err;
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
    options->extent = st_min(st_align_up(options->extent, STITCH_EXTENT_UNIT), options->reserve);
    return options->size > options->reserve ? STITCH_ERESERVE : 0;
}

static bool flags_fit(uint64_t flags)
{
    return (flags & ~(ST_REGION_FLAGS | OPEN_FLAGS | HANDLE_FLAGS)) == 0 &&
           (flags & (STITCH_READONLY | STITCH_EXCLUSIVE)) != (STITCH_READONLY | STITCH_EXCLUSIVE) &&
           (flags & OPEN_FLAGS) != STITCH_OTHER_OWNER;
}

int st_options_for_open(const char *name, const struct stitch_options *from, stitch_region **out,
                        struct stitch_options *options)
{
    int err;

    if (!name || !out || !st_store_accepts_name(name))
        return STITCH_EINVAL;
    err = copy_options(from, options);
    if (err)
        return err;
    return flags_fit(options->flags) ? 0 : STITCH_EINVAL;
}

int st_options_for_create(const char *name, const struct stitch_options *from, stitch_region **out,
                          struct stitch_options *options)
{
    int err = st_options_for_open(name, from, out, options);

    if (err)
        return err;
    return options->flags & OPEN_FLAGS ? STITCH_EINVAL : complete(options);
}

int st_options_for_attach(const char *name, const struct stitch_options *from, stitch_region **out,
                          struct stitch_options *options)
{
    struct stitch_options completed;
    int err = st_options_for_open(name, from, out, options);

    if (err || options->backend == STITCH_BACKEND_AUTO)
        return err;
    completed = *options;
    return complete(&completed);
}
