/* SPDX-License-Identifier: MIT */
/*
 * Promise 10: anything may be in shared memory. Directories have any word wrong, before and during use: each gives an
 * error, no crash, no mapping outside the reservation, and nothing of others is touched.
 */
#include "test.h"
#include "maps.h"

#include "shared/layout.h"
#include "handle/handle.h"

enum { RESERVE = 16 << 20 };

/* Makes a region; the test damages the directory through the mapping of this handle. */
static stitch_region *make_kept(const char *name)
{
    stitch_region *keeper;

    keeper = t_create_shape((t_shape){ .name = name, .extent = STITCH_EXTENT_UNIT, .reserve = RESERVE });
    for (int i = 0; i < 3; i++)
        T_OK(stitch_grow(keeper, T_MIB(2) - 4096, NULL));
    return keeper;
}

static st_word *word_at(stitch_region *keeper, size_t at)
{
    return (st_word *)(void *)((unsigned char *)keeper->directory + at);
}

static uint64_t get_word(stitch_region *keeper, size_t at)
{
    return st_load(word_at(keeper, at));
}

static void put_word(stitch_region *keeper, size_t at, uint64_t value)
{
    st_store(word_at(keeper, at), value);
}

/* Returns where the word of record[0] is in the record that counts. */
static size_t in_record(stitch_region *keeper, size_t at)
{
    bool odd = (get_word(keeper, offsetof(struct st_directory, generation)) & 1) != 0;

    if (!odd || at < offsetof(struct st_directory, record) || at >= offsetof(struct st_directory, entry))
        return at;
    return at + sizeof(struct st_record_shared);
}

static int all_three(const char *name)
{
    stitch_region *none = NULL;
    struct stitch_options options = t_options();
    int code = stitch_open(name, &options, &none);

    T_EQ(stitch_attach(name, &options, &none), code);
    options.flags = STITCH_READONLY;
    T_EQ(stitch_open(name, &options, &none), code);
    T_TRUE(none == NULL);
    return code;
}

static int count(const struct stitch_listing *listing, void *arg)
{
    T_TRUE(listing->error <= 0);
    *(int *)arg += t_is_ours(listing->name);
    return 0;
}

/* With this word nobody can attach, and the list still shows the region; with the right word everything works. */
static void must_refuse(stitch_region *keeper, const char *name, size_t at, uint64_t value, int code)
{
    uint64_t was = get_word(keeper, at);
    int listed = 0, got;

    put_word(keeper, at, value);
    got = all_three(name);
    if (got != code)
        T_FAIL("the word %" PRIx64 " at %zx gives %s, not %s", value, at, stitch_error_name(got),
               stitch_error_name(code));
    T_OK(stitch_list(count, &listed));
    T_EQ(listed, 1);
    put_word(keeper, at, was);
    t_close(t_open(name));
}

/* ---------------------------------------------------------------------------------------------- damaged before --- */

static void another_layout_is_eversion(void)
{
    const char *name = t_name();
    stitch_region *keeper = make_kept(name), *none = NULL;

    must_refuse(keeper, name, offsetof(struct st_directory, header.version), 99, STITCH_EVERSION);
    put_word(keeper, offsetof(struct st_directory, header.version), 99);
    T_GIVES(stitch_create(name, NULL, &none), STITCH_EEXIST);
    put_word(keeper, offsetof(struct st_directory, header.version), ST_LAYOUT_VERSION);
    t_close(keeper);
}

static void promise_10_a_damaged_directory_is_ecorrupt(void)
{
    static const struct {
        size_t at;
        uint64_t value;
    } wrong[] = {
        { offsetof(struct st_directory, header.magic), 0x123 },
        { offsetof(struct st_directory, header.reserve), RESERVE + 1 },
        { offsetof(struct st_directory, header.capacity), UINT64_MAX },
        { offsetof(struct st_directory, header.length), 4096 },
        { offsetof(struct st_directory, header.page), 3 },
        { offsetof(struct st_directory, header.backend), 0 },
        { offsetof(struct st_directory, header.backend), 5 },
        { offsetof(struct st_directory, entry[1].offset), 0 },
        { offsetof(struct st_directory, entry[1].extent), UINT64_MAX - 4096 },
        { offsetof(struct st_directory, entry[2].extent), T_GIB(1024) },
        { offsetof(struct st_directory, entry[2].id), 1 },
        { offsetof(struct st_directory, record[0].size), UINT64_MAX },
        { offsetof(struct st_directory, record[0].count), UINT64_MAX },
        { offsetof(struct st_directory, record[0].first), UINT64_MAX },
        { offsetof(struct st_directory, record[0].commit), T_GIB(1024) },
    };
    const char *name = t_name();
    stitch_region *keeper = make_kept(name);

    for (size_t i = 0; i < T_COUNT(wrong); i++)
        must_refuse(keeper, name, in_record(keeper, wrong[i].at), wrong[i].value, STITCH_ECORRUPT);
    t_close(keeper);
}

