/* SPDX-License-Identifier: MIT */
/*
 * making.c - what a region that is to be made is like: the options that create and put share.
 */
#include "cli.h"

#include <stdlib.h>

#include "term.h"

#define BACKENDS "there is auto, stitched, single, fixed and remap"

static struct {
    char *reserve, *mode, *backend, *extent, *segments, *security;
    int single, lazy, small;
} given;

#define RESERVE(letter)                                                                                               \
    { "reserve", letter, POPT_ARG_STRING, &given.reserve, 0,                                                          \
      "address space it may grow into (else 32G; fixed: its size)", "SIZE" }

/* All but the reserve. */
static struct poptOption rest_table[] = {
    { "mode", 'm', POPT_ARG_STRING, &given.mode, 0, "permission bits (else 0600); others may read, never write",
      "OCTAL" },
    { "lazy", 'l', POPT_ARG_NONE, &given.lazy, 0, "take memory at the first touch, not when growing", NULL },
    { "small-pages", '\0', POPT_ARG_NONE, &given.small, 0, "take memory by single pages, never by huge ones", NULL },
    { "single", '1', POPT_ARG_NONE, &given.single, 0, "one segment as large as the reserve: --backend=single", NULL },
    { "backend", '\0', POPT_ARG_STRING, &given.backend, 0,
      "auto, stitched, single, fixed (all committed at once) or remap (only the size is mapped; the base moves)",
      "BACKEND" },
    { "extent", '\0', POPT_ARG_STRING, &given.extent, 0,
      "size of every new segment (else 2M or an eighth of the region)", "SIZE" },
    { "segments", '\0', POPT_ARG_STRING, &given.segments, 0, "segments that it can have (else 1024)", "COUNT" },
    { "security", '\0', POPT_ARG_STRING, &given.security, 0,
      "Windows: who may do what, as a security descriptor string", "SDDL" },
    POPT_TABLEEND
};

#define REST { NULL, '\0', POPT_ARG_INCLUDE_TABLE, rest_table, 0, NULL, NULL }

struct poptOption st_making_table[] = { RESERVE('r'), REST, POPT_TABLEEND };
struct poptOption st_making_table_without_r[] = { RESERVE('\0'), REST, POPT_TABLEEND };

static int choose_backend(uint64_t *backend)
{
    if (given.backend != NULL && !st_text_backend_from(given.backend, backend)) {
        return st_cli_usage("--backend", BACKENDS);
    }
    if (given.single && given.backend != NULL && *backend != STITCH_BACKEND_SINGLE) {
        return st_cli_usage("--single", "this contradicts --backend=%s", st_text_backend(*backend));
    }
    if (given.single) {
        *backend = STITCH_BACKEND_SINGLE;
    }
    if (given.lazy && (*backend == STITCH_BACKEND_FIXED || *backend == STITCH_BACKEND_REMAP)) {
        return st_cli_usage("--lazy", "this contradicts --backend=%s", st_text_backend(*backend));
    }
    return ST_STATUS_OK;
}

/* The ranges that stitch.h gives, in words that belong to the options. */
static int check_ranges(const struct stitch_options *options)
{
    if (given.reserve != NULL && (options->reserve < STITCH_EXTENT_UNIT || options->reserve > STITCH_RESERVE_MAX)) {
        return st_cli_usage("--reserve", "a reserve is between 2M and 64T");
    }
    if (given.extent != NULL && (options->extent == 0 || options->extent > STITCH_RESERVE_MAX)) {
        return st_cli_usage("--extent", "an extent is between 1 byte and 64T, rounded up to 2M");
    }
    if (given.segments != NULL && (options->segments == 0 || options->segments > STITCH_SEGMENTS_MAX)) {
        return st_cli_usage("--segments", "a region can have between 1 and 65536 segments");
    }
    return ST_STATUS_OK;
}

int st_making_error(const char *name, int code)
{
    const char *usual = getenv("STITCH_BACKEND");
    uint64_t backend = STITCH_BACKEND_AUTO;
    if (code == STITCH_EINVAL && usual != NULL && !st_text_backend_from(usual, &backend)) {
        return st_cli_usage("STITCH_BACKEND", BACKENDS);
    }
    if (given.backend != NULL) {
        st_text_backend_from(given.backend, &backend);
    }
    if (code == STITCH_EINVAL && backend == STITCH_BACKEND_FIXED) {
        return st_cli_usage(name, "a fixed region needs a size or a reserve from the beginning");
    }
    if (given.security != NULL && code == STITCH_EINVAL) {
        return st_cli_usage("--security", "that is no security descriptor string");
    }
    if (given.security != NULL && code == STITCH_ENOTSUP) {
        return st_cli_usage("--security", "only on Windows do regions have these; here, --mode says who may read");
    }
    return st_cli_error(name, code);
}

int st_making_options(struct stitch_options *options)
{
    int status = st_cli_number("--reserve", given.reserve, st_number_size, &options->reserve);
    if (status == ST_STATUS_OK) {
        status = st_cli_number("--mode", given.mode, st_number_mode, &options->mode);
    }
    if (status == ST_STATUS_OK) {
        status = st_cli_number("--extent", given.extent, st_number_size, &options->extent);
    }
    if (status == ST_STATUS_OK) {
        status = st_cli_number("--segments", given.segments, st_number_count, &options->segments);
    }
    if (status == ST_STATUS_OK) {
        status = choose_backend(&options->backend);
    }
    options->flags = (st_term_regions_stay() ? STITCH_KEEP : 0) | (given.lazy ? STITCH_LAZY : 0) |
                     (given.small ? STITCH_SMALL_PAGES : 0);
    options->folder = st_cli.folder;
    options->security = given.security;
    return status == ST_STATUS_OK ? check_ranges(options) : status;
}
