/* SPDX-License-Identifier: MIT */
/*
 * The roster: a seat for each attached handle, kept up to date, freed at the end, and taken from the dead. Nothing else
 * depends on it: whatever it contains, everybody goes on.
 */
#include "test.h"
#include "maps.h"
#include "members.h"

#include "shared/layout.h"
#include "handle/handle.h"

#include <time.h>

static struct st_seat_shared *seats(const stitch_region *region)
{
    return region->roster.shared->seat;
}

static struct stitch_options small_options(void)
{
    struct stitch_options options = t_options();

    options.extent = STITCH_EXTENT_UNIT;
    options.reserve = T_MIB(16);
    return options;
}

static stitch_region *create(const char *name)
{
    struct stitch_options options = small_options();

    return t_create_with(name, &options);
}

/* Returns where the last segment ends that this handle has mapped. */
static uint64_t mapped_by(stitch_region *region)
{
    struct stitch_info info = t_info(region);
    struct stitch_segment last;

    if (info.segments == 0)
        return 0;
    T_OK(stitch_segment(region, info.segments - 1, &last));
    return last.offset + last.extent;
}

static void check_own(stitch_region *region, uint64_t flags)
{
    struct stitch_member own = t_member_of(region, NULL);
    st_os_process self;

    T_EQ(st_os_process_self(&self), 0);
    T_EQ(own.pid, t_process_id(NULL));
    T_EQ(own.started, self.started);
    T_EQ(own.space, self.space);
    T_EQ(own.flags, flags);
    T_EQ(own.generation, stitch_generation(region));
    T_EQ(own.mapped, mapped_by(region));
    T_EQ(own.self, 1);
    T_TRUE(own.base == (uintptr_t)stitch_base(region) || t_options().backend == STITCH_BACKEND_REMAP);
    for (size_t i = 0; i < T_COUNT(own.spare); i++)
        T_EQ(own.spare[i], 0);
}

/* ------------------------------------------------------------------------------------------- seats of the living */

static void every_handle_has_a_seat(void)
{
    const char *name = t_name();
    uint64_t before = (uint64_t)time(NULL);
    stitch_region *region = create(name), *reader, *other;
    t_members members;

    check_own(region, 0);
    reader = t_open_readonly(name);
    T_EQ(t_members_count(region), 2);
    check_own(reader, STITCH_READONLY);
    other = t_open(name);
    check_own(other, 0);
    check_own(region, 0);
    members = t_members_read(reader);
    T_EQ(members.count, 3);
    for (unsigned i = 0; i < members.count; i++) {
        T_EQ(members.item[i].pid, t_process_id(NULL));
        T_TRUE(members.item[i].attached >= before && members.item[i].attached <= (uint64_t)time(NULL));
    }
    t_close(reader);
    T_EQ(t_members_count(region), 2);
    T_EQ(t_members_count(other), 2);
    t_close(region);
    check_own(other, 0);
    T_EQ(t_members_count(other), 1);
    t_close(other);
}

static void seats_tell_what_is_mapped(void)
{
    const char *name = t_name();
    stitch_region *region = create(name), *reader = t_open_readonly(name);
    uint64_t generation;

    for (int step = 0; step < 4; step++) {
        generation = stitch_generation(reader);
        T_OK(stitch_grow(region, T_MIB(3), NULL));
        check_own(region, 0);
        check_own(reader, STITCH_READONLY); /* its seat has not changed */
        T_EQ(t_member_of(reader, NULL).generation, generation);
        T_EQ(stitch_sync(reader), 1);
        check_own(reader, STITCH_READONLY);
        T_EQ(t_member_of(reader, NULL).mapped, mapped_by(region));
    }
    T_OK(stitch_resize(region, 100));
    check_own(region, 0);
    check_own(reader, STITCH_READONLY);
    T_EQ(stitch_sync(reader), 1);
    check_own(reader, STITCH_READONLY);
    T_OK(stitch_append(region, "bytes", 5, NULL));
    check_own(region, 0);
    t_close(reader);
    t_close(region);
}

