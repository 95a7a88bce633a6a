/* SPDX-License-Identifier: MIT */
/*
 * test.h - every test file includes it: assertions, the table of cases, helper processes, regions, random numbers.
 *
 * A case is a function without arguments and one line in the file's table:
 *
 *     static void grows(void) { ... T_OK(stitch_grow(region, 4096, NULL)); ... }
 *     T_HELPER(reader) { ... runs in another process ... }
 *
 *     static const struct CMUnitTest tests[] = { T_TEST(grows), ... };
 *     static const t_helper helpers[] = { T_ENTRY(reader), { NULL, NULL } };
 *     T_MAIN(tests, helpers)
 *
 * Every case has a folder of its own (STITCH_DIR points to it), which must be empty when the case ends; descriptors,
 * mappings of regions and helper processes must be gone by then as well. `--list` names the cases, `--only PATTERN`
 * runs some of them.
 */
#ifndef T_TEST_H
#define T_TEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <stitch/inspect.h>
#include <stitch/memory.h>
#include <stitch/stitch.h>
#include "process.h"

#define T_KIB(n)       ((uint64_t)(n) << 10)
#define T_MIB(n)       ((uint64_t)(n) << 20)
#define T_GIB(n)       ((uint64_t)(n) << 30)
#define T_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---------------------------------------------------------------------------------------------- assertions --- */

/*
 * They work in cases, in helper processes, in forked children and in threads. In a case they end the case; elsewhere
 * they end the process, whose exit status is then 1.
 */
#define T_TRUE(condition) ((condition) ? (void)0 : t_fail(__FILE__, __LINE__, "not so: %s", #condition))
#define T_EQ(a, b)        t_equal((uint64_t)(a), (uint64_t)(b), #a, #b, __FILE__, __LINE__)
#define T_STR_EQ(a, b)    t_equal_text((a), (b), #a, __FILE__, __LINE__)
#define T_FAIL(...)       t_fail(__FILE__, __LINE__, __VA_ARGS__)

/* Fails unless the call returns 0; unless it returns exactly this code. */
#define T_OK(call)          t_result((call), 0, #call, __FILE__, __LINE__)
#define T_GIVES(call, code) t_result((call), (code), #call, __FILE__, __LINE__)

_Noreturn void t_fail(const char *file, int line, const char *format, ...) T_PRINTF(3, 4);
void t_equal(uint64_t a, uint64_t b, const char *a_text, const char *b_text, const char *file, int line);
void t_equal_text(const char *a, const char *b, const char *a_text, const char *file, int line);
void t_result(int got, int wanted, const char *call, const char *file, int line);

/* Sets a text that failures begin with until the case ends: it says where in its many rounds the case is. */
void t_note(const char *format, ...) T_PRINTF(1, 2);

/* Skips this case and says why. Requires that the case itself calls it, not a helper or a thread. */
_Noreturn void t_skip(const char *format, ...) T_PRINTF(1, 2);

/* Skips this case if the system lacks the feature. */
void t_needs(enum t_feature feature);
bool t_has(enum t_feature feature);

/* ---------------------------------------------------------------------------------------------------- table --- */

typedef struct t_case {
    void (*run)(void);
    uint64_t backend;
    bool segments; /* skipped where a region has one segment only */
} t_case;

