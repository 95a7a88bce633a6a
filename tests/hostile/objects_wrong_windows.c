/* SPDX-License-Identifier: MIT */
/*
 * Promise 10 on Windows: the name space is for everybody. Sections that only look like ours, and events, mutexes and
 * sections of others under names that we need, each give an error or make us take another name; there is no crash, and
 * nothing of others is touched.
 */
#include "test.h"
#include "maps.h"
#include "system_windows.h"

#include "shared/layout.h"
#include "handle/handle.h"

static const wchar_t *wide(const char *object_name)
{
    static wchar_t text[ST_NAME_SIZE + 8];

    memcpy(text, L"Local\\", 6 * sizeof *text);
    for (size_t i = 0; i <= strlen(object_name); i++)
        text[6 + i] = (wchar_t)(unsigned char)object_name[i];
    return text;
}

enum kind { EVENT, MUTEX, SEMAPHORE, SECTION, KINDS };

/* Makes an object of that kind under that name, as another program would. */
static HANDLE plant(enum kind kind, const char *object_name)
{
    const wchar_t *name = wide(object_name);
    HANDLE handle;

    SetLastError(0);
    switch (kind) {
    case EVENT:
        handle = CreateEventW(NULL, TRUE, FALSE, name);
        break;
    case MUTEX:
        handle = CreateMutexW(NULL, FALSE, name);
        break;
    case SEMAPHORE:
        handle = CreateSemaphoreW(NULL, 0, 1, name);
        break;
    default:
        handle = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, name);
    }
    T_TRUE(handle != NULL && GetLastError() != ERROR_ALREADY_EXISTS);
    return handle;
}

static void put(HANDLE section, const void *bytes, size_t length)
{
    void *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);

    T_TRUE(view != NULL);
    memcpy(view, bytes, length);
    T_TRUE(UnmapViewOfFile(view));
}

static int open_with(const char *name, uint64_t flags)
{
    struct stitch_options options = t_options();
    stitch_region *none = NULL;
    int e;

    options.flags = flags;
    e = stitch_open(name, &options, &none);
    T_TRUE(e == 0 || none == NULL);
    if (e == 0)
        t_close(none);
    return e;
}

typedef struct wanted {
    const char *name;
    unsigned seen;
} wanted;

static int look_for(const struct stitch_listing *listing, void *arg)
{
    wanted *w = arg;

    if (strcmp(listing->name, w->name) == 0) {
        w->seen++;
        T_TRUE(listing->error < 0);
    }
    return 0;
}

/* --------------------------------------------------------------------------------------- under a region's name --- */

/* All kinds of objects share one name space: the name is taken by an object that is no region. */
static void another_kind_of_object_is_ecorrupt(void)
{
    for (enum kind kind = EVENT; kind < SECTION; kind++) {
        const char *name = t_name();
        char object_name[ST_NAME_SIZE];
        struct stitch_options options = t_options();
        stitch_region *none = NULL;
        wanted w = { name, 0 };
        HANDLE planted;
        int e;

        st_names_region(object_name, name);
        planted = plant(kind, object_name);
        T_EQ(open_with(name, 0), STITCH_ECORRUPT);
        T_EQ(open_with(name, STITCH_READONLY), STITCH_ECORRUPT);
        e = stitch_create(name, &options, &none);
        T_TRUE(e == STITCH_EEXIST || e == STITCH_ECORRUPT);
        T_GIVES(stitch_attach(name, &options, &none), STITCH_ECORRUPT);
        T_TRUE(none == NULL);
        T_OK(stitch_list(look_for, &w));
        T_TRUE(w.seen <= 1);
        T_TRUE(CloseHandle(planted));
        t_close(t_create(name));
    }
}

static void a_foreign_section_is_ecorrupt(void)
{
    static const struct {
        DWORD type, size;
    } shapes[] = { { SEC_COMMIT, 4096 }, { SEC_COMMIT, 65536 }, { SEC_COMMIT, 1 << 20 } };

    for (size_t i = 0; i < T_COUNT(shapes); i++) {
        const char *name = t_name(), *text = "this is no region, but what somebody else has written";
        char object_name[ST_NAME_SIZE];
        struct stitch_options options = t_options();
        stitch_region *none = NULL;
        wanted w = { name, 0 };
        HANDLE section;

        st_names_region(object_name, name);
        section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | shapes[i].type, 0, shapes[i].size,
                                     wide(object_name));
        T_TRUE(section != NULL);
        put(section, text, strlen(text));
        T_EQ(open_with(name, 0), STITCH_ECORRUPT);
        T_EQ(open_with(name, STITCH_READONLY), STITCH_ECORRUPT);
        T_GIVES(stitch_create(name, &options, &none), STITCH_EEXIST);
        T_GIVES(stitch_attach(name, &options, &none), STITCH_ECORRUPT);
        T_OK(stitch_list(look_for, &w));
        T_EQ(w.seen, 1);
        T_TRUE(CloseHandle(section));
    }
}

/* Reading it would be an access violation (Wine lets it be read). */
static void a_section_without_memory_is_ecorrupt(void)
{
    const char *name = t_name();
    char object_name[ST_NAME_SIZE];
    struct stitch_options options = t_options();
    stitch_region *none = NULL;
    wanted w = { name, 0 };
    HANDLE section;

    st_names_region(object_name, name);
    section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 1 << 20, wide(object_name));
    T_TRUE(section != NULL);
    T_EQ(open_with(name, 0), STITCH_ECORRUPT);
    T_EQ(open_with(name, STITCH_READONLY), STITCH_ECORRUPT);
    T_GIVES(stitch_create(name, &options, &none), STITCH_EEXIST);
    T_OK(stitch_list(look_for, &w));
    T_EQ(w.seen, 1);
    T_TRUE(CloseHandle(section));
}

