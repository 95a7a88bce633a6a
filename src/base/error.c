/* SPDX-License-Identifier: MIT */
/* error.c - what an error is called, what it means, and which code of the operating system caused it. */
#include "base/error.h"

#include <stitch/stitch.h>

#include "base/atomic.h"

static ST_THREAD_LOCAL int last_code;

int st_error_code(void)
{
    return last_code;
}

void st_error_set_code(int code)
{
    last_code = code;
}

int stitch_os_error(void)
{
    return last_code;
}

struct text {
    const char *name, *sentence;
};

static struct text text_of(int code)
{
    static const struct text done = { "STITCH_OK", "done" };
    static const struct text foreign = { "not a code of stitch", "not a code of stitch" };
#define TEXT(name, value, sentence, shell) [-(value)] = { "STITCH_" #name, sentence },
    static const struct text texts[] = { STITCH_ERRORS(TEXT) };
#undef TEXT
    const int count = (int)(sizeof texts / sizeof texts[0]);

    if (code == STITCH_OK)
        return done;
    return code < 0 && code > -count ? texts[-code] : foreign;
}

const char *stitch_error_name(int code)
{
    return text_of(code).name;
}

const char *stitch_strerror(int code)
{
    return text_of(code).sentence;
}

const char *stitch_version(void)
{
    return STITCH_VERSION;
}
