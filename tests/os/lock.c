/* SPDX-License-Identifier: MIT */
/*
 * The porting contract, second half: mutexes, the locks between processes, sleeping on a shared word.
 */
#include "test.h"
#include "maps.h"

#include "os/os.h"
#include "handle/handle.h"

static st_os_folder folder;

static void open_folder(void)
{
    T_EQ(st_os_folder_open(t_folder(), &folder), 0);
}

static st_os_object make(const char *name)
{
    st_os_object object = ST_OS_OBJECT_CLOSED;

    T_EQ(st_os_object_create(&folder, name, &(st_os_object_spec){ folder.page, 0600, true }, &object), 0);
    T_EQ(st_os_object_publish(&folder, name, &object), 0);
    return object;
}

/* ----------------------------------------------------------------------------------------------------- locks --- */

static st_word inside; /* how many processes are inside; more than one is an error */

static void be_inside(void)
{
    T_EQ(st_load(&inside), 0);
    st_store(&inside, 1);
    T_EQ(st_load(&inside), 1);
    st_store(&inside, 0);
}

static void enter_mutex(void *mutex)
{
    for (int i = 0; i < 20000; i++) {
        st_os_mutex_lock(mutex);
        be_inside();
        st_os_mutex_unlock(mutex);
    }
}

static void mutexes_exclude(void)
{
    st_os_mutex mutex;
    t_thread *threads[3];

    T_EQ(st_os_mutex_open(&mutex), 0);
    for (int i = 0; i < 3; i++)
        threads[i] = t_thread_start(enter_mutex, &mutex);
    for (int i = 0; i < 3; i++)
        t_thread_join(threads[i]);
    st_os_mutex_close(&mutex);
}

/* One handle of a region's locks. */
typedef struct handle {
    st_os_object object;
    st_os_locks locks;
} handle;

static handle open_handle(const char *name)
{
    handle h = { ST_OS_OBJECT_CLOSED, ST_OS_LOCKS_CLOSED };

    T_EQ(st_os_object_open(&folder, name, false, &h.object), 0);
    T_EQ(st_os_locks_open(&folder, &h.object, 99, false, &h.locks), 0);
    return h;
}

static void close_handle(handle *h)
{
    st_os_locks_close(&h->locks);
    st_os_object_close(&h->object);
}

/* Holds the writer lock and the in-use lock, and is killed. */
T_HELPER(lock_holder)
{
    handle h;

    open_folder();
    h = open_handle("l");
    T_EQ(st_os_in_use_lock_shared(&h.locks, false), 0);
    T_EQ(st_os_name_lock(&h.locks), 0);
    T_EQ(st_os_writer_lock(&h.locks, true), 0);
    t_tell(t_parent(), "holding");
    (void)t_hear_or_end(t_parent());
}

static void enter_as_writer(void *locks)
{
    for (int i = 0; i < 3000; i++) {
        T_EQ(st_os_writer_lock(locks, true), 0);
        be_inside();
        st_os_writer_unlock(locks);
    }
}

static void locks_between_handles(void)
{
    st_os_object object;
    handle one, two, three;

    t_needs(T_FILE_LOCKS);
    open_folder();
    object = make("l");
    one = open_handle("l");
    two = open_handle("l");
    T_EQ(st_os_in_use_is_locked(&two.locks), 0);
    T_EQ(st_os_in_use_lock_shared(&one.locks, true), 0);
    T_EQ(st_os_in_use_is_locked(&two.locks), 1);
    T_EQ(st_os_in_use_is_locked(&one.locks), 0); /* by no other handle */
    T_EQ(st_os_has_writer(&two.locks), 0);
    T_EQ(st_os_in_use_lock_sole(&two.locks), 0);
    T_EQ(st_os_in_use_lock_shared(&two.locks, false), 0);
    T_EQ(st_os_has_writer(&one.locks), 1);
    T_EQ(st_os_has_writer(&two.locks), 0);

    T_EQ(st_os_name_lock(&one.locks), 0);
    T_EQ(st_os_name_lock(&two.locks), STITCH_EBUSY);
    st_os_name_unlock(&one.locks);
    T_EQ(st_os_name_lock(&two.locks), 0);
    st_os_name_unlock(&two.locks);

    close_handle(&one);
    close_handle(&two);
    three = open_handle("l");
    T_EQ(st_os_in_use_lock_sole(&three.locks), 1);
    two = open_handle("l");
    T_EQ(st_os_in_use_lock_shared(&two.locks, true), STITCH_EBUSY); /* as long as the other locks are open */
    close_handle(&three);
    T_EQ(st_os_in_use_lock_shared(&two.locks, true), 0);
    close_handle(&two);
    T_EQ(st_os_object_remove(&folder, "l"), 0);
    st_os_object_close(&object);
    st_os_folder_close(&folder);
}

