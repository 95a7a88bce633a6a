/* SPDX-License-Identifier: MIT */
/*
 * Wrong arguments of every call: it returns the documented error, changes nothing, and writes to no out argument.
 */
#include "test.h"
#include "maps.h"
#include "state.h"

typedef int (*making_call)(const char *, const struct stitch_options *, stitch_region **);

static const making_call making[] = { stitch_create, stitch_open, stitch_attach };
static t_state before;

#define UNTOUCHED ((stitch_region *)(uintptr_t)0x5757)

/* All three calls refuse the options; the handle is not written; the folder stays empty. */
static void refused(const struct stitch_options *options, int code)
{
    for (size_t i = 0; i < T_COUNT(making); i++) {
        stitch_region *region = UNTOUCHED;

        T_GIVES(making[i](t_name(), options, &region), code);
        T_TRUE(region == UNTOUCHED);
        T_EQ(t_folder_count(t_folder()), 0);
    }
}

static void options_refused(void)
{
    struct stitch_options options;

#define REFUSED(field, value)                                                                                          \
    do {                                                                                                               \
        options = t_options();                                                                                         \
        options.field = (value);                                                                                       \
        refused(&options, STITCH_EINVAL);                                                                              \
    } while (0)
    REFUSED(struct_size, 0);
    REFUSED(struct_size, 7);
    REFUSED(struct_size, UINT64_MAX);
    REFUSED(flags, STITCH_EXCLUSIVE | STITCH_READONLY);
    REFUSED(flags, UINT64_C(1) << 63);
    REFUSED(flags, UINT64_MAX);
#undef REFUSED
}

/* Options that only creating checks. */
static void creation_options_refused(void)
{
    static const struct {
        size_t field;
        uint64_t value;
    } wrong[] = {
        { offsetof(struct stitch_options, reserve), STITCH_RESERVE_MAX + 1 },
        { offsetof(struct stitch_options, reserve), UINT64_MAX },
        { offsetof(struct stitch_options, mode), 0620 },
        { offsetof(struct stitch_options, mode), 0602 },
        { offsetof(struct stitch_options, mode), 01600 },
        { offsetof(struct stitch_options, mode), 04600 },
        { offsetof(struct stitch_options, mode), UINT64_MAX },
        { offsetof(struct stitch_options, backend), 99 },
        { offsetof(struct stitch_options, backend), UINT64_MAX },
        { offsetof(struct stitch_options, segments), STITCH_SEGMENTS_MAX + 1 },
        { offsetof(struct stitch_options, segments), UINT64_MAX },
        { offsetof(struct stitch_options, extent), UINT64_MAX },
    };

    for (size_t i = 0; i < T_COUNT(wrong); i++) {
        struct stitch_options options = t_options();
        stitch_region *region = UNTOUCHED;
        int code;

        memcpy((char *)&options + wrong[i].field, &wrong[i].value, sizeof wrong[i].value);
        code = stitch_create(t_name(), &options, &region);
        if (code != STITCH_EINVAL)
            T_FAIL("option %zu: %s and not STITCH_EINVAL", i, stitch_error_name(code));
        T_GIVES(stitch_attach(t_name(), &options, &region), STITCH_EINVAL);
        T_TRUE(region == UNTOUCHED);
        T_EQ(t_folder_count(t_folder()), 0);
    }
}

static void a_size_beyond_the_reserve_is_refused(void)
{
    struct stitch_options options = t_options();
    stitch_region *region = UNTOUCHED;

    options.reserve = 0;
    options.size = STITCH_RESERVE_DEFAULT + 1;
    T_GIVES(stitch_create(t_name(), &options, &region), STITCH_ERESERVE);
    options.size = UINT64_MAX;
    T_GIVES(stitch_attach(t_name(), &options, &region), STITCH_ERESERVE);
    options.reserve = T_MIB(2);
    options.size = T_MIB(2) + 1;
    T_GIVES(stitch_create(t_name(), &options, &region), STITCH_ERESERVE);
    T_TRUE(region == UNTOUCHED);
    T_EQ(t_folder_count(t_folder()), 0);
}

