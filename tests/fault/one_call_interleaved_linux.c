/* SPDX-License-Identifier: MIT */
/*
 * Others act at one certain call of ours, each time: a name goes, a file is cut, a state never stands still, a lock is
 * not free again. (The same at every call: each_call_interleaved_linux.c. Names that
 * strangers take: hostile/names_taken_linux.c and hostile/roster_files_linux.c. Deaths: each_step_killed.c.)
 */
#define _GNU_SOURCE 1

#include "test.h"
#include "intercept_linux.h"
#include "system_linux.h"
#include "maps.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "shared/layout.h"
#include "handle/handle.h"

enum { NAME_BYTE = 3 }; /* the byte of a directory that is locked to change the region's name */

static stitch_region *region, *other;
static const char *region_name;
static int folder;

/* `act` runs before the nth use of a call (0: each); calls that it makes itself are left alone. */
static struct {
    enum t_call call;
    uint64_t nth, done;
    void (*act)(void);
    bool acting;
} others;

static void before_each(enum t_call call, uint64_t number)
{
    (void)number;
    if (others.acting || call != others.call || (others.nth > 0 && t_calls_of(call) != others.nth - 1))
        return;
    others.acting = true;
    others.act();
    others.acting = false;
    others.done++;
}

static void meddle(enum t_call call, uint64_t nth, void (*act)(void))
{
    others.call = call;
    others.nth = nth;
    others.done = 0;
    others.act = act;
    t_calls_begin(before_each);
}

/* Returns how often it has run. */
static uint64_t meddled(void)
{
    t_calls_end();
    return others.done;
}

static void open_folder(void)
{
    folder = open(t_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    T_TRUE(folder >= 0);
}

static int open_directory_object(const char *name)
{
    char object_name[ST_NAME_SIZE];
    int file;

    st_names_region(object_name, name);
    file = openat(folder, object_name, O_RDWR | O_CLOEXEC);
    T_TRUE(file >= 0);
    return file;
}

/* Publishes the same state as a new generation. */
static void publish_the_same(void)
{
    st_store(&region->directory->generation, st_load(&region->directory->generation) + 2);
}

/* ------------------------------------------------------------------------------------------------- attaching --- */

static void give_the_name_to_another(void)
{
    T_OK(stitch_unlink(region_name));
    other = t_create_shape((t_shape){ .name = region_name, .size = T_MIB(5) });
}

/* The directory was found and its in-use lock taken; meanwhile a new region has got its name. */
static void a_name_that_changes_hands_while_it_is_opened(void)
{
    stitch_region *opened = NULL;

    region_name = t_name();
    region = t_create(region_name);
    T_OK(stitch_grow(region, T_MIB(1), NULL));
    meddle(T_CALL_fstatat, 1, give_the_name_to_another);
    T_OK(stitch_open(region_name, NULL, &opened));
    T_EQ(meddled(), 1);
    T_EQ(stitch_size(opened), T_MIB(5));
    T_EQ(t_info(opened).tag, t_info(other).tag);
    t_close(region);
    T_FOLDER_HOLDS(T_REGION_OBJECTS + 1);
    t_close(other);
    t_close(opened);
}

T_HELPER(short_lived)
{
    stitch_region *own = t_create(t_argument(0));

    T_OK(stitch_grow(own, T_MIB(3), NULL));
    t_tell(t_parent(), "there");
    t_expect(t_parent(), "never");
}

static int count(const struct stitch_listing *listing, void *arg)
{
    T_EQ(listing->error, 0);
    ++*(int *)arg;
    return 0;
}

/* A process was stopped while it removed a dead region: nobody else removes it, and nobody gets a part of it. */
static void a_dead_region_that_somebody_is_removing(void)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = NAME_BYTE, .l_len = 1 };
    stitch_region *none = NULL;
    t_process *process;
    int remover, listed = 0;

    region_name = t_name();
    process = t_start("short_lived", "%s", region_name);
    t_expect(process, "there");
    t_kill(process);
    (void)t_wait(process);
    open_folder();
    remover = open_directory_object(region_name);
    T_EQ(fcntl(remover, F_OFD_SETLK, &lock), 0);
    T_GIVES(stitch_open(region_name, NULL, &none), STITCH_ENOENT);
    T_GIVES(stitch_create(region_name, NULL, &none), STITCH_EEXIST);
    T_GIVES(stitch_attach(region_name, NULL, &none), STITCH_EBUSY);
    T_TRUE(none == NULL);
    T_EQ(stitch_collect_at(NULL, NULL, NULL), 0);
    T_OK(stitch_list(count, &listed));
    T_EQ(listed, 0);
    T_FOLDER_HOLDS(T_REGION_OBJECTS + 1);
    (void)close(remover);
    (void)close(folder);
    T_OK(stitch_attach(region_name, NULL, &none));
    T_EQ(stitch_size(none), 0);
    t_close(none);
}

