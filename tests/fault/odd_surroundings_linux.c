/* SPDX-License-Identifier: MIT */
/*
 * Surroundings that few programs have: no standard streams; no /proc, or that of another process; memory of a region
 * that is locked, or a view that is split; a kernel that makes no huge pages, has no random bytes, or says what we do
 * not know.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "intercept_linux.h"
#include "system_linux.h"
#include "maps.h"
#include "members.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "handle/handle.h"

#define PAGE 4096

static stitch_region *create_by_small_extents(uint64_t flags, uint64_t size)
{
    stitch_region *region;

    region = t_create_shape((t_shape){ .flags = flags, .extent = STITCH_EXTENT_UNIT });
    for (uint64_t at = T_MIB(2); at <= size; at += T_MIB(2))
        T_OK(stitch_resize(region, at));
    return region;
}

/* ------------------------------------------------------------------------------------- the program's descriptors */

static bool streams_are_closed(void)
{
    for (int stream = 0; stream <= 2; stream++)
        if (fcntl(stream, F_GETFD) >= 0)
            return false;
    return true;
}

/* If the region had descriptor 1, printed text would go into it. */
static void without_streams(void *arg)
{
    const char *name = t_name();
    stitch_region *region, *follower;

    (void)arg;
    for (int stream = 0; stream <= 2; stream++)
        (void)close(stream);
    region = t_create(name);
    T_OK(stitch_grow(region, T_MIB(3), NULL));
    T_TRUE(streams_are_closed());
    follower = t_open(name);
    T_OK(stitch_grow(region, T_MIB(8), NULL));
    T_EQ(stitch_sync(follower), 1);
    T_TRUE(streams_are_closed());
    t_close(follower);
    t_close(region);
    T_TRUE(streams_are_closed());
}

static void promise_12_closed_standard_streams_stay_closed(void)
{
    t_finish(t_fork(without_streams, NULL));
}

/* ---------------------------------------------------------------------------------------------------- /proc --- */

/*
 * Its locks are the parent's, and to get its own it must open the directory's object by /proc. It follows without a
 * seat on the roster, since it cannot tell who it is.
 */
static void child_without_proc(void *arg)
{
    stitch_region *region = arg;

    t_tell(t_parent(), "ready");
    t_expect(t_parent(), "go");
    T_EQ(stitch_sync(region), 1);
    T_EQ(stitch_size(region), T_MIB(8));
    t_all_bytes(region, 0, T_MIB(8), 0x6c);
    T_TRUE(!t_is_member(region, NULL));
    T_GIVES(stitch_grow(region, 1, NULL), STITCH_ESYS);
    T_EQ(stitch_os_error(), ENOENT);
    t_close(region);
}

/* Objects get their names in another way; calls that only /proc can answer give an error. */
static void without_proc(void *arg)
{
    const char *name = t_name();
    stitch_region *region, *follower;
    struct stitch_verify_report report;
    t_process *child;

    (void)arg;
    if (unshare(CLONE_NEWNS) || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL)) {
        t_tell(t_parent(), "refused");
        return;
    }
    region = t_create(name);
    child = t_fork(child_without_proc, region);
    t_expect(child, "ready");
    T_EQ(mount("none", "/proc", "tmpfs", 0, NULL), 0);
    t_tell(t_parent(), "entered");
    follower = t_open(name);
    T_OK(stitch_grow(region, T_MIB(8), NULL));
    memset(t_bytes(region), 0x6c, T_MIB(8));
    T_EQ(stitch_sync(follower), 1);
    t_all_bytes(follower, 0, T_MIB(8), 0x6c);
    T_GIVES(stitch_verify(region, &report), STITCH_ESYS);
    t_tell(child, "go");
    t_finish(child);
    T_OK(stitch_shrink(region, T_MIB(8)));
    t_close(follower);
    t_close(region);
    region = t_create(t_name());
    t_close(region);
}

