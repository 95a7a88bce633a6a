/* SPDX-License-Identifier: MIT */
/*
 * Windows lacks something for long, or breaks something: calls fail until the test ends that, a map uses up its
 * placeholder, another program takes an address, a privilege is missing.
 */
#include "test.h"
#include "faults_windows.h"
#include "maps.h"
#include "state.h"

static t_state before;

static stitch_region *create(uint64_t size)
{
    stitch_region *region;

    region = t_create_shape((t_shape){ .extent = STITCH_EXTENT_UNIT, .reserve = T_MIB(16), .size = size });
    memset(t_bytes(region), 0x51, (size_t)size);
    return region;
}

/* --------------------------------------------------------------------------------------- nothing left for long --- */

/*
 * While it lacks, each grow fails with its own code and changes nothing, and shrinking works. When it is there again,
 * growing works too.
 */
static void without(enum t_call call, DWORD error, int code)
{
    stitch_region *region = create(T_MIB(2)), *none = NULL;
    struct stitch_options options = t_options();
    bool failed;

    t_note("without %s", t_call_name(call));
    options.size = 1;
    t_faults_begin();
    t_state_take(&before, region);
    t_faults_nth(call, 1, error, true);
    for (int i = 0; i < 3; i++) {
        T_GIVES(stitch_grow(region, T_MIB(3), NULL), code);
        T_EQ(stitch_os_error(), (int)error);
        T_GIVES(stitch_append(region, "x", 1, NULL), code);
        T_TRUE(stitch_create(t_name(), &options, &none) < 0);
    }
    failed = t_faults_over();
    T_TRUE(failed);
    T_UNCHANGED(&before, region);
    (void)t_prove(region);
    t_faults_nth(call, 1, error, true);
    T_OK(stitch_shrink(region, 5));
    T_OK(stitch_resize(region, T_MIB(1)));
    T_EQ(stitch_size(region), T_MIB(1));
    (void)t_faults_over();
    t_all_bytes(region, 0, T_MIB(1), 0x51);
    T_OK(stitch_grow(region, T_MIB(4), NULL));
    t_all_bytes(region, 0, T_MIB(1), 0x51);
    t_all_bytes(region, T_MIB(1), T_MIB(4), 0);
    (void)t_prove(region);
    t_close(region);
    t_faults_end();
}

static void promise_7_without_sections(void)
{
    without(T_CALL_CreateFileMappingW, ERROR_COMMITMENT_LIMIT, STITCH_ENOMEM);
    without(T_CALL_CreateFileMappingW, ERROR_TOO_MANY_OPEN_FILES, STITCH_EMFILE);
}

static void promise_7_without_mappings(void)
{
    without(T_CALL_MapViewOfFile3, ERROR_NOT_ENOUGH_MEMORY, STITCH_ENOMEM);
}

static void promise_5_without_commit_charge(void)
{
    without(T_CALL_VirtualAlloc, ERROR_COMMITMENT_LIMIT, STITCH_ENOMEM);
}

/* A fixed region has all its memory from the beginning, so a later lack does not affect it. */
static void promise_5_a_fixed_region_lacks_nothing(void)
{
    stitch_region *region = create(T_MIB(2));

    t_faults_begin();
    for (enum t_call call = 0; call < T_CALL_COUNT; call++) {
        if (call == T_CALL_WaitForSingleObject) /* this is the writer lock */
            continue;
        t_faults_nth(call, 1, ERROR_COMMITMENT_LIMIT, true);
        T_OK(stitch_resize(region, T_MIB(16)));
        T_OK(stitch_resize(region, T_MIB(2)));
        T_OK(stitch_append(region, "x", 1, NULL));
        T_OK(stitch_shrink(region, 1));
        (void)t_faults_over();
    }
    t_faults_end();
    t_all_bytes(region, 0, T_MIB(2), 0x51);
    T_OK(stitch_resize(region, T_MIB(16)));
    t_all_bytes(region, T_MIB(2), T_MIB(14), 0);
    (void)t_prove(region);
    t_close(region);
}

/* ------------------------------------------------------------------------------- placeholders that are used up --- */

static void *thief; /* memory that another program has taken in the placeholder's place; NULL: none */
static unsigned destroyed;
static DWORD take_type, take_protection;

