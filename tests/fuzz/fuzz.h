/* SPDX-License-Identifier: MIT */
/*
 * fuzz.h - shared by the fuzz targets. An input is a list of edits of a valid directory (and roster), of three bytes
 * each, so that every string of bytes is an input, and most inputs get past the first checks.
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

/* Prints the condition on stderr and aborts unless it holds. */
#define FUZZ_MUST(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *what);

#define FUZZ_CAPACITY 8
#define FUZZ_TAG      UINT64_C(0x5717c45717c45717)
#define FUZZ_RESERVE  (UINT64_C(64) << 20)
#define FUZZ_SEGMENTS 3
/* Large enough for the directory and for its page. */
#define FUZZ_LENGTH 4096

/* Make a sound directory of three segments and 5 MiB (`keep`: as with STITCH_KEEP); a roster with one seat taken. */
void fuzz_make_directory(struct st_directory *directory, uint64_t keep);
void fuzz_make_roster(struct st_roster_shared *roster);

/*
 * Makes one edit. Its first byte picks the word: the upper quarter is in the roster (NULL: there is none), the rest in
 * the directory.
 */
#define FUZZ_EDIT 3
void fuzz_edit(struct st_directory *directory, struct st_roster_shared *roster, const uint8_t edit[FUZZ_EDIT]);

/*
 * From now on it checks every call through the library's table of system calls: a fixed mapping must lie in one
 * reservation of the acting handle, whole and no longer than its object; an unmapped or changed range must be in one
 * mapping of that handle; a file that the library makes, renames or removes must have one of its own names. A commit
 * beyond 64 MiB finds the folder full. Nobody sleeps.
 */
void fuzz_guard(void);

/* Sets the acting handle, which owns the mappings made from now on. Any number, another one for each handle. */
void fuzz_as(unsigned who);
/* The acting handle has been closed, or was never made: fails if a mapping of it is left. */
void fuzz_gone(void);

/* Makes a new folder in memory; removes it with everything in it. The path lives until the next. */
const char *fuzz_folder_open(void);
void fuzz_folder_close(void);

/* Fails unless the code is 0, a positive number, or an error that has a name. Returns it. */
int fuzz_code(int code);

/*
 * Makes calls that look at a region or change it, of which `how` decides which and how far; every byte that may be
 * touched must be there.
 */
void fuzz_use(stitch_region *region, uint8_t how);

#endif
