/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - what the fuzz targets share. An input is a list of edits of a valid directory (and roster), three bytes
 * each, so that every string of bytes is an input, and most of them get behind the first checks.
 *
 * Each target defines LLVMFuzzerTestOneInput. libFuzzer calls it, or the main of replay.c, for compilers without.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include <stitch/inspect.h>
#include <stitch/stitch.h>

#include "shared/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

/* What must be so; otherwise a word on stderr, and abort. */
#define FUZZ_MUST(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *what);

#define FUZZ_CAPACITY 8
#define FUZZ_TAG      UINT64_C(0x5717c45717c45717)
#define FUZZ_RESERVE  (UINT64_C(64) << 20)
#define FUZZ_SEGMENTS 3
/* Large enough for the directory and for its page. */
#define FUZZ_LENGTH 4096

/* A sound directory of three segments, 5 MiB; `keep`: as with STITCH_KEEP. And a roster with one seat taken. */
void fuzz_make_directory(struct st_directory *directory, uint64_t keep);
void fuzz_make_roster(struct st_roster_shared *roster);

/* One edit. Its first byte picks the word: the upper quarter in the roster (NULL: there is none), the rest in the
 * directory. */
#define FUZZ_EDIT 3
void fuzz_edit(struct st_directory *directory, struct st_roster_shared *roster, const uint8_t edit[FUZZ_EDIT]);

/*
 * From now on every call through the library's table of system calls is looked at: a fixed mapping must lie in one
 * reservation of the handle that acts, whole and no longer than its object, and what is unmapped or changed must be in
 * one mapping of that handle; what the library makes, renames or removes must have one of its own names. A commit
 * beyond 64 MiB finds the folder full. And nobody sleeps.
 */
void fuzz_guard(void);

/* Who acts from now on: what is mapped then is this handle's. Any number, another one for each handle. */
void fuzz_as(unsigned who);
/* The handle that acts has been closed, or was never made: nothing of it is mapped any more. */
void fuzz_gone(void);

/* A new folder in memory, and the way back: everything in it goes. The path lives until the next. */
const char *fuzz_folder_open(void);
void fuzz_folder_close(void);

/* What every call must give: 0, a positive number, or a code that has a name. Returns it. */
int fuzz_code(int code);

/* All calls that look at a region or change it, `how` decides which and how far; every byte that may be touched is
 * there. */
void fuzz_use(stitch_region *region, uint8_t how);

#endif
