/* SPDX-License-Identifier: MIT */
/*
 * Promises 5 and 7 at the limits of address space: the number of mappings (vm.max_map_count) and RLIMIT_AS. Sanitizers
 * and valgrind need more of both than any limit leaves, so this needs a plain build.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "system_linux.h"
#include "maps.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PAGE = 4096, MOST_MAPPINGS = 300000 };

static t_state before;
static unsigned char *filler;
static size_t filler_size;

static stitch_region *create_here(const char *name, uint64_t size)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;

    options.extent = STITCH_EXTENT_UNIT;
    options.reserve = T_MIB(512);
    options.size = size;
    return t_create_with(name, &options);
}

/* Makes mappings, by giving every second page of a range other rights, until the kernel makes no more. */
static void fill_mappings(void)
{
    filler_size = (size_t)MOST_MAPPINGS * 2 * PAGE;
    filler = mmap(NULL, filler_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    T_TRUE(filler != MAP_FAILED);
    for (size_t page = 1; page < 2 * MOST_MAPPINGS; page += 2)
        if (mprotect(filler + page * PAGE, PAGE, PROT_READ) != 0) {
            T_EQ(errno, ENOMEM);
            break;
        }
    /* Each step above makes two. Now it takes the last one too, until even a single mapping is refused. */
    while (mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
        ;
}

static void need_fillable(void)
{
    char limit[32] = "";

    (void)t_read_text("/proc/sys/vm/max_map_count", limit, sizeof limit);
    if (strtoul(limit, NULL, 10) > MOST_MAPPINGS)
        t_skip("vm.max_map_count is %s, too many to fill", limit);
}

static void empty_mappings(void)
{
    T_EQ(munmap(filler, filler_size), 0);
}

/* A grow must fail and change nothing; a shrink must work, and the reservation must be whole afterwards. */
T_HELPER(at_the_limit)
{
    stitch_region *region = create_here(t_name(), T_MIB(1));
    uint64_t base, offset = 3;
    struct stitch_verify_report report;

    while (stitch_size(region) < T_MIB(19))
        T_OK(stitch_grow(region, T_MIB(2), NULL));
    T_EQ(t_prove(region), 10);
    memset(t_bytes(region), 0x99, (size_t)stitch_size(region));
    base = (uint64_t)(uintptr_t)stitch_base(region);
    t_state_take(&before, region);
    fill_mappings();

    for (int i = 0; i < 3; i++) {
        T_GIVES(stitch_grow(region, T_MIB(3), &offset), STITCH_EMAPS);
        T_GIVES(stitch_resize(region, T_MIB(300)), STITCH_EMAPS);
    }
    T_EQ(offset, 3);
    T_UNCHANGED(&before, region);
    T_OK(stitch_verify(region, &report));

    T_OK(stitch_grow(region, T_KIB(500), &offset)); /* a grow inside the extent maps nothing */
    T_EQ(offset, T_MIB(19));
    T_OK(stitch_shrink(region, T_KIB(500) + T_MIB(1)));
    T_OK(stitch_shrink(region, T_MIB(5)));
    for (uint64_t size = T_MIB(13); size > T_MIB(3); size -= T_MIB(1)) {
        T_OK(stitch_resize(region, size));
        T_EQ(stitch_size(region), size);
        T_TRUE((uint64_t)(uintptr_t)stitch_base(region) == base);
        t_all_bytes(region, 0, size, 0x99);
        (void)t_prove(region);
    }
    empty_mappings();
    (void)t_prove(region);
    T_OK(stitch_resize(region, T_MIB(25)));
    t_all_bytes(region, 0, T_MIB(4), 0x99);
    t_all_bytes(region, T_MIB(4), T_MIB(21), 0);
    (void)t_prove(region);
    T_OK(stitch_resize(region, 0));
    t_close(region);
    T_EQ(t_folder_count(t_folder()), 0);
}

static void promise_7_mapping_limit_is_emaps_and_shrink_works(void)
{
    need_fillable();
    t_finish(t_start("at_the_limit", "-"));
}

/* A follower at the limit says so, keeps its mappings, and can try again; it can always sync a shrink. */
T_HELPER(follower_at_the_limit)
{
    stitch_region *region = t_open(t_argument(0));

    fill_mappings();
    t_tell(t_parent(), "full");
    t_expect(t_parent(), "grown");
    for (int i = 0; i < 3; i++)
        T_GIVES(stitch_sync(region), STITCH_EMAPS);
    T_TRUE(stitch_size(region) >= T_MIB(5));
    t_all_bytes(region, 0, T_MIB(5), 0x42);
    t_tell(t_parent(), "kept");
    t_expect(t_parent(), "shrunk");
    T_TRUE(stitch_sync(region) >= 0);
    T_EQ(stitch_size(region), T_MIB(1));
    t_all_bytes(region, 0, T_MIB(1), 0x42);
    (void)t_prove(region);
    t_tell(t_parent(), "followed");
    t_expect(t_parent(), "grown");
    empty_mappings();
    T_EQ(stitch_sync(region), 1);
    T_EQ(stitch_size(region), T_MIB(30));
    t_all_bytes(region, 0, T_MIB(1), 0x42);
    (void)t_prove(region);
    t_close(region);
}

static void follower_at_the_mapping_limit(void)
{
    const char *name = t_name();
    stitch_region *region;
    t_process *follower;

    need_fillable();
    region = create_here(name, T_MIB(5));
    memset(t_bytes(region), 0x42, T_MIB(5));
    follower = t_start("follower_at_the_limit", "%s", name);
    t_expect(follower, "full");
    while (stitch_size(region) < T_MIB(35))
        T_OK(stitch_grow(region, T_MIB(2), NULL));
    t_tell(follower, "grown");
    t_expect(follower, "kept");
    T_OK(stitch_resize(region, T_MIB(1)));
    t_tell(follower, "shrunk");
    t_expect(follower, "followed");
    T_OK(stitch_resize(region, T_MIB(30)));
    t_tell(follower, "grown");
    t_finish(follower);
    t_close(region);
}

/* A new handle at the limit gives an error and leaves nothing. */
T_HELPER(create_at_the_limit)
{
    stitch_region *region = create_here(t_argument(0), T_MIB(5)), *none = NULL;

    t_state_take(&before, region);
    fill_mappings();
    T_GIVES(stitch_create(t_name(), NULL, &none), STITCH_EMAPS);
    T_GIVES(stitch_attach(t_name(), NULL, &none), STITCH_EMAPS);
    T_GIVES(stitch_open(t_argument(0), NULL, &none), STITCH_EMAPS);
    T_TRUE(none == NULL);
    T_UNCHANGED(&before, region);
    empty_mappings();
    t_close(region);
    T_EQ(t_folder_count(t_folder()), 0);
}

static void no_new_handle_at_the_mapping_limit(void)
{
    need_fillable();
    t_finish(t_start("create_at_the_limit", "%s", t_name()));
}

T_HELPER(address_space)
{
    stitch_region *region = create_here(t_argument(0), T_MIB(1)), *other = NULL;
    struct stitch_options options = STITCH_OPTIONS_INIT;
    uint64_t was;

    t_state_take(&before, region);
    was = t_limit(RLIMIT_AS, t_process_memory("VmSize") + T_MIB(256));
    T_GIVES(stitch_create(t_name(), NULL, &other), STITCH_EADDRSPACE); /* 32 GiB */
    T_GIVES(stitch_attach(t_name(), NULL, &other), STITCH_EADDRSPACE);
    T_GIVES(stitch_open(t_argument(0), NULL, &other), STITCH_EADDRSPACE); /* 512 MiB */
    T_TRUE(other == NULL);
    T_UNCHANGED(&before, region);
    options.reserve = T_MIB(128);
    options.size = T_MIB(100);
    T_OK(stitch_create(t_name(), &options, &other));
    (void)t_prove(other);
    T_OK(stitch_resize(region, T_MIB(40))); /* a grow takes no address space */
    T_OK(stitch_resize(region, T_MIB(1)));
    t_close(other);
    (void)t_limit(RLIMIT_AS, was);
    t_close(region);
    T_EQ(t_folder_count(t_folder()), 0);
}

static void no_address_space_is_eaddrspace(void)
{
    t_finish(t_start("address_space", "%s", t_name()));
}

/* There is room for one thing after the other: every failure has the code of what is lacking, and leaves nothing. */
T_HELPER(little_memory)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    unsigned no_memory = 0, others = 0;
    stitch_region *region;

    options.reserve = T_MIB(2);
    options.segments = STITCH_SEGMENTS_MAX; /* its table is 1.5 MiB of ordinary memory */
    region = t_create_with(t_name(), &options);
    t_state_take(&before, region);
    for (uint64_t room = 0; room < T_MIB(10); room += T_KIB(64)) {
        stitch_region *other = NULL;
        uint64_t was;
        int code;

        (void)malloc_trim(0); /* memory that malloc has kept would hide the limit */
        was = t_limit(RLIMIT_AS, t_process_memory("VmSize") + room);
        code = stitch_create(t_name(), &options, &other);
        (void)t_limit(RLIMIT_AS, was);
        if (code == STITCH_OK)
            t_close(other);
        else if (code == STITCH_ENOMEM)
            no_memory++;
        else if (code == STITCH_EADDRSPACE || code == STITCH_EMAPS)
            others++;
        else
            T_FAIL("%s for a lack of memory", stitch_error_name(code));
        T_UNCHANGED(&before, region);
    }
    if (no_memory == 0 || others == 0)
        T_FAIL("STITCH_ENOMEM came %u times, codes of address space %u times", no_memory, others);
    t_close(region);
    T_EQ(t_folder_count(t_folder()), 0);
}

static void promise_7_no_memory_is_enomem_and_leaves_nothing(void)
{
    t_finish(t_start("little_memory", "-"));
}

/* After the last extent there is nothing to read, and a system call says so. */
static void the_reservation_is_no_memory_for_the_kernel(void)
{
    stitch_region *region = create_here(t_name(), T_MIB(4));
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), sink = memfd_create("sink", MFD_CLOEXEC);

    T_TRUE(file >= 0 && sink >= 0);
    errno = 0;
    T_EQ(pread(file, t_bytes(region) + T_MIB(4), 4096, 0), -1);
    T_EQ(errno, EFAULT);
    errno = 0;
    T_EQ(pwrite(sink, t_bytes(region) + T_MIB(100), 4096, 0), -1);
    T_EQ(errno, EFAULT);
    T_EQ(pwrite(sink, t_bytes(region) + T_MIB(4) - 4096, 8192, 0), 4096); /* only the mapped bytes */
    (void)close(file);
    (void)close(sink);
    (void)t_prove(region);
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_TEST(promise_7_mapping_limit_is_emaps_and_shrink_works),
    T_TEST(follower_at_the_mapping_limit),
    T_TEST(no_new_handle_at_the_mapping_limit),
    T_TEST(no_address_space_is_eaddrspace),
    T_TEST(the_reservation_is_no_memory_for_the_kernel),
    T_TEST(promise_7_no_memory_is_enomem_and_leaves_nothing),
};

static const t_helper helpers[] = {
    T_ENTRY(at_the_limit),  T_ENTRY(follower_at_the_limit), T_ENTRY(create_at_the_limit),
    T_ENTRY(address_space), T_ENTRY(little_memory),         { NULL, NULL },
};

T_MAIN(tests, helpers)
