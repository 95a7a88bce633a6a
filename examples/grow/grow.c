/* SPDX-License-Identifier: MIT */
/* grow.c - the life of a region on one page: create, grow, use, shrink, close. The base never moves. */
#include <stdio.h>
#include <string.h>
#include <stitch/stitch.h>

int main(int argc, char **argv)
{
    const uint64_t size = 100 << 20; /* 100 MiB, twice: zeroed, and really there, or an error */
    stitch_region *region;
    int code = stitch_create(argc > 1 ? argv[1] : "example", NULL, &region);
    if (code == 0 && (code = stitch_grow(region, size, NULL)) == 0) {
        char *base = stitch_base(region);
        strcpy(base, "hello");
        if ((code = stitch_grow(region, size, NULL)) == 0)  /* another segment, right behind the first */
            memset(base + size - 8, 'x', 16);               /* over the seam, as if it were not there */
        if (code == 0 && (code = stitch_resize(region, 4096)) == 0) /* the memory is the system's again */
            printf("%s, %d bytes at %p\n", base, (int)stitch_size(region), stitch_base(region));
        stitch_close(region); /* the last user leaves: the region goes */
    }
    if (code != 0)
        fprintf(stderr, "%s (%s)\n", stitch_strerror(code), stitch_error_name(code));
    return code != 0;
}
