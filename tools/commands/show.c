/* SPDX-License-Identifier: MIT */
/*
 * show.c - stitch show: one region, its segments as they are mapped in this process, and a map drawn to scale.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <stitch/inspect.h>
#include <stitch/stitch.h>

#include "command/command.h"
#include "command/open.h"
#include "command/options.h"
#include "command/say.h"
#include "terminal/system.h"
#include "terminal/term.h"
#include "text/draw.h"
#include "text/json.h"
#include "text/memory.h"
#include "text/number.h"
#include "text/table.h"
#include "text/text.h"
#include "text/words.h"

static const struct poptOption options_table[] = { CMD_OPTION_JSON, CMD_OPTION_EXACT, CMD_OPTION_OTHER_OWNER,
                                                   CMD_OPTIONS_END };

/* A region and its segments, info.segments of them. */
struct picture {
    const char *name;
    const void *base;
    struct stitch_info info;
    struct stitch_segment *segments;
};

static int take(stitch_region *region, struct picture *picture)
{
    int err = stitch_info(region, &picture->info);

    picture->base = stitch_base(region);
    picture->segments = NULL;
    if (err)
        return err;
    picture->segments = ui_memory(picture->info.segments * sizeof *picture->segments);
    for (uint64_t i = 0; i < picture->info.segments && !err; i++)
        err = stitch_segment(region, i, &picture->segments[i]);
    return err;
}

/* ----------------------------------------------------------------------------------------------- for people --- */

static void print_size(const char *label, uint64_t bytes)
{
    char text[UI_NUMBER_TEXT];

    printf("  %-11s %s", label, cmd_size(bytes, text));
    if (!cmd_options.exact && bytes >= 1024)
        printf(" (%" PRIu64 " bytes)", bytes);
    printf("\n");
}

static void print_head(const struct picture *picture)
{
    const struct stitch_info *info = &picture->info;
    char owner[64], created[UI_TIME_TEXT];
    char *name = ui_text_safe(picture->name);

    printf("%s\n", name);
    free(name);
    print_size("size", info->size);
    print_size("committed", info->committed);
    print_size("resident", info->resident);
    print_size("extents", info->extents);
    print_size("reserve", info->reserve);
    printf("  %-11s %" PRIu64 " of at most %" PRIu64 ", of %s\n", "segments", info->segments, info->capacity,
           info->extent != 0 ? "a fixed extent" : "2M or an eighth of the region");
    printf("  %-11s %" PRIu64 "\n", "generation", info->generation);
    printf("  %-11s %s\n", "backend", ui_backend_text(info->backend));
    printf("  %-11s %s\n", "flags", ui_flags_text(info->flags));
    printf("  %-11s %04" PRIo64 "\n", "mode", info->mode);
    printf("  %-11s %s\n", "owner", ui_system_user(info->owner, owner, sizeof owner));
    printf("  %-11s %s\n", "created", ui_time_text(info->created, true, created));
    printf("  %-11s %s\n", "writers", info->writers != 0 ? "attached" : "none");
    printf("  %-11s %016" PRIx64 "\n", "tag", info->tag);
    printf("  %-11s 0x%" PRIxPTR "\n", "base here", (uintptr_t)picture->base);
}

/* Returns the access that the system's map permits. */
static const char *access_text(uint64_t access)
{
    switch (access & (STITCH_ACCESS_READ | STITCH_ACCESS_WRITE)) {
    case STITCH_ACCESS_READ | STITCH_ACCESS_WRITE:
        return "rw";
    case STITCH_ACCESS_READ:
        return "r-";
    case STITCH_ACCESS_WRITE:
        return "-w";
    default:
        return "--";
    }
}

static void add_row(struct ui_table *table, const struct stitch_segment *segment)
{
    char text[8][UI_NUMBER_TEXT], addresses[48];
    uintptr_t from = (uintptr_t)segment->address;
    const char *cells[] = {
        ui_number_digits(segment->index, text[0]),
        ui_number_digits(segment->id, text[1]),
        cmd_size(segment->offset, text[2]),
        cmd_size(segment->extent, text[3]),
        cmd_size(segment->committed, text[4]),
        cmd_size(segment->resident, text[5]),
        cmd_size(segment->view, text[6]),
        cmd_size(segment->present, text[7]),
        access_text(segment->access),
        addresses,
        segment->adjacent ? "yes" : "NO",
    };

    snprintf(addresses, sizeof addresses, "0x%" PRIxPTR "-0x%" PRIxPTR, from, from + (uintptr_t)segment->extent);
    ui_table_row(table, cells);
}