static void creating_read_only_is_refused(void)
{
    static const uint64_t flags[] = { STITCH_READONLY, STITCH_OTHER_OWNER, STITCH_READONLY | STITCH_OTHER_OWNER };

    for (size_t i = 0; i < T_COUNT(flags); i++) {
        struct stitch_options options = t_options();
        stitch_region *region = UNTOUCHED;

        options.flags = flags[i];
        T_GIVES(stitch_create(t_name(), &options, &region), STITCH_EINVAL);
        T_TRUE(region == UNTOUCHED);
    }
    T_EQ(t_folder_count(t_folder()), 0);
}

/* Another owner's region may be opened, but never for writing. */
static void other_owner_needs_readonly(void)
{
    const char *name = t_name();
    stitch_region *region = t_create(name), *other = UNTOUCHED;
    struct stitch_options options = t_options();

    options.flags = STITCH_OTHER_OWNER;
    T_GIVES(stitch_open(name, &options, &other), STITCH_EINVAL);
    T_TRUE(other == UNTOUCHED);
    t_close(region);
}

/* A newer program's longer struct is accepted as long as the fields that this library does not know are 0. */
static void longer_and_shorter_structs(void)
{
    struct {
        struct stitch_options known;
        uint64_t unknown[3];
    } longer = { .known = t_options() };
    stitch_region *region = UNTOUCHED;

    longer.known.struct_size = sizeof longer;
    region = t_create_with(t_name(), &longer.known);
    t_close(region);
    for (size_t i = 0; i < 3; i++) {
        region = UNTOUCHED;
        longer.unknown[i] = UINT64_C(1) << 40;
        T_GIVES(stitch_create(t_name(), &longer.known, &region), STITCH_EINVAL);
        T_TRUE(region == UNTOUCHED);
        longer.unknown[i] = 0;
    }
    T_EQ(t_folder_count(t_folder()), 0);
}

static void null_options_are_the_defaults(void)
{
    const char *name = t_name();
    stitch_region *one = NULL, *two = NULL;

    T_OK(stitch_create(name, NULL, &one));
    T_OK(stitch_open(name, NULL, &two));
    T_EQ(stitch_reserve(one), STITCH_RESERVE_DEFAULT);
    T_EQ(t_info(one).mode, 0600);
    T_EQ(t_info(one).capacity, STITCH_SEGMENTS_DEFAULT);
    T_EQ(t_info(one).backend, t_options().backend);
    T_EQ(t_info(one).flags, 0);
    t_close(one);
    T_OK(stitch_attach(name, NULL, &one));
    T_EQ(t_info(one).tag, t_info(two).tag);
    t_close(two);
    t_close(one);
    T_OK(stitch_attach(name, NULL, &one)); /* this makes a new region */
    t_close(one);
}

static void null_where_something_must_come_out(void)
{
    const char *name = t_name();
    struct stitch_options options = t_options();
    stitch_region *region;

    for (size_t i = 0; i < T_COUNT(making); i++)
        T_GIVES(making[i](name, &options, NULL), STITCH_EINVAL);
    T_EQ(t_folder_count(t_folder()), 0);

    region = t_create(name);
    t_state_take(&before, region);
    T_GIVES(stitch_info(region, NULL), STITCH_EINVAL);
    T_GIVES(stitch_segment(region, 0, NULL), STITCH_EINVAL);
    T_GIVES(stitch_find(region, stitch_base(region), NULL), STITCH_EINVAL);
    T_GIVES(stitch_verify(region, NULL), STITCH_EINVAL);
    T_GIVES(stitch_members(region, NULL, NULL), STITCH_EINVAL);
    T_GIVES(stitch_shrink_report(region, 0, NULL), STITCH_EINVAL);
    T_GIVES(stitch_list(NULL, NULL), STITCH_EINVAL);
    T_GIVES(stitch_list_at(t_folder(), NULL, NULL), STITCH_EINVAL);
    T_GIVES(stitch_append(region, NULL, 1, NULL), STITCH_EINVAL);
    T_UNCHANGED(&before, region);
    T_OK(stitch_grow(region, 10, NULL)); /* these two calls accept NULL */
    T_OK(stitch_append(region, "x", 1, NULL));
    T_EQ(stitch_size(region), 11);
    t_close(region);
}

