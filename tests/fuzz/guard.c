/* SPDX-License-Identifier: MIT */
/*
 * guard.c - stands between the library and the system, and checks that the library touches only mappings (by address)
 * and files (by name) of the acting handle. It also has the folders in which targets work, and the calls that they
 * make.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"
#include "os/linux/sys.h"

#define MAPPINGS      256
#define LARGEST_PIECE (64 << 20)
#define SAMPLES       64
#define PAGE          4096

static struct st_sys system_calls;
static pthread_mutex_t guarding = PTHREAD_MUTEX_INITIALIZER;

/*
 * A new reservation is first cut to size at its ends; from its first view on it goes as a whole. Other mappings
 * (directories, rosters, marks, whole regions as views) are never replaced, and shrink from their end only.
 */
enum kind { FREE, OTHER, FRESH, RESERVATION };

/* Mappings that the library has made where the system chose, each with its handle. */
static struct {
    uintptr_t from, to;
    enum kind kind;
    unsigned owner;
} mapping[MAPPINGS];

static unsigned acting;

_Noreturn void fuzz_fail(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    abort();
}

static uintptr_t end_of(uintptr_t from, size_t length)
{
    FUZZ_MUST(from % PAGE == 0 && length > 0 && length <= UINTPTR_MAX - from - PAGE);
    return from + (length + PAGE - 1) / PAGE * PAGE;
}

static void remember(uintptr_t from, uintptr_t to, enum kind kind)
{
    int i = 0;

    while (i < MAPPINGS && mapping[i].kind != FREE)
        i++;
    FUZZ_MUST(i < MAPPINGS);
    mapping[i].from = from;
    mapping[i].to = to;
    mapping[i].kind = kind;
    mapping[i].owner = acting;
}

/* Returns the one mapping in which this range lies, which must be the acting handle's. */
static int own(uintptr_t from, uintptr_t to)
{
    int i = 0;

    while (i < MAPPINGS && (mapping[i].kind == FREE || from < mapping[i].from || to > mapping[i].to))
        i++;
    FUZZ_MUST(i < MAPPINGS);
    FUZZ_MUST(mapping[i].owner == acting);
    return i;
}

static void forget(uintptr_t from, uintptr_t to)
{
    int i = own(from, to);

    if (from > mapping[i].from) {
        FUZZ_MUST(to == mapping[i].to && mapping[i].kind != RESERVATION);
        mapping[i].to = from;
    } else if (to < mapping[i].to) {
        FUZZ_MUST(mapping[i].kind == FRESH);
        mapping[i].from = to;
    } else {
        mapping[i].kind = FREE;
    }
}

static bool reserves(int protection, int flags, int fd)
{
    return protection == PROT_NONE && (flags & MAP_PRIVATE) && (flags & MAP_NORESERVE) && fd < 0;
}

/* A fixed mapping must replace a part of a reservation, and be within it. */
static void check_fixed(uintptr_t from, uintptr_t to)
{
    int i = own(from, to);

    FUZZ_MUST(mapping[i].kind == FRESH || mapping[i].kind == RESERVATION);
    mapping[i].kind = RESERVATION;
}

/* No object is cut off here, so a mapping must not be longer than its object. */
static void check_object(int fd, size_t length, off_t offset)
{
    struct stat status;

    FUZZ_MUST(fstat(fd, &status) == 0);
    FUZZ_MUST(offset >= 0 && offset <= status.st_size && length <= (uint64_t)(status.st_size - offset));
}

static void *guarded_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    uintptr_t at = (uintptr_t)address;
    void *result;

    (void)pthread_mutex_lock(&guarding);
    FUZZ_MUST((flags & MAP_FIXED) ? address != NULL : address == NULL);
    if (flags & MAP_FIXED)
        check_fixed(at, end_of(at, length));
    if (fd >= 0)
        check_object(fd, length, offset);
    result = system_calls.mmap(address, length, protection, flags, fd, offset);
    at = (uintptr_t)result;
    if (result != MAP_FAILED && !(flags & MAP_FIXED))
        remember(at, end_of(at, length), reserves(protection, flags, fd) ? FRESH : OTHER);
    (void)pthread_mutex_unlock(&guarding);
    return result;
}