/* All backends but the stitched one have one segment, as long as the reserve: a directory must not say otherwise. */
static void promise_10_one_segment_is_one_segment(void)
{
    static const uint64_t one[] = { STITCH_BACKEND_SINGLE, STITCH_BACKEND_FIXED, STITCH_BACKEND_REMAP };
    const char *name = t_name();
    stitch_region *keeper = make_kept(name); /* three segments */

    for (size_t i = 0; i < T_COUNT(one); i++)
        must_refuse(keeper, name, offsetof(struct st_directory, header.backend), one[i], STITCH_ECORRUPT);
    t_close(keeper);
}

static void promise_10_the_one_segment_is_the_reserve(void)
{
    const char *name = t_name();
    stitch_region *keeper = make_kept(name); /* one segment */
    uint64_t backend = t_options().backend;

    T_EQ(t_info(keeper).segments, 1);
    must_refuse(keeper, name, offsetof(struct st_directory, header.extent), T_MIB(2), STITCH_ECORRUPT);
    must_refuse(keeper, name, offsetof(struct st_directory, header.extent), 0, STITCH_ECORRUPT);
    must_refuse(keeper, name, offsetof(struct st_directory, header.reserve), RESERVE - T_MIB(2), STITCH_ECORRUPT);
    must_refuse(keeper, name, offsetof(struct st_directory, entry[0].extent), RESERVE - T_MIB(2), STITCH_ECORRUPT);
    must_refuse(keeper, name, offsetof(struct st_directory, entry[0].offset), T_MIB(2), STITCH_ECORRUPT);
    must_refuse(keeper, name, in_record(keeper, offsetof(struct st_directory, record[0].count)), 2, STITCH_ECORRUPT);
    must_refuse(keeper, name, in_record(keeper, offsetof(struct st_directory, record[0].size)), RESERVE + 1,
                STITCH_ECORRUPT);
    if (backend != STITCH_BACKEND_SINGLE)
        must_refuse(keeper, name, offsetof(struct st_directory, header.flags), STITCH_LAZY, STITCH_ECORRUPT);
    (void)t_prove(keeper);
    t_close(keeper);
}

/* A commit mark is higher than the memory: bytes that are grown below it have memory nevertheless. */
static void promise_10_a_commit_mark_that_lies(void)
{
    const char *name = t_name();
    stitch_region *keeper = make_kept(name);
    unsigned char bytes[5000] = { 0x4e };
    uint64_t size, end;
    struct stitch_segment last;

    T_OK(stitch_shrink(keeper, T_KIB(1500))); /* so that there is room in the extent */
    size = stitch_size(keeper);
    end = size + T_KIB(1400);
    put_word(keeper, in_record(keeper, offsetof(struct st_directory, record[0].commit)), end);
    put_word(keeper, in_record(keeper, offsetof(struct st_directory, record[0].dirty_end)), end);
    T_OK(stitch_grow(keeper, T_KIB(1000), NULL));
    memset(t_bytes(keeper) + size, 0x4d, T_KIB(1000));
    T_OK(stitch_append(keeper, bytes, sizeof bytes, NULL));
    T_OK(stitch_segment(keeper, t_info(keeper).segments - 1, &last));
    T_TRUE(last.present >= stitch_size(keeper) - last.offset);
    t_all_bytes(keeper, size, T_KIB(1000), 0x4d);
    t_close(keeper);
}

/* ---------------------------------------------------------------------------------------------- during use --- */

static void promise_10_damage_during_use(void)
{
    const char *name = t_name();
    stitch_region *region = t_create(name), *reader;
    uint64_t size, was;

    T_OK(stitch_grow(region, T_MIB(5), NULL));
    memset(t_bytes(region), 0x45, T_MIB(5));
    reader = t_open_readonly(name);
    size = stitch_size(reader);
    T_OK(stitch_grow(region, T_MIB(5), NULL));
    was = get_word(region, offsetof(struct st_directory, entry[0].extent));
    put_word(region, offsetof(struct st_directory, entry[0].extent), T_GIB(7) + 5);
    put_word(region, offsetof(struct st_directory, entry[0].offset), 5);
    for (int i = 0; i < 3; i++) {
        struct stitch_info info;
        struct stitch_verify_report report;

        /* A handle need not read entries again that it has copied, so a writer may not even notice. */
        int code = stitch_sync(reader);

        T_TRUE(code == 1 || code == 0 || code == STITCH_ECORRUPT);
        T_GIVES(stitch_info(reader, &info), STITCH_ECORRUPT);
        T_GIVES(stitch_verify(reader, &report), STITCH_EUNSOUND);
        T_EQ(report.fault, STITCH_FAULT_DIRECTORY);
        T_TRUE(stitch_size(reader) >= size);
        t_all_bytes(reader, 0, size, 0x45);
    }
    put_word(region, offsetof(struct st_directory, entry[0].extent), was);
    put_word(region, offsetof(struct st_directory, entry[0].offset), 0);
    T_TRUE(stitch_sync(reader) >= 0); /* nothing is lost */
    T_EQ(stitch_size(reader), T_MIB(10));
    (void)t_prove_readonly(reader);
    (void)t_prove(region);
    t_close(reader);
    t_close(region);
}