/* clang-format off */
#define T_CASE(function, label, backend, segments)                                                                    \
    { #function label, t_run, t_setup, t_teardown, (void *)&(t_case){ function, backend, segments } }
/*
 * T_TEST runs a case stitched, or single where the system has no segments side by side; T_STITCHED skips it there. Then
 * the other backends, and stitched and single in one line.
 */
#define T_TEST(function) T_CASE(function, "", STITCH_BACKEND_STITCHED, false)
#define T_STITCHED(function) T_CASE(function, "", STITCH_BACKEND_STITCHED, true)
#define T_SINGLE(function) T_CASE(function, " (single)", STITCH_BACKEND_SINGLE, false)
#define T_FIXED(function) T_CASE(function, " (fixed)", STITCH_BACKEND_FIXED, false)
#define T_REMAP(function) T_CASE(function, " (remap)", STITCH_BACKEND_REMAP, false)
#define T_BOTH(function) T_STITCHED(function), T_SINGLE(function)
/* clang-format on */

typedef struct t_helper {
    const char *name;
    void (*run)(void);
} t_helper;

#define T_HELPER(name) static void helper_##name(void)
/* clang-format off */
#define T_ENTRY(name) { #name, helper_##name }
/* clang-format on */

/* clang-format off */
#define T_MAIN(tests, helpers)                                                                                        \
    int main(int argc, char **argv) { return t_main(argc, argv, (helpers), (tests), T_COUNT(tests)); }
/* clang-format on */

int t_main(int argc, char **argv, const t_helper *helpers, const struct CMUnitTest *tests, size_t count);
int t_setup(void **state);
int t_teardown(void **state);
void t_run(void **state);

/* For t_fork: from now on an assertion that fails ends this process. */
void t_become_helper(void);
/* Runs, in such a process, the helper of that name with these arguments, which are cut at spaces. */
void t_run_helper(const char *name, char *arguments);
/* Restores the settings of the machine that a case has changed; the runner calls it after every case. */
void t_restore(void);

/* ------------------------------------------------------------------------------------------ in tests and helpers */

/* Returns an argument of the helper, from 0: the text of t_start's format is cut at spaces. Fails if there is none. */
const char *t_argument(int index);
uint64_t t_argument_number(int index);

/* Returns the case's folder; a region name that nobody has used yet. Both live until the case ends. */
const char *t_folder(void);
const char *t_name(void);

/* Returns STITCH_OPTIONS_INIT with the case's backend and a reserve of 2 GiB (fixed: 64 MiB). */
struct stitch_options t_options(void);

/* Create, open and close a region, and fail if the call does. t_create uses t_options(). */
stitch_region *t_create(const char *name);
stitch_region *t_create_with(const char *name, const struct stitch_options *options);
/* What a region is like where it is not as t_options() says. A field that is 0 changes nothing. */
typedef struct t_shape {
    const char *name; /* NULL: a new one */
    uint64_t backend, flags, extent, reserve, size;
    uint64_t segments; /* it then grows by an extent so many times */
} t_shape;
stitch_region *t_create_shape(t_shape shape);
stitch_region *t_open(const char *name);
stitch_region *t_open_readonly(const char *name);
void t_close(stitch_region *region);
struct stitch_info t_info(stitch_region *region);

/* Returns whether the region is one of this case's. Where there are no folders, stitch_list tells of others as well. */
bool t_is_ours(const char *name);
/*
 * Fails unless the case has so many regions. Where objects end with their last holder, a stranger who lists the regions
 * of the session holds them for a moment: there it looks again, up to its patience.
 */
void t_regions_are(unsigned count);
/* Objects of a region without segments: its directory and its roster. */
#define T_REGION_OBJECTS 2
/* Fails unless the folder holds so many objects; where they cannot be counted, it does nothing. */
#define T_FOLDER_HOLDS(count) T_EQ(t_has(T_FOLDERS) ? t_folder_count(t_folder()) : (count), (count))

/*
 * Syncs. Where a segment ends with its last holder, one that a dead process has made may be gone: the next writing call
 * must recover from that, and t_sync makes one. t_synced only syncs and returns false if that fails for any other
 * reason.
 */
void t_sync(stitch_region *region);
bool t_synced(stitch_region *region);

/* Returns the region's base as bytes. */
unsigned char *t_bytes(stitch_region *region);

/* Fails unless [offset, offset + length) of the region is `value` in every byte. */
void t_all_bytes(stitch_region *region, uint64_t offset, uint64_t length, unsigned char value);

/* Random numbers. The seed is printed once per case; STITCH_TEST_SEED=n repeats a run. */
typedef struct t_random {
    uint64_t state;
} t_random;

t_random t_random_start(void);
t_random t_random_from(uint64_t seed);
uint64_t t_random_next(t_random *random);
uint64_t t_random_below(t_random *random, uint64_t limit); /* 0 ... limit - 1 */

/* Returns how many rounds to make: `rounds`, or fewer on slow machines (STITCH_TEST_SLOW=divisor). */
uint64_t t_rounds(uint64_t rounds);

#endif
