/* SPDX-License-Identifier: MIT */
/*
 * oldnewthing.c - "Creating a shared memory block that can grow in size" (Raymond Chen, The Old New Thing, 2015-01-30)
 * step by step through stitch, and one step further.
 *
 *     oldnewthing [MIB [NAME]]
 *
 * The article's program reserves 1 GiB of address space and uses 100 MiB of it, then 200 MiB. MIB, an even number,
 * replaces its 100; all other sizes change in proportion. NAME is the name of the region.
 *
 * After each step the program asks the system about the same six bytes and prints whether they are backed by memory. It
 * prints offsets from the base and no addresses, so every run prints the same, on Windows and on Linux.
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

/* Reports the bytes at the ends of the first part, of the second, and of the block. A step can change only these. */
static int report_memory_presence(stitch_region *region)
{
    const struct {
        const char *what;
        uint64_t offset;
    } bytes[] = {
        { "first byte of all", 0 },          { "last of the first part", plan.part - 1 },
        { "first after it", plan.part },     { "last of the second part", 2 * plan.part - 1 },
        { "first after it", 2 * plan.part }, { "last byte of all", plan.whole - 1 },
    };
    struct stitch_info info;
    int err = stitch_info(region, &info);

    if (err < 0)
        return err;
    printf("   size %" PRIu64 " MiB, memory for %" PRIu64 " MiB, segments %" PRIu64 "\n", info.size / MIB,
           info.committed / MIB, info.segments);
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
        int presence = stitch_presence(region, bytes[i].offset);

        printf("   offset %11" PRIu64 "  %-24s %s\n", bytes[i].offset, bytes[i].what, presence_word(presence));
        if (presence < 0)
            return presence;
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

/* Changes the size, and reports the memory. */
static int resize_and_report(stitch_region *region, uint64_t size)
{
    int err = stitch_resize(region, size);

    return err == 0 ? report_memory_presence(region) : err;
}

/* ------------------------------------------------------------------------------------------ the article's steps --- */

/*
 * 1. The plain way asks for the whole block, and has memory for all of it from the beginning. It is simple, and it
 * wastes memory if most of the block is never used.
 */
static int commit_everything(void)
{
    stitch_region *region;
    int err;

    printf("1. Everything committed at once (backend fixed)\n");
    err = make(STITCH_BACKEND_FIXED, plan.whole, &region);
    if (err == 0) {
        err = report_memory_presence(region);
        stitch_close(region);
    }
    return err;
}

/*
 * 2. to 4. Reserve the block and commit nothing (on Windows: a section with SEC_RESERVE). Address space is cheap, and
 * memory is added on request: first one part, then another after it, at the same base. The program must not touch a
 * byte that is not committed.
 */
static int reserve_and_commit(void)
{
    stitch_region *region;
    int err;

    printf("2. The block reserved, nothing committed (backend single)\n");
    err = make(STITCH_BACKEND_SINGLE, 0, &region);
    if (err < 0)
        return err;
    err = report_memory_presence(region);
    if (err == 0) {
        printf("3. The first part committed\n");
        err = resize_and_report(region, plan.part);
    }
    if (err == 0) {
        printf("4. Grown by a second part\n");
        err = resize_and_report(region, 2 * plan.part);
    }
    stitch_close(region);
    return err;
}

/*
 * 5. Where address space is expensive as well (the article thinks of 32 bits): map only the committed part, and map it
 * again, larger, after growth. The new view may be at another address, so the program keeps offsets instead of pointers
 * and asks for the base after each change.
 */
static int save_address_space(void)
{
    stitch_region *region;
    unsigned char *base;
    int err;

    printf("5. Only the committed part is mapped (backend remap)\n");
    err = make(STITCH_BACKEND_REMAP, plan.part, &region);
    if (err < 0)
        return err;
    base = stitch_base(region);
    base[plan.part - 1] = 'x';
    err = report_memory_presence(region);
    if (err == 0) {
        printf("   grown: a larger view, perhaps at another base\n");
        err = resize_and_report(region, 2 * plan.part);
    }
    base = stitch_base(region);
    if (err == 0)
        printf("   the byte written before is at the same offset: %s\n", base[plan.part - 1] == 'x' ? "yes" : "NO");
    stitch_close(region);
    return err;
}

/*
 * 6. The article ends with a remark: a section cannot give memory back, but one can cheat, with several sections right
 * next to each other, of which the last ones can be removed. Here each part is a section of its own. Nobody notices the
 * seam between them, and the base stays.
 */
static int several_sections(void)
{
    stitch_region *region;
    int err;

    printf("6. Several sections side by side (backend stitched): it grows, and it shrinks\n");
    err = make(STITCH_BACKEND_STITCHED, plan.part, &region);
    if (err < 0)
        return err;
    for (uint64_t parts = 3; parts-- > 0 && err == 0;)
        err = resize_and_report(region, parts * plan.part);
    stitch_close(region);
    return err;
}

/* ------------------------------------------------------------------------------------------------------------- */

/* Sets the sizes, in proportion to the article's. An even number of MiB makes whole segments, which can be removed. */
static int read_arguments(int argc, char **argv)
{
    if (argc > 1) {
        char *end;
        unsigned long mib = strtoul(argv[1], &end, 10);

        if (*end != '\0' || mib < 2 || mib > 100000 || mib % 2 != 0) {
            fprintf(stderr, "usage: oldnewthing [MIB [NAME]]   MIB: an even number, replaces the article's 100\n");
            return 2;
        }
        plan.part = mib * MIB;
        plan.whole = (mib * 1024 / 100 + 1) / 2 * 2 * MIB;
    }
    if (argc > 2)
        plan.name = argv[2];
    return 0;
}

int main(int argc, char **argv)
{
    int (*const steps[])(void) = { commit_everything, reserve_and_commit, save_address_space, several_sections };

    if (read_arguments(argc, argv) != 0)
        return 2;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        int err = steps[i]();

        if (err == STITCH_ENOTSUP) {
            printf("   this system cannot do that\n"); /* segments side by side need Windows 10 1803 */
        } else if (err < 0) {
            fprintf(stderr, "oldnewthing: %s (%s)\n", stitch_strerror(err), stitch_error_name(err));
            return 1;
        }
    }
    return 0;
}