static int stop_at_2(const struct stitch_member *member, void *count)
{
    T_TRUE(member->pid != 0);
    return ++*(int *)count == 2 ? -77 : 0;
}

static void each_can_end_the_list(void)
{
    const char *name = t_name();
    stitch_region *region[3] = { create(name) };
    int count = 0;

    region[1] = t_open(name);
    region[2] = t_open_readonly(name);
    T_EQ(stitch_members(region[0], stop_at_2, &count), -77);
    T_EQ(count, 2);
    for (int i = 0; i < 3; i++)
        t_close(region[i]);
}

T_HELPER(attached)
{
    stitch_region *region = t_argument_number(1) ? t_open_readonly(t_argument(0)) : t_open(t_argument(0));

    check_own(region, t_argument_number(1) ? STITCH_READONLY : 0);
    t_tell(t_parent(), "here");
    t_expect(t_parent(), "end");
    t_close(region);
}

static t_process *attach(const char *name, int readonly)
{
    t_process *process = t_start("attached", "%s %d", name, readonly);

    t_expect(process, "here");
    return process;
}

static void killed_processes_are_dropped(void)
{
    const char *name = t_name();
    stitch_region *region = create(name);

    T_OK(stitch_grow(region, 1, NULL));
    for (int round = 0; round < 4; round++) {
        t_process *dies = attach(name, round % 2), *ends = attach(name, 0), *lives = attach(name, 1);
        st_os_process was;
        struct stitch_member member = t_member_of(region, dies);

        was = (st_os_process){ member.pid, member.started, member.space };
        T_EQ(st_os_process_lives(&was), 1);
        T_EQ(t_members_count(region), 4);
        t_kill(dies);
        T_EQ(st_os_process_lives(&was), 0);
        T_EQ(t_members_count(region), 3);
        t_tell(ends, "end");
        t_finish(ends);
        T_EQ(t_members_count(region), 2);
        T_EQ(t_member_of(region, lives).flags, STITCH_READONLY);
        t_tell(lives, "end");
        t_finish(lives);
        T_EQ(t_members_count(region), 1);
    }
    for (uint64_t i = 0; i < ST_ROSTER_SEATS; i++) /* and nothing is left of them */
        T_EQ(st_load(&seats(region)[i].id) != 0, i + 1 == region->roster.seat);
    t_close(region);
}

static void promise_8_a_stopped_process_blocks_nobody(void)
{
    const char *name = t_name();
    stitch_region *region = create(name), *other;
    t_process *stopped = attach(name, 0), *reader = attach(name, 1), *late;

    t_stop(stopped);
    t_stop(reader);
    T_EQ(t_members_count(region), 3);
    late = attach(name, 1);
    other = t_open(name);
    T_EQ(t_members_count(other), 5);
    T_OK(stitch_grow(region, T_MIB(5), NULL));
    T_OK(stitch_shrink(other, T_MIB(4)));
    T_TRUE(t_is_member(other, stopped) && t_is_member(other, reader));
    t_tell(late, "end");
    t_finish(late);
    t_close(other);
    T_EQ(t_members_count(region), 3);
    t_continue(stopped);
    t_tell(stopped, "end");
    t_finish(stopped);
    t_kill(reader);
    T_EQ(t_members_count(region), 1);
    t_close(region);
}

