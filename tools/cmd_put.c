/* SPDX-License-Identifier: MIT */
/*
 * cmd_put.c - stitch put: standard input to the end of a region. Each piece is appended whole (stitch_append), so
 * readers never meet bytes that are not there yet, and whatever ends this process leaves a sound region.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "term.h"

#define PIECE         ((size_t)1 << 20) /* bytes of one append, at most */
#define PROGRESS_TIME 100               /* milliseconds between two looks of the progress line */

static int replace, by_lines;

static const struct poptOption options_table[] = {
    { "replace", 'R', POPT_ARG_NONE, &replace, 0, "empty the region first", NULL },
    { "lines", 'l', POPT_ARG_NONE, &by_lines, 0, "store whole lines only: none is parted by another put's", NULL },
    ST_LEAVE,
    ST_CLI_QUIET, ST_CLI_EXACT,
    ST_MAKING,
    ST_CLI_END
};

/* How far it is. */
struct progress {
    uint64_t stored, expected; /* bytes; expected is 0 if not known */
    uint64_t began, shown;     /* milliseconds */
    int wanted;                /* standard error is a terminal */
};

static uint64_t rate(const struct progress *progress, uint64_t now)
{
    uint64_t time = now > progress->began ? now - progress->began : 1;
    return (uint64_t)((double)progress->stored / (double)time * 1000);
}

static void clear_line(const struct progress *progress)
{
    if (progress->shown > progress->began) {
        fputs("\r\033[K", stderr);
    }
}

static void show_progress(struct progress *progress)
{
    char stored[ST_NUMBER_TEXT], expected[ST_NUMBER_TEXT], speed[ST_NUMBER_TEXT];
    uint64_t now = progress->wanted ? st_term_now() : 0;
    if (!progress->wanted || now < progress->shown + PROGRESS_TIME) {
        return;
    }
    clear_line(progress);
    progress->shown = now;
    fprintf(stderr, "  %s", st_number_text(progress->stored, 0, stored));
    if (progress->expected > 0) {
        fprintf(stderr, " of %s, %d %%", st_number_text(progress->expected, 0, expected),
                (int)((double)progress->stored * 100 / (double)progress->expected));
    }
    fprintf(stderr, ", %" PRIu64 " s, %s/s", (now - progress->began) / 1000,
            st_number_text(rate(progress, now), 0, speed));
    fflush(stderr);
}

/*
 * Fill the piece behind the bytes that are held: wait for the first, then take what is there at once, so that a slow
 * input is passed on as it comes and a fast one in large pieces. Returns the bytes read, or st_term_read's answer if
 * there were none.
 */
static int64_t read_piece(unsigned char *piece, size_t held)
{
    size_t filled = held;
    while (filled < PIECE) {
        int64_t got = st_term_read(piece + filled, PIECE - filled, filled == held);
        if (got <= 0) {
            return filled > held ? (int64_t)(filled - held) : got; /* an end or error is met again by the next read */
        }
        filled += (size_t)got;
    }
    return (int64_t)(filled - held);
}

/* How much of it is to be stored now: with --lines not a line whose end has not come, which is all that is held. */
static size_t whole(const unsigned char *piece, size_t held, size_t filled)
{
    size_t end = filled;
    if (!by_lines) {
        return filled;
    }
    while (end > held && piece[end - 1] != '\n') {
        end--;
    }
    return end > held ? end : filled == PIECE ? filled : 0; /* a line that is longer than a piece has to be parted */
}

static int store(const char *name, stitch_region *region, unsigned char *piece, size_t size, struct progress *progress)
{
    int code = size > 0 ? stitch_append(region, piece, size, NULL) : 0;
    if (code < 0) {
        clear_line(progress);
        return st_cli_error(name, code);
    }
    progress->stored += size;
    show_progress(progress);
    return ST_STATUS_OK;
}

/* What is held of a line is stored at the end of the input, and not if it is cut off like this. */
static int input_failed(const char *name, int64_t got, struct progress *progress)
{
    clear_line(progress);
    if (got == ST_TERM_INTERRUPTED) {
        return st_cli_fail(st_term_interrupted(), name, "interrupted; the region is sound");
    }
    return st_cli_fail(ST_STATUS_FAILED, NULL, "cannot read the input: %s", st_term_error_text(st_term_code(got)));
}

static int copy(const char *name, stitch_region *region, unsigned char *piece, struct progress *progress)
{
    for (size_t held = 0;;) {
        int64_t got = read_piece(piece, held);
        if (got == ST_TERM_END) {
            return store(name, region, piece, held, progress);
        }
        if (got < 0) {
            return input_failed(name, got, progress);
        }
        size_t filled = held + (size_t)got, size = whole(piece, held, filled);
        int status = store(name, region, piece, size, progress);
        if (status != ST_STATUS_OK) {
            return status;
        }
        held = filled - size;
        memmove(piece, piece + size, held);
    }
}

/* Also after a failure: what was stored stays. */
static void report(const char *name, stitch_region *region, const struct progress *progress, int status)
{
    char size[ST_NUMBER_TEXT], speed[ST_NUMBER_TEXT];
    uint64_t now = st_term_now();
    char *safe = st_text_safe(name);
    FILE *out = status == ST_STATUS_OK ? stdout : stderr;
    if (status == ST_STATUS_OK) {
        clear_line(progress);
    }
    fprintf(out, "%s: %" PRIu64 " bytes stored in %.2f s, %s/s; size now %s\n", safe, progress->stored,
            (double)(now - progress->began) / 1000, st_number_text(rate(progress, now), 0, speed),
            st_number_text(stitch_size(region), st_cli.exact, size));
    free(safe);
}

static int put(const char *name, stitch_region *region)
{
    struct progress progress = {
        .expected = st_term_input_size(),
        .began = st_term_now(),
        .wanted = st_term_error_is_terminal() && !st_cli.quiet,
    };
    progress.shown = progress.began;
    int code = replace ? stitch_resize(region, 0) : 0;
    if (code < 0) {
        return st_cli_error(name, code);
    }
    unsigned char *piece = st_text_memory(PIECE);
    st_term_catch_interrupt();
    int status = copy(name, region, piece, &progress);
    free(piece);
    if (status != ST_STATUS_OK || !st_cli.quiet) {
        report(name, region, &progress, status);
    }
    return status;
}

static int run(const char **operands)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;
    int status = st_cli_name(operands[0]);
    if (status == ST_STATUS_OK) {
        status = st_making_options(&options);
    }
    if (status == ST_STATUS_OK) {
        status = st_leave_options();
    }
    if (status != ST_STATUS_OK) {
        return status;
    }
    int code = stitch_attach(operands[0], &options, &region);
    if (code < 0) {
        return st_making_error(operands[0], code);
    }
    status = put(operands[0], region);
    st_leave(operands[0], region);
    return status;
}

const struct st_command st_cmd_put = {
    .name = "put",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "standard input to the end of a region",
    .text = "Store standard input at the end of a region, which grows as it comes. If there is no such\n"
            "region it is made, and stays until stitch rm (on Windows: while some process is attached, for\n"
            "which stitch hold is made).\n"
            "Readers (stitch cat -f) see every piece as soon as it is stored, never a part of it; several puts\n"
            "at once do not mix within a piece. A piece is what could be read at once, at most 1M: with --lines it\n"
            "ends with a line's end, and what has none is held back until it comes or the input ends (only a line\n"
            "of more than 1M is parted).\n"
            "Interrupted, it leaves what was stored.\n",
    .options = options_table,
    .run = run,
};