/* --------------------------------------------------------------------------------------------------- looking --- */

static int cut_object;

static void cut_short(void)
{
    T_EQ(ftruncate(cut_object, 8), 0);
}

static int keep_error(const struct stitch_listing *listing, void *arg)
{
    *(int *)arg = (int)listing->error;
    return 0;
}

/* The file is cut after its first words were accepted. */
static void promise_10_a_directory_that_is_cut_while_it_is_listed(void)
{
    struct stitch_options options = t_options();
    uint64_t reads = 0;

    options.flags = STITCH_KEEP;
    for (uint64_t nth = 0; nth <= reads; nth++) {
        int error = 1;

        region_name = t_name();
        t_close(t_create_with(region_name, &options));
        open_folder();
        cut_object = open_directory_object(region_name);
        meddle(T_CALL_pread, nth > 0 ? nth : UINT64_MAX, cut_short);
        T_OK(stitch_list(keep_error, &error));
        if (nth == 0)
            reads = t_calls_of(T_CALL_pread);
        T_EQ(meddled(), nth > 0);
        T_EQ(error, nth > 0 ? STITCH_ECORRUPT : 0);
        (void)close(cut_object);
        (void)close(folder);
        t_folder_empty(t_folder());
    }
    T_TRUE(reads >= 4); /* before removing, before listing, and then twice for the report */
}

static int keep(const struct stitch_listing *listing, void *arg)
{
    *(struct stitch_listing *)arg = *listing;
    return 0;
}

/* The state is new at each read: the listing ends nevertheless, and reports what it saw if that is possible. If not,
 * nobody can say whether the directory is damaged or the words are of two moments. */
static void a_directory_that_never_stands_still_while_it_is_listed(void)
{
    struct st_directory *directory;
    uint64_t generation, mark;
    struct stitch_listing listing = { .error = 1 };

    region = t_create(t_name());
    T_OK(stitch_grow(region, T_MIB(3), NULL));
    directory = region->directory;
    generation = stitch_generation(region);
    meddle(T_CALL_pread, 0, publish_the_same);
    T_OK(stitch_list(keep, &listing));
    T_TRUE(meddled() > 50);
    T_EQ(listing.error, 0);
    T_EQ(listing.size, T_MIB(3));
    T_EQ(listing.segments, t_info(region).segments);

    mark = st_load(&directory->record[generation & 1].commit);
    st_store(&directory->record[generation & 1].commit, 1); /* less than the size */
    meddle(T_CALL_pread, 0, publish_the_same);
    T_OK(stitch_list(keep, &listing));
    T_TRUE(meddled() > 50);
    T_EQ(listing.error, STITCH_EBUSY);
    st_store(&directory->record[generation & 1].commit, mark);
    st_store(&directory->generation, generation);
    T_OK(stitch_list(keep, &listing));
    T_EQ(listing.error, 0);
    T_EQ(listing.generation, generation);
    (void)t_prove(region);
    t_close(region);
}

/* A fault of an object counts only if the directory still lists the object afterwards. */
static void a_directory_that_never_stands_still_while_it_is_verified(void)
{
    char segment[ST_NAME_SIZE];
    struct stitch_verify_report report;
    uint64_t generation;

    region = t_create(t_name());
    T_OK(stitch_grow(region, T_MIB(1), NULL));
    open_folder();
    st_names_segment(segment, t_info(region).tag, 1);
    T_EQ(renameat(folder, segment, folder, "aside"), 0);
    generation = stitch_generation(region);
    meddle(T_CALL_fstatat, 0, publish_the_same);
    T_OK(stitch_verify(region, &report));
    T_TRUE(meddled() > 1);
    T_EQ(report.fault, STITCH_FAULT_NONE);
    st_store(&region->directory->generation, generation);
    T_GIVES(stitch_verify(region, &report), STITCH_EUNSOUND);
    T_EQ(report.fault, STITCH_FAULT_OBJECT);
    T_EQ(renameat(folder, "aside", folder, segment), 0);
    (void)t_prove(region);
    (void)close(folder);
    t_close(region);
}

