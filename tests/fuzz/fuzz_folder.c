/* SPDX-License-Identifier: MIT */
/*
 * fuzz_folder.c - in a folder an attacker has made directory, roster and segments: list, collect, open in every way,
 * use, close, unlink. Input: 8 bytes that say what is planted and which calls are made, then edits.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#define HEAD     8
#define STRANGER "bystander"
#define NOBODY   65534

enum { RIGHT_SIZE, ABSENT, EMPTY, TOO_LARGE, LINK, PIPE, FOLDER, FOREIGN, KINDS };

/* The acting handles, and one for calls that need none. */
enum { NO_HANDLE, READER, WRITER, ATTACHED };

static int at_folder;

static void make_file(const char *name, const void *bytes, size_t length)
{
    int file = openat(at_folder, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

    FUZZ_MUST(file >= 0 && write(file, bytes, length) == (ssize_t)length);
    (void)close(file);
}

/* Plants an object under a segment's name. A size that no file can have leaves it empty. */
static void plant(uint64_t tag, uint64_t id, uint64_t extent, unsigned kind)
{
    char name[64];
    int file;

    (void)snprintf(name, sizeof name, "stitch.s.%016llx.%016llx", (unsigned long long)tag, (unsigned long long)id);
    switch (kind) {
    case ABSENT:
        return;
    case LINK:
        FUZZ_MUST(symlinkat(STRANGER, at_folder, name) == 0 || errno == EEXIST);
        return;
    case PIPE:
        FUZZ_MUST(mkfifoat(at_folder, name, 0600) == 0 || errno == EEXIST);
        return;
    case FOLDER:
        FUZZ_MUST(mkdirat(at_folder, name, 0700) == 0 || errno == EEXIST);
        return;
    default:
        break;
    }
    file = openat(at_folder, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (file < 0) { /* two entries with one id */
        FUZZ_MUST(errno == EEXIST);
        return;
    }
    if (kind != EMPTY)
        FUZZ_MUST(ftruncate(file, (off_t)(extent + (kind == TOO_LARGE ? 4096 : 0))) == 0 || errno == EINVAL ||
                  errno == EFBIG);
    if (kind == FOREIGN) /* this needs a privilege; without it the file is ours */
        FUZZ_MUST(fchown(file, NOBODY, NOBODY) == 0 || errno == EPERM);
    (void)close(file);
}

static void plant_all(const uint8_t *data, size_t length)
{
    static union {
        struct st_directory directory;
        unsigned char bytes[FUZZ_LENGTH];
    } shared;
    static struct st_roster_shared roster;

    memset(&shared, 0, sizeof shared);
    memset(&roster, 0, sizeof roster);
    fuzz_make_directory(&shared.directory, STITCH_KEEP);
    fuzz_make_roster(&roster);
    for (size_t at = HEAD; at + FUZZ_EDIT <= length; at += FUZZ_EDIT)
        fuzz_edit(&shared.directory, &roster, data + at);
    make_file(STRANGER, "untouched", 9);
    make_file("stitch.r.x", shared.bytes, FUZZ_LENGTH - (data[0] & 1 ? 8 * (size_t)(data[0] >> 1) : 0));
    if (data[1] % KINDS == RIGHT_SIZE) {
        char name[64];

        (void)snprintf(name, sizeof name, "stitch.m.%016llx",
                       (unsigned long long)st_load(&shared.directory.header.tag));
        make_file(name, &roster, sizeof roster);
    }
    for (unsigned i = 0; i < 4; i++) { /* one more than are listed, under the name that a grow would take */
        const struct st_entry_shared *entry = &shared.directory.entry[i];

        plant(st_load(&shared.directory.header.tag), st_load(&entry->id), st_load(&entry->extent),
              (data[2] >> 2 * (i & 1) & 3) | (data[3] >> i & 1 ? 4 : 0));
    }
}

static int look_at(const struct stitch_listing *listing, void *arg)
{
    (void)arg;
    (void)fuzz_code((int)listing->error);
    return 0;
}

static void open_and_use(const char *path, uint64_t flags, const uint8_t *how)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;

    options.folder = path;
    options.flags = flags;
    fuzz_as(flags == STITCH_READONLY ? READER : WRITER);
    if (fuzz_code(stitch_open("x", &options, &region)) == 0) {
        for (int i = 0; i < 3; i++)
            fuzz_use(region, how[i]);
        (void)stitch_close(region);
    }
    fuzz_gone();
}

static void check_bystander(void)
{
    char text[16];
    int file = openat(at_folder, STRANGER, O_RDONLY | O_NOFOLLOW);

    FUZZ_MUST(file >= 0 && read(file, text, sizeof text) == 9 && memcmp(text, "untouched", 9) == 0);
    (void)close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;
    const char *path;

    if (length < HEAD || length > 512)
        return 0;
    fuzz_guard();
    path = fuzz_folder_open();
    at_folder = open(path, O_RDONLY | O_DIRECTORY);
    FUZZ_MUST(at_folder >= 0);
    plant_all(data, length);
    fuzz_as(NO_HANDLE);
    (void)fuzz_code(stitch_list_at(path, look_at, NULL));
    fuzz_gone();
    open_and_use(path, STITCH_READONLY, data + 4);
    open_and_use(path, data[4] & 8 ? STITCH_EXCLUSIVE : STITCH_NOWAIT, data + 4);
    options.folder = path;
    options.reserve = FUZZ_RESERVE;
    options.size = 1;
    fuzz_as(ATTACHED);
    if (fuzz_code(stitch_attach("x", &options, &region)) == 0) {
        fuzz_use(region, data[7]);
        (void)stitch_close(region);
    }
    fuzz_gone();
    fuzz_as(NO_HANDLE);
    (void)fuzz_code(stitch_unlink_at(path, "x"));
    (void)fuzz_code(stitch_collect_at(path, NULL, NULL));
    fuzz_gone();
    check_bystander();
    (void)close(at_folder);
    fuzz_folder_close();
    return 0;
}
