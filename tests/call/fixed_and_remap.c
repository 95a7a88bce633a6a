/* SPDX-License-Identifier: MIT */
/*
 * The article's other two shapes, fixed and remap: the promises hold for them as for the other backends, except the one
 * that each gives up: remap's base moves (remap.c), and fixed gives no memory back (fixed.c).
 */
#include "test.h"
#include "maps.h"
#include "model.h"
#include "state.h"

static t_model model;
static t_state before;

static stitch_region *create(const char *name, uint64_t size)
{
    return t_create_shape((t_shape){ .name = name, .reserve = T_MIB(24), .size = size });
}

/* "sync": syncs and returns the sum of its bytes; "look": checks that its bytes are as before. */
T_HELPER(follower)
{
    stitch_region *region = t_argument_number(1) ? t_open_readonly(t_argument(0)) : t_open(t_argument(0));
    uint64_t seen = 0;
    void *base = stitch_base(region);

    t_tell(t_parent(), "here");
    for (;;) {
        const char *line = t_hear(t_parent());

        if (strcmp(line, "end") == 0)
            break;
        T_TRUE(stitch_base(region) == base); /* as since its own last sync */
        T_EQ(stitch_size(region), seen);
        if (strcmp(line, "look") == 0) { /* steps of others unmap nothing here */
            (void)t_model_sum_of(stitch_base(region), seen);
            t_tell(t_parent(), "looked");
            continue;
        }
        T_TRUE(stitch_sync(region) >= 0);
        T_EQ(stitch_sync(region), 0);
        seen = stitch_size(region);
        base = stitch_base(region);
        (void)t_prove_follower(region);
        t_tell(t_parent(), "sum %" PRIu64, t_model_sum_of(base, seen));
    }
    t_close(region);
}

static void random_step(t_random *random, stitch_region *region)
{
    uint64_t size = stitch_size(region), amount = t_random_below(random, T_MIB(3)), offset = 0;

    switch (t_random_below(random, 4)) {
    case 0:
        amount = amount < size ? amount : size;
        T_OK(stitch_shrink(region, amount));
        t_model_resize(&model, size - amount);
        break;
    case 1:
        amount = t_random_below(random, T_MIB(24) + 1);
        T_OK(stitch_resize(region, amount));
        t_model_resize(&model, amount);
        break;
    default:
        amount = size + amount > T_MIB(24) ? T_MIB(24) - size : amount;
        T_OK(stitch_grow(region, amount, &offset));
        T_EQ(offset, size);
        t_model_resize(&model, size + amount);
        break;
    }
    T_EQ(stitch_size(region), model.size);
    if (model.size > 0 && model.count < T_MODEL_RUNS - 4) {
        uint64_t at = t_random_below(random, model.size), length = 1 + t_random_below(random, 30000);

        t_model_write(&model, t_bytes(region), at, at + length > model.size ? model.size - at : length);
    }
}

static void promise_2_and_4_random_steps_and_two_followers(void)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *region = create(name, 0);
    t_process *follower[2];
    uint64_t sum;

    model = (t_model){ 0 };
    for (uint64_t i = 0; i < 2; i++) {
        follower[i] = t_start("follower", "%s %" PRIu64, name, i);
        t_expect(follower[i], "here");
    }
    for (uint64_t step = 0; step < t_rounds(160); step++) {
        random_step(&random, region);
        (void)t_prove(region);
        if (step % 4)
            continue;
        for (int i = 0; i < 2; i++) {
            t_tell(follower[i], "look");
            t_expect(follower[i], "looked");
            t_tell(follower[i], "sync");
            t_scan(follower[i], 1, "sum %" SCNu64, &sum);
            T_EQ(sum, t_model_sum(&model));
        }
    }
    t_model_check(&model, t_bytes(region), 0, model.size);
    for (int i = 0; i < 2; i++) {
        t_tell(follower[i], "end");
        t_finish(follower[i]);
    }
    t_close(region);
}

static void promise_4_zero_after_shrink_and_grow(void)
{
    stitch_region *region = create(t_name(), T_MIB(5) + 77);

    for (uint64_t size = T_MIB(5) + 77; size > 1000; size = size * 2 / 3) {
        memset(stitch_base(region), 0xd5, (size_t)stitch_size(region));
        T_OK(stitch_resize(region, size));
        t_all_bytes(region, 0, size, 0xd5);
        T_OK(stitch_resize(region, T_MIB(6)));
        t_all_bytes(region, 0, size, 0xd5);
        t_all_bytes(region, size, T_MIB(6) - size, 0);
    }
    t_close(region);
}