static int count_member(const struct stitch_member *member, void *count)
{
    (void)member;
    ++*(uint64_t *)count;
    return 0;
}

static void null_regions(void)
{
    struct stitch_info info;
    struct stitch_segment segment;
    struct stitch_verify_report report;
    struct stitch_shrink_report report_of_shrink;
    uint64_t offset = 5;

    T_GIVES(stitch_grow(NULL, 1, &offset), STITCH_EINVAL);
    T_GIVES(stitch_append(NULL, "a", 1, &offset), STITCH_EINVAL);
    T_GIVES(stitch_shrink(NULL, 0), STITCH_EINVAL);
    T_GIVES(stitch_shrink_report(NULL, 0, &report_of_shrink), STITCH_EINVAL);
    T_GIVES(stitch_resize(NULL, 0), STITCH_EINVAL);
    T_GIVES(stitch_discard(NULL, 0, 0), STITCH_EINVAL);
    T_GIVES(stitch_sync(NULL), STITCH_EINVAL);
    T_GIVES(stitch_wait(NULL, 0, 0), STITCH_EINVAL);
    T_GIVES(stitch_set_watcher(NULL, NULL), STITCH_EINVAL);
    T_GIVES(stitch_members(NULL, count_member, &offset), STITCH_EINVAL);
    T_GIVES(stitch_info(NULL, &info), STITCH_EINVAL);
    T_GIVES(stitch_segment(NULL, 0, &segment), STITCH_EINVAL);
    T_GIVES(stitch_find(NULL, &info, &segment), STITCH_EINVAL);
    T_GIVES(stitch_presence(NULL, 0), STITCH_EINVAL);
    T_GIVES(stitch_verify(NULL, &report), STITCH_EINVAL);
    T_OK(stitch_close(NULL)); /* this does nothing */
    T_EQ(offset, 5);
}

static void out_of_range(void)
{
    stitch_region *region = t_create(t_name());
    struct stitch_segment segment = { .id = 4711 };

    T_OK(stitch_resize(region, 10000));
    t_state_take(&before, region);
    T_GIVES(stitch_shrink(region, 10001), STITCH_EINVAL);
    T_GIVES(stitch_shrink(region, UINT64_MAX), STITCH_EINVAL);
    T_GIVES(stitch_discard(region, 0, 10001), STITCH_EINVAL);
    T_GIVES(stitch_discard(region, 10001, 0), STITCH_EINVAL);
    T_GIVES(stitch_discard(region, 10000, 1), STITCH_EINVAL);
    T_GIVES(stitch_discard(region, 5000, UINT64_MAX - 4000), STITCH_EINVAL); /* the sum wraps around */
    T_GIVES(stitch_discard(region, UINT64_MAX, 2), STITCH_EINVAL);
    T_GIVES(stitch_wait(region, 0, -2), STITCH_EINVAL);
    T_GIVES(stitch_wait(region, 0, INT64_MIN), STITCH_EINVAL);
    T_GIVES(stitch_presence(region, stitch_reserve(region)), STITCH_EINVAL);
    T_GIVES(stitch_presence(region, UINT64_MAX), STITCH_EINVAL);
    T_GIVES(stitch_segment(region, 1, &segment), STITCH_ENOENT);
    T_GIVES(stitch_segment(region, UINT64_MAX, &segment), STITCH_ENOENT);
    T_GIVES(stitch_find(region, NULL, &segment), STITCH_ENOENT);
    T_GIVES(stitch_find(region, &segment, &segment), STITCH_ENOENT);
    T_GIVES(stitch_find(region, t_bytes(region) - 1, &segment), STITCH_ENOENT);
    T_EQ(segment.id, 4711);
    T_UNCHANGED(&before, region);
    T_OK(stitch_discard(region, 10000, 0));
    t_close(region);
}

