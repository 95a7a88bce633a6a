/* SPDX-License-Identifier: MIT */
/*
 * cmd_ls.c - stitch ls: every region of a folder in a line. One that cannot be read keeps its line, with the reason.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "term.h"

static const struct poptOption options_table[] = { ST_CLI_JSON, ST_CLI_EXACT, ST_CLI_END };

/* The name, and for a region that cannot be read why. */
static char *name_cell(const struct stitch_listing *region)
{
    char *safe = st_text_safe(region->name);
    if (region->error == 0) {
        return safe;
    }
    const char *code = stitch_error_name((int)region->error);
    const char *sentence = stitch_strerror((int)region->error);
    size_t size = strlen(safe) + strlen(code) + strlen(sentence) + 8;
    char *cell = st_text_memory(size);
    snprintf(cell, size, "%s: %s (%s)", safe, sentence, code);
    free(safe);
    return cell;
}

static void add_row(struct st_table *table, const struct stitch_listing *region)
{
    char size[ST_NUMBER_TEXT], committed[ST_NUMBER_TEXT], reserve[ST_NUMBER_TEXT], segments[ST_NUMBER_TEXT];
    char generation[ST_NUMBER_TEXT], mode[ST_NUMBER_TEXT], owner[64], created[ST_TEXT_TIME];
    char *name = name_cell(region);
    const char *cells[] = {
        st_number_text(region->size, st_cli.exact, size),
        st_number_text(region->committed, st_cli.exact, committed),
        st_number_text(region->reserve, st_cli.exact, reserve),
        st_number_text(region->segments, 1, segments),
        st_number_text(region->generation, 1, generation),
        mode,
        st_term_user(region->owner, owner, sizeof owner),
        st_text_backend(region->backend),
        st_text_time(region->created, 0, created),
        name,
    };
    snprintf(mode, sizeof mode, "%04" PRIo64, region->mode);
    if (region->error != 0) { /* only mode and owner are known */
        cells[0] = cells[1] = cells[2] = cells[3] = cells[4] = cells[7] = cells[8] = "-";
    }
    st_table_row(table, cells);
    free(name);
}

static int print_table(const struct st_regions *found)
{
    static const char *const heads[] = {
        "SIZE", "COMMIT", "RESERVE", "SEGS", "GEN", "MODE", "OWNER", "BACKEND", "CREATED", "NAME",
    };
    if (found->count == 0) {
        char *folder = st_text_safe(st_cli_folder());
        printf("no regions in %s\n", folder);
        free(folder);
        return ST_STATUS_OK;
    }
    struct st_table *table = st_table_new("rrrrrlllll");
    st_table_row(table, heads);
    for (size_t i = 0; i < found->count; i++) {
        add_row(table, &found->all[i]);
    }
    st_table_print(table);
    return ST_STATUS_OK;
}

static json_t *to_json(const struct stitch_listing *region)
{
    char owner[64];
    json_t *object = json_object();
    st_json_name(object, region->name);
    st_json_number(object, "mode", region->mode);
    st_json_number(object, "owner", region->owner);
    st_json_text(object, "owner_name", st_term_user(region->owner, owner, sizeof owner));
    if (region->error != 0) {
        st_json_text(object, "error", stitch_error_name((int)region->error));
        st_json_text(object, "message", stitch_strerror((int)region->error));
        return object;
    }
    st_json_number(object, "size", region->size);
    st_json_number(object, "committed", region->committed);
    st_json_number(object, "reserve", region->reserve);
    st_json_number(object, "segments", region->segments);
    st_json_number(object, "generation", region->generation);
    st_json_text(object, "backend", st_text_backend(region->backend));
    st_json_member(object, "lazy", json_boolean((region->flags & STITCH_LAZY) != 0));
    st_json_member(object, "small_pages", json_boolean((region->flags & STITCH_SMALL_PAGES) != 0));
    st_json_member(object, "keep", json_boolean((region->flags & STITCH_KEEP) != 0));
    st_json_number(object, "created", region->created);
    return object;
}

static int print_json(const struct st_regions *found)
{
    json_t *array = json_array();
    for (size_t i = 0; i < found->count; i++) {
        if (json_array_append_new(array, to_json(&found->all[i])) != 0) {
            return st_cli_fail(ST_STATUS_RESOURCES, NULL, "no memory left");
        }
    }
    return st_json_print(array);
}

static int run(const char **operands)
{
    (void)operands;
    struct st_regions found;
    int status = st_regions_take(&found);
    if (status == ST_STATUS_OK) {
        status = st_cli.json ? print_json(&found) : print_table(&found);
    }
    st_regions_forget(&found);
    return status;
}

const struct st_command st_cmd_ls = {
    .name = "ls",
    .operands = "",
    .summary = "list all regions",
    .text = "List the regions of the folder: size, memory promised to be there, reserve, segments,\n"
            "generation, permission bits, owner, backend, when it was made, name. A region that cannot\n"
            "be read is listed with the reason.\n",
    .options = options_table,
    .run = run,
};
