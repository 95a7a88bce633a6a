/* SPDX-License-Identifier: MIT */
/*
 * test.c - runs the table of cases or one helper; assertions; the environment of a case.
 */
#include "test.h"

#include "base/atomic.h"
#include "maps.h"

enum { NAME_SIZE = 64, NAMES = 64, FOLDER_SIZE = 256, NOTE_SIZE = 256, ARGUMENTS = 32 };

/* What this process is, and the case that runs in it. */
static struct {
    const t_helper *helpers;
    bool is_helper;
    int argument_count;
    char **arguments;
    const t_case *test;
    uint64_t test_backend;
    bool running; /* the thread that runs a case is in its function */
    char folder[FOLDER_SIZE];
    char names[NAMES][NAME_SIZE];
    uint64_t name_count, names_before, folder_count; /* names_before: by earlier cases */
    size_t descriptors;
    uint64_t seed;
    char note[NOTE_SIZE];
    size_t tests, skipped;
    const char *backend; /* STITCH_BACKEND as this process was started with */
} self;

static ST_THREAD_LOCAL bool is_main_thread;

/* ---------------------------------------------------------------------------------------------- assertions --- */

_Noreturn static void give_up(const char *file, int line)
{
    if (self.running && is_main_thread) {
        _fail(file, line);
        abort(); /* _fail does not return */
    }
    if (!self.is_helper && self.folder[0])
        t_folder_remove(self.folder);
    _Exit(1);
}

_Noreturn void t_fail(const char *file, int line, const char *format, ...)
{
    char text[2048];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    (void)fprintf(stderr, "%s:%d: %s%s%s%s\n", file, line, self.is_helper ? "in a helper: " : "", self.note,
                  self.note[0] ? ": " : "", text);
    (void)fflush(stderr);
    give_up(file, line);
}

void t_equal(uint64_t a, uint64_t b, const char *a_text, const char *b_text, const char *file, int line)
{
    if (a != b)
        t_fail(file, line, "%s is %" PRIu64 " (%#" PRIx64 "), not %s, which is %" PRIu64 " (%#" PRIx64 ")", a_text, a,
               a, b_text, b, b);
}

void t_equal_text(const char *a, const char *b, const char *a_text, const char *file, int line)
{
    if (a == NULL || b == NULL || strcmp(a, b) != 0)
        t_fail(file, line, "%s is \"%s\", not \"%s\"", a_text, a ? a : "(null)", b ? b : "(null)");
}

void t_result(int got, int wanted, const char *call, const char *file, int line)
{
    if (got != wanted)
        t_fail(file, line, "%s gave %d %s (system's code %d), not %d %s", call, got, stitch_error_name(got),
               got < 0 ? stitch_os_error() : 0, wanted, stitch_error_name(wanted));
}

void t_note(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    (void)vsnprintf(self.note, sizeof self.note, format, list);
    va_end(list);
}

_Noreturn void t_skip(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    (void)printf("skipped: ");
    (void)vprintf(format, list);
    (void)printf("\n");
    (void)fflush(stdout);
    va_end(list);
    self.running = false;
    self.skipped++;
    _skip(__FILE__, __LINE__);
    abort(); /* _skip does not return */
}

bool t_has(enum t_feature feature)
{
    return t_missing(feature) == NULL;
}

void t_needs(enum t_feature feature)
{
    if (!t_has(feature))
        t_skip("%s", t_missing(feature));
}

void t_become_helper(void)
{
    self.is_helper = true;
    self.running = false;
}

/* ------------------------------------------------------------------------------------------- running tests --- */

int t_setup(void **state)
{
    self.test = *state;
    self.seed = 0;
    self.note[0] = 0;
    self.names_before = self.name_count;
    t_folder_make(self.folder, sizeof self.folder, self.folder_count++);
    t_environment("STITCH_DIR", self.folder);
    t_environment("STITCH_BACKEND", self.backend);
    return 0;
}

/* Fails if the case leaves anything. It runs inside the case, so that this counts as the case's failure. */
static void check_nothing_left(void)
{
    if (!t_process_none_left())
        T_FAIL("the test ends with helper processes running");
    if (t_folder_count(self.folder) != 0) {
        t_folder_print(self.folder);
        T_FAIL("the folder is not empty");
    }
    T_EQ(t_maps_count_in(self.folder), 0);
    t_restore();
    T_EQ(t_descriptor_count(), self.descriptors);
}

