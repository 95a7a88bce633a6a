/* SPDX-License-Identifier: MIT */
/*
 * Promise 9: the system lets a read-only handle write nothing; the handle follows and waits like any other.
 */
#include "test.h"
#include "maps.h"
#include "state.h"

static t_state before;

static void promise_9_every_writing_call_says_readonly(void)
{
    const char *name = t_name();
    stitch_region *writer = t_create(name), *reader;
    uint64_t offset = 6;

    T_OK(stitch_grow(writer, T_MIB(3), NULL));
    reader = t_open_readonly(name);
    T_TRUE((t_info(reader).flags & STITCH_READONLY) != 0);
    t_state_take(&before, reader);
    T_GIVES(stitch_grow(reader, 1, &offset), STITCH_EREADONLY);
    T_GIVES(stitch_grow(reader, 0, &offset), STITCH_EREADONLY);
    T_GIVES(stitch_append(reader, "x", 1, &offset), STITCH_EREADONLY);
    T_GIVES(stitch_shrink(reader, 1), STITCH_EREADONLY);
    T_GIVES(stitch_shrink(reader, 0), STITCH_EREADONLY);
    T_GIVES(stitch_resize(reader, 0), STITCH_EREADONLY);
    T_GIVES(stitch_resize(reader, T_MIB(3)), STITCH_EREADONLY);
    T_GIVES(stitch_discard(reader, 0, 4096), STITCH_EREADONLY);
    T_EQ(offset, 6);
    T_UNCHANGED(&before, reader);
    (void)t_prove_readonly(reader);
    t_close(reader);
    t_close(writer);
}

T_HELPER(storer)
{
    stitch_region *region = t_open_readonly(t_argument(0));

    t_default_signals();
    t_tell(t_parent(), "storing");
    *(volatile unsigned char *)(t_bytes(region) + t_argument_number(1)) = 1;
    t_tell(t_parent(), "stored");
}

static void promise_9_a_store_faults(void)
{
    const char *name = t_name();
    stitch_region *region = t_create(name);
    static const uint64_t offsets[] = { 0, 5000000, 8 << 20, (9 << 20) - 1 };

    T_OK(stitch_grow(region, T_MIB(3), NULL));
    T_OK(stitch_grow(region, T_MIB(6), NULL));
    for (size_t i = 0; i < T_COUNT(offsets); i++) {
        t_process *storer = t_start("storer", "%s %" PRIu64, name, offsets[i]);

        t_expect(storer, "storing");
        T_EQ(t_wait(storer), T_END_FAULT);
    }
    t_all_bytes(region, 0, T_MIB(9), 0);
    t_close(region);
}

static void promise_9_rights_cannot_be_raised(void)
{
    const char *name = t_name();
    stitch_region *writer = t_create(name), *reader;

    T_OK(stitch_grow(writer, T_MIB(5), NULL));
    reader = t_open_readonly(name);
    for (uint64_t at = 0; at < T_MIB(5); at += T_MIB(1))
        T_TRUE(!t_raise_rights(t_bytes(reader) + at, 4096));
    (void)t_prove_readonly(reader);
    t_close(reader);
    t_close(writer);
}

/* The last handle may be read-only: the region still ends. */
static void a_reader_as_the_last_one_out(void)
{
    const char *name = t_name();
    stitch_region *writer = t_create(name), *reader = t_open_readonly(name);

    T_EQ(t_info(reader).writers, 1);
    T_OK(stitch_append(writer, "still here", 10, NULL));
    if (!t_has(T_KEPT)) /* a segment ends with its last holder, so the reader must hold it before */
        T_EQ(stitch_sync(reader), 1);
    t_close(writer);
    T_EQ(t_info(reader).writers, 0);
    T_EQ(stitch_sync(reader), t_has(T_KEPT));
    T_TRUE(memcmp(t_bytes(reader), "still here", 10) == 0);
    t_close(reader);
    T_FOLDER_HOLDS(0);
}

static void attach_readonly_never_creates(void)
{
    struct stitch_options options = t_options();
    stitch_region *none = NULL;

    options.flags = STITCH_READONLY;
    T_GIVES(stitch_attach(t_name(), &options, &none), STITCH_ENOENT);
    T_TRUE(none == NULL);
    T_FOLDER_HOLDS(0);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(promise_9_every_writing_call_says_readonly),
    T_FIXED(promise_9_every_writing_call_says_readonly),
    T_REMAP(promise_9_every_writing_call_says_readonly),
    T_BOTH(promise_9_a_store_faults),
    T_FIXED(promise_9_a_store_faults),
    T_REMAP(promise_9_a_store_faults),
    T_BOTH(promise_9_rights_cannot_be_raised),
    T_FIXED(promise_9_rights_cannot_be_raised),
    T_REMAP(promise_9_rights_cannot_be_raised),
    T_BOTH(a_reader_as_the_last_one_out),
    T_TEST(attach_readonly_never_creates),
};

static const t_helper helpers[] = {
    T_ENTRY(storer),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