static void a_machine_without_proc(void)
{
    t_process *process;
    const char *heard;

    t_need_root("cover /proc");
    process = t_fork(without_proc, NULL);
    heard = t_hear(process);
    if (strcmp(heard, "refused") == 0) {
        t_finish(process);
        t_skip("no name space of mounts can be had");
    }
    t_finish(process);
}

/* Instead of this file of /proc another one is opened, with this text. */
static const char *replaced, *replacement;
static struct st_sys real;

static int open_replaced(int folder_handle, const char *path, int flags, ...)
{
    va_list list;
    mode_t mode;
    int file;

    va_start(list, flags);
    mode = flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? va_arg(list, mode_t) : 0;
    va_end(list);
    if (strcmp(path, replaced) != 0)
        return real.openat(folder_handle, path, flags, mode);
    file = memfd_create("replaced", MFD_CLOEXEC);
    T_TRUE(file >= 0);
    T_EQ(write(file, replacement, strlen(replacement)), strlen(replacement));
    T_EQ(lseek(file, 0, SEEK_SET), 0);
    return file;
}

static void replace(const char *path, const char *text)
{
    real = st_sys;
    replaced = path;
    replacement = text;
    st_sys.openat = open_replaced;
}

static void put_back(void)
{
    st_sys = real;
}

/* A later kernel may say more than we know: such lines are skipped. */
static void lines_of_the_map_in_another_form(void)
{
    static char map[1 << 20];
    stitch_region *region = create_by_small_extents(0, T_MIB(6));
    FILE *file = fopen("/proc/self/maps", "r");
    struct stitch_verify_report report;
    char line[512];
    size_t at = 0;

    T_TRUE(file != NULL);
    while (fgets(line, sizeof line, file) && at < sizeof map - 1024)
        at += (size_t)snprintf(map + at, sizeof map - at, "Summary: nothing\n%s", line);
    T_TRUE(feof(file));
    (void)fclose(file);
    replace("/proc/self/maps", map);
    T_OK(stitch_verify(region, &report));
    T_EQ(report.segments, 3);
    T_EQ(report.bytes, T_MIB(6));
    T_EQ(report.bytes + report.reservation, stitch_reserve(region));
    put_back();
    t_close(region);
}

T_HELPER(member)
{
    stitch_region *region = t_open(t_argument(0));

    t_tell(t_parent(), "here");
    t_expect(t_parent(), "end");
    t_close(region);
}

/* A process that cannot be asked is not taken for dead. */
static void a_process_of_which_nothing_is_known(void)
{
    static const char *const texts[] = { "1 member S 1 1", "1 (member) S 1 1 1", "(member)", " ", ")" };
    const char *name = t_name();
    stitch_region *region = t_create(name);
    t_process *process = t_start("member", "%s", name);
    char path[64];

    t_expect(process, "here");
    T_EQ(t_members_count(region), 2);
    (void)snprintf(path, sizeof path, "/proc/%" PRIu64 "/stat", t_process_id(process));
    for (size_t i = 0; i < T_COUNT(texts); i++) {
        replace(path, texts[i]);
        T_EQ(t_member_of(region, process).proved, UINT64_MAX);
        T_EQ(t_members_count(region), 2);
        put_back();
    }
    T_EQ(t_member_of(region, process).proved, 0);
    t_tell(process, "end");
    t_finish(process);
    T_EQ(t_members_count(region), 1);
    t_close(region);
}

enum { WITHOUT_A_START, WITHOUT_A_NAME_SPACE, WAYS };
static int way;

/* The handle then has no seat on the roster, and all else works. */
static void child_that_cannot_tell_who_it_is(void *arg)
{
    stitch_region *region = arg;

    if (way == WITHOUT_A_START) {
        replace("/proc/self/stat", "(nothing)");
        T_OK(stitch_grow(region, T_MIB(3), NULL));
        put_back();
    } else {
        t_calls_begin(NULL);
        t_calls_fail(T_CALL_fstatat, ENOENT); /* /proc/self/ns/pid */
        T_OK(stitch_grow(region, T_MIB(3), NULL));
        T_TRUE(t_calls_over());
        t_calls_end();
    }
    T_EQ(t_members_count(region), 1);
    T_TRUE(!t_is_member(region, NULL));
    (void)t_prove(region);
    t_close(region);
}

