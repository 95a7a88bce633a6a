/* SPDX-License-Identifier: MIT */
/*
 * cmd_verify.c - stitch verify: have the system prove a region's mapping, and say what was proved or what is wrong.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct poptOption options_table[] = { ST_CLI_JSON, ST_CLI_EXACT, ST_CLI_QUIET, ST_CLI_OTHER_OWNER,
                                                   ST_CLI_END };

/* What each fault means, by enum stitch_fault. */
static const char *explain(uint64_t fault)
{
    static const char *const sentences[] = {
        [STITCH_FAULT_MISSING] = "an address of a segment is not mapped",
        [STITCH_FAULT_FOREIGN] = "something else is mapped where a segment belongs",
        [STITCH_FAULT_SHIFTED] = "a segment is mapped from the wrong place: neighbours do not join",
        [STITCH_FAULT_PROTECTION] = "the mapping has other rights than it must have",
        [STITCH_FAULT_OBJECT] = "a segment's object is gone, or of another type, owner or size",
        [STITCH_FAULT_UNCOMMITTED] = "an object holds less memory than was promised",
        [STITCH_FAULT_RESERVATION] = "the rest of the reservation is not the region's any more",
        [STITCH_FAULT_DIRECTORY] = "the directory contradicts itself",
    };
    int known = fault < sizeof sentences / sizeof sentences[0] && sentences[fault] != NULL;
    return known ? sentences[fault] : "a fault that this tool does not know";
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void print_text(const char *name, int code, const struct stitch_verify_report *report)
{
    char bytes[ST_NUMBER_TEXT], rest[ST_NUMBER_TEXT];
    char *safe = st_text_safe(name);
    st_number_text(report->bytes, st_cli.exact, bytes);
    st_number_text(report->reservation, st_cli.exact, rest);
    if (code == 0) {
        printf("%s: sound: %" PRIu64 " segment%s, %" PRIu64 " seam%s, %s mapped without a gap, %s reserved behind\n",
               safe, report->segments, plural(report->segments), report->seams, plural(report->seams), bytes, rest);
    } else {
        printf("%s: UNSOUND: %s: %s, at offset %" PRIu64 ", segment id %" PRIu64 "; %" PRIu64
               " segment%s looked at, %s in order\n",
               safe, stitch_fault_name(report->fault), explain(report->fault), report->fault_offset, report->fault_id,
               report->segments, plural(report->segments), bytes);
    }
    free(safe);
}

static int print_json(const char *name, int code, const struct stitch_verify_report *report)
{
    json_t *root = json_object();
    st_json_name(root, name);
    st_json_member(root, "sound", json_boolean(code == 0));
    if (code != 0 && code != STITCH_EUNSOUND) { /* nothing could be looked at */
        st_json_text(root, "error", stitch_error_name(code));
        st_json_text(root, "message", stitch_strerror(code));
        return st_json_print(root);
    }
    st_json_number(root, "segments", report->segments);
    st_json_number(root, "seams", report->seams);
    st_json_number(root, "bytes", report->bytes);
    st_json_number(root, "reservation", report->reservation);
    if (code != 0) {
        st_json_text(root, "fault", stitch_fault_name(report->fault));
        st_json_text(root, "message", explain(report->fault));
        st_json_number(root, "fault_offset", report->fault_offset);
        st_json_number(root, "fault_id", report->fault_id);
    }
    return st_json_print(root);
}

/* Region and directory are damaged so far that it cannot even be attached: the answer is no, not a failure to look. */
static int is_damage(int code)
{
    return code == STITCH_EUNSOUND || code == STITCH_ECORRUPT || code == STITCH_EGONE;
}

static int verify(const char *name, struct stitch_verify_report *report)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;
    options.flags = STITCH_READONLY | (st_cli.other_owner ? STITCH_OTHER_OWNER : 0);
    options.folder = st_cli.folder;
    int code = stitch_open(name, &options, &region);
    if (code == 0) {
        code = stitch_verify(region, report);
        stitch_close(region);
    }
    return code;
}

static int run(const char **operands)
{
    const char *name = operands[0];
    struct stitch_verify_report report = { 0 };
    int status = st_cli_name(name);
    if (status != ST_STATUS_OK) {
        return status;
    }
    int code = verify(name, &report);
    if (code != 0 && !is_damage(code)) {
        return st_cli_error(name, code);
    }
    if (code != 0 && code != STITCH_EUNSOUND) {
        st_cli_error(name, code);
    } else if (!st_cli.json && (code != 0 || !st_cli.quiet)) {
        print_text(name, code, &report);
    }
    if (st_cli.json) {
        print_json(name, code, &report);
    }
    return code == 0 ? ST_STATUS_OK : ST_STATUS_NO;
}

const struct st_command st_cmd_verify = {
    .name = "verify",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "prove that a region is sound",
    .text = "Attach to a region without the right to write, and prove from the system's own map that\n"
            "every segment is there, whole and right behind its neighbour, that the memory promised is\n"
            "held, and that the rest of the reservation is intact. Exit status 0: sound; 1: unsound, or\n"
            "so damaged that it cannot be attached.\n",
    .options = options_table,
    .run = run,
};