static void writers_exclude_each_other_within_a_process(void)
{
    st_os_object object;
    t_thread *threads[2];
    handle one, two;

    t_need_free_threads();
    open_folder();
    object = make("l");
    one = open_handle("l");
    two = open_handle("l");
    threads[0] = t_thread_start(enter_as_writer, &one.locks);
    threads[1] = t_thread_start(enter_as_writer, &two.locks);
    for (int i = 0; i < 2; i++)
        t_thread_join(threads[i]);
    close_handle(&one);
    close_handle(&two);
    T_EQ(st_os_object_remove(&folder, "l"), 0);
    st_os_object_close(&object);
    st_os_folder_close(&folder);
}

static void locks_go_with_their_process(void)
{
    st_os_object object;
    t_process *holder;
    handle mine;

    t_needs(T_FILE_LOCKS);
    open_folder();
    object = make("l");
    mine = open_handle("l");
    for (int round = 0; round < 5; round++) {
        holder = t_start("lock_holder", "-");
        t_expect(holder, "holding");
        T_EQ(st_os_in_use_is_locked(&mine.locks), 1);
        T_EQ(st_os_has_writer(&mine.locks), 1);
        T_EQ(st_os_name_lock(&mine.locks), STITCH_EBUSY);
        t_kill(holder);
        T_EQ(st_os_writer_lock(&mine.locks, true), 0); /* it gets the lock now */
        st_os_writer_unlock(&mine.locks);
        T_EQ(st_os_in_use_is_locked(&mine.locks), 0);
        T_EQ(st_os_has_writer(&mine.locks), 0);
        T_EQ(st_os_name_lock(&mine.locks), 0);
        st_os_name_unlock(&mine.locks);
    }
    close_handle(&mine);
    T_EQ(st_os_object_remove(&folder, "l"), 0);
    st_os_object_close(&object);
    st_os_folder_close(&folder);
}

/* ----------------------------------------------------------------------------------- holders that do not leave --- */

T_HELPER(writer_holder)
{
    handle h;

    open_folder();
    h = open_handle("l");
    T_EQ(st_os_writer_lock(&h.locks, true), 0);
    t_tell(t_parent(), "holding");
    (void)t_hear_or_end(t_parent());
}

static void enter_once(void *locks)
{
    T_EQ(st_os_writer_lock(locks, true), 0);
    be_inside();
    st_os_writer_unlock(locks);
}

/* A waiter gets the lock, and so does a later one; after that the lock excludes again. */
static void the_writer_lock_of_a_killed_process_is_free(void)
{
    st_os_object object;
    handle one, two;

    t_need_free_threads();
    open_folder();
    object = make("l");
    one = open_handle("l");
    two = open_handle("l");
    for (int round = 0; round < 6; round++) {
        t_process *holder = t_start("writer_holder", "-");
        t_thread *waiter;

        t_expect(holder, "holding");
        waiter = t_thread_start(enter_once, &two.locks);
        if (round % 2)
            t_sleep_us(20000);
        t_kill(holder);
        t_thread_join(waiter);
        enter_once(&one.locks);
        enter_once(&two.locks);
    }
    close_handle(&one);
    close_handle(&two);
    T_EQ(st_os_object_remove(&folder, "l"), 0);
    st_os_object_close(&object);
    st_os_folder_close(&folder);
}

static st_word passed;

static void enter_and_count(void *locks)
{
    T_EQ(st_os_writer_lock(locks, true), 0);
    st_store(&passed, st_load(&passed) + 1);
    st_os_writer_unlock(locks);
}

/* While one handle holds the lock, the other of this process waits, however long that takes. */
static void two_handles_of_a_process_wait_for_each_other(void)
{
    st_os_object object;
    t_thread *waiter;
    handle one, two;

    t_need_free_threads();
    open_folder();
    object = make("l");
    one = open_handle("l");
    two = open_handle("l");
    for (int round = 1; round <= 5; round++) {
        T_EQ(st_os_writer_lock(&one.locks, true), 0);
        waiter = t_thread_start(enter_and_count, &two.locks);
        t_sleep_us(20000);
        T_EQ(st_load(&passed), round - 1);
        st_os_writer_unlock(&one.locks);
        t_thread_join(waiter);
        T_EQ(st_load(&passed), round);
    }
    close_handle(&one);
    close_handle(&two);
    T_EQ(st_os_object_remove(&folder, "l"), 0);
    st_os_object_close(&object);
    st_os_folder_close(&folder);
}

/* A writer that ends in the middle of an append: the lock is held, the journal open, and so many bytes are stored. */
static void end_inside_an_append(void *arg)
{
    struct stitch_region *region = arg;
    uint64_t size = stitch_size(region);

    T_EQ(st_os_writer_lock(&region->locks, true), 0);
    st_directory_journal_open(region->directory, size + 100);
    memset(t_bytes(region) + size, 0xee, 100);
}

T_HELPER(dying_writer)
{
    end_inside_an_append(t_open(t_argument(0)));
    t_tell(t_parent(), "inside");
    (void)t_hear_or_end(t_parent());
}

