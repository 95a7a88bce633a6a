/* SPDX-License-Identifier: MIT */
/*
 * put.c - stitch put: appends standard input to a region. Each piece is appended as a whole (stitch_append), so readers
 * never see bytes that are not there yet, and the region is sound however this process ends.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stitch/stitch.h>

#include "command/command.h"
#include "command/leave.h"
#include "command/making.h"
#include "command/options.h"
#include "command/say.h"
#include "terminal/system.h"
#include "terminal/term.h"
#include "text/memory.h"
#include "text/number.h"
#include "text/text.h"

#define PIECE         ((size_t)1 << 20) /* the most bytes of one append */
#define PROGRESS_TIME 100               /* milliseconds between two updates of the progress line */

static int replace, by_lines;

static const struct poptOption options_table[] = {
    { "replace", 'R', POPT_ARG_NONE, &replace, 0, "empty the region first", NULL },
    { "lines", 'l', POPT_ARG_NONE, &by_lines, 0, "store whole lines, which another put cannot break up", NULL },
    CMD_LEAVE,
    CMD_OPTION_QUIET,
    CMD_OPTION_EXACT,
    CMD_MAKING,
    CMD_OPTIONS_END,
};

struct progress {
    uint64_t stored, expected; /* bytes; expected is 0 if it is not known */
    uint64_t began, shown;     /* milliseconds */
    bool wanted;               /* standard error is a terminal */
};

static uint64_t rate(const struct progress *progress, uint64_t now)
{
    uint64_t time = now > progress->began ? now - progress->began : 1;

    return (uint64_t)((double)progress->stored / (double)time * 1000);
}

static void clear_line(const struct progress *progress)
{
    if (progress->shown > progress->began)
        fputs("\r\033[K", stderr);
}

static void show_progress(struct progress *progress)
{
    char stored[UI_NUMBER_TEXT], expected[UI_NUMBER_TEXT], speed[UI_NUMBER_TEXT];
    uint64_t now = progress->wanted ? ui_system_now() : 0;

    if (!progress->wanted || now < progress->shown + PROGRESS_TIME)
        return;
    clear_line(progress);
    progress->shown = now;
    fprintf(stderr, "  %s", ui_number_text(progress->stored, false, stored));
    if (progress->expected > 0)
        fprintf(stderr, " of %s, %d %%", ui_number_text(progress->expected, false, expected),
                (int)((double)progress->stored * 100 / (double)progress->expected));
    fprintf(stderr, ", %" PRIu64 " s, %s/s", (now - progress->began) / 1000,
            ui_number_text(rate(progress, now), false, speed));
    fflush(stderr);
}

/*
 * Reads into the piece after the `held` bytes that it has: waits for the first bytes, then takes all that is available,
 * so that a slow input is passed on as it comes and a fast one in large pieces. Returns the bytes read, or the result
 * of ui_term_read if there were none.
 */
static int64_t read_piece(unsigned char *piece, size_t held)
{
    size_t filled = held;

    while (filled < PIECE) {
        int64_t got = ui_term_read(piece + filled, PIECE - filled, filled == held);

        if (got <= 0)
            return filled > held ? (int64_t)(filled - held) : got; /* the next read returns an end or error again */
        filled += (size_t)got;
    }
    return (int64_t)(filled - held);
}

/*
 * Returns how many of the `filled` bytes to store now. With --lines an unfinished line is kept back: the `held` bytes
 * are the beginning of one. A line that is longer than a piece has to be broken up.
 */
static size_t complete(const unsigned char *piece, size_t held, size_t filled)
{
    size_t end = filled;

    if (!by_lines)
        return filled;
    while (end > held && piece[end - 1] != '\n')
        end--;
    return end > held ? end : filled == PIECE ? filled : 0;
}

static int store(const char *name, stitch_region *region, unsigned char *piece, size_t size, struct progress *progress)
{
    int err = size > 0 ? stitch_append(region, piece, size, NULL) : 0;

    if (err) {
        clear_line(progress);
        return cmd_error(name, err);
    }
    progress->stored += size;
    show_progress(progress);
    return UI_STATUS_OK;
}

/* The beginning of a line that is held back is stored at the end of the input, but not after such a failure. */
static int input_failed(const char *name, int64_t got, struct progress *progress)
{
    clear_line(progress);
    if (got == UI_TERM_INTERRUPTED)
        return cmd_fail(ui_term_interrupted(), name, "interrupted; the region is sound");
    return cmd_fail(UI_STATUS_FAILED, NULL, "cannot read the input: %s", ui_system_error_text(ui_term_code(got)));
}

static int copy(const char *name, stitch_region *region, unsigned char *piece, struct progress *progress)
{
    for (size_t held = 0;;) {
        int64_t got = read_piece(piece, held);
        size_t filled, size;
        int status;

        if (got == UI_TERM_END)
            return store(name, region, piece, held, progress);
        if (got < 0)
            return input_failed(name, got, progress);
        filled = held + (size_t)got;
        size = complete(piece, held, filled);
        status = store(name, region, piece, size, progress);
        if (status)
            return status;
        held = filled - size;
        memmove(piece, piece + size, held);
    }
}

/* After a failure it reports, too: the bytes that were stored stay. */
static void report(const char *name, stitch_region *region, const struct progress *progress, int status)
{
    char size[UI_NUMBER_TEXT], speed[UI_NUMBER_TEXT];
    uint64_t now = ui_system_now();
    char *safe = ui_text_safe(name);
    FILE *out = status == UI_STATUS_OK ? stdout : stderr;

    if (status == UI_STATUS_OK)
        clear_line(progress);
    fprintf(out, "%s: %" PRIu64 " bytes stored in %.2f s, %s/s; size now %s\n", safe, progress->stored,
            (double)(now - progress->began) / 1000, ui_number_text(rate(progress, now), false, speed),
            cmd_size(stitch_size(region), size));
    free(safe);
}

static int put(const char *name, stitch_region *region)
{
    struct progress progress = {
        .expected = ui_term_input_size(),
        .began = ui_system_now(),
        .wanted = ui_term_error_is_terminal() && !cmd_options.quiet,
    };
    int err = replace ? stitch_resize(region, 0) : 0, status;
    unsigned char *piece;

    progress.shown = progress.began;
    if (err)
        return cmd_error(name, err);
    piece = ui_memory(PIECE);
    ui_term_catch_interrupt();
    status = copy(name, region, piece, &progress);
    free(piece);
    if (status || !cmd_options.quiet)
        report(name, region, &progress, status);
    return status;
}

static int run(const char **operands)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;
    int status = cmd_making_options(operands[0], &options), err;

    if (!status)
        status = cmd_leave_options();
    if (status)
        return status;
    err = stitch_attach(operands[0], &options, &region);
    if (err < 0)
        return cmd_making_error(operands[0], err);
    status = put(operands[0], region);
    cmd_leave(operands[0], region);
    return status;
}

const struct cmd_command cmd_put = {
    .name = "put",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "append standard input to a region",
    .text = "Appends standard input to a region, which grows as the input comes. If there is\n"
            "no such region, put makes one that stays until stitch rm (on Windows: while some\n"
            "process is attached, such as stitch hold).\n"
            "Readers (stitch cat -f) see each piece as soon as it is stored, and never a part\n"
            "of it; several puts at once do not mix within a piece. A piece is the input that\n"
            "could be read at once, at most 1M. With --lines a piece ends with the end of a\n"
            "line; an unfinished line is kept back until its end comes or the input ends (a\n"
            "line of more than 1M is broken up).\n"
            "If it is interrupted, the bytes stored so far stay.\n",
    .options = options_table,
    .run = run,
};