static int guarded_munmap(void *address, size_t length)
{
    int result;

    (void)pthread_mutex_lock(&guarding);
    forget((uintptr_t)address, end_of((uintptr_t)address, length));
    result = system_calls.munmap(address, length);
    (void)pthread_mutex_unlock(&guarding);
    return result;
}

static void *guarded_mremap(void *address, size_t old_length, size_t length, int flags, ...)
{
    uintptr_t from = (uintptr_t)address, to = end_of(from, old_length);
    void *at;
    int i;

    (void)pthread_mutex_lock(&guarding);
    i = own(from, to);
    FUZZ_MUST(mapping[i].kind == OTHER && mapping[i].from == from && mapping[i].to == to && !(flags & MREMAP_FIXED));
    at = system_calls.mremap(address, old_length, length, flags);
    if (at != MAP_FAILED) {
        mapping[i].from = (uintptr_t)at;
        mapping[i].to = end_of((uintptr_t)at, length);
    }
    (void)pthread_mutex_unlock(&guarding);
    return at;
}

static void must_be_ours(const void *address, size_t length)
{
    (void)pthread_mutex_lock(&guarding);
    (void)own((uintptr_t)address, (uintptr_t)address + length);
    (void)pthread_mutex_unlock(&guarding);
}

static int guarded_mprotect(void *address, size_t length, int protection)
{
    must_be_ours(address, length);
    return system_calls.mprotect(address, length, protection);
}

static int guarded_madvise(void *address, size_t length, int advice)
{
    must_be_ours(address, length);
    return system_calls.madvise(address, length, advice);
}

static int guarded_fallocate(int fd, int mode, off_t offset, off_t length)
{
    FUZZ_MUST(offset >= 0 && length > 0);
    if (mode == 0 && length > LARGEST_PIECE) {
        errno = ENOSPC;
        return -1;
    }
    return system_calls.fallocate(fd, mode, offset, length);
}

static void must_have_our_name(const char *name)
{
    FUZZ_MUST(strncmp(name, "stitch.", 7) == 0 && strchr(name, '/') == NULL);
}

static int guarded_unlinkat(int folder, const char *name, int flags)
{
    must_have_our_name(name);
    return system_calls.unlinkat(folder, name, flags);
}

static int guarded_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    must_have_our_name(to);
    return system_calls.linkat(from_folder, from, to_folder, to, flags);
}

static int guarded_renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    must_have_our_name(from);
    must_have_our_name(to);
    return system_calls.renameat2(from_folder, from, to_folder, to, flags);
}

/* A name must be opened without following a link and without waiting. */
static int guarded_openat(int folder, const char *name, int flags, ...)
{
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (strncmp(name, "stitch.", 7) == 0)
        FUZZ_MUST((flags & O_NOFOLLOW) && (flags & O_NONBLOCK) && !(flags & (O_CREAT | O_TRUNC)));
    return system_calls.openat(folder, name, flags, mode);
}

/* The library's only sleep: the event that it waits for does not come here. */
int nanosleep(const struct timespec *time, struct timespec *left)
{
    (void)time;
    (void)left;
    return 0;
}

void fuzz_as(unsigned who)
{
    acting = who;
}

void fuzz_gone(void)
{
    for (int i = 0; i < MAPPINGS; i++)
        FUZZ_MUST(mapping[i].kind == FREE || mapping[i].owner != acting);
}

