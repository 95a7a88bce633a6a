/* SPDX-License-Identifier: MIT */
/*
 * gc.c - stitch gc: removes the objects that regions have left which ended with killed processes, and lists them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <stitch/inspect.h>

#include "command/command.h"
#include "command/options.h"
#include "command/regions.h"
#include "command/say.h"
#include "text/json.h"
#include "text/number.h"
#include "text/text.h"
#include "text/words.h"

static const struct poptOption options_table[] = { CMD_OPTION_JSON, CMD_OPTION_QUIET, CMD_OPTION_EXACT,
                                                   CMD_OPTIONS_END };

/* All that has been removed so far. */
struct total {
    uint64_t regions, objects, bytes;
    json_t *array; /* NULL without --json */
};

static void add_json(json_t *array, const struct stitch_collected *region, const char *tag)
{
    json_t *object = json_object();

    if (region->name[0])
        ui_json_name(object, region->name);
    else
        ui_json_member(object, "name", json_null());
    ui_json_text(object, "tag", tag);
    ui_json_number(object, "objects", region->objects);
    ui_json_number(object, "bytes", region->bytes);
    ui_json_append(array, object);
}

static void print_region(const struct stitch_collected *region, const char *tag)
{
    char bytes[UI_NUMBER_TEXT];
    char *safe = ui_text_safe(region->name);

    printf("%s%s: removed, %" PRIu64 " object%s, %s\n", safe[0] ? safe : "unlinked region ", safe[0] ? "" : tag,
           region->objects, ui_plural(region->objects), cmd_size(region->bytes, bytes));
    free(safe);
}

static int collected(const struct stitch_collected *region, void *arg)
{
    struct total *total = arg;
    char tag[UI_NUMBER_TEXT];

    total->regions++;
    total->objects += region->objects;
    total->bytes += region->bytes;
    snprintf(tag, sizeof tag, "%016" PRIx64, region->tag);
    if (total->array)
        add_json(total->array, region, tag);
    else if (!cmd_options.quiet)
        print_region(region, tag);
    return 0;
}

static void print_total(const struct total *total)
{
    char bytes[UI_NUMBER_TEXT];

    if (total->regions > 0) {
        printf("%" PRIu64 " region%s removed, %" PRIu64 " object%s, %s\n", total->regions, ui_plural(total->regions),
               total->objects, ui_plural(total->objects), cmd_size(total->bytes, bytes));
    } else {
        char *safe = ui_text_safe(cmd_folder());

        printf("nothing to remove in %s\n", safe);
        free(safe);
    }
}

static void print_json(const struct total *total)
{
    json_t *root = json_object();

    ui_json_member(root, "regions", total->array);
    ui_json_number(root, "objects", total->objects);
    ui_json_number(root, "bytes", total->bytes);
    ui_json_print(root);
}

/* After a failure, too, the output lists what has been removed until then. */
static int run(const char **operands)
{
    struct total total = { 0, 0, 0, cmd_options.json ? json_array() : NULL };
    int err = stitch_collect_at(cmd_options.folder, collected, &total);

    (void)operands;
    if (cmd_options.json)
        print_json(&total);
    else if (!cmd_options.quiet && (err >= 0 || total.regions > 0))
        print_total(&total);
    return err < 0 ? cmd_regions_error(err) : UI_STATUS_OK;
}

const struct cmd_command cmd_gc = {
    .name = "gc",
    .operands = "",
    .summary = "remove what killed processes have left",
    .text = "Removes the objects of regions that ended with killed processes, and prints a\n"
            "line for each region, with the number of objects and the memory they held.\n"
            "It touches nothing that a live process uses, and no region that stays until\n"
            "stitch rm. Creating, opening and listing regions in the folder does the same in\n"
            "passing, so there is often nothing left to do. On Windows there never is.\n",
    .options = options_table,
    .run = run,
};
