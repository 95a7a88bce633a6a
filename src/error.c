/* SPDX-License-Identifier: MIT */
/* error.c - code to name and sentence, from the one list in stitch.h. */
#include <stitch/stitch.h>

const char *stitch_errname(int code)
{
    switch (code) {
#define NAME(name, value, sentence) case value: return "STITCH_" #name;
    STITCH_ERRORS(NAME)
#undef NAME
    case STITCH_OK:
        return "STITCH_OK";
    default:
        return "not a code of stitch";
    }
}

const char *stitch_strerror(int code)
{
    switch (code) {
#define SENTENCE(name, value, sentence) case value: return sentence;
    STITCH_ERRORS(SENTENCE)
#undef SENTENCE
    case STITCH_OK:
        return "done";
    default:
        return "not a code of stitch";
    }
}