void fuzz_guard(void)
{
    if (system_calls.mmap)
        return;
    system_calls = st_sys;
    st_sys.mmap = guarded_mmap;
    st_sys.munmap = guarded_munmap;
    st_sys.mremap = guarded_mremap;
    st_sys.mprotect = guarded_mprotect;
    st_sys.madvise = guarded_madvise;
    st_sys.fallocate = guarded_fallocate;
    st_sys.unlinkat = guarded_unlinkat;
    st_sys.linkat = guarded_linkat;
    st_sys.renameat2 = guarded_renameat2;
    st_sys.openat = guarded_openat;
}

/* ----------------------------------------------------------------------------------------------------- folders --- */

static char folder[300];

const char *fuzz_folder_open(void)
{
    const char *in = getenv("FUZZ_FOLDER"); /* scripts/fuzz.sh removes it with all that a crash leaves */

    (void)snprintf(folder, sizeof folder, "%s/stitch-fuzz-XXXXXX", in ? in : "/dev/shm");
    FUZZ_MUST(mkdtemp(folder) != NULL);
    return folder;
}

void fuzz_folder_close(void)
{
    DIR *stream = opendir(folder);
    struct dirent *entry;

    FUZZ_MUST(stream != NULL);
    while ((entry = readdir(stream)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlinkat(dirfd(stream), entry->d_name, 0) != 0)
            FUZZ_MUST(unlinkat(dirfd(stream), entry->d_name, AT_REMOVEDIR) == 0);
    (void)closedir(stream);
    FUZZ_MUST(rmdir(folder) == 0);
}

/* --------------------------------------------------------------------------------------------------------- use --- */

int fuzz_code(int code)
{
    FUZZ_MUST(code >= 0 || strncmp(stitch_error_name(code), "STITCH_E", 8) == 0);
    return code;
}

/* Fails unless every byte that this handle may touch is there, whatever the directory says. */
static void touch(stitch_region *region)
{
    const uint64_t size = stitch_size(region);
    const volatile unsigned char *bytes = stitch_base(region);

    FUZZ_MUST(size <= stitch_reserve(region));
    for (uint64_t i = 0; size > 0 && i <= SAMPLES; i++)
        (void)bytes[(size - 1) / SAMPLES * i];
    if (size > 0)
        (void)bytes[size - 1];
}

static int count_member(const struct stitch_member *member, void *arg)
{
    (void)member;
    ++*(int *)arg;
    return 0;
}

static void look(stitch_region *region)
{
    struct stitch_info info;
    struct stitch_segment segment;
    struct stitch_verify_report report;
    int members = 0;

    (void)fuzz_code(stitch_info(region, &info));
    (void)fuzz_code(stitch_verify(region, &report));
    (void)fuzz_code(stitch_segment(region, 1, &segment));
    (void)fuzz_code(stitch_find(region, stitch_base(region), &segment));
    (void)fuzz_code(stitch_presence(region, 0));
    (void)fuzz_code(stitch_members(region, count_member, &members));
}

void fuzz_use(stitch_region *region, uint8_t how)
{
    static const char text[100] = "text";
    const uint64_t step = (uint64_t)(how >> 4) * 300000;
    struct stitch_shrink_report shrunk;

    (void)fuzz_code(stitch_sync(region));
    touch(region);
    switch (how % 8) {
    case 0:
        (void)fuzz_code(stitch_grow(region, step, NULL));
        break;
    case 1:
        (void)fuzz_code(stitch_shrink_report(region, step, &shrunk));
        break;
    case 2:
        (void)fuzz_code(stitch_resize(region, step * 4));
        break;
    case 3:
        (void)fuzz_code(stitch_append(region, text, sizeof text, NULL));
        break;
    case 4:
        look(region);
        break;
    case 5:
        (void)fuzz_code(stitch_wait(region, stitch_generation(region), 0));
        break;
    case 6:
        (void)fuzz_code(stitch_discard(region, 0, stitch_size(region) < step ? stitch_size(region) : step));
        break;
    default:
        break;
    }
    touch(region);
}
