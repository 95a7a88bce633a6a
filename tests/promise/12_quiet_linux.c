/* SPDX-License-Identifier: MIT */
/*
 * Promise 12: the library makes no threads, sets no signal handlers, prints nothing, and changes no state of the
 * process.
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "system_linux.h"
#include "maps.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIGNALS = 64 };

static int nothing(const struct stitch_listing *listing, void *arg)
{
    (void)listing;
    (void)arg;
    return 0;
}

/* Makes every call of the library, and some that fail. */
static void use_everything(void)
{
    const char *name = t_name();
    stitch_region *region = t_create(name), *reader, *none = NULL;
    struct stitch_segment segment;
    struct stitch_verify_report report;

    T_OK(stitch_grow(region, T_MIB(5), NULL));
    T_OK(stitch_append(region, "quiet", 5, NULL));
    reader = t_open_readonly(name);
    T_OK(stitch_grow(region, T_MIB(5), NULL));
    T_OK(stitch_shrink(region, T_MIB(6)));
    T_OK(stitch_resize(region, T_MIB(3)));
    T_OK(stitch_discard(region, 0, T_MIB(1)));
    T_EQ(stitch_sync(reader), 1);
    T_GIVES(stitch_wait(reader, stitch_generation(reader), 1), STITCH_ETIMEDOUT);
    T_GIVES(stitch_wait(region, stitch_generation(region), 1), STITCH_ETIMEDOUT);
    (void)t_info(region);
    T_OK(stitch_segment(region, 0, &segment));
    T_OK(stitch_find(region, stitch_base(region), &segment));
    T_EQ(stitch_presence(region, 0), STITCH_PRESENCE_COMMITTED);
    T_OK(stitch_verify(region, &report));
    T_OK(stitch_list(nothing, NULL));
    T_GIVES(stitch_create(name, NULL, &none), STITCH_EEXIST);
    T_GIVES(stitch_grow(region, T_GIB(40), NULL), STITCH_ERESERVE);
    T_GIVES(stitch_open("", NULL, &none), STITCH_EINVAL);
    T_OK(stitch_unlink(name));
    T_GIVES(stitch_unlink(name), STITCH_ENOENT);
    t_close(reader);
    t_close(region);
}

static uint64_t thread_count(void)
{
    return t_process_memory("Threads:") / 1024; /* a number without unit, which was read as KiB */
}

static void promise_12_no_threads(void)
{
    const char *name = t_name();
    stitch_region *region = t_create(name);
    uint64_t threads = thread_count();

    T_TRUE(threads >= 1);
    T_OK(stitch_grow(region, T_MIB(5), NULL));
    T_EQ(thread_count(), threads);
    use_everything();
    T_EQ(thread_count(), threads);
    t_close(region);
}

static void promise_12_no_signal_handlers(void)
{
    struct sigaction before[SIGNALS + 1], now;
    sigset_t mask_before, mask_now;

    T_EQ(sigprocmask(SIG_SETMASK, NULL, &mask_before), 0);
    for (int s = 1; s <= SIGNALS; s++)
        if (sigaction(s, NULL, &before[s]) != 0)
            before[s].sa_handler = SIG_ERR;
    use_everything();
    for (int s = 1; s <= SIGNALS; s++)
        if (before[s].sa_handler != SIG_ERR) {
            T_EQ(sigaction(s, NULL, &now), 0);
            T_TRUE(now.sa_handler == before[s].sa_handler && now.sa_flags == before[s].sa_flags);
        }
    T_EQ(sigprocmask(SIG_SETMASK, NULL, &mask_now), 0);
    for (int s = 1; s <= SIGNALS; s++)
        T_EQ(sigismember(&mask_now, s), sigismember(&mask_before, s));
}

static void promise_12_nothing_of_the_process_changes(void)
{
    char folder_before[4096], folder_now[4096];
    mode_t umask_before = umask(022);

    T_TRUE(getcwd(folder_before, sizeof folder_before) != NULL);
    use_everything();
    T_TRUE(getcwd(folder_now, sizeof folder_now) != NULL);
    T_STR_EQ(folder_now, folder_before);
    T_EQ(umask(umask_before), 022);
    T_STR_EQ(getenv("STITCH_DIR"), t_folder());
}

/* Standard output and error of this helper go to files; they must stay empty. */
T_HELPER(listened_to)
{
    char path[300];
    int file;

    (void)snprintf(path, sizeof path, "%s/heard", t_folder());
    file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    T_TRUE(file >= 0);
    T_TRUE(dup2(file, 1) == 1);
    T_TRUE(dup2(file, 2) == 2);
    use_everything();
    (void)fflush(NULL);
    if (lseek(file, 0, SEEK_END) != 0)
        _exit(3);
    T_EQ(unlink(path), 0);
    (void)close(file);
}

