/* SPDX-License-Identifier: MIT */
/*
 * fuzz_live.c - a follower and a writer work while another thread scribbles over directory and roster. Input: 4 bytes
 * that say what the two do, then edits, which are made over and over.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#define HEAD   4
#define ROUNDS 6

enum { WRITER = 1, FOLLOWER };

struct scribbler {
    const uint8_t *data;
    size_t length;
    struct st_directory *directory;
    struct st_roster_shared *roster;
    st_word stop;
};

static void *scribble(void *arg)
{
    struct scribbler *s = arg;

    while (st_load(&s->stop) == 0)
        for (size_t at = HEAD; at + FUZZ_EDIT <= s->length; at += FUZZ_EDIT)
            fuzz_edit(s->directory, s->roster, s->data + at);
    return NULL;
}

/* Maps the object whose name begins so. */
static void *map_object(const char *path, const char *prefix, size_t *length)
{
    DIR *stream = opendir(path);
    struct dirent *entry;
    struct stat status;
    void *at = MAP_FAILED;

    FUZZ_MUST(stream != NULL);
    while (at == MAP_FAILED && (entry = readdir(stream)) != NULL) {
        int file;

        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        file = openat(dirfd(stream), entry->d_name, O_RDWR);
        FUZZ_MUST(file >= 0 && fstat(file, &status) == 0);
        *length = (size_t)status.st_size;
        at = mmap(NULL, *length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        (void)close(file);
    }
    (void)closedir(stream);
    FUZZ_MUST(at != MAP_FAILED);
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *writer, *follower;
    struct scribbler scribbler = { .data = data, .length = length };
    size_t directory_length, roster_length;
    pthread_t thread;

    if (length < HEAD + FUZZ_EDIT || length > 256)
        return 0;
    fuzz_guard();
    options.folder = fuzz_folder_open();
    options.reserve = FUZZ_RESERVE;
    options.size = 3 << 20;
    options.segments = FUZZ_CAPACITY;
    options.backend = data[0] % 4 == 3 ? STITCH_BACKEND_REMAP : STITCH_BACKEND_STITCHED;
    fuzz_as(WRITER);
    FUZZ_MUST(stitch_create("x", &options, &writer) == 0);
    options.flags = data[0] & 4 ? STITCH_READONLY : STITCH_NOWAIT;
    fuzz_as(FOLLOWER);
    FUZZ_MUST(stitch_open("x", &options, &follower) == 0);
    scribbler.directory = map_object(options.folder, "stitch.r.", &directory_length);
    scribbler.roster = map_object(options.folder, "stitch.m.", &roster_length);
    FUZZ_MUST(pthread_create(&thread, NULL, scribble, &scribbler) == 0);
    for (int i = 0; i < ROUNDS; i++) {
        fuzz_as(WRITER);
        fuzz_use(writer, data[1 + i % 3]);
        fuzz_as(FOLLOWER);
        fuzz_use(follower, (uint8_t)(data[1 + i % 3] * 7 + i));
    }
    st_store(&scribbler.stop, 1);
    (void)pthread_join(thread, NULL);
    (void)stitch_close(follower);
    fuzz_gone();
    fuzz_as(WRITER);
    (void)stitch_close(writer);
    fuzz_gone();
    (void)munmap(scribbler.directory, directory_length);
    (void)munmap(scribbler.roster, roster_length);
    fuzz_folder_close();
    return 0;
}