static void a_process_that_cannot_tell_who_it_is(void)
{
    stitch_region *region = t_create(t_name());

    for (way = 0; way < WAYS; way++) {
        t_finish(t_fork(child_that_cannot_tell_who_it_is, region));
        T_EQ(stitch_sync(region), 1);
        T_EQ(t_members_count(region), 1);
        T_TRUE(t_is_member(region, NULL));
    }
    T_EQ(stitch_size(region), T_MIB(6));
    t_close(region);
}

/* --------------------------------------------------------------------------------------- what is done to memory */

/* If the kernel makes no huge pages, it is asked once and not again, and pages serve. This needs its own process. */
T_HELPER(without_blocks)
{
    stitch_region *region = t_create(t_argument(0));
    uint64_t blocks;

    t_calls_begin(NULL);
    t_calls_fail(T_CALL_madvise, EINVAL);
    T_OK(stitch_resize(region, T_MIB(16)));
    T_TRUE(t_calls_over());
    T_EQ(t_calls_of(T_CALL_madvise), 1);
    T_TRUE(st_os_blocks_fail());
    blocks = t_calls_of(T_CALL_pwrite);
    T_TRUE(t_info(region).resident >= T_MIB(16));
    t_all_bytes(region, 0, T_MIB(16), 0);
    T_OK(stitch_resize(region, T_MIB(32)));
    T_EQ(t_calls_of(T_CALL_madvise), 1);
    T_EQ(t_calls_of(T_CALL_pwrite), blocks);
    t_calls_end();
    T_TRUE(t_info(region).resident >= T_MIB(32));
    t_all_bytes(region, T_MIB(16), T_MIB(16), 0);
    (void)t_prove(region);
    t_close(region);
}

static void a_kernel_that_makes_no_huge_pages(void)
{
    t_finish(t_start("without_blocks", "%s", t_name()));
}

/* Memory cannot be removed by a locked view, so it is removed by the object, of which only the last one is open. */
static void promise_6_discarding_what_is_locked(void)
{
    stitch_region *region = create_by_small_extents(STITCH_LAZY, T_MIB(6));

    memset(t_bytes(region), 0x77, T_MIB(6));
    if (mlock(t_bytes(region), T_MIB(6)) != 0) {
        t_close(region);
        t_skip("so much memory cannot be locked: %s", strerror(errno));
    }
    T_OK(stitch_discard(region, T_MIB(1), T_MIB(4)));
    T_EQ(stitch_presence(region, T_MIB(1) - PAGE), STITCH_PRESENCE_COMMITTED);
    T_EQ(stitch_presence(region, T_MIB(1)), STITCH_PRESENCE_RESERVED);
    T_EQ(stitch_presence(region, T_MIB(5) - PAGE), STITCH_PRESENCE_RESERVED);
    T_EQ(stitch_presence(region, T_MIB(5)), STITCH_PRESENCE_COMMITTED);
    T_TRUE(t_info(region).resident <= T_MIB(2));
    t_all_bytes(region, 0, T_MIB(1), 0x77);
    t_all_bytes(region, T_MIB(1), T_MIB(4), 0);
    t_all_bytes(region, T_MIB(5), T_MIB(1), 0x77);
    t_close(region);
}

/* Discard is a hint, but if the system refuses it the caller gets an error, and nothing is lost. */
static void discarding_that_the_kernel_refuses(void)
{
    stitch_region *region = create_by_small_extents(0, T_MIB(4));

    memset(t_bytes(region), 0x77, T_MIB(4));
    t_calls_begin(NULL);
    t_calls_fail(T_CALL_madvise, ENOMEM);
    T_GIVES(stitch_discard(region, 0, T_MIB(4)), STITCH_ENOMEM);
    T_TRUE(t_calls_over());
    t_calls_fail(T_CALL_madvise, EINVAL); /* memory that is never swapped does not take the hint */
    T_OK(stitch_discard(region, 0, T_MIB(4)));
    T_TRUE(t_calls_over());
    t_calls_end();
    t_all_bytes(region, 0, T_MIB(4), 0x77);
    t_close(region);
}

