/* SPDX-License-Identifier: MIT */
/*
 * The porting contract, primitive by primitive: a port makes these pass first. Every st_os_ function has a case here
 * or, for locks and waiting, in lock.c, or, for processes, in process.c.
 */
#include "test.h"
#include "maps.h"

#include "os/os.h"

#define UNIT STITCH_EXTENT_UNIT

static st_os_folder folder;
static const struct stitch_parallel nobody;

static void open_folder(void)
{
    T_EQ(st_os_folder_open(t_folder(), &folder), 0);
}

/* Maps an object of which only a part is committed, as segments are. */
static st_os_reservation view_of(const st_os_object *object, uint64_t size)
{
    st_os_reservation reservation;

    T_EQ(st_os_reserve(size, &reservation), 0);
    T_EQ(st_os_view_map(&reservation, 0, size, object, false), 0);
    return reservation;
}

/* Makes an object with a name in the folder, committed up to `committed`. */
static st_os_object make(const char *name, uint64_t size, uint64_t committed)
{
    st_os_object object = ST_OS_OBJECT_CLOSED;

    T_EQ(st_os_object_create(&folder, name, size, 0600, committed == size, &object), 0);
    if (committed > 0 && committed < size) {
        st_os_reservation reservation = view_of(&object, size);

        T_EQ(st_os_commit(&object, reservation.base, 0, committed, 0, &nobody), 0);
        st_os_release(&reservation);
    }
    T_EQ(st_os_object_publish(&folder, name, &object), 0);
    return object;
}

static uint64_t resident(const st_os_object *object)
{
    st_os_status status;

    T_EQ(st_os_object_status(object, &status), 0);
    return status.resident;
}

/* ----------------------------------------------------------------------------------------------- environment --- */

static void environment(void)
{
    unsigned char random[2][64];
    uint64_t start = st_os_milliseconds(), took;

    t_environment("STITCH_TEST_SETTING", "value");
    T_STR_EQ(st_os_setting("STITCH_TEST_SETTING"), "value");
    t_environment("STITCH_TEST_SETTING", NULL);
    T_TRUE(st_os_setting("STITCH_TEST_SETTING") == NULL);
    T_EQ(st_os_random(random[0], sizeof random[0]), 0);
    T_EQ(st_os_random(random[1], sizeof random[1]), 0);
    T_TRUE(memcmp(random[0], random[1], sizeof random[0]) != 0);
    T_EQ(st_os_random(random[0], 0), 0);
    st_os_sleep(20);
    took = st_os_milliseconds() - start;
    T_TRUE(took >= 19 && took < 20000);
    (void)st_os_user();
    st_error_set_code(77);
    T_EQ(st_error_code(), 77);
    st_error_set_code(0);
    T_EQ(st_error_code(), 0);
}

/* ---------------------------------------------------------------------------------------------------- folder --- */

static int count_wanted(const char *name, void *count)
{
    if (name[0] != '.')
        ++*(unsigned *)count;
    return 0;
}

static int stop_with_5(const char *name, void *arg)
{
    (void)name;
    (void)arg;
    return 5;
}

static void folders(void)
{
    st_os_folder none, again;
    st_os_object object[3];
    unsigned count = 0;

    t_needs(T_FOLDERS);
    T_EQ(st_os_folder_open("/no/such/folder", &none), STITCH_ENOENT);
    T_TRUE(st_error_code() != 0);
    open_folder();
    T_TRUE(folder.page >= 4096 && folder.page <= UNIT && UNIT % folder.page == 0);
    for (int i = 0; i < 3; i++)
        object[i] = make(i == 0 ? "a" : i == 1 ? "b" : "c", folder.page, 0);
    for (int i = 0; i < 2; i++) { /* each time from the beginning */
        count = 0;
        T_EQ(st_os_folder_each(&folder, count_wanted, &count), 0);
        T_EQ(count, 3);
    }
    T_EQ(st_os_folder_each(&folder, stop_with_5, NULL), 5);
    T_EQ(st_os_folder_reopen(&folder, &again), 0);
    T_EQ(again.page, folder.page);
    count = 0;
    T_EQ(st_os_folder_each(&again, count_wanted, &count), 0);
    T_EQ(count, 3);
    for (int i = 0; i < 3; i++) {
        T_EQ(st_os_object_remove(&again, i == 0 ? "a" : i == 1 ? "b" : "c"), 0);
        st_os_object_close(&object[i]);
    }
    st_os_folder_close(&again);
    st_os_folder_close(&folder);
    st_os_folder_close(&folder); /* the second time does nothing */
}

