/* SPDX-License-Identifier: MIT */
/* writer.c - appends the lines of its standard input to the region "hello". Start it before reader.c. */
#include <stdio.h>
#include <string.h>

#include <stitch/stitch.h>

int main(void)
{
    char line[1000];
    stitch_region *hello;
    int err = stitch_create("hello", NULL, &hello);

    if (err == 0) {
        while (err == 0 && fgets(line, sizeof line, stdin))
            err = stitch_append(hello, line, strlen(line), NULL); /* readers see the whole line, or none of it */
        if (err == 0)
            err = stitch_append(hello, "", 1, NULL); /* a NUL byte tells them that no line follows */
        stitch_close(hello);
    }
    if (err < 0)
        fprintf(stderr, "writer: %s\n", stitch_strerror(err));
    return err < 0;
}
