/* SPDX-License-Identifier: MIT */
/*
 * verify.c - stitch verify: proves the mapping of a region from the system's own map, or says what is wrong with it.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <stitch/inspect.h>

#include "command/command.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "text/json.h"
#include "text/number.h"
#include "text/text.h"
#include "text/words.h"

static const struct poptOption options_table[] = { CMD_OPTION_JSON, CMD_OPTION_EXACT, CMD_OPTION_QUIET,
                                                   CMD_OPTION_OTHER_OWNER, CMD_OPTIONS_END };

/* Explains a fault, one of enum stitch_fault. */
static const char *explain(uint64_t fault)
{
    static const char *const sentences[] = {
        [STITCH_FAULT_MISSING] = "an address of a segment is not mapped",
        [STITCH_FAULT_FOREIGN] = "something else is mapped where a segment belongs",
        [STITCH_FAULT_SHIFTED] = "a segment is mapped from the wrong place: neighbours do not join",
        [STITCH_FAULT_PROTECTION] = "the mapping does not have the access rights that it must have",
        [STITCH_FAULT_OBJECT] = "a segment's object is gone, or has another type, owner or size",
        [STITCH_FAULT_UNCOMMITTED] = "an object holds less memory than is committed",
        [STITCH_FAULT_RESERVATION] = "the rest of the reservation no longer belongs to the region",
        [STITCH_FAULT_DIRECTORY] = "the directory contradicts itself",
    };
    bool known = fault < sizeof sentences / sizeof sentences[0] && sentences[fault];

    return known ? sentences[fault] : "this version of the command does not know the fault";
}

static void print_text(const char *name, int err, const struct stitch_verify_report *report)
{
    char bytes[UI_NUMBER_TEXT], rest[UI_NUMBER_TEXT];
    char *safe = ui_text_safe(name);

    cmd_size(report->bytes, bytes);
    cmd_size(report->reservation, rest);
    if (!err)
        printf("%s: sound: %" PRIu64 " segment%s, %" PRIu64 " seam%s, %s mapped without a gap, %s reserved after it\n",
               safe, report->segments, ui_plural(report->segments), report->seams, ui_plural(report->seams), bytes,
               rest);
    else
        printf("%s: UNSOUND: %s: %s, at offset %" PRIu64 ", segment id %" PRIu64 "; %" PRIu64
               " segment%s looked at, %s in order\n",
               safe, stitch_fault_name(report->fault), explain(report->fault), report->fault_offset, report->fault_id,
               report->segments, ui_plural(report->segments), bytes);
    free(safe);
}

static void print_json(const char *name, int err, const struct stitch_verify_report *report)
{
    json_t *root = json_object();

    ui_json_name(root, name);
    ui_json_member(root, "sound", json_boolean(err == 0));
    if (err && err != STITCH_EUNSOUND) { /* the region could not be attached, so the report is empty */
        ui_json_text(root, "error", stitch_error_name(err));
        ui_json_text(root, "message", ui_error_text(err));
        ui_json_print(root);
        return;
    }
    ui_json_number(root, "segments", report->segments);
    ui_json_number(root, "seams", report->seams);
    ui_json_number(root, "bytes", report->bytes);
    ui_json_number(root, "reservation", report->reservation);
    if (err) {
        ui_json_text(root, "fault", stitch_fault_name(report->fault));
        ui_json_text(root, "message", explain(report->fault));
        ui_json_number(root, "fault_offset", report->fault_offset);
        ui_json_number(root, "fault_id", report->fault_id);
    }
    ui_json_print(root);
}

/*
 * Returns true if the error means that the region is damaged, perhaps so badly that it cannot be attached: then verify
 * answers no, rather than that it could not look.
 */
static bool is_damage(int err)
{
    return err == STITCH_EUNSOUND || err == STITCH_ECORRUPT || err == STITCH_EGONE;
}

static int verify(const char *name, struct stitch_verify_report *report)
{
    stitch_region *region;
    int err = cmd_open_quietly(name, &region);

    if (err)
        return err;
    err = stitch_verify(region, report);
    stitch_close(region);
    return err;
}

static int run(const char **operands)
{
    const char *name = operands[0];
    struct stitch_verify_report report = { 0 };
    int status = cmd_check_name(name), err;

    if (status)
        return status;
    err = verify(name, &report);
    if (err && !is_damage(err))
        return cmd_error(name, err);
    if (err && err != STITCH_EUNSOUND)
        cmd_error(name, err);
    else if (!cmd_options.json && (err || !cmd_options.quiet))
        print_text(name, err, &report);
    if (cmd_options.json)
        print_json(name, err, &report);
    return err ? UI_STATUS_NO : UI_STATUS_OK;
}

const struct cmd_command cmd_verify = {
    .name = "verify",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "prove that a region is sound",
    .text = "Attaches to a region read-only, and proves from the system's own map that every\n"
            "segment is there, complete and directly after its neighbour, that the committed\n"
            "memory is held, and that the rest of the reservation is intact. The exit status\n"
            "is 0 if the region is sound, and 1 if it is unsound or too damaged to attach.\n",
    .options = options_table,
    .run = run,
};