static void print_segments(const struct picture *picture)
{
    static const char *const heads[] = { "#",      "ID",      "OFFSET", "EXTENT",         "COMMIT",  "RESIDENT",
                                         "MAPPED", "PRESENT", "ACCESS", "ADDRESSES HERE", "ADJACENT" };
    struct ui_table *table;

    if (picture->info.segments == 0)
        return;
    table = ui_table_new("rrrrrrrrlll");
    ui_table_row(table, heads);
    for (uint64_t i = 0; i < picture->info.segments; i++)
        add_row(table, &picture->segments[i]);
    printf("\n");
    ui_table_print(table);
}

static void print_map(const struct picture *picture)
{
    struct ui_drawing drawing = { ui_term_width(), cmd_options.exact != 0 };
    size_t count = (size_t)picture->info.segments;
    uint64_t *ends = ui_memory(count * sizeof *ends);

    for (size_t i = 0; i < count; i++)
        ends[i] = picture->segments[i].offset + picture->segments[i].extent;
    printf("\n");
    ui_draw_map(&drawing, &picture->info, ends, count);
    free(ends);
}

/* --------------------------------------------------------------------------------------------- for programs --- */

static json_t *segment_to_json(const struct stitch_segment *segment)
{
    json_t *object = json_object();

    ui_json_number(object, "index", segment->index);
    ui_json_number(object, "id", segment->id);
    ui_json_number(object, "offset", segment->offset);
    ui_json_number(object, "extent", segment->extent);
    ui_json_number(object, "committed", segment->committed);
    ui_json_number(object, "resident", segment->resident);
    ui_json_number(object, "mapped", segment->view);
    ui_json_number(object, "present", segment->present);
    ui_json_text(object, "access", access_text(segment->access));
    ui_json_number(object, "address", (uintptr_t)segment->address);
    ui_json_member(object, "adjacent", json_boolean(segment->adjacent != 0));
    return object;
}

static void add_numbers(json_t *root, const struct picture *picture)
{
    const struct stitch_info *info = &picture->info;
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {
        { "size", info->size },
        { "committed", info->committed },
        { "resident", info->resident },
        { "extents", info->extents },
        { "reserve", info->reserve },
        { "capacity", info->capacity },
        { "extent", info->extent },
        { "page", info->page },
        { "generation", info->generation },
        { "mode", info->mode },
        { "owner", info->owner },
        { "created", info->created },
        { "base", (uintptr_t)picture->base },
    };

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        ui_json_number(root, numbers[i].key, numbers[i].value);
}

static void print_json(const struct picture *picture)
{
    const struct stitch_info *info = &picture->info;
    char owner[64], tag[UI_NUMBER_TEXT];
    json_t *root = json_object(), *segments = json_array();

    ui_json_name(root, picture->name);
    add_numbers(root, picture);
    snprintf(tag, sizeof tag, "%016" PRIx64, info->tag);
    ui_json_text(root, "tag", tag);
    ui_json_text(root, "owner_name", ui_system_user(info->owner, owner, sizeof owner));
    ui_json_text(root, "backend", ui_backend_text(info->backend));
    ui_json_flags(root, info->flags);
    ui_json_member(root, "writers", json_boolean(info->writers != 0));
    for (uint64_t i = 0; i < info->segments; i++)
        ui_json_append(segments, segment_to_json(&picture->segments[i]));
    ui_json_member(root, "segments", segments);
    ui_json_print(root);
}

/* -------------------------------------------------------------------------------------------------- running --- */

static int run(const char **operands)
{
    stitch_region *region;
    struct picture picture = { .name = operands[0] };
    int status = cmd_open_to_look(operands[0], &region), err;

    if (status)
        return status;
    err = take(region, &picture);
    if (err) {
        status = cmd_error(operands[0], err);
    } else if (cmd_options.json) {
        print_json(&picture);
    } else {
        print_head(&picture);
        print_segments(&picture);
        print_map(&picture);
    }
    free(picture.segments);
    stitch_close(region);
    return status;
}

const struct cmd_command cmd_show = {
    .name = "show",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "show a region, its segments and a map",
    .text = "Shows a region: its numbers, each segment, and a map of the region drawn to\n"
            "scale. Four columns are the system's own answers for this process (Linux:\n"
            "/proc/self/maps; Windows: VirtualQuery):\n"
            "  MAPPED    bytes that are this segment's, in the right order\n"
            "  PRESENT   bytes of these that have memory (Linux: resident; Windows:\n"
            "            committed)\n"
            "  ACCESS    the access rights: r-, since show attaches read-only\n"
            "  ADJACENT  whether the segment begins where its neighbour ends\n",
    .options = options_table,
    .run = run,
};