/* The next writer gets the lock and closes the journal, and the bytes of the dead one are never seen. */
static void check_recovered(stitch_region *region)
{
    uint64_t offset;

    T_TRUE(st_directory_journal(region->directory) != 0);
    T_OK(stitch_grow(region, 4000, &offset));
    T_EQ(st_directory_journal(region->directory), 0);
    t_all_bytes(region, offset, 4000, 0);
    (void)t_prove(region);
}

static void promise_8_the_next_writer_recovers(void)
{
    const char *name = t_name();
    stitch_region *region, *second;

    region = t_create_shape((t_shape){ .name = name, .size = 1000 });
    for (int round = 0; round < 4; round++) {
        t_process *writer = t_start("dying_writer", "%s", name);

        t_expect(writer, "inside");
        t_kill(writer);
        check_recovered(region);
    }
    second = t_open(name);
    if (!t_has(T_FILE_LOCKS)) /* there a thread owns the lock, which ends with it */
        for (int round = 0; round < 4; round++) {
            t_thread_join(t_thread_start(end_inside_an_append, second));
            check_recovered(round % 2 ? region : second);
            T_TRUE(stitch_sync(second) >= 0);
        }
    t_close(second);
    t_close(region);
}

/* ----------------------------------------------------------------------------------------------------- waiting --- */

/* Sleeps on the word of an object, mapped read-only, until the word has the wanted value. */
T_HELPER(sleeper)
{
    const st_word *word;
    uint64_t seen = 0;
    void *view;
    handle h;

    open_folder();
    h = open_handle("w");
    T_EQ(st_os_map(&h.object, folder.page, true, &view), 0);
    word = view;
    t_tell(t_parent(), "ready");
    while (seen < 50) {
        uint64_t start = st_os_milliseconds();

        while (st_load(word) == seen && st_os_milliseconds() - start < t_patience_ms())
            st_os_wait(&h.locks, word, seen, 1000);
        T_TRUE(st_load(word) > seen);
        seen = st_load(word);
        t_tell(t_parent(), "saw %" PRIu64, seen);
    }
    st_os_unmap(view, folder.page);
    close_handle(&h);
    st_os_folder_close(&folder);
}

static void a_wake_reaches_every_process(void)
{
    st_os_object object;
    t_process *sleepers[2];
    uint64_t start, took, saw;
    handle mine;
    st_word *word;
    void *view;

    open_folder();
    object = make("w");
    mine = open_handle("w");
    T_EQ(st_os_map(&object, folder.page, false, &view), 0);
    word = view;
    start = st_os_milliseconds();
    st_os_wait(&mine.locks, word, 1, 5000); /* the word differs already */
    T_TRUE(st_os_milliseconds() - start < 2000);
    start = st_os_milliseconds();
    do { /* a wait may end early */
        st_os_wait(&mine.locks, word, 0, 30);
        took = st_os_milliseconds() - start;
    } while (took < 29);
    T_TRUE(took < 20000);

    for (int i = 0; i < 2; i++) {
        sleepers[i] = t_start("sleeper", "-");
        t_expect(sleepers[i], "ready");
    }
    for (uint64_t value = 1; value <= 50; value++) {
        if (value % 10 == 0)
            t_sleep_us(3000);
        st_store(word, value);
        st_os_wake(&mine.locks, word);
        for (int i = 0; i < 2; i++) {
            t_scan(sleepers[i], 1, "saw %" SCNu64, &saw);
            T_EQ(saw, value);
        }
    }
    for (int i = 0; i < 2; i++)
        t_finish(sleepers[i]);
    st_os_unmap(view, folder.page);
    close_handle(&mine);
    T_EQ(st_os_object_remove(&folder, "w"), 0);
    st_os_object_close(&object);
    st_os_folder_close(&folder);
}

/* That a mark reads 0 in children is tested by its effects, in promise/11_fork_linux.c. */
static void fork_marks(void)
{
    st_word *mark = NULL;

    T_EQ(st_os_fork_mark_open(&mark), 0);
    T_EQ(st_load(mark), 1);
    st_os_fork_mark_close(mark);
    st_os_fork_mark_close(NULL);
}

static const struct CMUnitTest tests[] = {
    T_TEST(mutexes_exclude),
    T_TEST(locks_between_handles),
    T_TEST(writers_exclude_each_other_within_a_process),
    T_TEST(locks_go_with_their_process),
    T_TEST(the_writer_lock_of_a_killed_process_is_free),
    T_TEST(two_handles_of_a_process_wait_for_each_other),
    T_BOTH(promise_8_the_next_writer_recovers),
    T_TEST(a_wake_reaches_every_process),
    T_TEST(fork_marks),
};

static const t_helper helpers[] = {
    T_ENTRY(lock_holder), T_ENTRY(writer_holder), T_ENTRY(dying_writer), T_ENTRY(sleeper), { NULL, NULL },
};

T_MAIN(tests, helpers)
