/* SPDX-License-Identifier: MIT */
/*
 * oldnewthing.c - "Creating a shared memory block that can grow in size" (Raymond Chen, The Old New Thing, 2015-01-30)
 * step by step through stitch, and a step further.
 *
 *     oldnewthing [MIB [NAME]]
 *
 * The article's program keeps 1 GiB of address space and uses 100 MiB of it, then 200. MIB is used in the place of its
 * 100: an even number of MiB, and all else in proportion. NAME is what the region is called meanwhile.
 *
 * After each step it asks the system about the same six bytes and prints whether there is memory behind them, as
 * offsets from the base, so that every run prints the same, on Windows and on Linux.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <stitch/inspect.h>
#include <stitch/stitch.h>

#define MIB (UINT64_C(1) << 20)

static struct {
    const char *name;
    uint64_t part;  /* the article's 100 MiB */
    uint64_t whole; /* its 1 GiB */
} plan = { "oldnewthing", 100 * MIB, 1024 * MIB };

/* ---------------------------------------------------------------------------------------------------- looking --- */

static const char *presence_word(int presence)
{
    switch (presence) {
    case STITCH_PRESENCE_COMMITTED:
        return "present";
    case STITCH_PRESENCE_RESERVED:
        return "not present: address space only";
    case STITCH_PRESENCE_UNMAPPED:
        return "no address: beyond the view";
    case STITCH_PRESENCE_FOREIGN:
        return "somebody else's";
    default:
        return stitch_error_name(presence);
    }
}

/* The ends of the first part, of the second, and of the block: where a step can make a difference. */
static int report_memory_presence(stitch_region *region)
{
    const struct {
        const char *what;
        uint64_t offset;
    } bytes[] = {
        { "first byte of all", 0 },
        { "last of the first part", plan.part - 1 },
        { "first behind it", plan.part },
        { "last of the second part", 2 * plan.part - 1 },
        { "first behind it", 2 * plan.part },
        { "last byte of all", plan.whole - 1 },
    };
    struct stitch_info info;
    int code = stitch_info(region, &info);
    if (code < 0) {
        return code;
    }
    printf("   size %" PRIu64 " MiB, memory for %" PRIu64 " MiB, segments %" PRIu64 "\n", info.size / MIB,
           info.committed / MIB, info.segments);
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
        int presence = stitch_presence(region, bytes[i].offset);
        printf("   offset %11" PRIu64 "  %-24s %s\n", bytes[i].offset, bytes[i].what, presence_word(presence));
        if (presence < 0) {
            return presence;
        }
    }
    return 0;
}

static int make(uint64_t backend, uint64_t size, stitch_region **region)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    options.backend = backend;
    options.reserve = plan.whole;
    options.size = size;
    return stitch_create(plan.name, &options, region);
}

/* Change the size, and look. */
static int resize_and_report(stitch_region *region, uint64_t size)
{
    int code = stitch_resize(region, size);
    return code == 0 ? report_memory_presence(region) : code;
}

/* ------------------------------------------------------------------------------------------ the article's steps --- */

/*
 * 1. The plain way: ask for the whole block, and have memory for all of it from the beginning. Simple, and wasteful if
 * most of it is never used: the system must keep that much ready.
 */
static int commit_everything(void)
{
    stitch_region *region;
    printf("1. Everything committed at once (backend fixed)\n");
    int code = make(STITCH_BACKEND_FIXED, plan.whole, &region);
    if (code == 0) {
        code = report_memory_presence(region);
        stitch_close(region);
    }
    return code;
}

/*
 * 2. to 4. Reserve the block and commit nothing (on Windows a section with SEC_RESERVE). Address space is cheap, and
 * memory comes when it is asked for: first one part, then another behind it, at the same base. A byte that has not been
 * committed may not be touched.
 */
static int reserve_and_commit(void)
{
    stitch_region *region;
    printf("2. The block reserved, nothing committed (backend single)\n");
    int code = make(STITCH_BACKEND_SINGLE, 0, &region);
    if (code < 0) {
        return code;
    }
    code = report_memory_presence(region);
    if (code == 0) {
        printf("3. The first part committed\n");
        code = resize_and_report(region, plan.part);
    }
    if (code == 0) {
        printf("4. Grown by a second part\n");
        code = resize_and_report(region, 2 * plan.part);
    }
    stitch_close(region);
    return code;
}

/*
 * 5. Where address space is dear as well (the article thinks of 32 bits): map only what is committed, and after growth
 * map anew, larger. The price is that the new view may lie elsewhere, so that offsets take the place of pointers: base
 * is asked for again after each change.
 */
static int save_address_space(void)
{
    stitch_region *region;
    printf("5. Only what is committed is mapped (backend remap)\n");
    int code = make(STITCH_BACKEND_REMAP, plan.part, &region);
    if (code < 0) {
        return code;
    }
    unsigned char *base = stitch_base(region);
    base[plan.part - 1] = 'x';
    code = report_memory_presence(region);
    if (code == 0) {
        printf("   grown: a larger view, perhaps at another base\n");
        code = resize_and_report(region, 2 * plan.part);
    }
    base = stitch_base(region);
    if (code == 0) {
        printf("   what was written is at the same offset: %s\n", base[plan.part - 1] == 'x' ? "yes" : "NO");
    }
    stitch_close(region);
    return code;
}

/*
 * 6. What the article leaves for its last remark: a section cannot give memory back, but one can cheat, with several
 * sections right next to each other. The last ones can then be let go. Here each part is a section of its own; the seam
 * between them cannot be noticed, and the base stays.
 */
static int stitch_sections(void)
{
    stitch_region *region;
    printf("6. Several sections side by side (backend stitched): it grows, and it shrinks\n");
    int code = make(STITCH_BACKEND_STITCHED, plan.part, &region);
    if (code < 0) {
        return code;
    }
    for (int parts = 2; parts >= 0 && code == 0; parts--) {
        code = resize_and_report(region, (uint64_t)parts * plan.part);
    }
    stitch_close(region);
    return code;
}

/* ------------------------------------------------------------------------------------------------------------- */

/* The article's sizes, in proportion. Whole segments on either side, so that they can go: an even number of MiB. */
static int read_arguments(int argc, char **argv)
{
    if (argc > 1) {
        char *end;
        unsigned long mib = strtoul(argv[1], &end, 10);
        if (*end != '\0' || mib < 2 || mib > 100000 || mib % 2 != 0) {
            fprintf(stderr, "usage: oldnewthing [MIB [NAME]]   MIB: an even number, in the place of 100\n");
            return 2;
        }
        plan.part = mib * MIB;
        plan.whole = (mib * 1024 / 100 + 1) / 2 * 2 * MIB;
    }
    if (argc > 2) {
        plan.name = argv[2];
    }
    return 0;
}

int main(int argc, char **argv)
{
    int (*const steps[])(void) = { commit_everything, reserve_and_commit, save_address_space, stitch_sections };
    if (read_arguments(argc, argv) != 0) {
        return 2;
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        int code = steps[i]();
        if (code == STITCH_ENOTSUP) {
            printf("   this system cannot do that\n"); /* segments side by side need Windows 10 1803 */
        } else if (code < 0) {
            fprintf(stderr, "oldnewthing: %s (%s)\n", stitch_strerror(code), stitch_error_name(code));
            return 1;
        }
    }
    return 0;
}
