/* SPDX-License-Identifier: MIT */
/* reader.c - prints the lines of the region "hello" as writer.c appends them, up to the last one. */
#include <stdio.h>

#include <stitch/stitch.h>

int main(void)
{
    uint64_t seen = 0;
    stitch_region *hello;
    int err = stitch_open("hello", NULL, &hello);

    if (err == 0) {
        const char *text = stitch_base(hello); /* stays the same, however long the text becomes */
        while (err >= 0) {
            while (seen < stitch_size(hello) && text[seen] != '\0')
                putchar(text[seen++]);
            if (seen < stitch_size(hello))
                break; /* the NUL byte: no line follows */
            fflush(stdout);
            err = stitch_wait(hello, stitch_generation(hello), -1); /* sleeps until the writer has appended */
            if (err == 0)
                err = stitch_sync(hello); /* maps the new bytes right after the old ones */
        }
        stitch_close(hello);
    }
    if (err < 0)
        fprintf(stderr, "reader: %s\n", stitch_strerror(err));
    return err < 0;
}
