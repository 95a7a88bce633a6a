/* SPDX-License-Identifier: MIT */
/*
 * Promises 1 and 2: after any steps the base has not moved and, by the kernel's map, the segments lie end to end, in
 * the process that took the steps and in one that follows.
 */
#include "test.h"
#include "maps.h"
#include "model.h"

enum { MOST = 24 << 20 };

static t_model model;

/* A step: grow, shrink or resize by an amount that is odd, a few pages, or some MiB. */
static void random_step(t_random *random, stitch_region *region)
{
    static const uint64_t limits[] = { 17, 70000, T_MIB(1), T_MIB(9) };
    uint64_t amount = t_random_below(random, limits[t_random_below(random, T_COUNT(limits))]);
    uint64_t size = stitch_size(region), offset = UINT64_MAX;

    switch (t_random_below(random, 8)) {
    case 0:
    case 1:
    case 2:
        amount = amount > size ? size : amount;
        T_OK(stitch_shrink(region, amount));
        t_model_resize(&model, size - amount);
        break;
    case 3:
        amount = t_random_below(random, MOST);
        T_OK(stitch_resize(region, amount));
        t_model_resize(&model, amount);
        break;
    default:
        amount = size + amount > MOST ? MOST - size : amount;
        T_OK(stitch_grow(region, amount, &offset));
        T_EQ(offset, size);
        t_model_resize(&model, size + amount);
    }
    T_EQ(stitch_size(region), model.size);
}

/* Writes a little where it is likely to matter: at the end, across a seam, anywhere. */
static void random_write(t_random *random, stitch_region *region)
{
    uint64_t length = 1 + t_random_below(random, 20000), offset = 0, size = model.size;

    if (size == 0)
        return;
    length = length > size ? size : length;
    switch (t_random_below(random, 3)) {
    case 0:
        offset = size - length;
        break;
    case 1:
        offset = t_random_below(random, size / STITCH_EXTENT_UNIT + 1) * STITCH_EXTENT_UNIT;
        offset = offset > length / 2 ? offset - length / 2 : 0;
        break;
    default:
        offset = t_random_below(random, size);
    }
    if (offset + length > size)
        offset = size - length;
    if (model.count > T_MODEL_RUNS - 4) /* the model is full; the next shrinks make room */
        return;
    t_model_write(&model, t_bytes(region), offset, length);
}

/* Checks all places that a step can have changed: around the end and at every possible seam. */
static void check_edges(const stitch_region *region)
{
    const unsigned char *base = stitch_base(region);
    uint64_t size = model.size, tail = size > 40000 ? size - 40000 : 0;

    t_model_check(&model, base, tail, size - tail);
    for (uint64_t seam = STITCH_EXTENT_UNIT; seam < size; seam += STITCH_EXTENT_UNIT) {
        uint64_t end = seam + 64 < size ? seam + 64 : size;

        t_model_check(&model, base, seam - 64, end - (seam - 64));
    }
}

/*
 * Follows: "sync SIZE GENERATION" must bring exactly that, proved and summed up; "peek" syncs or does not, at random.
 */
T_HELPER(follower)
{
    stitch_region *region = t_open(t_argument(0));
    t_random random = t_random_from(t_argument_number(1));
    uint64_t size, generation, base = (uint64_t)(uintptr_t)stitch_base(region);

    t_tell(t_parent(), "base %" PRIu64, base);
    for (;;) {
        const char *line = t_hear(t_parent());

        if (strcmp(line, "end") == 0)
            break;
        T_EQ((uintptr_t)stitch_base(region), base);
        if (strcmp(line, "peek") == 0) {
            if (t_random_below(&random, 2))
                T_TRUE(stitch_sync(region) >= 0);
            if (t_random_below(&random, 16) == 0)
                (void)t_prove(region);
            continue;
        }
        T_EQ(sscanf(line, "sync %" SCNu64 " %" SCNu64, &size, &generation), 2);
        T_TRUE(stitch_sync(region) >= 0);
        T_EQ(stitch_sync(region), 0);
        T_EQ(stitch_size(region), size);
        T_EQ(stitch_generation(region), generation);
        (void)t_prove(region);
        t_tell(t_parent(), "sum %" PRIu64, t_model_sum_of(stitch_base(region), size));
    }
    t_close(region);
}