/* --------------------------------------------------------------------------------------------------- objects --- */

static void objects_have_no_name_before_they_are_published(void)
{
    st_os_object object = ST_OS_OBJECT_CLOSED, other = ST_OS_OBJECT_CLOSED;
    st_os_status status, status_of;

    t_needs(T_KEPT);
    open_folder();
    T_EQ(st_os_object_open(&folder, "x", false, &other), STITCH_ENOENT);
    T_EQ(st_os_object_status_by_name(&folder, "x", &status), STITCH_ENOENT);
    T_EQ(st_os_object_create(&folder, "x", 2 * UNIT, 0640, false, &object), 0);
    if (folder.objects_persist)
        T_EQ(t_folder_count(t_folder()), 0);
    T_EQ(st_os_object_publish(&folder, "x", &object), 0);
    T_EQ(t_folder_count(t_folder()), 1);
    T_EQ(st_os_object_status(&object, &status), 0);
    T_EQ(status.size, 2 * UNIT);
    T_EQ(status.resident, 0);
    T_EQ(status.owner, st_os_user());
    T_EQ(status.mode, 0640);
    T_TRUE(status.regular);
    T_EQ(st_os_object_status_by_name(&folder, "x", &status_of), 0);
    T_EQ(status_of.identity.number, status.identity.number);
    T_EQ(status_of.identity.device, status.identity.device);
    T_EQ(status_of.size, status.size);

    T_EQ(st_os_object_create(&folder, "x", UNIT, 0600, false, &other), 0);
    T_EQ(st_os_object_publish(&folder, "x", &other), STITCH_EEXIST);
    st_os_object_close(&other);
    T_EQ(other.handle, -1);
    st_os_object_close(&other);
    T_EQ(st_os_object_remove(&folder, "x"), 0);
    T_EQ(st_os_object_remove(&folder, "x"), STITCH_ENOENT);
    st_os_object_close(&object);
    st_os_folder_close(&folder);
}

static void objects_can_be_born_with_their_memory(void)
{
    unsigned char *bytes;
    st_os_object object;
    void *view;

    open_folder();
    T_EQ(st_os_object_create(&folder, "c", UNIT, 0600, true, &object), 0);
    T_TRUE(resident(&object) >= UNIT);
    T_EQ(st_os_map(&object, UNIT, false, &view), 0);
    bytes = view;
    for (uint64_t i = 0; i < UNIT; i++)
        T_EQ(bytes[i], 0);
    st_os_unmap(view, UNIT);
    st_os_object_close(&object);
    st_os_folder_close(&folder);
}

static void objects_are_opened_again_and_renamed(void)
{
    st_os_object one, two, three = ST_OS_OBJECT_CLOSED;
    st_os_status status[3];

    t_needs(T_KEPT);
    open_folder();
    one = make("one", UNIT, UNIT);
    two = make("two", folder.page, 0);
    T_EQ(st_os_object_rename(&folder, "one", "two"), STITCH_EEXIST);
    T_EQ(st_os_object_rename(&folder, "none", "three"), STITCH_ENOENT);
    T_EQ(st_os_object_rename(&folder, "one", "three"), 0);
    T_EQ(st_os_object_open(&folder, "one", false, &three), STITCH_ENOENT);
    T_EQ(st_os_object_open(&folder, "three", true, &three), 0);
    T_EQ(st_os_object_status(&one, &status[0]), 0);
    T_EQ(st_os_object_status(&three, &status[1]), 0);
    T_EQ(status[0].identity.number, status[1].identity.number);
    st_os_object_close(&three);
    T_EQ(st_os_object_reopen(&one, &three), 0);
    T_TRUE(three.handle != one.handle);
    T_EQ(st_os_object_status(&three, &status[2]), 0);
    T_EQ(status[0].identity.number, status[2].identity.number);
    st_os_object_close(&three);
    T_EQ(st_os_object_remove(&folder, "two"), 0);
    T_EQ(st_os_object_remove(&folder, "three"), 0);
    st_os_object_close(&one);
    st_os_object_close(&two);
    st_os_folder_close(&folder);
}

