/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - the parts that the fuzz targets share. An input is a list of edits of a valid directory (and roster), three
 * bytes each. So every string of bytes is an input, and most of them pass the first checks.
 *
 * Each target defines LLVMFuzzerTestOneInput. libFuzzer calls it, or for other compilers the main of replay.c.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include <stitch/inspect.h>
#include <stitch/stitch.h>

#include "shared/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

/* Aborts with a line on stderr if the condition is false. */
#define FUZZ_MUST(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *what);

#define FUZZ_CAPACITY 8
#define FUZZ_TAG      UINT64_C(0x5717c45717c45717)
#define FUZZ_RESERVE  (UINT64_C(64) << 20)
#define FUZZ_SEGMENTS 3
/* Large enough for the directory and for its page. */
#define FUZZ_LENGTH 4096

/* Make a sound directory of three segments, 5 MiB (`keep`: as with STITCH_KEEP), and a roster with one seat taken. */
void fuzz_make_directory(struct st_directory *directory, uint64_t keep);
void fuzz_make_roster(struct st_roster_shared *roster);

/*
 * Makes one edit. Its first byte picks the word: the upper quarter in the roster (NULL: there is none), the rest in the
 * directory.
 */
#define FUZZ_EDIT 3
void fuzz_edit(struct st_directory *directory, struct st_roster_shared *roster, const uint8_t edit[FUZZ_EDIT]);

/*
 * From now on checks every call through the library's table of system calls. A fixed mapping must lie in one
 * reservation of the acting handle, whole and no longer than its object. A range that is unmapped or changed must be in
 * one mapping of that handle. A file that the library makes, renames or removes must have one of the library's names. A
 * commit beyond 64 MiB finds the folder full. No call sleeps.
 */
void fuzz_guard(void);

/* Sets the acting handle, which owns all mappings made from now on. Each handle has a number of its own. */
void fuzz_as(unsigned who);
/* Checks that the acting handle, which is closed or was never made, has no mapping left. */
void fuzz_gone(void);

/* Make a new folder in memory, and remove it with everything in it. The path is valid until the next folder. */
const char *fuzz_folder_open(void);
void fuzz_folder_close(void);

/* Checks the result of a call: 0, a positive number, or a code that has a name. Returns it. */
int fuzz_code(int code);

/*
 * Makes all calls that look at a region, and those that `how` selects of the calls that change it. Checks that every
 * byte that may be touched is mapped.
 */
void fuzz_use(stitch_region *region, uint8_t how);

#endif