static void promise_12_no_printing(void)
{
    t_finish(t_start("listened_to", "-"));
}

static void backend_from_the_environment(void)
{
    static const struct {
        const char *value;
        uint64_t backend;
    } settings[] = { { "single", STITCH_BACKEND_SINGLE },
                     { "stitched", STITCH_BACKEND_STITCHED },
                     { "", STITCH_BACKEND_STITCHED },
                     { NULL, STITCH_BACKEND_STITCHED } };
    stitch_region *region = NULL;
    struct stitch_options options = STITCH_OPTIONS_INIT;

    for (size_t i = 0; i < T_COUNT(settings); i++) {
        t_environment("STITCH_BACKEND", settings[i].value);
        T_OK(stitch_create(t_name(), NULL, &region));
        T_EQ(t_info(region).backend, settings[i].backend);
        for (int step = 0; step < 10; step++)
            T_OK(stitch_grow(region, T_MIB(3), NULL));
        T_EQ(t_prove(region) == 1, settings[i].backend == STITCH_BACKEND_SINGLE);
        T_OK(stitch_resize(region, 1));
        (void)t_prove(region);
        t_close(region);

        options.backend = STITCH_BACKEND_STITCHED; /* an option counts more */
        region = t_create_with(t_name(), &options);
        T_EQ(t_info(region).backend, STITCH_BACKEND_STITCHED);
        t_close(region);
    }
    t_environment("STITCH_BACKEND", "doubled");
    T_GIVES(stitch_create(t_name(), NULL, &region), STITCH_EINVAL);
    t_environment("STITCH_BACKEND", NULL);
}

/* The variable counts where a region is made, and does not disturb a process that attaches to an existing one. */
static void a_backend_that_cannot_be_had(void)
{
    static const char *const settings[] = { "doubled", "fixed", "remap" };
    struct stitch_options options = STITCH_OPTIONS_INIT;
    const char *name = t_name();
    stitch_region *region = t_create(name);

    options.flags = STITCH_LAZY; /* neither fixed nor remap can be lazy */
    for (size_t i = 0; i < T_COUNT(settings); i++) {
        stitch_region *second = NULL;

        t_environment("STITCH_BACKEND", settings[i]);
        T_GIVES(stitch_attach(t_name(), &options, &second), STITCH_EINVAL);
        T_OK(stitch_attach(name, &options, &second));
        T_EQ(t_info(second).backend, STITCH_BACKEND_STITCHED);
        T_EQ(t_info(second).tag, t_info(region).tag);
        t_close(second);
        options.backend = i == 0 ? STITCH_BACKEND_REMAP : STITCH_BACKEND_FIXED;
        T_GIVES(stitch_attach(name, &options, &second), STITCH_EINVAL); /* here the caller asks for it */
        options.backend = STITCH_BACKEND_AUTO;
    }
    t_environment("STITCH_BACKEND", NULL);
    t_close(region);
}

/* The option counts before the environment, the environment before the default. */
static void folder_from_the_environment(void)
{
    struct stitch_options options = t_options();
    const char *name = t_name();
    stitch_region *one, *two, *none = NULL;
    char other[300];

    (void)snprintf(other, sizeof other, "%s/other", t_folder());
    T_EQ(mkdir(other, 0700), 0);
    one = t_create(name);
    options.folder = other;
    two = t_create_with(name, &options); /* each folder has its own names */
    T_EQ(t_folder_count(other), T_REGION_OBJECTS);
    T_OK(stitch_unlink_at(other, name));
    T_GIVES(stitch_open(name, &options, &none), STITCH_ENOENT);
    t_environment("STITCH_DIR", other);
    T_GIVES(stitch_open(name, NULL, &none), STITCH_ENOENT);
    options.folder = t_folder();
    T_OK(stitch_open(name, &options, &none));
    t_close(none);
    t_close(two);
    t_environment("STITCH_DIR", t_folder());
    t_close(one);
    T_EQ(rmdir(other), 0);
}

static const struct CMUnitTest tests[] = {
    T_BOTH(promise_12_no_threads),
    T_BOTH(promise_12_no_signal_handlers),
    T_BOTH(promise_12_nothing_of_the_process_changes),
    T_TEST(promise_12_no_printing),
    T_TEST(backend_from_the_environment),
    T_STITCHED(a_backend_that_cannot_be_had),
    T_TEST(folder_from_the_environment),
};

static const t_helper helpers[] = {
    T_ENTRY(listened_to),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
