/* SPDX-License-Identifier: MIT */
/* options.security: who may do what with a region, where objects have security descriptors. */
#include "test.h"

static struct stitch_options protected_by(const char *security)
{
    struct stitch_options options = t_options();

    options.security = security;
    return options;
}

static void elsewhere_it_is_not_supported(void)
{
    struct stitch_options options = protected_by("D:P(A;;GA;;;WD)");
    stitch_region *region;

    if (!t_missing(T_DESCRIPTORS))
        t_skip("descriptors are supported here");
    T_GIVES(stitch_create(t_name(), &options, &region), STITCH_ENOTSUP);
    T_GIVES(stitch_attach(t_name(), &options, &region), STITCH_ENOTSUP);
}

static void nonsense_is_einval(void)
{
    static const char *const wrong[] = { "", "nonsense", "D:P(A;;GA;;;", "D:P(A;;GA;;;XX)", "\xff" };

    t_needs(T_DESCRIPTORS);
    for (size_t i = 0; i < T_COUNT(wrong); i++) {
        struct stitch_options options = protected_by(wrong[i]);
        stitch_region *region;
        int code = stitch_create(t_name(), &options, &region);

        if (i == 0 && code == 0) { /* some systems accept an empty descriptor */
            t_close(region);
            continue;
        }
        T_EQ(code, STITCH_EINVAL);
    }
}

/* Everybody may read and nobody may write; only the maker holds a handle that can. */
static void readers_may_read_and_no_more(void)
{
    struct stitch_options options = protected_by("D:P(A;;GR;;;WD)"), reading = t_options();
    stitch_region *maker, *reader, *writer;
    const char *name = t_name();

    t_needs(T_DESCRIPTORS);
    maker = t_create_with(name, &options);
    T_OK(stitch_grow(maker, T_MIB(3), NULL));
    memset(t_bytes(maker), 'x', T_MIB(3));
    T_GIVES(stitch_open(name, NULL, &writer), STITCH_EACCES);
    reading.flags = STITCH_READONLY;
    T_OK(stitch_open(name, &reading, &reader));
    t_all_bytes(reader, 0, T_MIB(3), 'x');
    T_OK(stitch_grow(maker, T_MIB(9), NULL)); /* later segments too, and readers can open them */
    T_EQ(stitch_sync(reader), 1);
    T_EQ(stitch_size(reader), T_MIB(12));
    t_all_bytes(reader, T_MIB(3), T_MIB(9), 0);
    t_close(reader);
    t_close(maker);
}

T_HELPER(other_writer)
{
    stitch_region *region = t_open(t_argument(0));

    T_OK(stitch_grow(region, T_MIB(9), NULL));
    memset(t_bytes(region) + T_MIB(3), 'y', T_MIB(9));
    t_tell(t_parent(), "grown");
    t_expect(t_parent(), "go");
    t_close(region);
}

/* A segment that another writer makes is protected as the directory is: all who could follow before still can. */
static void segments_of_other_writers_are_protected_alike(void)
{
    struct stitch_options options = protected_by("D:P(A;;GA;;;WD)");
    stitch_region *maker, *third;
    const char *name = t_name();
    t_process *other;

    t_needs(T_DESCRIPTORS);
    maker = t_create_with(name, &options);
    T_OK(stitch_grow(maker, T_MIB(3), NULL));
    other = t_start("other_writer", "%s", name);
    t_expect(other, "grown");
    t_sync(maker);
    t_all_bytes(maker, T_MIB(3), T_MIB(9), 'y');
    third = t_open(name);
    t_all_bytes(third, T_MIB(3), T_MIB(9), 'y');
    T_OK(stitch_shrink(third, T_MIB(10)));
    t_tell(other, "go");
    t_finish(other);
    t_close(third);
    t_close(maker);
}

static const struct CMUnitTest tests[] = {
    T_TEST(elsewhere_it_is_not_supported),
    T_TEST(nonsense_is_einval),
    T_TEST(readers_may_read_and_no_more),
    T_TEST(segments_of_other_writers_are_protected_alike),
};
static const t_helper helpers[] = { T_ENTRY(other_writer), { NULL, NULL } };
T_MAIN(tests, helpers)
