/* SPDX-License-Identifier: MIT */
/*
 * stitch_verify on Windows sees every kind of damage to a mapping that VirtualQuery shows, and says where and which;
 * stitch_segment and stitch_presence see it too. The test does the damage without the library, by plain calls on its
 * addresses and objects. VirtualQuery does not tell which section a view is of, so a foreign view of the right size at
 * the right address looks like ours.
 *
 * And a damaged region is closed: all that is left of it goes nevertheless.
 */
#include "test.h"
#include "maps.h"
#include "system_windows.h"

#include "handle/handle.h"

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
}

static uint64_t id_of(uint64_t index)
{
    struct stitch_segment segment;

    T_OK(stitch_segment(region, index, &segment));
    return segment.id;
}

static void check_adjacent(uint64_t index, uint64_t adjacent)
{
    struct stitch_segment segment;

    T_OK(stitch_segment(region, index, &segment));
    T_EQ(segment.adjacent, adjacent);
}

/* Fails unless the first damage seen is this one, in [offset, offset + within). */
static void must_see_within(enum stitch_fault fault, uint64_t offset, uint64_t within, uint64_t id)
{
    struct stitch_verify_report report;

    memset(&report, 0xee, sizeof report);
    T_GIVES(stitch_verify(region, &report), STITCH_EUNSOUND);
    if (report.fault != fault)
        T_FAIL("verify saw \"%s\" and not \"%s\"", stitch_fault_name(report.fault), stitch_fault_name(fault));
    T_TRUE(report.fault_offset >= offset && report.fault_offset - offset < within);
    T_EQ(report.fault_id, id);
}

static void must_see(enum stitch_fault fault, uint64_t offset, uint64_t id)
{
    must_see_within(fault, offset, 1, id);
}

static void unmap(uint64_t offset)
{
    T_TRUE(UnmapViewOfFile(t_bytes(region) + offset));
}

/* Puts a view of another section in the place of ours. */
static void map_another(uint64_t offset, uint64_t size)
{
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)size, NULL);

    T_TRUE(section != NULL);
    T_TRUE(MapViewOfFileEx(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0, t_bytes(region) + offset) != NULL);
    T_TRUE(CloseHandle(section));
}

