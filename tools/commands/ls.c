/* SPDX-License-Identifier: MIT */
/*
 * ls.c - stitch ls: lists every region of a folder, with the reason if a region cannot be read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/options.h"
#include "command/regions.h"
#include "command/say.h"
#include "terminal/system.h"
#include "text/json.h"
#include "text/memory.h"
#include "text/number.h"
#include "text/table.h"
#include "text/text.h"
#include "text/words.h"

static const struct poptOption options_table[] = { CMD_OPTION_JSON, CMD_OPTION_EXACT, CMD_OPTIONS_END };

/* Returns the name, followed by the reason if the region cannot be read. The caller frees it. */
static char *name_cell(const struct stitch_listing *region)
{
    char *safe = ui_text_safe(region->name), *cell;
    const char *code, *sentence;
    size_t size;

    if (region->error == 0)
        return safe;
    code = stitch_error_name((int)region->error);
    sentence = ui_error_text((int)region->error);
    size = strlen(safe) + strlen(code) + strlen(sentence) + 8;
    cell = ui_memory(size);
    snprintf(cell, size, "%s: %s (%s)", safe, sentence, code);
    free(safe);
    return cell;
}

static void add_row(struct ui_table *table, const struct stitch_listing *region)
{
    char size[UI_NUMBER_TEXT], committed[UI_NUMBER_TEXT], reserve[UI_NUMBER_TEXT], segments[UI_NUMBER_TEXT];
    char generation[UI_NUMBER_TEXT], mode[UI_NUMBER_TEXT], owner[64], created[UI_TIME_TEXT];
    char *name = name_cell(region);
    const char *cells[] = {
        cmd_size(region->size, size),
        cmd_size(region->committed, committed),
        cmd_size(region->reserve, reserve),
        ui_number_digits(region->segments, segments),
        ui_number_digits(region->generation, generation),
        mode,
        ui_system_user(region->owner, owner, sizeof owner),
        ui_backend_text(region->backend),
        ui_time_text(region->created, false, created),
        name,
    };

    snprintf(mode, sizeof mode, "%04" PRIo64, region->mode);
    if (region->error != 0) /* only mode and owner are known */
        cells[0] = cells[1] = cells[2] = cells[3] = cells[4] = cells[7] = cells[8] = "-";
    ui_table_row(table, cells);
    free(name);
}

static void print_table(const struct cmd_regions *regions)
{
    static const char *const heads[] = {
        "SIZE", "COMMIT", "RESERVE", "SEGS", "GEN", "MODE", "OWNER", "BACKEND", "CREATED", "NAME",
    };
    struct ui_table *table;

    if (regions->count == 0) {
        char *folder = ui_text_safe(cmd_folder());

        printf("no regions in %s\n", folder);
        free(folder);
        return;
    }
    table = ui_table_new("rrrrrlllll");
    ui_table_row(table, heads);
    for (size_t i = 0; i < regions->count; i++)
        add_row(table, &regions->all[i]);
    ui_table_print(table);
}

static json_t *to_json(const struct stitch_listing *region)
{
    char owner[64];
    json_t *object = json_object();

    ui_json_name(object, region->name);
    ui_json_number(object, "mode", region->mode);
    ui_json_number(object, "owner", region->owner);
    ui_json_text(object, "owner_name", ui_system_user(region->owner, owner, sizeof owner));
    if (region->error != 0) {
        ui_json_text(object, "error", stitch_error_name((int)region->error));
        ui_json_text(object, "message", ui_error_text((int)region->error));
        return object;
    }
    ui_json_number(object, "size", region->size);
    ui_json_number(object, "committed", region->committed);
    ui_json_number(object, "reserve", region->reserve);
    ui_json_number(object, "segments", region->segments);
    ui_json_number(object, "generation", region->generation);
    ui_json_text(object, "backend", ui_backend_text(region->backend));
    ui_json_flags(object, region->flags);
    ui_json_number(object, "created", region->created);
    return object;
}

static void print_json(const struct cmd_regions *regions)
{
    json_t *array = json_array();

    for (size_t i = 0; i < regions->count; i++)
        ui_json_append(array, to_json(&regions->all[i]));
    ui_json_print(array);
}

static int run(const char **operands)
{
    struct cmd_regions regions;
    int status = cmd_regions_list(&regions);

    (void)operands;
    if (!status && cmd_options.json)
        print_json(&regions);
    else if (!status)
        print_table(&regions);
    cmd_regions_free(&regions);
    return status;
}

const struct cmd_command cmd_ls = {
    .name = "ls",
    .operands = "",
    .summary = "list all regions",
    .text = "Lists the regions of the folder: size, committed memory, reserve, segments,\n"
            "generation, permission bits, owner, backend, time of creation, name. A region\n"
            "that cannot be read is listed with the reason.\n",
    .options = options_table,
    .run = run,
};