static void objects_are_read_without_mapping(void)
{
    unsigned char bytes[5000];
    st_os_reservation reservation;
    st_os_object object;
    uint64_t got = 9;
    void *view;
    bool data;

    open_folder();
    object = make("r", UNIT, UNIT);
    T_EQ(st_os_map(&object, UNIT, false, &view), 0);
    memset(view, 0x66, 4500 < folder.page ? 4500 : 4096);
    st_os_unmap(view, UNIT);
    T_EQ(st_os_object_read(&object, bytes, sizeof bytes, &got), 0);
    T_EQ(got, sizeof bytes);
    T_EQ(bytes[0], 0x66);
    T_EQ(bytes[4095], 0x66);
    T_EQ(bytes[4999], 0);
    T_EQ(st_os_object_remove(&folder, "r"), 0);
    st_os_object_close(&object);

    object = make("d", UNIT, folder.page);
    reservation = view_of(&object, UNIT);
    memset(reservation.base, 0x67, (size_t)folder.page);
    T_EQ(st_os_object_has_data(&object, 0, &data), 0);
    T_TRUE(data);
    T_EQ(st_os_object_has_data(&object, UNIT / 2, &data), 0);
    T_TRUE(!data);
    st_os_release(&reservation);
    T_EQ(st_os_object_remove(&folder, "d"), 0);
    st_os_object_close(&object);
    object = make("s", folder.page, 0);
    T_EQ(st_os_object_read(&object, bytes, 0, &got), 0);
    T_EQ(got, 0);
    T_EQ(st_os_object_remove(&folder, "s"), 0);
    st_os_object_close(&object);
    st_os_folder_close(&folder);
}

/* ---------------------------------------------------------------------------------------------------- memory --- */

static void all_zero(const unsigned char *bytes, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++)
        if (bytes[i])
            T_FAIL("byte %" PRIu64 " is not zero", i);
}

static void commit_makes_memory_that_reads_zero(void)
{
    st_os_object object;
    void *view;
    unsigned char *bytes;

    t_needs(T_GIVING_BACK);
    open_folder();
    object = make("m", 2 * UNIT, 0);
    T_EQ(resident(&object), 0);
    T_EQ(st_os_map(&object, 2 * UNIT, false, &view), 0);
    bytes = view;
    T_EQ(st_os_commit(&object, view, 0, 3 * folder.page, 0, &nobody), 0);
    T_TRUE(resident(&object) >= 3 * folder.page);
    memset(bytes, 0xff, 3 * folder.page);
    T_EQ(st_os_commit(&object, view, folder.page, UNIT, 0, &nobody), 0); /* over used bytes: they are zero again */
    all_zero(bytes + folder.page, UNIT);
    T_EQ(bytes[0], 0xff);
    T_TRUE(resident(&object) >= UNIT + folder.page);
    memset(bytes, 0xff, UNIT);
    T_EQ(st_os_commit(&object, view, 0, UNIT, ST_OS_LAZY, &nobody), 0); /* lazily: it only zeroes */
    all_zero(bytes, UNIT);
    T_EQ(st_os_decommit(&object, view, 0, 2 * UNIT), 0);
    T_EQ(resident(&object), 0);
    bytes[5] = 1;
    T_EQ(st_os_populate(&object, 0, UNIT), 0); /* and the contents stay */
    T_TRUE(resident(&object) >= UNIT);
    T_EQ(bytes[5], 1);
    all_zero(bytes + 6, UNIT - 6);
    T_EQ(st_os_discard_hint(view, UNIT), 0);
    T_EQ(bytes[5], 1);
    st_os_unmap(view, 2 * UNIT);
    T_EQ(st_os_object_remove(&folder, "m"), 0);
    st_os_object_close(&object);
    st_os_folder_close(&folder);
}

static void decommit_by_view_or_by_object(void)
{
    st_os_object object, closed = ST_OS_OBJECT_CLOSED;
    void *view;

    t_needs(T_GIVING_BACK);
    open_folder();
    object = make("d", UNIT, UNIT);
    T_EQ(st_os_map(&object, UNIT, false, &view), 0);
    memset(view, 0xff, UNIT);
    T_EQ(st_os_decommit(&closed, view, UNIT / 2, UNIT / 2), 0);
    T_TRUE(resident(&object) <= UNIT / 2);
    T_EQ(st_os_decommit(&object, NULL, folder.page, UNIT - folder.page), 0);
    T_TRUE(resident(&object) <= folder.page);
    T_TRUE(st_os_decommit(&closed, NULL, 0, UNIT) < 0);
    T_EQ(*(unsigned char *)view, 0xff);
    all_zero((unsigned char *)view + folder.page, UNIT - folder.page);
    st_os_unmap(view, UNIT);
    T_EQ(st_os_object_remove(&folder, "d"), 0);
    st_os_object_close(&object);
    st_os_folder_close(&folder);
}

/* ---------------------------------------------------------------------------------------- reservation, views --- */