/*
 * Returns whether there are segments side by side: not every system has them, and STITCH_BACKEND=single forbids them.
 */
static bool stitches(void)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region;
    int e;

    if (self.backend && strcmp(self.backend, "single") == 0)
        return false;
    options.backend = STITCH_BACKEND_STITCHED;
    options.reserve = T_MIB(4);
    e = stitch_create(t_name(), &options, &region);
    if (e == 0)
        t_close(region);
    return e != STITCH_ENOTSUP;
}

static void choose_backend(void)
{
    self.test_backend = self.test->backend;
    if (self.test_backend != STITCH_BACKEND_STITCHED || stitches())
        return;
    if (self.test->segments)
        t_skip("about segments side by side, which this system has not, or STITCH_BACKEND=single forbids");
    self.test_backend = STITCH_BACKEND_SINGLE;
}

void t_run(void **state)
{
    (void)state;
    self.running = true;
    choose_backend();
    self.descriptors = t_descriptor_count();
    self.test->run();
    check_nothing_left();
    self.running = false;
}

int t_teardown(void **state)
{
    (void)state;
    self.running = false;
    t_process_forget_all();
    t_restore();
    t_folder_remove(self.folder);
    self.folder[0] = 0;
    return 0;
}

static int run_helper(const char *name)
{
    for (const t_helper *helper = self.helpers; helper->name; helper++)
        if (strcmp(helper->name, name) == 0) {
            helper->run();
            return 0;
        }
    (void)fprintf(stderr, "no helper is named %s\n", name);
    return 1;
}

void t_run_helper(const char *name, char *arguments)
{
    static char *cut[ARGUMENTS];

    self.arguments = cut;
    for (char *word = strtok(arguments, " "); word && self.argument_count < ARGUMENTS; word = strtok(NULL, " "))
        cut[self.argument_count++] = word;
    if (run_helper(name) != 0)
        _Exit(1);
}

int t_main(int argc, char **argv, const t_helper *helpers, const struct CMUnitTest *tests, size_t count)
{
    int failed;

    is_main_thread = true;
    self.backend = getenv("STITCH_BACKEND");
    self.helpers = helpers;
    self.is_helper = argc >= 3 && strcmp(argv[1], "--helper") == 0;
    t_process_begin(argv[0], self.is_helper);
    if (self.is_helper) {
        self.argument_count = argc - 3;
        self.arguments = argv + 3;
        return run_helper(argv[2]);
    }
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < count; i++)
            (void)puts(tests[i].name);
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "--only") == 0)
        cmocka_set_test_filter(argv[2]);
    (void)setvbuf(stdout, NULL, _IOLBF, 4096);
    t_folder_sweep();
    self.tests = count;
    failed = _cmocka_run_group_tests(argv[0], tests, count, NULL, NULL);
    if (failed)
        return failed > 70 ? 70 : failed;
    return self.skipped && self.skipped == self.tests ? 77 : 0;
}

/* ------------------------------------------------------------------------------------ in tests and helpers --- */

const char *t_argument(int index)
{
    if (index < 0 || index >= self.argument_count)
        T_FAIL("the helper has no argument %d", index);
    return self.arguments[index];
}

uint64_t t_argument_number(int index)
{
    return strtoull(t_argument(index), NULL, 0);
}

const char *t_folder(void)
{
    const char *folder = self.folder[0] ? self.folder : getenv("STITCH_DIR");

    if (folder == NULL)
        T_FAIL("there is no folder");
    return folder;
}

const char *t_name(void)
{
    char *name = self.names[self.name_count % NAMES];

    (void)snprintf(name, NAME_SIZE, "t%" PRIu64 ".%" PRIu64, t_process_id(NULL), self.name_count++);
    return name;
}

bool t_is_ours(const char *name)
{
    uint64_t process, number;

    return t_has(T_FOLDERS) || (sscanf(name, "t%" SCNu64 ".%" SCNu64, &process, &number) == 2 &&
                                process == t_process_id(NULL) && number >= self.names_before);
}

static int count_ours(const struct stitch_listing *listing, void *count)
{
    *(unsigned *)count += t_is_ours(listing->name);
    return 0;
}

