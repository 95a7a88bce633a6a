/* SPDX-License-Identifier: MIT */
/*
 * test.h - what every test file includes: the assertions, the table of tests, helper processes, random numbers.
 *
 * A test is a function without arguments and one line in the file's table:
 *
 *     static void grows(void) { ... T_OK(stitch_grow(region, 4096, NULL)); ... }
 *     T_HELPER(reader) { ... runs in another process ... }
 *
 *     static const struct CMUnitTest tests[] = { T_TEST(grows), ... };
 *     static const t_helper helpers[] = { T_ENTRY(reader), { NULL, NULL } };
 *     T_MAIN(tests, helpers)
 *
 * Every test has a folder of its own (STITCH_DIR points to it), which must be empty when the test ends; descriptors,
 * mappings of regions and helper processes must be gone by then as well. `--only PATTERN` runs some of the tests.
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

#define T_KIB(n) ((uint64_t)(n) << 10)
#define T_MIB(n) ((uint64_t)(n) << 20)
#define T_GIB(n) ((uint64_t)(n) << 30)
#define T_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---------------------------------------------------------------------------------------------- assertions --- */

/*
 * They work in tests, in helper processes, in forked children and in threads. In a test they end the test; elsewhere
 * they end the process, whose exit status is then 1.
 */
#define T_TRUE(condition) ((condition) ? (void)0 : t_fail(__FILE__, __LINE__, "not so: %s", #condition))
#define T_EQ(a, b) t_equal((uint64_t)(a), (uint64_t)(b), #a, #b, __FILE__, __LINE__)
#define T_STR_EQ(a, b) t_equal_text((a), (b), #a, __FILE__, __LINE__)
#define T_FAIL(...) t_fail(__FILE__, __LINE__, __VA_ARGS__)

/* The call gives 0; gives exactly this code. */
#define T_OK(call) t_result((call), 0, #call, __FILE__, __LINE__)
#define T_GIVES(call, code) t_result((call), (code), #call, __FILE__, __LINE__)

_Noreturn void t_fail(const char *file, int line, const char *format, ...) T_PRINTF(3, 4);
void t_equal(uint64_t a, uint64_t b, const char *a_text, const char *b_text, const char *file, int line);
void t_equal_text(const char *a, const char *b, const char *a_text, const char *file, int line);
void t_result(int got, int wanted, const char *call, const char *file, int line);

/* What a failure says first, from now to the test's end: where in its many rounds the test is. */
void t_note(const char *format, ...) T_PRINTF(1, 2);

/* Leave this test out, and say why. Only from the test itself. */
_Noreturn void t_skip(const char *format, ...) T_PRINTF(1, 2);

/* The same if the system has not got this. */
void t_needs(enum t_feature feature);
bool t_has(enum t_feature feature);

/* ---------------------------------------------------------------------------------------------------- table --- */

typedef struct t_case {
    void (*run)(void);
    uint64_t backend;
    bool segments; /* left out where there are none */
} t_case;

#define T_CASE(function, label, backend, segments)                                                                    \
    { #function label, t_run, t_setup, t_teardown, (void *)&(t_case){ function, backend, segments } }
/* Stitched, or single where segments cannot be had; about segments; the other backends; two in one line. */
#define T_TEST(function) T_CASE(function, "", STITCH_BACKEND_STITCHED, false)
#define T_STITCHED(function) T_CASE(function, "", STITCH_BACKEND_STITCHED, true)
#define T_SINGLE(function) T_CASE(function, " (single)", STITCH_BACKEND_SINGLE, false)
#define T_FIXED(function) T_CASE(function, " (fixed)", STITCH_BACKEND_FIXED, false)
#define T_REMAP(function) T_CASE(function, " (remap)", STITCH_BACKEND_REMAP, false)
#define T_BOTH(function) T_STITCHED(function), T_SINGLE(function)

typedef struct t_helper {
    const char *name;
    void (*run)(void);
} t_helper;

#define T_HELPER(name) static void helper_##name(void)
#define T_ENTRY(name) { #name, helper_##name }

#define T_MAIN(tests, helpers)                                                                                        \
    int main(int argc, char **argv) { return t_main(argc, argv, (helpers), (tests), T_COUNT(tests)); }

int t_main(int argc, char **argv, const t_helper *helpers, const struct CMUnitTest *tests, size_t count);
int t_setup(void **state);
int t_teardown(void **state);
void t_run(void **state);

/* For t_fork: assertions that fail end this process from now on. */
void t_become_helper(void);
/* In such a process: run the helper with these arguments, cut at spaces. */
void t_run_helper(const char *name, char *arguments);
/* Puts back what a test has changed on the machine; the runner calls it after every test. */
void t_restore(void);

/* ------------------------------------------------------------------------------------------ in tests and helpers */

/* The helper's arguments, from 0; the texts that t_start's format gave, cut at spaces. Fails if there is none. */
const char *t_argument(int index);
uint64_t t_argument_number(int index);

/* The test's folder, and a region name that nobody has used. Both live until the test ends. */
const char *t_folder(void);
const char *t_name(void);

/* STITCH_OPTIONS_INIT with the test's backend and a reserve of 2 GiB (fixed: 64 MiB). */
struct stitch_options t_options(void);

/* Create, open, attach, close: it must work. t_create and t_attach use t_options(). */
stitch_region *t_create(const char *name);
stitch_region *t_create_with(const char *name, const struct stitch_options *options);
/* A region of t_options(), but for those of these fields that are not 0. */
typedef struct t_shape {
    const char *name;        /* NULL: a new one */
    uint64_t backend, flags, extent, reserve, size;
    uint64_t segments;       /* then it grows by an extent so many times */
} t_shape;
stitch_region *t_create_shape(t_shape shape);
stitch_region *t_open(const char *name);
stitch_region *t_open_readonly(const char *name);
void t_close(stitch_region *region);
struct stitch_info t_info(stitch_region *region);

/* Is this region one of the test's? Where there are no folders, others are listed as well. */
bool t_is_ours(const char *name);
/*
 * Fails unless the test has so many regions. Where objects end with their last holder, a stranger who lists the regions
 * of the session is one for a moment: then it looks again.
 */
void t_regions_are(unsigned count);
/* Of a region without segments: its directory and its roster. */
#define T_REGION_OBJECTS 2
/* Fails unless the folder holds so many objects, where they can be counted. */
#define T_FOLDER_HOLDS(count) T_EQ(t_has(T_FOLDERS) ? t_folder_count(t_folder()) : (count), (count))

/*
 * Take over what others have done. Where a segment ends with its last holder, one that a dead process has made may be
 * gone: then the next writing call must put that right, and it is made.
 */
void t_sync(stitch_region *region);
/* As stitch_sync: false if it fails, and not for that reason. */
bool t_synced(stitch_region *region);

/* base as bytes. */
unsigned char *t_bytes(stitch_region *region);

/* Fails unless [offset, offset + length) of the region is `value` in every byte. */
void t_all_bytes(stitch_region *region, uint64_t offset, uint64_t length, unsigned char value);

/* Random numbers. The seed is printed once per test; STITCH_TEST_SEED=n repeats a run. */
typedef struct t_random {
    uint64_t state;
} t_random;

t_random t_random_start(void);
t_random t_random_from(uint64_t seed);
uint64_t t_random_next(t_random *random);
uint64_t t_random_below(t_random *random, uint64_t limit); /* 0 ... limit - 1 */

/* How many rounds: `rounds`, or fewer where every instruction is dear (STITCH_TEST_SLOW=divisor). */
uint64_t t_rounds(uint64_t rounds);

#endif
