/* SPDX-License-Identifier: MIT */
/* grow.c - the life of a region on one page: create, grow, use, shrink, close. The base never moves. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <stitch/stitch.h>

/* Grows twice, writes across the seam, shrinks. */
static int use(stitch_region *region)
{
    const uint64_t size = UINT64_C(100) << 20; /* 100 MiB: zeroed and backed by memory, or an error */
    char *base = stitch_base(region);
    int err = stitch_grow(region, size, NULL);

    if (err == 0)
        err = stitch_grow(region, size, NULL); /* adds a segment right after the first one */
    if (err < 0)
        return err;
    strcpy(base, "hello");
    memset(base + size - 8, 'x', 16);  /* the seam is in the middle of these bytes, and makes no difference */
    err = stitch_resize(region, 4096); /* gives the rest back to the system */
    if (err == 0)
        printf("%s, %" PRIu64 " bytes at %p\n", base, stitch_size(region), stitch_base(region));
    return err;
}

int main(int argc, char **argv)
{
    stitch_region *region;
    int err = stitch_create(argc > 1 ? argv[1] : "example", NULL, &region);

    if (err == 0) {
        err = use(region);
        stitch_close(region); /* the last user leaves, so the region ends */
    }
    if (err < 0)
        fprintf(stderr, "grow: %s (%s)\n", stitch_strerror(err), stitch_error_name(err));
    return err < 0;
}
