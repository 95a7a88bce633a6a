/* SPDX-License-Identifier: MIT */
/*
 * stitch_verify sees every kind of damage to a mapping, and says where and which; stitch_segment and stitch_presence
 * see it too. The test does the damage without the library, by plain system calls on its addresses and objects.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "maps.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "handle/names.h"

static stitch_region *region;
static uint64_t page;

/* Makes three segments of 2 MiB, committed but for the last page. */
static void create(void)
{
    struct stitch_verify_report report;

    region = t_create_shape((t_shape){ .extent = STITCH_EXTENT_UNIT, .reserve = T_MIB(64) });
    page = t_info(region).page;
    for (int i = 0; i < 3; i++)
        T_OK(stitch_grow(region, i < 2 ? T_MIB(2) : T_MIB(2) - page, NULL));
    T_OK(stitch_verify(region, &report));
    T_EQ(report.fault_offset, 0);
    T_EQ(report.fault_id, 0);
    for (size_t i = 0; i < T_COUNT(report.spare); i++)
        T_EQ(report.spare[i], 0);
}

static uint64_t id_of(uint64_t index)
{
    struct stitch_segment segment;

    T_OK(stitch_segment(region, index, &segment));
    return segment.id;
}

/* Opens the object of a segment by its name. */
static int open_object(uint64_t index, char name[ST_NAME_SIZE])
{
    int folder = open(t_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), object;

    T_TRUE(folder >= 0);
    st_names_segment(name, t_info(region).tag, id_of(index));
    object = openat(folder, name, O_RDWR | O_CLOEXEC);
    T_TRUE(object >= 0);
    (void)close(folder);
    return object;
}

static void must_see(enum stitch_fault fault, uint64_t offset, uint64_t id)
{
    struct stitch_verify_report report;

    memset(&report, 0xee, sizeof report);
    T_GIVES(stitch_verify(region, &report), STITCH_EUNSOUND);
    if (report.fault != fault)
        T_FAIL("verify saw \"%s\" and not \"%s\"", stitch_fault_name(report.fault), stitch_fault_name(fault));
    T_EQ(report.fault_offset, offset);
    T_EQ(report.fault_id, id);
    t_close(region);
}

static void map_nothing(uint64_t offset, uint64_t length, int rights, int flags)
{
    void *at = mmap(t_bytes(region) + offset, (size_t)length, rights, MAP_FIXED | MAP_ANONYMOUS | flags, -1, 0);

    T_TRUE(at != MAP_FAILED);
}

static void sees_what_is_missing(void)
{
    static const uint64_t at[] = { 0, 4096, T_MIB(2), T_MIB(4) - 4096, T_MIB(6) - 4096 };

    for (size_t i = 0; i < T_COUNT(at); i++) {
        struct stitch_segment segment;

        create();
        T_EQ(munmap(t_bytes(region) + at[i], 4096), 0);
        T_EQ(stitch_presence(region, at[i]), STITCH_PRESENCE_FOREIGN);
        T_OK(stitch_segment(region, at[i] / T_MIB(2), &segment));
        T_EQ(segment.adjacent, 0);
        must_see(STITCH_FAULT_MISSING, at[i], segment.id);
    }
}