static void promise_7_beyond_the_reserve_nothing_changes(void)
{
    stitch_region *region = create(t_name(), T_MIB(3));
    uint64_t offset = 99;

    memset(stitch_base(region), 3, T_MIB(3));
    t_state_take(&before, region);
    T_GIVES(stitch_grow(region, T_MIB(21) + 1, &offset), STITCH_ERESERVE);
    T_GIVES(stitch_resize(region, T_MIB(24) + 1), STITCH_ERESERVE);
    T_GIVES(stitch_grow(region, UINT64_MAX, &offset), STITCH_EINVAL);
    T_GIVES(stitch_shrink(region, T_MIB(3) + 1), STITCH_EINVAL);
    T_EQ(offset, 99);
    T_UNCHANGED(&before, region);
    T_OK(stitch_grow(region, T_MIB(21), &offset));
    T_EQ(offset, T_MIB(3));
    t_all_bytes(region, 0, T_MIB(3), 3);
    t_all_bytes(region, T_MIB(3), T_MIB(21), 0);
    T_OK(stitch_resize(region, 0));
    T_OK(stitch_resize(region, 1));
    (void)t_prove(region);
    t_close(region);
}

static void appended_bytes_and_size_come_together(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, 0), *reader = t_open_readonly(name);
    unsigned char line[10007];
    uint64_t offset, size = 0;

    for (unsigned i = 1; i <= 200; i++) {
        memset(line, (int)i, sizeof line);
        T_OK(stitch_append(region, line, sizeof line, &offset));
        T_EQ(offset, size);
        size += sizeof line;
        if (i % 7 == 0) {
            T_EQ(stitch_sync(reader), 1);
            T_EQ(stitch_size(reader), size);
            t_all_bytes(reader, size - sizeof line, sizeof line, (unsigned char)i);
        }
    }
    (void)t_prove(region);
    T_EQ(stitch_sync(reader), 1);
    (void)t_prove_readonly(reader);
    t_close(reader);
    t_close(region);
}

static void they_are_not_lazy(void)
{
    struct stitch_options options = t_options();
    stitch_region *none = NULL;

    options.flags = STITCH_LAZY;
    T_GIVES(stitch_create(t_name(), &options, &none), STITCH_EINVAL);
    T_GIVES(stitch_attach(t_name(), &options, &none), STITCH_EINVAL);
    T_TRUE(none == NULL);
}

static int take_listing(const struct stitch_listing *listing, void *backend)
{
    if (t_is_ours(listing->name)) {
        T_EQ(listing->error, 0);
        *(uint64_t *)backend = listing->backend;
    }
    return 0;
}

/* The environment asks for the backend, every call that reports says it, and later handles have it. */
static void the_environment_can_ask_for_them(void)
{
    uint64_t backend = t_options().backend, listed = 0;
    struct stitch_options options = t_options();
    const char *name = t_name();
    stitch_region *region, *other;

    options.backend = STITCH_BACKEND_AUTO;
    options.reserve = T_MIB(8);
    t_environment("STITCH_BACKEND", backend == STITCH_BACKEND_FIXED ? "fixed" : "remap");
    region = t_create_with(name, &options);
    T_EQ(t_info(region).backend, backend);
    t_environment("STITCH_BACKEND", "single");
    other = t_open(name);
    T_EQ(t_info(other).backend, backend);
    T_OK(stitch_list(take_listing, &listed));
    T_EQ(listed, backend);
    t_close(other);
    t_close(region);
}

/* Regions of these shapes end, and are found, like all others. */
T_HELPER(dying_writer)
{
    stitch_region *region = t_open(t_argument(0));

    T_OK(stitch_resize(region, T_MIB(9)));
    memset(stitch_base(region), 9, T_MIB(9));
    t_tell(t_parent(), "grown");
    (void)t_hear_or_end(t_parent());
}

static void promise_8_a_writer_that_dies(void)
{
    const char *name = t_name();
    stitch_region *region = create(name, T_MIB(1));
    t_process *writer = t_start("dying_writer", "%s", name);

    t_expect(writer, "grown");
    t_kill(writer);
    T_EQ(stitch_sync(region), 1); /* this handle holds the object too: nothing is lost */
    T_EQ(stitch_size(region), T_MIB(9));
    t_all_bytes(region, 0, T_MIB(9), 9);
    (void)t_prove(region);
    t_close(region);
    t_regions_are(0);
    T_FOLDER_HOLDS(0);
}

#define T_SHAPES(function) T_FIXED(function), T_REMAP(function)

static const struct CMUnitTest tests[] = {
    T_SHAPES(promise_2_and_4_random_steps_and_two_followers),
    T_SHAPES(promise_4_zero_after_shrink_and_grow),
    T_SHAPES(promise_7_beyond_the_reserve_nothing_changes),
    T_SHAPES(appended_bytes_and_size_come_together),
    T_SHAPES(they_are_not_lazy),
    T_SHAPES(the_environment_can_ask_for_them),
    T_SHAPES(promise_8_a_writer_that_dies),
};

static const t_helper helpers[] = {
    T_ENTRY(follower),
    T_ENTRY(dying_writer),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