static void sync_follower(t_process *follower, stitch_region *region, uint64_t follower_base)
{
    t_expected expected = { follower_base, stitch_reserve(region), model.size, false, false };
    uint64_t sum;

    t_tell(follower, "sync %" PRIu64 " %" PRIu64, model.size, stitch_generation(region));
    t_scan(follower, 1, "sum %" SCNu64, &sum);
    T_EQ(sum, t_model_sum(&model));
    T_EQ(t_maps_prove(follower, expected, NULL, 0), t_info(region).segments);
}

static void promise_2_adjacent_after_random_steps(void)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *region = t_create(name);
    t_process *follower = t_start("follower", "%s %" PRIu64, name, t_random_next(&random));
    uint64_t rounds = t_rounds(3000), follower_base;
    void *base = stitch_base(region);

    model = (t_model){ 0 };
    t_scan(follower, 1, "base %" SCNu64, &follower_base);
    for (uint64_t round = 0; round < rounds; round++) {
        random_step(&random, region);
        random_write(&random, region);
        check_edges(region);
        T_TRUE(stitch_base(region) == base);
        if (t_random_below(&random, 2))
            t_tell(follower, "peek");
        if (round % 16 == 0)
            (void)t_prove(region);
        if (round % 200 == 199) {
            t_model_check(&model, base, 0, model.size);
            sync_follower(follower, region, follower_base);
        }
    }
    t_tell(follower, "end");
    t_finish(follower);
    (void)t_prove(region);
    t_close(region);
}

/* Both processes take steps. Each one syncs before it acts, so their sizes follow from each other. */
T_HELPER(stepper)
{
    stitch_region *region = t_open(t_argument(0));
    t_random random = t_random_from(t_argument_number(1));
    uint64_t rounds = t_argument_number(2), added = 0;

    for (uint64_t round = 0; round < rounds; round++) {
        uint64_t amount = t_random_below(&random, T_MIB(3)), offset;

        if (added + amount < T_MIB(40) && t_random_below(&random, 2)) {
            T_OK(stitch_grow(region, amount, &offset));
            added += amount;
        } else {
            amount = amount < added ? amount : added;
            T_OK(stitch_shrink(region, amount));
            added -= amount;
        }
        if (round % 32 == 0) {
            T_TRUE(stitch_sync(region) >= 0);
            (void)t_prove(region);
        }
    }
    T_OK(stitch_shrink(region, added));
    t_close(region);
}

static void promise_2_adjacent_with_steps_in_two_processes(void)
{
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *region = t_create(name);
    uint64_t rounds = t_rounds(1500);
    t_process *one = t_start("stepper", "%s %" PRIu64 " %" PRIu64, name, t_random_next(&random), rounds);
    t_process *two = t_start("stepper", "%s %" PRIu64 " %" PRIu64, name, t_random_next(&random), rounds);

    while (!t_heard(one) || !t_heard(two)) {
        t_sleep_us(1000);
        T_TRUE(stitch_sync(region) >= 0);
        (void)t_prove(region);
    }
    t_finish(one);
    t_finish(two);
    T_TRUE(stitch_sync(region) >= 0);
    T_EQ(stitch_size(region), 0);
    (void)t_prove(region);
    t_close(region);
}

static stitch_region *region_with_seams(uint64_t *seam, uint64_t seams)
{
    stitch_region *region = t_create(t_name());

    for (uint64_t i = 0; i < seams; i++) {
        T_OK(stitch_grow(region, STITCH_EXTENT_UNIT, NULL));
        seam[i] = stitch_size(region);
    }
    T_OK(stitch_grow(region, STITCH_EXTENT_UNIT, NULL));
    T_EQ(t_prove(region), seams + 1);
    return region;
}