static void sees_what_is_foreign(void)
{
    char name[ST_NAME_SIZE];
    uint64_t id;
    int object;

    create(); /* memory of no object */
    id = id_of(1);
    map_nothing(T_MIB(2) + 8192, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    T_EQ(stitch_presence(region, T_MIB(2) + 8192), STITCH_PRESENCE_FOREIGN);
    must_see(STITCH_FAULT_FOREIGN, T_MIB(2) + 8192, id);

    create(); /* the object of another segment */
    id = id_of(2);
    object = open_object(0, name);
    T_TRUE(mmap(t_bytes(region) + T_MIB(4), T_MIB(2), PROT_READ | PROT_WRITE, MAP_FIXED | MAP_SHARED, object, 0) !=
           MAP_FAILED);
    (void)close(object);
    must_see(STITCH_FAULT_FOREIGN, T_MIB(4), id);
}

static void sees_what_is_shifted(void)
{
    char name[ST_NAME_SIZE];
    uint64_t id;
    int object;

    create();
    id = id_of(1);
    object = open_object(1, name);
    T_TRUE(mmap(t_bytes(region) + T_MIB(2), T_MIB(1), PROT_READ | PROT_WRITE, MAP_FIXED | MAP_SHARED, object,
                (off_t)T_MIB(1)) != MAP_FAILED);
    (void)close(object);
    must_see(STITCH_FAULT_SHIFTED, T_MIB(2), id);
}

static void sees_wrong_rights(void)
{
    static const int rights[] = { PROT_NONE, PROT_READ };
    uint64_t id;

    for (size_t i = 0; i < T_COUNT(rights); i++) {
        create();
        id = id_of(1);
        T_EQ(mprotect(t_bytes(region) + T_MIB(3), 4096, rights[i]), 0);
        must_see(STITCH_FAULT_PROTECTION, T_MIB(3), id);
    }
}

static void sees_a_private_copy(void)
{
    char name[ST_NAME_SIZE];
    uint64_t id;
    int object;

    create();
    id = id_of(0);
    object = open_object(0, name);
    T_TRUE(mmap(stitch_base(region), T_MIB(2), PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE, object, 0) !=
           MAP_FAILED);
    (void)close(object);
    must_see(STITCH_FAULT_PROTECTION, 0, id);
}

static void sees_holes_in_the_reservation(void)
{
    create();
    T_EQ(munmap(t_bytes(region) + T_MIB(30), 4096), 0);
    T_EQ(stitch_presence(region, T_MIB(30)), STITCH_PRESENCE_FOREIGN);
    must_see(STITCH_FAULT_RESERVATION, T_MIB(30), 0);
    create();
    map_nothing(T_MIB(6), 4096, PROT_READ, MAP_PRIVATE);
    T_EQ(stitch_presence(region, T_MIB(6)), STITCH_PRESENCE_FOREIGN);
    must_see(STITCH_FAULT_RESERVATION, T_MIB(6), 0);
    create();
    T_EQ(munmap(t_bytes(region) + T_MIB(64) - 4096, 4096), 0);
    must_see(STITCH_FAULT_RESERVATION, T_MIB(64) - 4096, 0);
}

static void sees_a_wrong_object(void)
{
    char name[ST_NAME_SIZE], path[512];
    uint64_t id;
    int object;

    create(); /* another size */
    id = id_of(2);
    object = open_object(2, name);
    T_EQ(ftruncate(object, (off_t)T_MIB(4)), 0);
    (void)close(object);
    must_see(STITCH_FAULT_OBJECT, T_MIB(4), id);

    create(); /* no name any more */
    id = id_of(1);
    (void)close(open_object(1, name));
    (void)snprintf(path, sizeof path, "%s/%s", t_folder(), name);
    T_EQ(unlink(path), 0);
    must_see(STITCH_FAULT_OBJECT, T_MIB(2), id);

    create(); /* another object under its name */
    id = id_of(1);
    (void)close(open_object(1, name));
    (void)snprintf(path, sizeof path, "%s/%s", t_folder(), name);
    T_EQ(unlink(path), 0);
    object = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    T_TRUE(object >= 0);
    T_EQ(posix_fallocate(object, 0, (off_t)T_MIB(2)), 0);
    (void)close(object);
    must_see(STITCH_FAULT_OBJECT, T_MIB(2), id);
}

static void sees_memory_that_is_not_there(void)
{
    char name[ST_NAME_SIZE];
    uint64_t id;
    int object;

    create();
    id = id_of(1);
    object = open_object(1, name);
    T_EQ(fallocate(object, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)T_MIB(1), (off_t)page), 0);
    (void)close(object);
    must_see(STITCH_FAULT_UNCOMMITTED, T_MIB(2), id);
}

/* A program may advise and lock its mappings; that splits them, and they stay sound. */
static void does_not_mind_advice(void)
{
    struct stitch_verify_report report;

    create();
    (void)madvise(t_bytes(region) + T_MIB(1), T_MIB(2), MADV_DONTFORK);
    (void)madvise(t_bytes(region) + T_MIB(5), 8192, MADV_RANDOM);
    (void)mlock(t_bytes(region), 8192);
    T_OK(stitch_verify(region, &report));
    T_EQ(t_prove(region), 3);
    T_OK(stitch_resize(region, T_MIB(3)));
    T_OK(stitch_resize(region, T_MIB(7)));
    (void)t_prove(region);
    T_OK(stitch_resize(region, 0));
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_TEST(sees_what_is_missing), T_TEST(sees_what_is_foreign),          T_TEST(sees_what_is_shifted),
    T_TEST(sees_wrong_rights),    T_TEST(sees_a_private_copy),           T_TEST(sees_holes_in_the_reservation),
    T_TEST(sees_a_wrong_object),  T_TEST(sees_memory_that_is_not_there), T_TEST(does_not_mind_advice),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
