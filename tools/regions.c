/* SPDX-License-Identifier: MIT */
/*
 * regions.c - all regions of a folder, as ls and top list them.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

#include "term.h"

static int add(const struct stitch_listing *listing, void *arg)
{
    struct st_regions *found = arg;
    if (found->count == found->room) {
        size_t room = found->room * 2 + 16;
        struct stitch_listing *all = st_text_memory(room * sizeof *all);
        if (found->count > 0) {
            memcpy(all, found->all, found->count * sizeof *all);
        }
        free(found->all);
        found->all = all;
        found->room = room;
    }
    found->all[found->count] = *listing;
    found->all[found->count++].name = st_text_copy(listing->name);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct stitch_listing *)a)->name, ((const struct stitch_listing *)b)->name);
}

int st_regions_error(int code)
{
    if (code == STITCH_ENOENT) {
        return st_cli_fail(ST_STATUS_MISSING, st_cli_folder(), "there is no such folder%s",
                           st_term_regions_stay() ? "" : "; on this system there are Local and Global");
    }
    if ((code == STITCH_EACCES || code == STITCH_ENOTSUP) && !st_term_regions_stay()) {
        return st_cli_fail(st_cli_status(code), st_cli_folder(),
                           "the system does not tell which names there are; a region whose name is known can be "
                           "shown and read all the same (%s)", stitch_error_name(code));
    }
    return st_cli_error(st_cli_folder(), code);
}

int st_regions_take(struct st_regions *found)
{
    *found = (struct st_regions){ NULL, 0, 0 };
    int code = st_cli.folder != NULL ? stitch_list_at(st_cli.folder, add, found) : stitch_list(add, found);
    if (code != 0) {
        return st_regions_error(code);
    }
    if (found->count > 0) {
        qsort(found->all, found->count, sizeof found->all[0], by_name);
    }
    return ST_STATUS_OK;
}

void st_regions_forget(struct st_regions *found)
{
    for (size_t i = 0; i < found->count; i++) {
        free((void *)(uintptr_t)found->all[i].name);
    }
    free(found->all);
}
