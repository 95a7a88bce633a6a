/* SPDX-License-Identifier: MIT */
/*
 * words.c - the library's values in words.
 */
#include "text/words.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <stitch/stitch.h>

static const struct {
    uint64_t backend;
    const char *name;
} backends[] = {
    { STITCH_BACKEND_AUTO, "auto" },   { STITCH_BACKEND_STITCHED, "stitched" }, { STITCH_BACKEND_SINGLE, "single" },
    { STITCH_BACKEND_FIXED, "fixed" }, { STITCH_BACKEND_REMAP, "remap" },
};

const char *ui_backend_text(uint64_t backend)
{
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++)
        if (backends[i].backend == backend)
            return backends[i].name;
    return "other";
}

bool ui_backend_parse(const char *name, uint64_t *backend)
{
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++)
        if (strcmp(backends[i].name, name) == 0) {
            *backend = backends[i].backend;
            return true;
        }
    return false;
}

const char *ui_flags_text(uint64_t flags)
{
    static const char *const texts[] = { "-",     "lazy",       "keep",       "lazy,keep",
                                         "small", "lazy,small", "keep,small", "lazy,keep,small" };

    return texts[((flags & STITCH_LAZY) != 0) + ((flags & STITCH_KEEP) != 0) * 2 +
                 ((flags & STITCH_SMALL_PAGES) != 0) * 4];
}

const char *ui_error_text(int err)
{
    static const struct {
        int err;
        const char *sentence; /* "": the one for programs serves here too */
    } errors[] = {
#define SENTENCE(name, value, program, shell) { value, shell },
        STITCH_ERRORS(SENTENCE)
#undef SENTENCE
    };

    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (errors[i].err == err && errors[i].sentence[0])
            return errors[i].sentence;
    return stitch_strerror(err);
}

const char *ui_time_text(uint64_t time, bool seconds, char *to)
{
    time_t moment = (time_t)time;
    const struct tm *local = time > INT64_C(253402300799) ? NULL : localtime(&moment); /* the end of the year 9999 */
    const char *format = seconds ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M";

    if (!local || strftime(to, UI_TIME_TEXT, format, local) == 0)
        snprintf(to, UI_TIME_TEXT, "-");
    return to;
}

const char *ui_plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}