static unsigned char *allocate(uint64_t offset, uint64_t size)
{
    unsigned char *at = VirtualAlloc(t_bytes(region) + offset, (SIZE_T)size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    T_TRUE(at == t_bytes(region) + offset);
    memset(at, 0x77, (size_t)size);
    return at;
}

/* Removes the foreign mapping; then the region's own calls repair it. */
static void free_and_go_on(void *at)
{
    if (at)
        T_TRUE(VirtualFree(at, 0, MEM_RELEASE));
    T_OK(stitch_resize(region, 0));
    T_OK(stitch_resize(region, T_MIB(9)));
    (void)t_prove(region);
    t_close(region);
}

static void sees_what_is_missing(void)
{
    for (uint64_t index = 0; index < 3; index++) {
        uint64_t at = index * T_MIB(2);

        create();
        unmap(at);
        T_EQ(stitch_presence(region, at), STITCH_PRESENCE_FOREIGN);
        T_EQ(stitch_presence(region, at + T_MIB(1)), STITCH_PRESENCE_FOREIGN);
        check_adjacent(index, 0);
        must_see(STITCH_FAULT_MISSING, at, id_of(index));
        free_and_go_on(NULL);
    }
}

static void sees_what_is_foreign(void)
{
    void *at;

    create(); /* memory of no object */
    unmap(T_MIB(2));
    at = allocate(T_MIB(2), T_MIB(2));
    T_EQ(stitch_presence(region, T_MIB(3)), STITCH_PRESENCE_FOREIGN);
    check_adjacent(1, 0);
    check_adjacent(2, 0); /* its neighbour is missing */
    must_see(STITCH_FAULT_FOREIGN, T_MIB(2), id_of(1));
    free_and_go_on(at);

    create(); /* free address space */
    unmap(T_MIB(4));
    at = VirtualAlloc(t_bytes(region) + T_MIB(4), (SIZE_T)T_MIB(2), MEM_RESERVE, PAGE_NOACCESS);
    T_TRUE(at != NULL);
    must_see(STITCH_FAULT_FOREIGN, T_MIB(4), id_of(2));
    free_and_go_on(at);

    create(); /* another object, with its middle where the segment begins */
    unmap(T_MIB(2));
    unmap(0);
    map_another(0, T_MIB(4));
    T_EQ(stitch_presence(region, T_MIB(2)), STITCH_PRESENCE_FOREIGN);
    must_see(STITCH_FAULT_SHIFTED, 0, id_of(0));
    unmap(0);
    free_and_go_on(NULL);
}

static void sees_a_view_that_is_too_short(void)
{
    create();
    unmap(T_MIB(2));
    map_another(T_MIB(2), T_MIB(1));
    check_adjacent(1, 0);
    must_see(STITCH_FAULT_MISSING, T_MIB(3), id_of(1));
    unmap(T_MIB(2));
    free_and_go_on(NULL);
}

static void sees_wrong_rights(void)
{
    static const DWORD rights[] = { PAGE_NOACCESS, PAGE_READONLY };

    for (size_t i = 0; i < T_COUNT(rights); i++) {
        struct stitch_segment segment;
        DWORD before;

        create();
        T_TRUE(VirtualProtect(t_bytes(region) + T_MIB(3), 4096, rights[i], &before));
        T_EQ(before, PAGE_READWRITE);
        T_OK(stitch_segment(region, 1, &segment));
        T_EQ(segment.access, i == 0 ? 0 : STITCH_ACCESS_READ);
        must_see_within(STITCH_FAULT_PROTECTION, T_MIB(2), T_MIB(1) + 1, id_of(1));
        T_TRUE(VirtualProtect(t_bytes(region) + T_MIB(3), 4096, before, &before));
        (void)t_prove(region);
        free_and_go_on(NULL);
    }
}

static void sees_holes_in_the_reservation(void)
{
    void *at;

    create();
    T_TRUE(VirtualFree(t_bytes(region) + T_MIB(6), 0, MEM_RELEASE));
    T_EQ(stitch_presence(region, T_MIB(6)), STITCH_PRESENCE_FOREIGN);
    must_see(STITCH_FAULT_RESERVATION, T_MIB(6), 0);
    at = allocate(T_MIB(6), 65536);
    T_EQ(stitch_presence(region, T_MIB(6)), STITCH_PRESENCE_FOREIGN);
    must_see(STITCH_FAULT_RESERVATION, T_MIB(6), 0);
    T_TRUE(stitch_resize(region, T_MIB(7)) < 0);
    T_EQ(stitch_size(region), T_MIB(6) - page);
    T_TRUE(VirtualFree(at, 0, MEM_RELEASE));
    T_OK(stitch_resize(region, T_MIB(13))); /* it takes back as much as it needs */
    memset(t_bytes(region), 1, T_MIB(13));
    check_adjacent(3, 1);
    t_close(region);
}

/* The library holds the only handle of the segment: the test closes it, and the name is gone. */
static void sees_a_wrong_object(void)
{
    for (int kind = 0; kind < 2; kind++) {
        char name[ST_NAME_SIZE];
        wchar_t wide[ST_NAME_SIZE] = L"Local\\";
        st_os_object *object;
        HANDLE other = NULL;
        uint64_t id;

        create();
        id = id_of(1);
        st_names_segment(name, t_info(region).tag, id);
        for (size_t i = 0; i <= strlen(name); i++)
            wide[6 + i] = (wchar_t)(unsigned char)name[i];
        object = st_segments_object(&region->segments, 1);
        T_TRUE(CloseHandle((HANDLE)object->handle));
        object->handle = -1;
        if (kind == 1) { /* another section under its name */
            other = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)T_MIB(4), wide);
            T_TRUE(other != NULL && GetLastError() != ERROR_ALREADY_EXISTS);
        }
        must_see(STITCH_FAULT_OBJECT, T_MIB(2), id);
        if (other)
            T_TRUE(CloseHandle(other));
        free_and_go_on(NULL);
    }
}

/* A program may lock, reset and query its views; they stay sound. */
static void does_not_mind_advice(void)
{
    create();
    (void)VirtualLock(t_bytes(region) + T_MIB(1), 65536);
    T_TRUE(VirtualAlloc(t_bytes(region) + T_MIB(3), 65536, MEM_RESET, PAGE_READWRITE) != NULL);
    T_OK(stitch_discard(region, T_MIB(1), T_MIB(4)));
    T_EQ(t_prove(region), 3);
    T_OK(stitch_resize(region, T_MIB(3)));
    T_OK(stitch_resize(region, T_MIB(7)));
    free_and_go_on(NULL);
}

/* --------------------------------------------------------------------------------------- closing what is damaged ---
 */

/* A hole at the beginning, in the middle or at the end of the segments: all the rest goes nevertheless. */
static void closing_goes_on_behind_a_hole(void)
{
    for (uint64_t at = 0; at <= T_MIB(6); at += T_MIB(2)) {
        size_t reserved = t_reservations();

        create();
        if (at < T_MIB(6))
            unmap(at);
        else
            T_TRUE(VirtualFree(t_bytes(region) + at, 0, MEM_RELEASE));
        t_close(region);
        T_EQ(t_maps_count_in(t_folder()), 0);
        T_EQ(t_reservations(), reserved);
    }
}

static const struct CMUnitTest tests[] = {
    T_STITCHED(sees_what_is_missing),          T_STITCHED(sees_what_is_foreign),
    T_STITCHED(sees_a_view_that_is_too_short), T_STITCHED(sees_wrong_rights),
    T_STITCHED(sees_holes_in_the_reservation), T_STITCHED(sees_a_wrong_object),
    T_STITCHED(does_not_mind_advice),          T_STITCHED(closing_goes_on_behind_a_hole),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