static void promise_2_memcpy_over_seams(void)
{
    uint64_t seam[3];
    stitch_region *region = region_with_seams(seam, 3);
    uint64_t size = stitch_size(region);
    unsigned char *base = t_bytes(region), *copy = malloc((size_t)size);

    T_TRUE(copy != NULL);
    for (uint64_t at = 0; at < size; at += 4096)
        t_model_fill(copy + at, at, 4096, 7);
    memcpy(base, copy, (size_t)size); /* across every seam at once */
    T_TRUE(memcmp(base, copy, (size_t)size) == 0);
    memmove(base + 12345, base, (size_t)size - 12345);
    T_TRUE(memcmp(base + 12345, copy, (size_t)size - 12345) == 0);
    memset(base + seam[1] - 5, 0xa5, 10);
    t_all_bytes(region, seam[1] - 5, 10, 0xa5);
    free(copy);
    t_close(region);
}

/* Through memcpy the compiler makes plain 8-byte stores and loads, at any address. */
static void promise_2_unaligned_words_over_seams(void)
{
    uint64_t seam[3];
    stitch_region *region = region_with_seams(seam, 3);

    for (size_t i = 0; i < 3; i++)
        for (uint64_t before = 1; before < 8; before++) {
            unsigned char *volatile at = t_bytes(region) + seam[i] - before; /* the compiler must know nothing of it */
            uint64_t word = UINT64_C(0x0102030405060708) * (before + 1), back;
            unsigned char byte;

            memcpy(at, &word, 8);
            memcpy(&back, at, 8);
            T_EQ(back, word);
            for (unsigned b = 0; b < 8; b++) {
                memcpy(&byte, (unsigned char *)&word + b, 1);
                T_EQ(at[b], byte);
            }
        }
    t_close(region);
}

/* Bytes that one process writes across a seam, the other reads across its own. */
T_HELPER(seam_reader)
{
    stitch_region *region = t_open(t_argument(0));
    uint64_t at;

    for (;;) {
        const char *line = t_hear(t_parent());
        uint64_t word;

        if (strcmp(line, "end") == 0)
            break;
        T_EQ(sscanf(line, "%" SCNu64, &at), 1);
        memcpy(&word, t_bytes(region) + at, 8);
        t_tell(t_parent(), "%" PRIu64, word);
    }
    t_close(region);
}

static void promise_2_seams_join_for_the_other_process(void)
{
    const char *name = t_name();
    stitch_region *region = t_create(name);
    t_process *reader;
    uint64_t got;

    T_OK(stitch_grow(region, STITCH_EXTENT_UNIT, NULL));
    T_OK(stitch_grow(region, STITCH_EXTENT_UNIT, NULL));
    reader = t_start("seam_reader", "%s", name);
    for (uint64_t at = STITCH_EXTENT_UNIT - 8; at <= STITCH_EXTENT_UNIT; at++) {
        uint64_t word = at * UINT64_C(0x9e3779b97f4a7c15);

        memcpy(t_bytes(region) + at, &word, 8);
        t_tell(reader, "%" PRIu64, at);
        t_scan(reader, 1, "%" SCNu64, &got);
        T_EQ(got, word);
    }
    t_tell(reader, "end");
    t_finish(reader);
    t_close(region);
}

static void promise_1_base_stays_from_nothing_to_reserve_and_back(void)
{
    stitch_region *region;
    void *base;

    region = t_create_shape((t_shape){ .reserve = T_MIB(256) });
    base = stitch_base(region);
    T_EQ((uintptr_t)base % STITCH_EXTENT_UNIT, 0);
    for (uint64_t size = 0; size <= T_MIB(256); size += T_MIB(1)) {
        T_OK(stitch_resize(region, size));
        T_TRUE(stitch_base(region) == base);
        if (size)
            t_bytes(region)[size - 1] = 1;
    }
    for (uint64_t size = T_MIB(256); size > 0; size -= T_MIB(2)) {
        T_OK(stitch_resize(region, size - T_MIB(1)));
        T_TRUE(stitch_base(region) == base);
    }
    (void)t_prove(region);
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(promise_2_adjacent_after_random_steps),
    T_BOTH(promise_2_adjacent_with_steps_in_two_processes),
    T_STITCHED(promise_2_memcpy_over_seams),
    T_STITCHED(promise_2_unaligned_words_over_seams),
    T_STITCHED(promise_2_seams_join_for_the_other_process),
    T_BOTH(promise_1_base_stays_from_nothing_to_reserve_and_back),
};

static const t_helper helpers[] = {
    T_ENTRY(follower),
    T_ENTRY(stepper),
    T_ENTRY(seam_reader),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