typedef struct surveyed {
    unsigned count;
    st_os_range range[16];
} surveyed;

static int note(const st_os_range *range, void *arg)
{
    surveyed *seen = arg;

    if (seen->count == T_COUNT(seen->range))
        return 3;
    seen->range[seen->count++] = *range;
    return 0;
}

static surveyed survey(const st_os_reservation *reservation, uint64_t offset, uint64_t length)
{
    surveyed seen = { 0 };
    uint64_t at = (uint64_t)(uintptr_t)reservation->base + offset;

    T_EQ(st_os_survey(reservation->base + offset, length, note, &seen), 0);
    for (unsigned i = 0; i < seen.count; i++) { /* in order, without gaps, and clipped */
        T_EQ(seen.range[i].start, at);
        at += seen.range[i].length;
    }
    T_EQ(at, (uint64_t)(uintptr_t)reservation->base + offset + length);
    return seen;
}

static void views_lie_side_by_side(void)
{
    st_os_reservation reservation;
    st_os_object object[3];
    st_os_identity seen[3];
    st_os_status status;
    surveyed s;

    open_folder();
    T_EQ(st_os_reserve(8 * UNIT, &reservation), 0);
    T_EQ((uintptr_t)reservation.base % UNIT, 0);
    T_EQ(reservation.size, 8 * UNIT);
    s = survey(&reservation, 0, 8 * UNIT);
    T_EQ(s.count, 1);
    T_EQ(s.range[0].kind, ST_OS_RESERVED);
    for (unsigned i = 0; i < 3; i++) {
        char name[2] = { (char)('a' + i), 0 };

        object[i] = make(name, UNIT, UNIT);
        T_EQ(st_os_object_status(&object[i], &status), 0);
        T_EQ(st_os_view_map(&reservation, i * UNIT, UNIT, &object[i], i == 2), 0);
        seen[i] = st_os_view_identity(status.identity, reservation.base + i * UNIT);
        T_EQ(st_os_object_remove(&folder, name), 0);
        st_os_object_close(&object[i]); /* the view keeps the object */
    }
    memset(reservation.base, 0x21, 2 * UNIT); /* across the seam */
    all_zero(reservation.base + 2 * UNIT, UNIT);
    s = survey(&reservation, UNIT / 2, 4 * UNIT);
    T_EQ(s.count, 4);
    for (unsigned i = 0; i < 3; i++) {
        T_EQ(s.range[i].kind, ST_OS_VIEW);
        T_EQ(s.range[i].identity.number, seen[i].number);
        T_EQ(s.range[i].identity.device, seen[i].device);
        T_EQ(s.range[i].object_offset, i ? 0 : UNIT / 2);
        T_TRUE(s.range[i].readable && s.range[i].shared);
        T_EQ(s.range[i].writable, i != 2);
    }
    T_EQ(s.range[3].kind, ST_OS_RESERVED);
    st_os_view_unmap(&reservation, 2 * UNIT, UNIT);
    st_os_view_unmap(&reservation, UNIT, UNIT);
    s = survey(&reservation, 0, 8 * UNIT);
    T_EQ(s.count, 2);
    T_EQ(s.range[1].kind, ST_OS_RESERVED);
    T_EQ(s.range[1].length, 7 * UNIT);
    T_EQ(reservation.base[UNIT - 1], 0x21);
    T_EQ(st_os_survey(reservation.base, 8 * UNIT, note, &(surveyed){ .count = 16 }), 3); /* the result of `each` */
    st_os_release(&reservation);
    T_TRUE(reservation.base == NULL);
    st_os_release(&reservation);
    st_os_folder_close(&folder);
}

static void reservations_beyond_the_address_space(void)
{
    st_os_reservation reservation = { 0 };

    int code = st_os_reserve(UINT64_C(1) << 60, &reservation);

    T_TRUE(code == STITCH_EADDRSPACE || code == STITCH_ESYS); /* valgrind has its own limit and its own error */
    T_TRUE(reservation.base == NULL);
}

static const struct CMUnitTest tests[] = {
    T_TEST(environment),
    T_TEST(folders),
    T_TEST(objects_have_no_name_before_they_are_published),
    T_TEST(objects_can_be_born_with_their_memory),
    T_TEST(objects_are_opened_again_and_renamed),
    T_TEST(objects_are_read_without_mapping),
    T_TEST(commit_makes_memory_that_reads_zero),
    T_TEST(decommit_by_view_or_by_object),
    T_STITCHED(views_lie_side_by_side),
    T_TEST(reservations_beyond_the_address_space),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
