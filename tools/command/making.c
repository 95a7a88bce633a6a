/* SPDX-License-Identifier: MIT */
/*
 * making.c - the options of a new region.
 */
#include "command/making.h"

#include <stdio.h>
#include <stdlib.h>

#include <stitch/inspect.h>

#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "terminal/system.h"
#include "text/number.h"
#include "text/text.h"
#include "text/words.h"

#define BACKENDS "there is auto, stitched, single, fixed and remap"

static struct {
    char *reserve, *mode, *backend, *extent, *segments, *security;
    int single, lazy, small;
} given;

#define RESERVE(letter)                                                                                                \
    {                                                                                                                  \
        "reserve", letter, POPT_ARG_STRING, &given.reserve, 0,                                                         \
            "address space into which it can grow (default 32G; backend fixed: its size)", "SIZE"                      \
    }

/* All options but --reserve. */
static struct poptOption rest_table[] = {
    { "mode", 'm', POPT_ARG_STRING, &given.mode, 0, "permission bits (default 0600); others may read, never write",
      "OCTAL" },
    { "lazy", 'l', POPT_ARG_NONE, &given.lazy, 0, "take memory at the first access, not when growing", NULL },
    { "small-pages", '\0', POPT_ARG_NONE, &given.small, 0, "take memory page by page, never in huge pages", NULL },
    { "single", '1', POPT_ARG_NONE, &given.single, 0, "one segment as large as the reserve: --backend=single", NULL },
    { "backend", '\0', POPT_ARG_STRING, &given.backend, 0,
      "auto, stitched, single, fixed (all committed at once) or remap (only the size is mapped; the base can move)",
      "BACKEND" },
    { "extent", '\0', POPT_ARG_STRING, &given.extent, 0,
      "size of every new segment (default 2M or an eighth of the region)", "SIZE" },
    { "segments", '\0', POPT_ARG_STRING, &given.segments, 0, "most segments it can have (default 1024)", "COUNT" },
    { "security", '\0', POPT_ARG_STRING, &given.security, 0,
      "Windows: the access rights, as a security descriptor string", "SDDL" },
    POPT_TABLEEND
};

#define REST                                                                                                           \
    {                                                                                                                  \
        NULL, '\0', POPT_ARG_INCLUDE_TABLE, rest_table, 0, NULL, NULL                                                  \
    }

struct poptOption cmd_making_table[] = { RESERVE('r'), REST, POPT_TABLEEND };
struct poptOption cmd_making_table_without_r[] = { RESERVE('\0'), REST, POPT_TABLEEND };

static int choose_backend(uint64_t *backend)
{
    if (given.backend && !ui_backend_parse(given.backend, backend))
        return cmd_usage("--backend", BACKENDS);
    if (given.single && given.backend && *backend != STITCH_BACKEND_SINGLE)
        return cmd_usage("--single", "this contradicts --backend=%s", ui_backend_text(*backend));
    if (given.single)
        *backend = STITCH_BACKEND_SINGLE;
    if (given.lazy && (*backend == STITCH_BACKEND_FIXED || *backend == STITCH_BACKEND_REMAP))
        return cmd_usage("--lazy", "this contradicts --backend=%s", ui_backend_text(*backend));
    return UI_STATUS_OK;
}

/* Checks the ranges that stitch.h gives, so that the message can name the option. */
static int check_ranges(const struct stitch_options *options)
{
    if (given.reserve && (options->reserve < STITCH_EXTENT_UNIT || options->reserve > STITCH_RESERVE_MAX))
        return cmd_usage("--reserve", "a reserve is between 2M and 64T");
    if (given.extent && (options->extent == 0 || options->extent > STITCH_RESERVE_MAX))
        return cmd_usage("--extent", "an extent is between 1 byte and 64T, rounded up to 2M");
    if (given.segments && (options->segments == 0 || options->segments > STITCH_SEGMENTS_MAX))
        return cmd_usage("--segments", "a region can have between 1 and 65536 segments");
    return UI_STATUS_OK;
}

int cmd_making_options(const char *name, struct stitch_options *options)
{
    int status = cmd_check_name(name);

    if (!status)
        status = cmd_number("--reserve", given.reserve, ui_number_size, &options->reserve);
    if (!status)
        status = cmd_number("--mode", given.mode, ui_number_mode, &options->mode);
    if (!status)
        status = cmd_number("--extent", given.extent, ui_number_size, &options->extent);
    if (!status)
        status = cmd_number("--segments", given.segments, ui_number_count, &options->segments);
    if (!status)
        status = choose_backend(&options->backend);
    options->flags = (ui_system_regions_stay() ? STITCH_KEEP : 0) | (given.lazy ? STITCH_LAZY : 0) |
                     (given.small ? STITCH_SMALL_PAGES : 0);
    options->folder = cmd_options.folder;
    options->security = given.security;
    return status ? status : check_ranges(options);
}

void cmd_making_report(const char *name, const char *done, stitch_region *region)
{
    char size[UI_NUMBER_TEXT], reserve[UI_NUMBER_TEXT], *safe;
    struct stitch_info info;

    if (cmd_options.quiet || stitch_info(region, &info) < 0)
        return;
    safe = ui_text_safe(name);
    printf("%s: %s, %s of at most %s, %s\n", safe, done, cmd_size(info.size, size), cmd_size(info.reserve, reserve),
           ui_backend_text(info.backend));
    free(safe);
}

int cmd_making_error(const char *name, int err)
{
    const char *usual = getenv("STITCH_BACKEND");
    uint64_t backend = STITCH_BACKEND_AUTO;

    if (err == STITCH_EINVAL && usual && !ui_backend_parse(usual, &backend))
        return cmd_usage("STITCH_BACKEND", BACKENDS);
    if (given.backend)
        ui_backend_parse(given.backend, &backend);
    if (err == STITCH_EINVAL && backend == STITCH_BACKEND_FIXED)
        return cmd_usage(name, "a fixed region needs a size or a reserve from the beginning");
    if (err == STITCH_EINVAL && given.security)
        return cmd_usage("--security", "that is no security descriptor string");
    if (err == STITCH_ENOTSUP && given.security)
        return cmd_usage("--security", "only on Windows do regions have these; here, --mode says who may read");
    return cmd_error(name, err);
}