static void more_handles_than_seats(void)
{
    enum { HANDLES = ST_ROSTER_SEATS + 10, GONE = 7 };
    static stitch_region *handle[HANDLES];
    struct stitch_options options = small_options();
    const char *name = t_name();

    options.reserve = T_MIB(2);
    handle[0] = t_create_with(name, &options);
    for (int i = 1; i < HANDLES; i++)
        handle[i] = i % 2 ? t_open_readonly(name) : t_open(name);
    T_EQ(t_members_count(handle[HANDLES - 1]), ST_ROSTER_SEATS);
    T_TRUE(!t_is_member(handle[HANDLES - 1], NULL)); /* it is not listed, and works */
    T_OK(stitch_grow(handle[HANDLES - 2], 1000, NULL));
    for (int i = 0; i < HANDLES; i++) {
        T_TRUE(stitch_sync(handle[i]) >= 0);
        T_EQ(stitch_size(handle[i]), 1000);
    }
    for (int i = 0; i < GONE; i++)
        t_close(handle[i]);
    T_EQ(t_members_count(handle[HANDLES - 1]), ST_ROSTER_SEATS - GONE);
    for (int i = 0; i < GONE; i++) {
        handle[i] = t_open(name);
        check_own(handle[i], 0);
    }
    T_EQ(t_members_count(handle[0]), ST_ROSTER_SEATS);
    for (int i = HANDLES - 1; i >= 0; i--)
        t_close(handle[i]);
}

/* ------------------------------------------------------------------------------------------------ forged seats --- */

static void forge(const stitch_region *region, uint64_t index, st_os_process process)
{
    struct st_seat_shared *seat = &seats(region)[index];

    st_store(&seat->id, process.id);
    st_store(&seat->space, process.space);
    st_store(&seat->started, process.started);
}

/* A later process has the id of a dead one: their start times differ. */
static void seats_of_ids_used_again_are_dropped(void)
{
    const char *name = t_name();
    stitch_region *region = create(name);
    t_process *other = attach(name, 0);
    struct stitch_member member = t_member_of(region, other);

    forge(region, 100, (st_os_process){ member.pid, member.started + 1, member.space });
    forge(region, 101, (st_os_process){ t_process_id(NULL), 1, member.space });
    forge(region, 102, (st_os_process){ member.pid, member.started, member.space }); /* its second handle */
    T_EQ(t_members_count(region), 3);
    for (int i = 100; i <= 101; i++) {
        T_EQ(st_load(&seats(region)[i].id), 0);
        T_EQ(st_load(&seats(region)[i].started), 0);
    }
    T_EQ(st_load(&seats(region)[102].id), member.pid);
    t_kill(other);
    T_EQ(t_members_count(region), 1);
    T_EQ(st_load(&seats(region)[102].id), 0);
    t_close(region);
}

/* A process that finds every seat taken frees those of the dead. */
static void a_full_roster_of_the_dead_has_room(void)
{
    const char *name = t_name();
    stitch_region *region = create(name), *other;
    t_process *dead = attach(name, 0);
    struct stitch_member member = t_member_of(region, dead);

    t_kill(dead);
    for (uint64_t i = 0; i < ST_ROSTER_SEATS; i++)
        if (i + 1 != region->roster.seat)
            forge(region, i, (st_os_process){ member.pid, member.started, member.space });
    other = t_open(name);
    check_own(other, 0);
    T_EQ(t_members_count(other), 2);
    t_close(other);
    t_close(region);
}

/* A process was killed while it took or freed a seat: the seat is not listed, not used, and disturbs nobody. */
static void half_taken_seats_are_nobodys(void)
{
    const char *name = t_name();
    stitch_region *region = create(name), *other;

    for (uint64_t i = 0; i < ST_ROSTER_SEATS; i++)
        if (i + 1 != region->roster.seat)
            st_store(&seats(region)[i].id, i % 2 ? 4711 : UINT64_MAX);
    T_EQ(t_members_count(region), 1);
    other = t_open(name); /* it gets no seat */
    T_EQ(t_members_count(other), 1);
    T_OK(stitch_grow(other, 1000, NULL));
    T_EQ(stitch_sync(region), 1);
    t_close(other);
    t_close(region);
}

static void use(stitch_region *region, stitch_region *reader)
{
    struct stitch_shrink_report report;

    T_OK(stitch_grow(region, T_MIB(5), NULL));
    T_OK(stitch_shrink_report(region, T_MIB(4), &report));
    T_EQ(report.size, stitch_size(region));
    T_TRUE(report.left <= T_MIB(16));
    T_TRUE(stitch_sync(reader) >= 0);
    T_OK(stitch_shrink(region, T_MIB(1)));
    (void)t_prove(region);
}

