/* SPDX-License-Identifier: MIT */
/*
 * cmd_show.c - stitch show: one region, its segments as they are mapped here, and a map of it.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "term.h"

static const struct poptOption options_table[] = { ST_CLI_JSON, ST_CLI_EXACT, ST_CLI_OTHER_OWNER, ST_CLI_END };

/* A region and its segments, as many as info.segments. */
struct picture {
    const char *name;
    const void *base;
    struct stitch_info info;
    struct stitch_segment *segments;
};

static int take(stitch_region *region, struct picture *picture)
{
    int code = stitch_info(region, &picture->info);
    picture->base = stitch_base(region);
    picture->segments = NULL;
    if (code < 0) {
        return code;
    }
    picture->segments = st_text_memory(picture->info.segments * sizeof *picture->segments);
    for (uint64_t i = 0; i < picture->info.segments && code == 0; i++) {
        code = stitch_segment(region, i, &picture->segments[i]);
    }
    return code;
}

static void print_size(const char *label, uint64_t bytes)
{
    char text[ST_NUMBER_TEXT];
    printf("  %-11s %s", label, st_number_text(bytes, st_cli.exact, text));
    if (!st_cli.exact && bytes >= 1024) {
        printf(" (%" PRIu64 " bytes)", bytes);
    }
    printf("\n");
}

static void print_head(const struct picture *picture)
{
    const struct stitch_info *info = &picture->info;
    char owner[64], created[ST_TEXT_TIME];
    char *name = st_text_safe(picture->name);
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
    printf("  %-11s %s\n", "backend", st_text_backend(info->backend));
    printf("  %-11s %s\n", "flags", st_text_flags(info->flags));
    printf("  %-11s %04" PRIo64 "\n", "mode", info->mode);
    printf("  %-11s %s\n", "owner", st_term_user(info->owner, owner, sizeof owner));
    printf("  %-11s %s\n", "created", st_text_time(info->created, 1, created));
    printf("  %-11s %s\n", "writers", info->writers != 0 ? "attached" : "none");
    printf("  %-11s %016" PRIx64 "\n", "tag", info->tag);
    printf("  %-11s 0x%" PRIxPTR "\n", "base here", (uintptr_t)picture->base);
}

/* As the system's map permits. */
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

static void print_segments(const struct picture *picture)
{
    static const char *const heads[] = { "#",      "ID",      "OFFSET", "EXTENT",         "COMMIT",  "RESIDENT",
                                         "MAPPED", "PRESENT", "ACCESS", "ADDRESSES HERE", "ADJACENT" };
    if (picture->info.segments == 0) {
        return;
    }
    struct st_table *table = st_table_new("rrrrrrrrlll");
    st_table_row(table, heads);
    for (uint64_t i = 0; i < picture->info.segments; i++) {
        const struct stitch_segment *segment = &picture->segments[i];
        char text[8][ST_NUMBER_TEXT], addresses[48];
        uintptr_t from = (uintptr_t)segment->address;
        snprintf(addresses, sizeof addresses, "0x%" PRIxPTR "-0x%" PRIxPTR, from, from + (uintptr_t)segment->extent);
        const char *cells[] = {
            st_number_text(segment->index, 1, text[0]),
            st_number_text(segment->id, 1, text[1]),
            st_number_text(segment->offset, st_cli.exact, text[2]),
            st_number_text(segment->extent, st_cli.exact, text[3]),
            st_number_text(segment->committed, st_cli.exact, text[4]),
            st_number_text(segment->resident, st_cli.exact, text[5]),
            st_number_text(segment->view, st_cli.exact, text[6]),
            st_number_text(segment->present, st_cli.exact, text[7]),
            access_text(segment->access),
            addresses,
            segment->adjacent ? "yes" : "NO",
        };
        st_table_row(table, cells);
    }
    printf("\n");
    st_table_print(table);
}

