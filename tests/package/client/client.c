/* SPDX-License-Identifier: MIT */
/*
 * A client of the installed library; C11 and C++17 alike. Makes a region, grows it over a seam, writes, has it
 * verified, shrinks it. Its name comes from the caller, so that several clients can run at once.
 */
#include <stdio.h>
#include <string.h>

#include <stitch/inspect.h>
#include <stitch/stitch.h>

/* Prints what failed; the exit status of main. */
static int failed(const char *what, int code)
{
    fprintf(stderr, "client: %s: %s: %s\n", what, stitch_error_name(code), stitch_strerror(code));
    return 1;
}

static int use(stitch_region *region)
{
    uint64_t offset = 0;
    int code = stitch_grow(region, 5 * STITCH_EXTENT_UNIT, &offset);
    if (code != 0)
        return failed("grow", code);
    memset((char *)stitch_base(region) + offset, 'x', (size_t)(stitch_size(region) - offset));
    struct stitch_verify_report report;
    code = stitch_verify(region, &report);
    if (code != 0)
        return failed("verify", code);
    code = stitch_shrink(region, stitch_size(region));
    return code != 0 ? failed("shrink", code) : 0;
}

int main(int argc, char **argv)
{
    if (argc != 2 || strcmp(stitch_version(), STITCH_VERSION) != 0) {
        fprintf(stderr, "usage: client NAME (library %s, header %s)\n", stitch_version(), STITCH_VERSION);
        return 2;
    }
    struct stitch_options options = STITCH_OPTIONS_INIT;
    options.size = STITCH_EXTENT_UNIT;
    stitch_region *region = NULL;
    int code = stitch_create(argv[1], &options, &region);
    if (code != 0)
        return failed("create", code);
    int status = use(region);
    code = stitch_close(region);
    return code != 0 ? failed("close", code) : status;
}