/*
 * The same for a lazy region, of which memory is removed by the view or, if that fails, by the object: the page is
 * locked, so the view fails, and its segment is not the last, so its object must be opened.
 */
static void discarding_lazily_that_the_kernel_refuses(void)
{
    stitch_region *region = create_by_small_extents(STITCH_LAZY, T_MIB(4));

    memset(t_bytes(region), 0x77, T_MIB(4));
    if (syscall(SYS_mlock, t_bytes(region), (size_t)PAGE) != 0) { /* mlock of a sanitizer does nothing */
        t_close(region);
        t_skip("not even one page can be locked: %s", strerror(errno));
    }
    t_calls_begin(NULL);
    t_calls_fail(T_CALL_fallocate, ENOMEM);
    T_GIVES(stitch_discard(region, 0, PAGE), STITCH_ENOMEM);
    T_TRUE(t_calls_over());
    t_calls_fail(T_CALL_openat, EMFILE);
    T_TRUE(stitch_discard(region, 0, PAGE) < 0);
    T_TRUE(t_calls_over());
    t_calls_end();
    t_all_bytes(region, 0, T_MIB(4), 0x77);
    T_OK(stitch_discard(region, 0, PAGE));
    t_all_bytes(region, 0, PAGE, 0);
    t_all_bytes(region, PAGE, T_MIB(4) - PAGE, 0x77);
    t_close(region);
}

/* If the program has split the one view, the kernel cannot make it larger, and a new one takes its place. */
static void a_view_that_the_program_has_split(void)
{
    stitch_region *region = t_create(t_name());
    size_t mappings = t_maps_count_in(t_folder());

    T_OK(stitch_resize(region, T_MIB(4)));
    memset(t_bytes(region), 0x77, T_MIB(4));
    T_EQ(mprotect(t_bytes(region) + T_MIB(1), T_MIB(1), PROT_READ), 0);
    T_EQ(t_maps_count_in(t_folder()), mappings + 2);
    T_OK(stitch_resize(region, T_MIB(8)));
    T_EQ(t_maps_count_in(t_folder()), mappings);
    t_all_bytes(region, 0, T_MIB(4), 0x77);
    memset(t_bytes(region), 0x78, T_MIB(8));
    (void)t_prove(region);
    t_close(region);
}

/* --------------------------------------------------------------------------------------------------- random --- */

/* The tag of a region must not be predictable: without random bytes no region is made. */
static void no_region_without_random_bytes(void)
{
    stitch_region *none = NULL;

    t_calls_begin(NULL);
    t_calls_fail_nth(T_CALL_getrandom, 1, EIO, true);
    T_GIVES(stitch_create(t_name(), NULL, &none), STITCH_ESYS);
    T_TRUE(t_calls_over());
    t_calls_end();
    T_TRUE(none == NULL);
    T_FOLDER_HOLDS(0);
}

static const struct CMUnitTest tests[] = {
    T_TEST(promise_12_closed_standard_streams_stay_closed),
    T_TEST(a_machine_without_proc),
    T_STITCHED(lines_of_the_map_in_another_form),
    T_TEST(a_process_of_which_nothing_is_known),
    T_TEST(a_process_that_cannot_tell_who_it_is),
    T_TEST(a_kernel_that_makes_no_huge_pages),
    T_STITCHED(promise_6_discarding_what_is_locked),
    T_STITCHED(discarding_that_the_kernel_refuses),
    T_STITCHED(discarding_lazily_that_the_kernel_refuses),
    T_REMAP(a_view_that_the_program_has_split),
    T_TEST(no_region_without_random_bytes),
};

static const t_helper helpers[] = {
    T_ENTRY(member),
    T_ENTRY(without_blocks),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
