/* SPDX-License-Identifier: MIT */
/*
 * cmd_who.c - stitch who: the processes attached to a region, how far behind each is, and what memory that keeps. This
 * command attaches read-only for a moment, and does not list itself.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "term.h"

static const struct poptOption options_table[] = { ST_CLI_JSON, ST_CLI_EXACT, ST_CLI_OTHER_OWNER, ST_CLI_END };

#define COMMAND_SIZE 64

/* What is told. */
struct picture {
    const char *name;
    struct stitch_info info; /* looked at after the members: none of them can have seen more */
    struct st_members members;
};

static const char *access_of(const struct stitch_member *member)
{
    return member->flags & STITCH_READONLY ? "read" : member->flags & STITCH_EXCLUSIVE ? "exclusive" : "write";
}

static uint64_t behind(const struct picture *picture, const struct stitch_member *member)
{
    uint64_t now = picture->info.region_generation;
    return member->generation < now ? now - member->generation : 0;
}

/* ----------------------------------------------------------------------------------------------- for people --- */

static void add_row(struct st_table *table, const struct picture *picture, const struct stitch_member *member)
{
    char pid[ST_NUMBER_TEXT], generation[ST_NUMBER_TEXT], lag[ST_NUMBER_TEXT], mapped[ST_NUMBER_TEXT];
    char retired[ST_NUMBER_TEXT], proved[ST_NUMBER_TEXT] = "?", attached[ST_TEXT_TIME], command[COMMAND_SIZE];
    char *safe = st_text_safe(st_term_process(member->pid, member->started, member->space, command, sizeof command));
    const char *cells[] = {
        st_number_text(member->pid, 1, pid),
        access_of(member),
        st_number_text(member->generation, 1, generation),
        st_number_text(behind(picture, member), 1, lag),
        st_number_text(member->mapped, st_cli.exact, mapped),
        st_number_text(member->retired, st_cli.exact, retired),
        member->proved != UINT64_MAX ? st_number_text(member->proved, st_cli.exact, proved) : proved,
        st_text_time(member->attached, 1, attached),
        safe[0] != '\0' ? safe : "-",
    };
    st_table_row(table, cells);
    free(safe);
}

static void print_total(const struct picture *picture)
{
    const struct st_members *members = &picture->members;
    char retired[ST_NUMBER_TEXT], proved[ST_NUMBER_TEXT];
    printf("%" PRIu64 " %s", members->processes, members->processes == 1 ? "process" : "processes");
    if (members->count != members->processes) {
        printf(" with %zu handles", members->count);
    }
    printf("; generation %" PRIu64 "; retired %s", picture->info.region_generation,
           st_number_text(members->retired, st_cli.exact, retired));
    printf(", proved %s", st_number_text(members->proved, st_cli.exact, proved));
    if (members->unproved > 0) {
        printf(" (%" PRIu64 " not to be asked)", members->unproved);
    }
    printf("\n");
}

static int print_table(const struct picture *picture)
{
    static const char *const heads[] = {
        "PID", "ACCESS", "SEEN", "BEHIND", "MAPPED", "RETIRED", "PROVED", "ATTACHED", "COMMAND",
    };
    if (picture->members.count == 0) {
        char *safe = st_text_safe(picture->name);
        int open_to_others = (picture->info.mode & 0044) != 0;
        printf("%s: nobody is attached%s\n", safe, open_to_others ? ", unless to read it as another user" : "");
        free(safe);
        return ST_STATUS_OK;
    }
    struct st_table *table = st_table_new("rlrrrrrll");
    st_table_row(table, heads);
    for (size_t i = 0; i < picture->members.count; i++) {
        add_row(table, picture, &picture->members.all[i]);
    }
    st_table_print(table);
    print_total(picture);
    return ST_STATUS_OK;
}

/* --------------------------------------------------------------------------------------------- for programs --- */

static void add_proved(json_t *object, uint64_t proved)
{
    if (proved != UINT64_MAX) {
        st_json_number(object, "proved", proved);
    } else {
        st_json_member(object, "proved", json_null());
    }
}

static json_t *member_to_json(const struct picture *picture, const struct stitch_member *member)
{
    char command[COMMAND_SIZE];
    char *safe = st_text_safe(st_term_process(member->pid, member->started, member->space, command, sizeof command));
    json_t *object = json_object();
    st_json_number(object, "pid", member->pid);
    st_json_text(object, "command", safe);
    st_json_text(object, "access", access_of(member));
    st_json_number(object, "generation", member->generation);
    st_json_number(object, "behind", behind(picture, member));
    st_json_number(object, "base", member->base);
    st_json_number(object, "mapped", member->mapped);
    st_json_number(object, "retired", member->retired);
    add_proved(object, member->proved);
    st_json_number(object, "attached", member->attached);
    st_json_number(object, "started", member->started);
    st_json_number(object, "space", member->space);
    free(safe);
    return object;
}

static int print_json(const struct picture *picture)
{
    const struct st_members *members = &picture->members;
    json_t *root = json_object(), *array = json_array();
    for (size_t i = 0; i < members->count; i++) {
        if (json_array_append_new(array, member_to_json(picture, &members->all[i])) != 0) {
            return st_cli_fail(ST_STATUS_RESOURCES, NULL, "no memory left");
        }
    }
    st_json_name(root, picture->name);
    st_json_number(root, "generation", picture->info.region_generation);
    st_json_number(root, "processes", members->processes);
    st_json_number(root, "retired", members->retired);
    st_json_number(root, "proved", members->proved);
    st_json_number(root, "unproved", members->unproved);
    st_json_member(root, "members", array);
    return st_json_print(root);
}

/* -------------------------------------------------------------------------------------------------- running --- */

static int tell(stitch_region *region, struct picture *picture)
{
    int code = st_members_take(region, &picture->members);
    if (code == STITCH_ENOTSUP) {
        return st_cli_fail(ST_STATUS_DENIED, picture->name, "only its owner can read who is attached (%s)",
                           stitch_error_name(code));
    }
    if (code == 0) {
        code = stitch_info(region, &picture->info);
    }
    if (code < 0) {
        return st_cli_error(picture->name, code);
    }
    return st_cli.json ? print_json(picture) : print_table(picture);
}

static int run(const char **operands)
{
    struct picture picture = { .name = operands[0] };
    stitch_region *region;
    int status = st_cli_open_to_look(operands[0], &region);
    if (status == ST_STATUS_OK) {
        status = tell(region, &picture);
        st_members_forget(&picture.members);
        stitch_close(region);
    }
    return status;
}

const struct st_command st_cmd_who = {
    .name = "who",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "who is attached, and what memory each pins",
    .text = "List the handles attached to a region, but this command's own: process, access (read, write,\n"
            "exclusive), the generation that it has SEEN and how many changes it is BEHIND, bytes MAPPED,\n"
            "since when it is attached, command.\n"
            "RETIRED are bytes of segments that have left the region and that it keeps until it takes the change\n"
            "over, as the region's roster says; PROVED the same as the system's map of that process shows, or ? if\n"
            "that may not be asked. In the total, what several hold counts for each.\n"
            "The roster is accounting and no more: it has room for 254 handles, and readers of other users are\n"
            "not on it.\n",
    .options = options_table,
    .run = run,
};