/* Fails unless every call gives 0 or a code of the list, and all mappings are in the reservation and can be read. */
static void use_damaged(stitch_region *region, t_random *random)
{
    uint64_t base, end, sum = 0;
    struct stitch_info info;
    struct stitch_verify_report report;
    struct stitch_segment segment;
    t_ranges ranges;
    int codes[8];

    codes[0] = stitch_sync(region);
    codes[1] = stitch_info(region, &info);
    codes[2] = stitch_verify(region, &report);
    codes[3] = stitch_segment(region, t_random_below(random, 4), &segment);
    codes[4] = stitch_grow(region, t_random_below(random, T_MIB(3)), NULL);
    codes[5] = stitch_shrink(region, t_random_below(random, T_MIB(3)));
    codes[6] = stitch_presence(region, t_random_below(random, stitch_reserve(region)));
    codes[7] = stitch_wait(region, stitch_generation(region), 0);
    for (size_t i = 0; i < T_COUNT(codes); i++)
        T_TRUE(codes[i] >= STITCH_EPRIVILEGE && codes[i] <= STITCH_PRESENCE_UNMAPPED);
    T_TRUE(stitch_size(region) <= stitch_reserve(region));
    for (uint64_t at = 0; at < stitch_size(region); at += 4096)
        sum += t_bytes(region)[at];
    base = (uint64_t)(uintptr_t)stitch_base(region);
    if (region->geometry.backend == STITCH_BACKEND_REMAP) /* only its view belongs to the region */
        return;
    end = base + stitch_reserve(region);
    ranges = t_maps_read(NULL, base, end);
    T_TRUE(sum < UINT64_MAX && ranges.count > 0);
    for (size_t i = 0; i < ranges.count; i++)
        if (ranges.item[i].object)
            T_TRUE(ranges.item[i].start >= base && ranges.item[i].end <= end);
}

T_HELPER(user_of_rubbish)
{
    t_random random = t_random_from(t_argument_number(1));
    stitch_region *region = t_open(t_argument(0));

    t_tell(t_parent(), "open");
    for (uint64_t i = 0; strcmp(t_hear(t_parent()), "use") == 0; i++) {
        stitch_region *other = NULL;
        struct stitch_options options = STITCH_OPTIONS_INIT;
        int listed = 0;

        use_damaged(region, &random);
        options.flags = i % 2 ? STITCH_READONLY : 0;
        if (stitch_open(t_argument(0), &options, &other) == 0) {
            use_damaged(other, &random);
            t_close(other);
        }
        T_TRUE(stitch_list(count, &listed) <= 0);
        t_tell(t_parent(), "used");
    }
    t_close(region);
}

static void promise_10_random_damage_during_use(void)
{
    static const uint64_t nasty[] = {
        0, 1, 2, 4095, 4096, T_MIB(2), T_MIB(4), T_MIB(2) - 1, UINT64_MAX, UINT64_C(1) << 63
    };
    t_random random = t_random_start();

    for (uint64_t round = 0; round < t_rounds(40); round++) {
        const char *name = t_name();
        stitch_region *keeper = make_kept(name);
        int listed = 0;
        t_process *user = t_start("user_of_rubbish", "%s %" PRIu64, name, t_random_next(&random));

        t_expect(user, "open");
        for (int hits = 0; hits < 12; hits++) {
            size_t at = (size_t)t_random_below(&random, 0x400 + 5 * 24) & ~(size_t)7;
            uint64_t value = t_random_below(&random, 3) ? nasty[t_random_below(&random, T_COUNT(nasty))]
                                                        : t_random_below(&random, T_MIB(8));

            if (t_random_below(&random, 2)) /* a word in use */
                at = 0x200 + (at & 0x7f);
            put_word(keeper, at, value);
            t_tell(user, "use");
            t_expect(user, "used");
        }
        t_tell(user, "end");
        t_finish(user);
        T_TRUE(stitch_list(count, &listed) <= 0);
        t_close(keeper);
        t_folder_empty(t_folder()); /* no call can know any more which segments there were */
    }
}

static const struct CMUnitTest tests[] = {
    T_TEST(another_layout_is_eversion),
    T_STITCHED(promise_10_a_damaged_directory_is_ecorrupt),
    T_STITCHED(promise_10_one_segment_is_one_segment),
    T_SINGLE(promise_10_the_one_segment_is_the_reserve),
    T_FIXED(promise_10_the_one_segment_is_the_reserve),
    T_REMAP(promise_10_the_one_segment_is_the_reserve),
    T_BOTH(promise_10_a_commit_mark_that_lies),
    T_REMAP(promise_10_a_commit_mark_that_lies),
    T_BOTH(promise_10_damage_during_use),
    T_BOTH(promise_10_random_damage_during_use),
    T_FIXED(promise_10_random_damage_during_use),
    T_REMAP(promise_10_random_damage_during_use),
};

static const t_helper helpers[] = {
    T_ENTRY(user_of_rubbish),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
