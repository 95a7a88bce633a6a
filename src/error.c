/* SPDX-License-Identifier: MIT */
/* error.c - code to name and sentence, from the one list in stitch.h. */
#include <stitch/stitch.h>

struct text {
    const char *name, *sentence;
};

static struct text text_of(int code)
{
    static const struct text done = { "STITCH_OK", "done" };
    static const struct text foreign = { "not a code of stitch", "not a code of stitch" };
#define TEXT(name, value, sentence) [-(value)] = { "STITCH_" #name, sentence },
    static const struct text texts[] = { STITCH_ERRORS(TEXT) };
#undef TEXT
    const int count = (int)(sizeof texts / sizeof texts[0]);

    if (code == STITCH_OK)
        return done;
    return code < 0 && code > -count ? texts[-code] : foreign;
}

const char *stitch_errname(int code)
{
    return text_of(code).name;
}

const char *stitch_strerror(int code)
{
    return text_of(code).sentence;
}