static void print_map(const struct picture *picture)
{
    size_t count = (size_t)picture->info.segments;
    uint64_t *ends = st_text_memory(count * sizeof *ends);
    for (size_t i = 0; i < count; i++) {
        ends[i] = picture->segments[i].offset + picture->segments[i].extent;
    }
    printf("\n");
    st_draw_map(&picture->info, ends, count);
    free(ends);
}

static json_t *segments_to_json(const struct picture *picture)
{
    json_t *array = json_array();
    for (uint64_t i = 0; i < picture->info.segments; i++) {
        const struct stitch_segment *segment = &picture->segments[i];
        json_t *object = json_object();
        st_json_number(object, "index", segment->index);
        st_json_number(object, "id", segment->id);
        st_json_number(object, "offset", segment->offset);
        st_json_number(object, "extent", segment->extent);
        st_json_number(object, "committed", segment->committed);
        st_json_number(object, "resident", segment->resident);
        st_json_number(object, "mapped", segment->view);
        st_json_number(object, "present", segment->present);
        st_json_text(object, "access", access_text(segment->access));
        st_json_number(object, "address", (uintptr_t)segment->address);
        st_json_member(object, "adjacent", json_boolean(segment->adjacent != 0));
        if (json_array_append_new(array, object) != 0) {
            exit(st_cli_fail(ST_STATUS_RESOURCES, NULL, "no memory left"));
        }
    }
    return array;
}

static int print_json(const struct picture *picture)
{
    const struct stitch_info *info = &picture->info;
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {
        { "size", info->size },           { "committed", info->committed },   { "resident", info->resident },
        { "extents", info->extents },     { "reserve", info->reserve },       { "capacity", info->capacity },
        { "extent", info->extent },       { "page", info->page },             { "generation", info->generation },
        { "mode", info->mode },           { "owner", info->owner },           { "created", info->created },
        { "base", (uintptr_t)picture->base },
    };
    char owner[64], tag[ST_NUMBER_TEXT];
    json_t *root = json_object();
    st_json_name(root, picture->name);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        st_json_number(root, numbers[i].key, numbers[i].value);
    }
    snprintf(tag, sizeof tag, "%016" PRIx64, info->tag);
    st_json_text(root, "tag", tag);
    st_json_text(root, "owner_name", st_term_user(info->owner, owner, sizeof owner));
    st_json_text(root, "backend", st_text_backend(info->backend));
    st_json_member(root, "lazy", json_boolean((info->flags & STITCH_LAZY) != 0));
    st_json_member(root, "small_pages", json_boolean((info->flags & STITCH_SMALL_PAGES) != 0));
    st_json_member(root, "keep", json_boolean((info->flags & STITCH_KEEP) != 0));
    st_json_member(root, "writers", json_boolean(info->writers != 0));
    st_json_member(root, "segments", segments_to_json(picture));
    return st_json_print(root);
}

static int run(const char **operands)
{
    stitch_region *region;
    struct picture picture = { .name = operands[0] };
    int status = st_cli_open_to_look(operands[0], &region);
    if (status != ST_STATUS_OK) {
        return status;
    }
    int code = take(region, &picture);
    if (code < 0) {
        status = st_cli_error(operands[0], code);
    } else if (st_cli.json) {
        status = print_json(&picture);
    } else {
        print_head(&picture);
        print_segments(&picture);
        print_map(&picture);
    }
    free(picture.segments);
    stitch_close(region);
    return status;
}

const struct st_command st_cmd_show = {
    .name = "show",
    .operands = "NAME",
    .least = 1,
    .most = 1,
    .summary = "one region, its segments and a map",
    .text = "Show a region: its numbers, each segment, and a map of the region drawn to scale. Of a segment,\n"
            "MAPPED, PRESENT, ACCESS and ADJACENT are the system's own answers for this process (Windows:\n"
            "VirtualQuery; Linux: /proc/self/maps): the bytes that are this segment, in order; those of them with\n"
            "memory committed (Linux: resident); what one may do with them, which is to read, since show attaches\n"
            "so; and whether it lies right behind its neighbour.\n",
    .options = options_table,
    .run = run,
};