static void bad_names(void)
{
    char long_name[STITCH_NAME_MAX + 2], control[3] = "a?";
    const char *const bad[] = { NULL, "",      long_name, "a/b",       "/",      "/a",
                                "a/", "..\\x", "\\",      "tab\there", "line\n", "\x7f" };
    struct stitch_options options = t_options();

    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    for (size_t i = 0; i < T_COUNT(bad) + 31; i++) {
        const char *name = i < T_COUNT(bad) ? bad[i] : control;

        if (name == control)
            control[1] = (char)(i - T_COUNT(bad) + 1);
        for (size_t c = 0; c < T_COUNT(making); c++) {
            stitch_region *region = UNTOUCHED;

            T_GIVES(making[c](name, &options, &region), STITCH_EINVAL);
            T_TRUE(region == UNTOUCHED);
        }
        T_GIVES(stitch_unlink(name), STITCH_EINVAL);
        T_GIVES(stitch_unlink_at(t_folder(), name), STITCH_EINVAL);
    }
    T_EQ(t_folder_count(t_folder()), 0);
}

static int count_name(const struct stitch_listing *listing, void *wanted)
{
    return strcmp(listing->name, wanted) == 0;
}

static void good_names(void)
{
    char longest[STITCH_NAME_MAX + 1];
    char *const good[] = {
        (char[]){ "a" },         (char[]){ "." },          (char[]){ ".." },   (char[]){ " " },
        (char[]){ "two words" }, (char[]){ "-rf" },        (char[]){ "%s%n" }, (char[]){ "\xc3\xa4\xe2\x82\xac" },
        (char[]){ "\xff\x80" },  (char[]){ "stitch.r.x" }, (char[]){ "*?[]" }, longest
    };

    memset(longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    for (size_t i = 0; i < T_COUNT(good); i++) {
        stitch_region *region, *other;

        if (!t_has(T_FOLDERS) && (unsigned char)good[i][0] == 0xff)
            continue; /* there a name consists of characters */
        region = t_create(good[i]);
        T_OK(stitch_grow(region, 3, NULL));
        other = t_open(good[i]);
        T_EQ(stitch_size(other), 3);
        T_EQ(stitch_list(count_name, good[i]), 1);
        if (t_has(T_UNLINKING)) {
            T_OK(stitch_unlink(good[i]));
            T_GIVES(stitch_unlink(good[i]), STITCH_ENOENT);
        }
        t_close(other);
        t_close(region);
        T_EQ(t_folder_count(t_folder()), 0);
    }
}

static void bad_folders(void)
{
    static const struct {
        const char *path;
        int code;
    } bad[] = { { "/nonexistent/folder", STITCH_ENOENT }, { "", STITCH_ENOENT }, { "/etc/passwd", 0 }, { "/proc", 0 } };

    for (size_t i = 0; i < T_COUNT(bad); i++) {
        struct stitch_options options = t_options();
        stitch_region *region = UNTOUCHED;
        int code;

        options.folder = bad[i].path;
        code = stitch_create("x", &options, &region);
        T_TRUE(bad[i].code ? code == bad[i].code : code < 0);
        T_TRUE(stitch_error_name(code) != NULL);
        T_TRUE(region == UNTOUCHED);
        T_TRUE(stitch_open("x", &options, &region) < 0);
        T_TRUE(stitch_attach("x", &options, &region) < 0);
        T_TRUE(stitch_unlink_at(bad[i].path, "x") < 0);
        if (bad[i].code)
            T_GIVES(stitch_list_at(bad[i].path, count_name, (char[]){ "x" }), bad[i].code);
    }
}

static const struct CMUnitTest tests[] = {
    T_BOTH(options_refused),
    T_BOTH(creation_options_refused),
    T_BOTH(a_size_beyond_the_reserve_is_refused),
    T_TEST(creating_read_only_is_refused),
    T_TEST(other_owner_needs_readonly),
    T_TEST(longer_and_shorter_structs),
    T_TEST(null_options_are_the_defaults),
    T_BOTH(null_where_something_must_come_out),
    T_TEST(null_regions),
    T_BOTH(out_of_range),
    T_TEST(bad_names),
    T_BOTH(good_names),
    T_TEST(bad_folders),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
