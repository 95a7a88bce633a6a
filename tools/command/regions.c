/* SPDX-License-Identifier: MIT */
/*
 * regions.c - all regions of a folder.
 */
#include "command/regions.h"

#include <stdlib.h>
#include <string.h>

#include "command/options.h"
#include "command/say.h"
#include "terminal/system.h"
#include "text/memory.h"

static int add(const struct stitch_listing *listing, void *arg)
{
    struct cmd_regions *regions = arg;
    struct stitch_listing *copy;

    regions->all = ui_memory_grow(regions->all, regions->count, &regions->room, sizeof regions->all[0]);
    copy = &regions->all[regions->count++];
    *copy = *listing;
    copy->name = ui_memory_copy(listing->name);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct stitch_listing *)a)->name, ((const struct stitch_listing *)b)->name);
}

int cmd_regions_error(int err)
{
    if (err == STITCH_ENOENT)
        return cmd_fail(UI_STATUS_MISSING, cmd_folder(), "there is no such folder%s",
                        ui_system_regions_stay() ? "" : "; on this system there are Local and Global");
    if ((err == STITCH_EACCES || err == STITCH_ENOTSUP) && !ui_system_regions_stay())
        return cmd_fail(cmd_status(err), cmd_folder(),
                        "the system does not tell which names there are; a region whose name is known can be shown "
                        "and read all the same (%s)",
                        stitch_error_name(err));
    return cmd_error(cmd_folder(), err);
}

int cmd_regions_list(struct cmd_regions *regions)
{
    int err;

    *regions = (struct cmd_regions){ NULL, 0, 0 };
    err = cmd_options.folder ? stitch_list_at(cmd_options.folder, add, regions) : stitch_list(add, regions);
    if (err)
        return cmd_regions_error(err);
    if (regions->count > 0)
        qsort(regions->all, regions->count, sizeof regions->all[0], by_name);
    return UI_STATUS_OK;
}

void cmd_regions_free(struct cmd_regions *regions)
{
    for (size_t i = 0; i < regions->count; i++)
        free((void *)(uintptr_t)regions->all[i].name);
    free(regions->all);
}
