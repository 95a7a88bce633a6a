/* SPDX-License-Identifier: MIT */
/*
 * cmd_gc.c - stitch gc: remove what regions that ended with killed processes have left, and say what that was.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct poptOption options_table[] = { ST_CLI_JSON, ST_CLI_QUIET, ST_CLI_EXACT, ST_CLI_END };

/* What has been removed so far. */
struct total {
    uint64_t regions, objects, bytes;
    json_t *array; /* NULL: not wanted */
};

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static int add_json(json_t *array, const struct stitch_collected *region, const char *tag)
{
    json_t *object = json_object();
    if (region->name[0] != '\0') {
        st_json_name(object, region->name);
    } else {
        st_json_member(object, "name", json_null());
    }
    st_json_text(object, "tag", tag);
    st_json_number(object, "objects", region->objects);
    st_json_number(object, "bytes", region->bytes);
    return json_array_append_new(array, object) == 0 ? 0 : STITCH_ENOMEM;
}

static int told(const struct stitch_collected *region, void *arg)
{
    struct total *total = arg;
    char tag[ST_NUMBER_TEXT], bytes[ST_NUMBER_TEXT];
    total->regions++;
    total->objects += region->objects;
    total->bytes += region->bytes;
    snprintf(tag, sizeof tag, "%016" PRIx64, region->tag);
    if (total->array != NULL) {
        return add_json(total->array, region, tag);
    }
    if (!st_cli.quiet) {
        char *safe = st_text_safe(region->name);
        printf("%s%s: removed, %" PRIu64 " object%s, %s\n", safe[0] != '\0' ? safe : "unlinked region ",
               safe[0] != '\0' ? "" : tag, region->objects, plural(region->objects),
               st_number_text(region->bytes, st_cli.exact, bytes));
        free(safe);
    }
    return 0;
}

static void print_total(const struct total *total)
{
    char bytes[ST_NUMBER_TEXT];
    if (total->regions > 0) {
        printf("%" PRIu64 " region%s removed, %" PRIu64 " object%s, %s\n", total->regions, plural(total->regions),
               total->objects, plural(total->objects), st_number_text(total->bytes, st_cli.exact, bytes));
    } else {
        char *safe = st_text_safe(st_cli_folder());
        printf("nothing to remove in %s\n", safe);
        free(safe);
    }
}

static int print_json(const struct total *total)
{
    json_t *root = json_object();
    st_json_member(root, "regions", json_incref(total->array));
    st_json_number(root, "objects", total->objects);
    st_json_number(root, "bytes", total->bytes);
    return st_json_print(root);
}

static int run(const char **operands)
{
    (void)operands;
    struct total total = { 0, 0, 0, st_cli.json ? json_array() : NULL };
    int code = stitch_collect_at(st_cli.folder, told, &total);
    int status = ST_STATUS_OK;
    if (st_cli.json) { /* also after a failure: what was removed has been removed */
        status = print_json(&total);
    } else if (!st_cli.quiet && (code >= 0 || total.regions > 0)) {
        print_total(&total);
    }
    json_decref(total.array);
    return code < 0 ? st_regions_error(code) : status;
}

const struct st_command st_cmd_gc = {
    .name = "gc",
    .operands = "",
    .summary = "remove what killed processes have left",
    .text = "Remove what is left of regions that ended with killed processes, and say what that was: a line for\n"
            "each region, with its objects and the memory they held. Nothing that a live process uses is touched,\n"
            "and no region that stays until stitch rm. Whoever creates, opens or lists regions in the folder does\n"
            "the same in passing, so there is often nothing left to do. On Windows there never is.\n",
    .options = options_table,
    .run = run,
};