/* Fails and loses the placeholder, as Wine does at the limit of mappings. Then another program may take its place. */
static void *WINAPI destroy_placeholder(HANDLE section, HANDLE process, void *at, ULONG64 offset, SIZE_T size,
                                        ULONG type, ULONG protection, struct st_extended_parameter *parameters,
                                        ULONG count)
{
    (void)section;
    (void)process;
    (void)offset;
    (void)type;
    (void)protection;
    (void)parameters;
    (void)count;
    destroyed += VirtualFree(at, 0, MEM_RELEASE) != 0;
    if (take_type)
        thief = VirtualAlloc(at, size, take_type, take_protection);
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

static void replace_map(bool with_destroyer)
{
    st_win.MapViewOfFile3 = with_destroyer ? destroy_placeholder : t_win_real.MapViewOfFile3;
}

static void check_one_piece(stitch_region *region)
{
    uint64_t base = (uint64_t)(uintptr_t)stitch_base(region);

    T_OK(stitch_resize(region, 0));
    T_EQ(t_maps_read(NULL, base, base + stitch_reserve(region)).count, 1);
}

static void promise_7_a_used_up_placeholder_is_put_back(void)
{
    stitch_region *region = create(T_MIB(2));

    destroyed = 0;
    take_type = 0;
    t_faults_begin();
    t_state_take(&before, region);
    for (unsigned i = 1; i <= 3; i++) {
        replace_map(true);
        T_GIVES(stitch_grow(region, T_MIB(3), NULL), STITCH_ENOMEM);
        T_EQ(destroyed, i);
        replace_map(false);
        T_UNCHANGED(&before, region);
        (void)t_prove(region);
    }
    T_OK(stitch_grow(region, T_MIB(3), NULL));
    t_all_bytes(region, 0, T_MIB(2), 0x51);
    (void)t_prove(region);
    check_one_piece(region);
    t_faults_end();
    t_close(region);
}

static void promise_7_a_follower_whose_placeholder_is_used_up(void)
{
    const char *name = t_name();
    stitch_region *region, *reader;

    region =
        t_create_shape((t_shape){ .name = name, .extent = STITCH_EXTENT_UNIT, .reserve = T_MIB(16), .size = T_MIB(2) });
    reader = t_open_readonly(name);
    memset(t_bytes(region), 0x52, T_MIB(2));
    for (int i = 0; i < 4; i++)
        T_OK(stitch_grow(region, T_MIB(2), NULL));
    destroyed = 0;
    take_type = 0;
    t_faults_begin();
    replace_map(true);
    for (unsigned i = 1; i <= 3; i++) {
        T_GIVES(stitch_sync(reader), STITCH_ENOMEM);
        T_EQ(destroyed, i);
        T_EQ(stitch_size(reader), T_MIB(2));
        t_all_bytes(reader, 0, T_MIB(2), 0x52);
        (void)t_prove_readonly(reader);
    }
    replace_map(false);
    T_EQ(stitch_sync(reader), 1);
    T_EQ(stitch_size(reader), T_MIB(10));
    (void)t_prove_readonly(reader);
    t_faults_end();
    t_close(reader);
    t_close(region);
}

/*
 * Another program takes the place first. Then the reservation has a part that is not ours: stitch_verify says so, no
 * foreign memory is overwritten, and the region is as usable as before; when the part is free again, it is taken back.
 */
static void promise_7_an_address_that_somebody_took(void)
{
    static const struct {
        DWORD type, protection;
    } kinds[] = { { MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE }, { MEM_RESERVE, PAGE_NOACCESS } };

    for (size_t i = 0; i < T_COUNT(kinds); i++) {
        stitch_region *region = create(T_MIB(4));
        uint64_t generation = stitch_generation(region);
        bool committed = (kinds[i].type & MEM_COMMIT) != 0;
        struct stitch_verify_report report;

        take_type = kinds[i].type;
        take_protection = kinds[i].protection;
        t_faults_begin();
        replace_map(true);
        T_GIVES(stitch_grow(region, T_MIB(2), NULL), STITCH_ENOMEM);
        replace_map(false);
        T_TRUE(thief == t_bytes(region) + T_MIB(4));
        if (committed) { /* a mere reservation looks like ours */
            memset(thief, 0x66, T_MIB(2));
            T_GIVES(stitch_verify(region, &report), STITCH_EUNSOUND);
            T_EQ(report.fault, STITCH_FAULT_RESERVATION);
            T_EQ(report.fault_offset, T_MIB(4));
            T_EQ(stitch_presence(region, T_MIB(4)), STITCH_PRESENCE_FOREIGN);
        }
        T_TRUE(stitch_grow(region, T_MIB(2), NULL) < 0);
        T_EQ(stitch_generation(region), generation);
        T_EQ(stitch_size(region), T_MIB(4));
        T_OK(stitch_shrink(region, T_MIB(3)));
        T_OK(stitch_grow(region, T_MIB(1), NULL));
        t_all_bytes(region, 0, T_MIB(1), 0x51);
        for (size_t at = 0; committed && at < T_MIB(2); at += 4096)
            T_EQ(((unsigned char *)thief)[at], 0x66);
        T_TRUE(VirtualFree(thief, 0, MEM_RELEASE));
        T_OK(stitch_resize(region, T_MIB(12)));
        t_all_bytes(region, T_MIB(2), T_MIB(10), 0);
        (void)t_prove(region);
        check_one_piece(region);
        t_faults_end();
        t_close(region);
    }
}

/* If it is still foreign when the region is closed, it stays; all that is ours goes. */
static void closing_leaves_to_others_what_they_took(void)
{
    take_type = MEM_RESERVE | MEM_COMMIT;
    take_protection = PAGE_READWRITE;
    for (int late = 0; late < 2; late++) {
        stitch_region *region = create(T_MIB(4));
        MEMORY_BASIC_INFORMATION piece;

        t_faults_begin();
        replace_map(true);
        T_GIVES(stitch_grow(region, T_MIB(2), NULL), STITCH_ENOMEM);
        replace_map(false);
        t_faults_end();
        T_TRUE(thief != NULL);
        memset(thief, 0x66, T_MIB(2));
        if (late)
            T_OK(stitch_resize(region, T_MIB(1)));
        t_close(region);
        T_TRUE(VirtualQuery(thief, &piece, sizeof piece) != 0);
        T_EQ(piece.State, MEM_COMMIT);
        T_EQ(piece.RegionSize, T_MIB(2));
        for (size_t at = 0; at < T_MIB(2); at += 4096)
            T_EQ(((unsigned char *)thief)[at], 0x66);
        T_TRUE(VirtualFree(thief, 0, MEM_RELEASE));
    }
}

/* --------------------------------------------------------------------------------------------------- privilege --- */

static bool privileged;

static BOOL WINAPI check_privilege(HANDLE token, PRIVILEGE_SET *wanted, LPBOOL result)
{
    T_TRUE(token != NULL);
    T_EQ(wanted->PrivilegeCount, 1);
    *result = privileged;
    return TRUE;
}

/* Creating in Global without the privilege fails with 5; with the privilege, 5 has its usual meaning. */
static void global_without_the_privilege_is_eprivilege(void)
{
    struct stitch_options options = t_options();
    stitch_region *region = NULL;

    options.size = T_MIB(1);
    options.reserve = T_MIB(16);
    t_faults_begin();
    st_win.PrivilegeCheck = check_privilege;
    for (unsigned nth = 1; nth <= 2; nth++)
        for (int has = 0; has < 2; has++) {
            bool failed;

            privileged = has;
            options.folder = "Global";
            t_faults_nth(T_CALL_CreateFileMappingW, nth, ERROR_ACCESS_DENIED, false);
            T_GIVES(stitch_create(t_name(), &options, &region), has ? STITCH_EACCES : STITCH_EPRIVILEGE);
            failed = t_faults_over();
            T_TRUE(failed);
            t_faults_nth(T_CALL_CreateFileMappingW, nth, ERROR_ACCESS_DENIED, false);
            T_GIVES(stitch_attach(t_name(), &options, &region), has ? STITCH_EACCES : STITCH_EPRIVILEGE);
            t_faults_nth(T_CALL_CreateFileMappingW, nth, ERROR_ACCESS_DENIED, false);
            options.folder = "Local";
            T_GIVES(stitch_create(t_name(), &options, &region), STITCH_EACCES);
            (void)t_faults_over();
        }
    T_TRUE(region == NULL);
    options.folder = "Global";
    T_OK(stitch_create(t_name(), &options, &region));
    t_close(region);
    t_faults_end();
}

static const struct CMUnitTest tests[] = {
    T_STITCHED(promise_7_without_sections),
    T_STITCHED(promise_7_without_mappings),
    T_BOTH(promise_5_without_commit_charge),
    T_CASE(promise_5_a_fixed_region_lacks_nothing, "", STITCH_BACKEND_FIXED, false),
    T_STITCHED(promise_7_a_used_up_placeholder_is_put_back),
    T_STITCHED(promise_7_a_follower_whose_placeholder_is_used_up),
    T_STITCHED(promise_7_an_address_that_somebody_took),
    T_STITCHED(closing_leaves_to_others_what_they_took),
    T_TEST(global_without_the_privilege_is_eprivilege),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
