/* SPDX-License-Identifier: MIT */
/*
 * who.c - stitch who: the processes attached to a region, by how many changes each lags, and how much memory it pins.
 * The command attaches read-only for a moment, and does not list itself.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <stitch/inspect.h>

#include "command/command.h"
#include "command/members.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "terminal/system.h"
#include "text/json.h"
#include "text/number.h"
#include "text/table.h"
#include "text/text.h"
#include "text/words.h"

static const struct poptOption options_table[] = { CMD_OPTION_JSON, CMD_OPTION_EXACT, CMD_OPTION_OTHER_OWNER,
                                                   CMD_OPTIONS_END };

#define COMMAND_SIZE 64

struct picture {
    const char *name;
    struct cmd_members members;
    struct stitch_info info; /* taken after the members, so that no member has seen a newer generation */
};

static const char *access_of(const struct stitch_member *member)
{
    return member->flags & STITCH_READONLY ? "read" : member->flags & STITCH_EXCLUSIVE ? "exclusive" : "write";
}

/* Returns by how many changes a member lags. */
static uint64_t lag_of(const struct picture *picture, const struct stitch_member *member)
{
    uint64_t now = picture->info.region_generation;

    return member->generation < now ? now - member->generation : 0;
}

/* ----------------------------------------------------------------------------------------------- for people --- */

static void add_row(struct ui_table *table, const struct picture *picture, const struct stitch_member *member)
{
    char pid[UI_NUMBER_TEXT], generation[UI_NUMBER_TEXT], lag[UI_NUMBER_TEXT], mapped[UI_NUMBER_TEXT];
    char retired[UI_NUMBER_TEXT], proved[UI_NUMBER_TEXT] = "?", attached[UI_TIME_TEXT], command[COMMAND_SIZE];
    char *safe = ui_text_safe(ui_system_process(member->pid, member->started, member->space, command, sizeof command));
    const char *cells[] = {
        ui_number_digits(member->pid, pid),
        access_of(member),
        ui_number_digits(member->generation, generation),
        ui_number_digits(lag_of(picture, member), lag),
        cmd_size(member->mapped, mapped),
        cmd_size(member->retired, retired),
        proved,
        ui_time_text(member->attached, true, attached),
        safe[0] ? safe : "-",
    };

    if (member->proved != UINT64_MAX)
        cmd_size(member->proved, proved);
    ui_table_row(table, cells);
    free(safe);
}

static void print_total(const struct picture *picture)
{
    const struct cmd_members *members = &picture->members;
    char retired[UI_NUMBER_TEXT], proved[UI_NUMBER_TEXT];

    printf("%" PRIu64 " %s", members->processes, members->processes == 1 ? "process" : "processes");
    if (members->count != members->processes)
        printf(" with %zu handles", members->count);
    printf("; generation %" PRIu64 "; retired %s, proved %s", picture->info.region_generation,
           cmd_size(members->retired, retired), cmd_size(members->proved, proved));
    if (members->unproved > 0)
        printf(" (%" PRIu64 " cannot be asked)", members->unproved);
    printf("\n");
}

static void print_table(const struct picture *picture)
{
    static const char *const heads[] = {
        "PID", "ACCESS", "SEEN", "BEHIND", "MAPPED", "RETIRED", "PROVED", "ATTACHED", "COMMAND",
    };
    bool open_to_others = (picture->info.mode & 0044) != 0;
    struct ui_table *table;

    if (picture->members.count == 0) {
        char *safe = ui_text_safe(picture->name);

        printf("%s: nobody is attached%s\n", safe, open_to_others ? ", except perhaps readers of other users" : "");
        free(safe);
        return;
    }
    table = ui_table_new("rlrrrrrll");
    ui_table_row(table, heads);
    for (size_t i = 0; i < picture->members.count; i++)
        add_row(table, picture, &picture->members.all[i]);
    ui_table_print(table);
    print_total(picture);
}

/* --------------------------------------------------------------------------------------------- for programs --- */

static json_t *member_to_json(const struct picture *picture, const struct stitch_member *member)
{
    char command[COMMAND_SIZE];
    char *safe = ui_text_safe(ui_system_process(member->pid, member->started, member->space, command, sizeof command));
    json_t *object = json_object();

    ui_json_number(object, "pid", member->pid);
    ui_json_text(object, "command", safe);
    ui_json_text(object, "access", access_of(member));
    ui_json_number(object, "generation", member->generation);
    ui_json_number(object, "behind", lag_of(picture, member));
    ui_json_number(object, "base", member->base);
    ui_json_number(object, "mapped", member->mapped);
    ui_json_number(object, "retired", member->retired);
    if (member->proved != UINT64_MAX)
        ui_json_number(object, "proved", member->proved);
    else
        ui_json_member(object, "proved", json_null());
    ui_json_number(object, "attached", member->attached);
    ui_json_number(object, "started", member->started);
    ui_json_number(object, "space", member->space);
    free(safe);
    return object;
}

static void print_json(const struct picture *picture)
{
    const struct cmd_members *members = &picture->members;
    json_t *root = json_object(), *array = json_array();

    for (size_t i = 0; i < members->count; i++)
        ui_json_append(array, member_to_json(picture, &members->all[i]));
    ui_json_name(root, picture->name);
    ui_json_number(root, "generation", picture->info.region_generation);
    ui_json_number(root, "processes", members->processes);
    ui_json_number(root, "retired", members->retired);
    ui_json_number(root, "proved", members->proved);
    ui_json_number(root, "unproved", members->unproved);
    ui_json_member(root, "members", array);
    ui_json_print(root);
}

/* -------------------------------------------------------------------------------------------------- running --- */

static int show(stitch_region *region, struct picture *picture)
{
    int err = cmd_members_list(region, &picture->members);

    if (err == STITCH_ENOTSUP)
        return cmd_fail(UI_STATUS_DENIED, picture->name, "only its owner can read who is attached (%s)",
                        stitch_error_name(err));
    if (!err)
        err = stitch_info(region, &picture->info);
    if (err)
        return cmd_error(picture->name, err);
    if (cmd_options.json)
        print_json(picture);
    else
        print_table(picture);
    return UI_STATUS_OK;
}

static int run(const char **operands)
{
    struct picture picture = { .name = operands[0] };
    stitch_region *region;
    int status = cmd_open_to_look(operands[0], &region);

    if (status)
        return status;
    status = show(region, &picture);
    cmd_members_free(&picture.members);
    stitch_close(region);
    return status;
}

const struct cmd_command cmd_who = {
    .name = "who",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "show who is attached, and what memory each pins",
    .text = "Lists the handles attached to a region, except the one of this command: process\n"
            "id, access (read, write, exclusive), the generation that it has SEEN and how\n"
            "many changes it is BEHIND, bytes MAPPED, time of attaching, command.\n"
            "RETIRED counts the bytes of segments that are no longer part of the region but\n"
            "that the handle pins until it syncs, as the region's roster says. PROVED is the\n"
            "same number from the system's map of that process, or ? if this user may not\n"
            "ask. The totals count a segment once for each handle that pins it.\n"
            "The roster is only for accounting: it has room for 254 handles, and readers of\n"
            "other users are not on it.\n",
    .options = options_table,
    .run = run,
};