/* Any bytes may stand in a seat: at most they are listed. */
static void promise_10_rubbish_in_seats(void)
{
    static const uint64_t values[] = { 0,
                                       1,
                                       2,
                                       4096,
                                       UINT64_C(1) << 31,
                                       UINT64_C(1) << 32,
                                       UINT64_C(1) << 47,
                                       UINT64_C(1) << 63,
                                       UINT64_MAX - T_MIB(16),
                                       UINT64_MAX - 4095,
                                       UINT64_MAX - 1,
                                       UINT64_MAX };
    t_random random = t_random_start();
    const char *name = t_name();
    stitch_region *region = create(name), *reader = t_open_readonly(name);
    st_os_process self;

    T_EQ(st_os_process_self(&self), 0);
    for (uint64_t round = 0; round < t_rounds(60); round++) {
        for (uint64_t i = 50; i < 60; i++) {
            st_word *words = &seats(region)[i].id;

            for (size_t word = 0; word < sizeof(struct st_seat_shared) / sizeof(st_word); word++)
                st_store(&words[word], t_random_below(&random, 4) ? values[t_random_below(&random, T_COUNT(values))]
                                                                  : t_random_next(&random));
            if (i % 2) /* of a living process */
                forge(region, i, self);
        }
        T_TRUE(t_members_count(reader) >= 7);
        use(region, reader);
        T_TRUE(t_members_count(region) >= 7);
    }
    for (uint64_t i = 50; i < 60; i++)
        st_store(&seats(region)[i].id, 0);
    T_EQ(t_members_count(region), 2);
    t_close(reader);
    t_close(region);
}

/* An object has the right name and size and is not this region's roster: it is left alone. */
static void a_roster_of_something_else_is_not_used(void)
{
    for (int which = 0; which < 2; which++) {
        const char *name = t_name();
        stitch_region *region = create(name), *other, *reader;
        st_word *word = which ? &region->roster.shared->tag : &region->roster.shared->magic;
        uint64_t was = st_load(word);
        int count = 0;

        st_store(word, was + 1);
        other = t_open(name);
        reader = t_open_readonly(name);
        T_GIVES(stitch_members(other, stop_at_2, &count), STITCH_ENOTSUP);
        T_GIVES(stitch_members(reader, stop_at_2, &count), STITCH_ENOTSUP);
        T_EQ(count, 0);
        T_EQ(t_members_count(region), 1);
        use(other, reader);
        use(region, reader);
        T_EQ(stitch_sync(reader), 1);
        T_GIVES(stitch_wait(reader, stitch_generation(reader), 20), STITCH_ETIMEDOUT);
        st_store(word, was);
        t_close(other);
        t_close(reader);
        other = t_open(name);
        check_own(other, 0);
        t_close(other);
        t_close(region);
    }
}

static const struct CMUnitTest tests[] = {
    T_BOTH(every_handle_has_a_seat),
    T_FIXED(every_handle_has_a_seat),
    T_REMAP(every_handle_has_a_seat),
    T_BOTH(seats_tell_what_is_mapped),
    T_TEST(each_can_end_the_list),
    T_TEST(killed_processes_are_dropped),
    T_TEST(promise_8_a_stopped_process_blocks_nobody),
    T_TEST(more_handles_than_seats),
    T_TEST(seats_of_ids_used_again_are_dropped),
    T_TEST(a_full_roster_of_the_dead_has_room),
    T_TEST(half_taken_seats_are_nobodys),
    T_BOTH(promise_10_rubbish_in_seats),
    T_REMAP(promise_10_rubbish_in_seats),
    T_TEST(a_roster_of_something_else_is_not_used),
};

static const t_helper helpers[] = {
    T_ENTRY(attached),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