/* --------------------------------------------------------------------------------------- under a segment's name --- */

/* A process that can see the tag can take the names of the next segments. Growing skips these. */
static void promise_10_names_taken_before_us(void)
{
    for (enum kind kind = EVENT; kind < KINDS; kind++) {
        struct stitch_options options = t_options();
        stitch_region *region;
        HANDLE planted[5];
        uint64_t tag;

        t_note("kind %d", (int)kind);
        options.extent = STITCH_EXTENT_UNIT;
        region = t_create_with(t_name(), &options);
        T_OK(stitch_grow(region, T_MIB(1), NULL));
        tag = t_info(region).tag;
        for (unsigned i = 0; i < T_COUNT(planted); i++) {
            char object_name[ST_NAME_SIZE];

            st_names_segment(object_name, tag, 2 + i);
            planted[i] = plant(kind, object_name);
            if (kind == SECTION)
                put(planted[i], "mine", 4);
        }
        for (int i = 0; i < 4; i++)
            T_OK(stitch_grow(region, T_MIB(2), NULL));
        memset(t_bytes(region), 0x44, T_MIB(9));
        (void)t_prove(region);
        for (unsigned i = 0; i < T_COUNT(planted); i++) { /* they are unchanged */
            if (kind == SECTION) {
                char *view = MapViewOfFile(planted[i], FILE_MAP_READ, 0, 0, 0);

                T_TRUE(view != NULL && memcmp(view, "mine", 5) == 0);
                T_TRUE(UnmapViewOfFile(view));
            }
            T_TRUE(CloseHandle(planted[i]));
        }
        t_close(region);
    }
}

/* A wrong object has a listed segment's name: new handles get an error; those attached have the right one. */
static void promise_10_a_segment_of_another_size_or_kind(void)
{
    for (enum kind kind = EVENT; kind < KINDS; kind++) {
        struct stitch_options options = t_options();
        const char *name = t_name();
        char object_name[ST_NAME_SIZE];
        struct stitch_segment segment;
        stitch_region *region;
        st_os_object *object;
        struct stitch_verify_report report;
        HANDLE planted;

        options.extent = STITCH_EXTENT_UNIT;
        region = t_create_with(name, &options);
        T_OK(stitch_grow(region, T_MIB(2), NULL));
        T_OK(stitch_grow(region, T_MIB(2), NULL));
        memset(t_bytes(region), 0x45, T_MIB(4));
        T_OK(stitch_segment(region, 1, &segment));
        object = st_segments_object(&region->segments, 1);
        T_TRUE(CloseHandle((HANDLE)object->handle)); /* it was the only handle, so its name is free */
        object->handle = -1;
        st_names_segment(object_name, t_info(region).tag, segment.id);
        planted = plant(kind, object_name);
        T_EQ(open_with(name, STITCH_READONLY), STITCH_ECORRUPT);
        T_EQ(open_with(name, 0), STITCH_ECORRUPT);
        T_TRUE(stitch_verify(region, &report) < 0);
        t_all_bytes(region, 0, T_MIB(4), 0x45);
        T_OK(stitch_shrink(region, T_MIB(2)));
        T_EQ(open_with(name, 0), 0);
        (void)t_prove(region);
        T_TRUE(CloseHandle(planted));
        t_close(region);
    }
}

/* ------------------------------------------------------------------------------------------------------- folders ---
 */

static void folders_that_are_none_are_enoent(void)
{
    static const char *const folders[] = { "local", "GLOBAL", "Session", "/dev/shm", "C:\\", "Local\\x", " " };
    struct stitch_options options = t_options();
    stitch_region *none = NULL;

    for (size_t i = 0; i < T_COUNT(folders); i++) {
        options.folder = folders[i];
        T_GIVES(stitch_create("x", &options, &none), STITCH_ENOENT);
        T_GIVES(stitch_open("x", &options, &none), STITCH_ENOENT);
        T_GIVES(stitch_attach("x", &options, &none), STITCH_ENOENT);
        T_GIVES(stitch_unlink_at(folders[i], "x"), STITCH_ENOENT);
    }
}

/* The system has no names for strings that are not UTF-8. */
static void a_name_that_is_not_utf8_is_einval(void)
{
    struct stitch_options options = t_options();
    stitch_region *none = NULL;

    T_GIVES(stitch_create("\xff\xfe", &options, &none), STITCH_EINVAL);
    T_GIVES(stitch_open("a\xc3", &options, &none), STITCH_EINVAL);
}

/* Nothing outlives its users here, so STITCH_KEEP is refused and not ignored. */
static void to_keep_a_region_is_enotsup(void)
{
    struct stitch_options options = t_options();
    stitch_region *none = NULL;
    const char *name = t_name();

    options.flags = STITCH_KEEP;
    T_GIVES(stitch_create(name, &options, &none), STITCH_ENOTSUP);
    T_GIVES(stitch_attach(name, &options, &none), STITCH_ENOTSUP);
    T_TRUE(none == NULL);
    t_close(t_create(name));
}

static const struct CMUnitTest tests[] = {
    T_TEST(another_kind_of_object_is_ecorrupt),
    T_TEST(a_foreign_section_is_ecorrupt),
    T_TEST(a_section_without_memory_is_ecorrupt),
    T_STITCHED(promise_10_names_taken_before_us),
    T_STITCHED(promise_10_a_segment_of_another_size_or_kind),
    T_TEST(folders_that_are_none_are_enoent),
    T_TEST(a_name_that_is_not_utf8_is_einval),
    T_TEST(to_keep_a_region_is_enotsup),
};

static const t_helper helpers[] = { { NULL, NULL } };

T_MAIN(tests, helpers)