/* --------------------------------------------------------------------------------------------------- writing --- */

static uint64_t told_size;

static void going(void *arg, uint64_t offset, uint64_t length)
{
    (void)arg;
    T_EQ(offset + length, told_size);
    told_size = offset;
}

/* The other handle does not wait while this process has the lock. */
static void shrink_by_a_byte(void)
{
    int e = stitch_shrink(other, 1);

    T_TRUE(e == 0 || e == STITCH_EBUSY);
}

/* Each time after the report to the watcher, when the call gets the lock again, the region is smaller again. */
static void others_who_shrink_whenever_the_watcher_is_told(void)
{
    struct stitch_options options = STITCH_OPTIONS_INIT;
    uint64_t offset;

    region_name = t_name();
    region = t_create(region_name);
    options.flags = STITCH_NOWAIT;
    T_OK(stitch_open(region_name, &options, &other));
    T_OK(stitch_resize(region, T_KIB(64)));
    T_EQ(stitch_sync(other), 1);
    told_size = T_KIB(64);
    T_OK(stitch_set_watcher(region, &(struct stitch_watcher){ going, NULL, NULL }));
    meddle(T_CALL_fcntl, 0, shrink_by_a_byte);
    T_GIVES(stitch_grow(region, 1, NULL), STITCH_EBUSY);
    T_TRUE(meddled() > 10);
    T_TRUE(stitch_size(region) < T_KIB(64) - 10);
    T_EQ(told_size, stitch_size(region));
    T_OK(stitch_grow(region, 1, &offset));
    T_EQ(offset, stitch_size(other));
    t_close(other);
    t_close(region);
}

enum { NOT_YET, TAKEN, TO_LEAVE };
static st_word table;

/* Holds the table as a thread does that reports to a watcher. */
static void hold_the_table(void *arg)
{
    (void)arg;
    st_os_mutex_lock(&region->table);
    st_store(&table, TAKEN);
    while (st_load(&table) != TO_LEAVE)
        t_sleep_us(100);
    st_os_mutex_unlock(&region->table);
}

static void let_the_table_go(void)
{
    st_store(&table, TO_LEAVE);
}

/*
 * A thread has the handle's table: the call releases the writer lock, waits for the table, and asks for the lock again.
 * Others have it then, or the system refuses it.
 */
static void a_lock_that_is_left_for_the_table_and_not_had_again(void)
{
    static const int errors[] = { 0, EAGAIN, ENOLCK };

    region = t_create(t_name());
    for (size_t i = 0; i < T_COUNT(errors); i++) {
        uint64_t size = stitch_size(region);
        t_thread *thread;
        int e;

        st_store(&table, NOT_YET);
        thread = t_thread_start(hold_the_table, NULL);
        while (st_load(&table) != TAKEN)
            t_sleep_us(100);
        meddle(T_CALL_fcntl, 2, let_the_table_go); /* lock, unlock, lock */
        if (errors[i])
            t_calls_fail_nth(T_CALL_fcntl, 3, errors[i], false);
        e = stitch_grow(region, 1, NULL);
        T_EQ(t_calls_over(), errors[i] != 0);
        T_EQ(meddled(), 1);
        t_thread_join(thread);
        T_EQ(e, errors[i] == ENOLCK ? STITCH_ESYS : 0);
        T_EQ(stitch_size(region), e ? size : size + 1);
    }
    T_OK(stitch_grow(region, 1, NULL));
    t_close(region);
}

static const struct CMUnitTest tests[] = {
    T_TEST(a_name_that_changes_hands_while_it_is_opened),
    T_TEST(a_dead_region_that_somebody_is_removing),
    T_TEST(promise_10_a_directory_that_is_cut_while_it_is_listed),
    T_TEST(a_directory_that_never_stands_still_while_it_is_listed),
    T_TEST(a_directory_that_never_stands_still_while_it_is_verified),
    T_TEST(others_who_shrink_whenever_the_watcher_is_told),
    T_TEST(a_lock_that_is_left_for_the_table_and_not_had_again),
};

static const t_helper helpers[] = { T_ENTRY(short_lived), { NULL, NULL } };

T_MAIN(tests, helpers)
