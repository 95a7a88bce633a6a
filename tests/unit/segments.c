/* SPDX-License-Identifier: MIT */
/*
 * The private table of segments, by id, by index and by offset, compared with a model.
 */
#include "test.h"

#include "handle/segments.h"

static struct st_segment_view make(uint64_t id, uint64_t offset, uint64_t units)
{
    uint64_t extent = units * STITCH_EXTENT_UNIT;

    return (struct st_segment_view){ id, offset, extent, { id * 3, id * 5 }, ST_OS_OBJECT_CLOSED, extent };
}

static void empty_table(void)
{
    struct st_segments table = { 0 };
    struct st_segment_view view;
    uint64_t index;

    T_EQ(st_segments_end(&table), 0);
    T_EQ(st_segments_at(&table, 0, &view), STITCH_ENOENT);
    T_EQ(st_segments_by_id(&table, 1, &view), STITCH_ENOENT);
    T_EQ(st_segments_at_offset(&table, 0, &index), STITCH_ENOENT);
    st_segments_clear(&table);
    st_segments_clear(&table);
}

static void same_segment(const struct st_segment_view *a, const struct st_segment_view *b)
{
    T_EQ(a->id, b->id);
    T_EQ(a->offset, b->offset);
    T_EQ(a->extent, b->extent);
    T_EQ(a->identity.device, b->identity.device);
    T_EQ(a->identity.number, b->identity.number);
}

static void check(const struct st_segments *table, const struct st_segment_view *model, uint64_t count)
{
    struct st_segment_view view;
    uint64_t index, end = count ? model[count - 1].offset + model[count - 1].extent : 0;

    T_EQ(table->count, count);
    T_EQ(st_segments_end(table), end);
    for (uint64_t i = 0; i < count; i++) {
        T_EQ(st_segments_at(table, i, &view), 0);
        same_segment(&view, &model[i]);
        T_EQ(st_segments_by_id(table, model[i].id, &view), 0);
        same_segment(&view, &model[i]);
        T_EQ(st_segments_at_offset(table, model[i].offset, &index), 0);
        T_EQ(index, i);
        T_EQ(st_segments_at_offset(table, model[i].offset + model[i].extent - 1, &index), 0);
        T_EQ(index, i);
    }
    T_EQ(st_segments_at(table, count, &view), STITCH_ENOENT);
    T_EQ(st_segments_at_offset(table, end, &index), STITCH_ENOENT);
    T_EQ(st_segments_at_offset(table, UINT64_MAX, &index), STITCH_ENOENT);
}

static void random_steps(void)
{
    enum { MOST = 300 };
    t_random random = t_random_start();
    struct st_segment_view model[MOST];
    struct st_segments table = { 0 };
    uint64_t count = 0, next_id = 1;

    for (uint64_t round = 0; round < t_rounds(3000); round++) {
        if (count < MOST && t_random_below(&random, 5) < 3) {
            model[count] = make(next_id, st_segments_end(&table), 1 + t_random_below(&random, 9));
            next_id += 1 + t_random_below(&random, 3);
            T_EQ(st_segments_add(&table, &model[count]), 0);
            count++;
        } else if (count > 0) {
            struct st_segment_view view;

            st_segments_drop_last(&table);
            count--;
            T_EQ(st_segments_by_id(&table, model[count].id, &view), STITCH_ENOENT);
        }
        if (round % 16 == 0)
            check(&table, model, count);
    }
    check(&table, model, count);
    st_segments_clear(&table);
    check(&table, model, 0);
}

/* The table owns the objects and closes them. */
static void objects_are_closed(void)
{
    struct st_segments table = { 0 };
    size_t open_before;
    st_os_folder folder;

    T_EQ(st_os_folder_open(t_folder(), &folder), 0);
    open_before = t_descriptor_count();
    for (uint64_t i = 0; i < 5; i++) {
        struct st_segment_view view = make(i + 1, i * STITCH_EXTENT_UNIT, 1);
        char name[32];

        (void)snprintf(name, sizeof name, "unused%" PRIu64, i);
        T_EQ(st_os_object_create(&folder, name, STITCH_EXTENT_UNIT, 0600, false, &view.object), 0);
        T_EQ(st_segments_add(&table, &view), 0);
        T_EQ(st_segments_object(&table, i)->handle, view.object.handle);
    }
    T_EQ(t_descriptor_count(), open_before + 5);
    st_segments_drop_last(&table);
    T_EQ(t_descriptor_count(), open_before + 4);
    st_os_object_close(st_segments_object(&table, 0)); /* the object in the table */
    T_EQ(t_descriptor_count(), open_before + 3);
    st_segments_clear(&table);
    T_EQ(t_descriptor_count(), open_before);
    st_os_folder_close(&folder);
}

static void an_id_is_there_once(void)
{
    struct st_segments table = { 0 };
    struct st_segment_view one = make(7, 0, 1), again = make(7, STITCH_EXTENT_UNIT, 1);

    T_EQ(st_segments_add(&table, &one), 0);
    T_EQ(st_segments_add(&table, &again), STITCH_ECORRUPT);
    check(&table, &one, 1);
    st_segments_clear(&table);
}

static const struct CMUnitTest tests[] = {
    T_TEST(empty_table),
    T_TEST(random_steps),
    T_TEST(objects_are_closed),
    T_TEST(an_id_is_there_once),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