void t_regions_are(unsigned count)
{
    uint64_t deadline = t_has(T_KEPT) ? t_now_us() : t_deadline_us();
    unsigned found;

    do {
        found = 0;
        T_OK(stitch_list(count_ours, &found));
    } while (found > count && t_now_us() < deadline);
    T_EQ(found, count);
}

bool t_synced(stitch_region *region)
{
    int e = stitch_sync(region);

    return e >= 0 || (e == STITCH_EGONE && !t_has(T_KEPT));
}

void t_sync(stitch_region *region)
{
    T_TRUE(t_synced(region));
    if (!t_has(T_KEPT))
        T_OK(stitch_grow(region, 0, NULL));
}

struct stitch_options t_options(void)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;

    options.backend = self.test ? self.test_backend : (uint64_t)STITCH_BACKEND_AUTO;
    /* Several fit where a sanitizer has taken most of the address space; a fixed region has its reserve in memory. */
    options.reserve = options.backend == STITCH_BACKEND_FIXED ? T_MIB(64) : T_GIB(2);
    return options;
}

stitch_region *t_create_with(const char *name, const struct stitch_options *options)
{
    stitch_region *region = NULL;

    T_OK(stitch_create(name, options, &region));
    T_TRUE(region != NULL);
    return region;
}

stitch_region *t_create(const char *name)
{
    struct stitch_options options = t_options();

    return t_create_with(name, &options);
}

stitch_region *t_create_shape(t_shape shape)
{
    struct stitch_options options = t_options();
    stitch_region *region;

    options.backend = shape.backend ? shape.backend : options.backend;
    options.flags = shape.flags;
    options.extent = shape.extent;
    options.reserve = shape.reserve ? shape.reserve : options.reserve;
    options.size = shape.size;
    region = t_create_with(shape.name ? shape.name : t_name(), &options);
    for (uint64_t i = 0; i < shape.segments; i++)
        T_OK(stitch_grow(region, shape.extent ? shape.extent : STITCH_EXTENT_UNIT, NULL));
    return region;
}

static stitch_region *open_with(const char *name, uint64_t flags)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    stitch_region *region = NULL;

    options.flags = flags;
    T_OK(stitch_open(name, &options, &region));
    T_TRUE(region != NULL);
    return region;
}

stitch_region *t_open(const char *name)
{
    return open_with(name, 0);
}

stitch_region *t_open_readonly(const char *name)
{
    return open_with(name, STITCH_READONLY);
}

void t_close(stitch_region *region)
{
    T_OK(stitch_close(region));
}

struct stitch_info t_info(stitch_region *region)
{
    struct stitch_info info;

    T_OK(stitch_info(region, &info));
    return info;
}

unsigned char *t_bytes(stitch_region *region)
{
    return stitch_base(region);
}

void t_all_bytes(stitch_region *region, uint64_t offset, uint64_t length, unsigned char value)
{
    const unsigned char *bytes = t_bytes(region) + offset;
    unsigned char wanted[4096];

    memset(wanted, value, sizeof wanted);
    for (uint64_t at = 0; at < length; at += sizeof wanted) {
        size_t part = length - at < sizeof wanted ? (size_t)(length - at) : sizeof wanted;

        if (memcmp(bytes + at, wanted, part) == 0)
            continue;
        while (bytes[at] == value)
            at++;
        T_FAIL("the byte at offset %" PRIu64 " is %#x, not %#x", offset + at, bytes[at], value);
    }
}

/* --------------------------------------------------------------------------------------------------- random --- */

t_random t_random_start(void)
{
    const char *wanted = getenv("STITCH_TEST_SEED");

    if (self.seed == 0) {
        self.seed = wanted ? strtoull(wanted, NULL, 0) : (t_now_us() ^ t_process_id(NULL) << 32);
        (void)printf("seed: STITCH_TEST_SEED=%" PRIu64 "\n", self.seed);
        (void)fflush(stdout);
    }
    return t_random_from(self.seed++);
}

t_random t_random_from(uint64_t seed)
{
    return (t_random){ seed };
}

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t t_random_next(t_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t t_random_below(t_random *random, uint64_t limit)
{
    return t_random_next(random) % limit;
}

uint64_t t_rounds(uint64_t rounds)
{
    const char *slow = getenv("STITCH_TEST_SLOW");
    uint64_t divisor = slow ? strtoull(slow, NULL, 0) : 1;

    return divisor > 1 ? (rounds + divisor - 1) / divisor : rounds;
}
