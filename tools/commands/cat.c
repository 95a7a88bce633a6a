/* SPDX-License-Identifier: MIT */
/*
 * cat.c - stitch cat: writes the bytes of a region to standard output, also while the region grows.
 *
 * It writes straight from the mapping, one piece at a time, and syncs after each piece. If the region was cut below the
 * end of that piece, its bytes may have been zeroed during the write, and cat says so. A region that was cut and grew
 * again between two syncs looks the same as a region that only grew.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>

#include <stitch/inspect.h>
#include <stitch/stitch.h>

#include "command/command.h"
#include "command/deadline.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "terminal/system.h"
#include "terminal/term.h"
#include "text/number.h"

#define PIECE        (UINT64_C(1) << 20) /* bytes written between two syncs */
#define WRITERS_TIME 50                  /* milliseconds between two checks whether a writer is still attached */
#define APPEAR_TIME  10                  /* milliseconds between two looks for the region with --wait */

static struct {
    char *offset, *length, *wait;
    int follow;
} given;

static const struct poptOption options_table[] = {
    { "follow", 'f', POPT_ARG_NONE, &given.follow, 0, "go on while the region grows, until no writer is attached",
      NULL },
    { "wait", '\0', POPT_ARG_STRING | POPT_ARGFLAG_OPTIONAL, &given.wait, 0,
      "wait (at most this long) until the region exists and has a writer or bytes", "SECONDS" },
    { "offset", '\0', POPT_ARG_STRING, &given.offset, 0, "begin at this offset", "SIZE" },
    { "length", '\0', POPT_ARG_STRING, &given.length, 0, "write this many bytes", "SIZE" },
    CMD_OPTION_OTHER_OWNER,
    CMD_OPTIONS_END,
};

/* The bytes to write: [first, end), of which [first, next) are written. */
struct range {
    uint64_t first, next, end;
    bool unwanted; /* the reader of our output has gone */
};

/* ------------------------------------------------------------------------------------------------- waiting --- */

/*
 * Opens the region if it has bytes or a writer. Returns 1 if so, 0 if it has neither, or the error. A region with
 * neither is closed again and opened anew each time, since its name may come to mean another region.
 */
static int look(const char *name, stitch_region **region)
{
    struct stitch_info info;
    int err = cmd_open_quietly(name, region);

    if (err)
        return err;
    err = stitch_info(*region, &info);
    if (!err && (info.writers != 0 || info.region_size != 0))
        return 1;
    stitch_close(*region);
    return err;
}

static int wait_for_region(const char *name, int64_t most, stitch_region **region)
{
    struct cmd_deadline deadline = { ui_system_now(), most };

    for (;;) {
        int found = look(name, region);

        if (found == 1)
            return UI_STATUS_OK;
        if (found < 0 && found != STITCH_ENOENT && found != STITCH_EBUSY)
            return cmd_error(name, found);
        if (cmd_deadline_rest(&deadline, APPEAR_TIME) == 0)
            return cmd_fail(UI_STATUS_TIME, name, "%s",
                            found == 0 ? "the region is empty and nobody came to write"
                                       : "no region of that name came");
        ui_system_sleep(APPEAR_TIME);
    }
}

static int open_region(const char *name, stitch_region **region)
{
    int64_t most = CMD_FOR_EVER;
    int status = cmd_check_name(name);

    if (status)
        return status;
    if (!given.wait)
        return cmd_open_to_look(name, region);
    if (given.wait[0])
        status = cmd_seconds("--wait", given.wait, &most);
    return status ? status : wait_for_region(name, most, region);
}

/* ------------------------------------------------------------------------------------------------- writing --- */

static int report_cut(const char *name, uint64_t size, uint64_t read)
{
    return cmd_fail(UI_STATUS_NO, name,
                    "the region shrank to %" PRIu64 " bytes when %" PRIu64 " had been read; the last bytes may be zero",
                    size, read);
}

/*
 * Writes the bytes of the range that the region has now, and syncs after every piece. Returns UI_STATUS_OK, or the
 * status of a failure that it has reported.
 */
static int write_available(const char *name, stitch_region *region, struct range *range)
{
    for (;;) {
        const unsigned char *base = stitch_base(region); /* a sync can move it */
        uint64_t size = stitch_size(region);
        uint64_t limit = size < range->end ? size : range->end;
        uint64_t length;
        int err;

        if (size < range->next && range->next > range->first)
            return report_cut(name, size, range->next);
        if (range->next >= limit)
            return UI_STATUS_OK;
        length = limit - range->next < PIECE ? limit - range->next : PIECE;
        err = ui_term_write(base + range->next, (size_t)length);
        if (err) {
            range->unwanted = true;
            return cmd_write_error(err);
        }
        range->next += length;
        err = stitch_sync(region);
        if (err < 0)
            return cmd_error(name, err);
    }
}

/*
 * Waits until the region has changed, or no process is left that could change it. Returns 1 if it has changed, 0 if it
 * is at its end, or an error.
 * A writer publishes before it leaves, so a look at the region after the last writer was seen gone finds all bytes.
 */
static int wait_for_more(stitch_region *region)
{
    struct stitch_info info;

    for (;;) {
        int err = stitch_info(region, &info);
        int changed = err ? err : stitch_sync(region);

        if (changed != 0 || info.writers == 0)
            return changed;
        err = stitch_wait(region, stitch_generation(region), WRITERS_TIME);
        if (err < 0 && err != STITCH_ETIMEDOUT)
            return err;
    }
}

/* Writes the part of the range that the region has, or with --follow will have. */
static int write_range(const char *name, stitch_region *region, struct range *range)
{
    for (;;) {
        int status = write_available(name, region, range);
        int more;

        if (status || range->unwanted || range->next == range->end || !given.follow)
            return status;
        more = wait_for_more(region);
        if (more <= 0)
            return more < 0 ? cmd_error(name, more) : UI_STATUS_OK;
    }
}

static int cat(const char *name, stitch_region *region, uint64_t offset, uint64_t length)
{
    struct range range = { offset, offset, length < UINT64_MAX - offset ? offset + length : UINT64_MAX, false };
    bool missing;
    int status;

    if (!given.follow && !given.length) {
        range.end = stitch_size(region); /* bytes that come later are not waited for */
        range.end = range.end > offset ? range.end : offset;
    }
    status = write_range(name, region, &range);
    missing = given.length ? range.next - offset < length : offset > stitch_size(region);
    if (!status && missing && !range.unwanted)
        status = cmd_fail(UI_STATUS_NO, name, "the region ends at %" PRIu64 " bytes, before all that was asked for",
                          stitch_size(region));
    return status;
}

static int run(const char **operands)
{
    stitch_region *region;
    uint64_t offset = 0, length = UINT64_MAX;
    int status = cmd_number("--offset", given.offset, ui_number_size, &offset);

    if (!status)
        status = cmd_number("--length", given.length, ui_number_size, &length);
    if (!status)
        status = open_region(operands[0], &region);
    if (status)
        return status;
    status = cat(operands[0], region, offset, length);
    stitch_close(region);
    return status;
}

const struct cmd_command cmd_cat = {
    .name = "cat",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "write a region to standard output",
    .text = "Writes the bytes of a region to standard output. With -f it goes on while the\n"
            "region grows, and ends when it has written everything and no process is attached\n"
            "that could write to the region. If the region shrinks below the bytes already\n"
            "read, or ends before --offset or --length, cat says so and the exit status is 1.\n"
            "To start the reader before the writer: stitch cat -f --wait NAME.\n",
    .options = options_table,
    .bare = "--wait=",
    .run = run,
};
