/* SPDX-License-Identifier: MIT */
/*
 * The porting contract about processes and the words that they share: the identity of this process, whether another one
 * lives, the map of another one; a word that only one of many can claim.
 */
#include "test.h"
#include "maps.h"

#include "os/os.h"

#define UNIT STITCH_EXTENT_UNIT

enum { RANGES = 16, THREADS = 4 };

/* ------------------------------------------------------------------------------------------------- processes --- */

T_HELPER(itself)
{
    st_os_process self, again;

    T_EQ(st_os_process_self(&self), 0);
    T_EQ(st_os_process_self(&again), 0);
    T_TRUE(self.id == again.id && self.started == again.started && self.space == again.space);
    T_EQ(self.id, t_process_id(NULL));
    T_EQ(st_os_process_lives(&self), 1);
    t_tell(t_parent(), "%" PRIu64 " %" PRIu64 " %" PRIu64, self.id, self.started, self.space);
    t_expect(t_parent(), "end");
}

static st_os_process hear_process(t_process *from)
{
    st_os_process heard;

    t_scan(from, 3, "%" SCNu64 " %" SCNu64 " %" SCNu64, &heard.id, &heard.started, &heard.space);
    return heard;
}

static void processes_live_and_die(void)
{
    st_os_process self, other, forged;

    T_EQ(st_os_process_self(&self), 0);
    T_TRUE(self.started != 0);
    T_EQ(st_os_process_lives(&self), 1);
    for (int round = 0; round < 3; round++) {
        t_process *helper = t_start("itself", "-");

        other = hear_process(helper);
        T_EQ(other.id, t_process_id(helper));
        T_EQ(other.space, self.space);
        T_TRUE(other.id != self.id);
        T_TRUE(other.started >= self.started);
        T_EQ(st_os_process_lives(&other), 1);
        t_stop(helper);
        T_EQ(st_os_process_lives(&other), 1); /* stopped is not dead */
        forged = other;
        forged.started++;
        T_EQ(st_os_process_lives(&forged), 0); /* an earlier process of that id, which has ended */
        forged.started = 0;
        T_EQ(st_os_process_lives(&forged), 0);
        t_continue(helper);
        if (round == 0) {
            t_tell(helper, "end");
            t_finish(helper);
        } else {
            t_kill(helper);
        }
        T_EQ(st_os_process_lives(&other), 0);
    }
    forged = self;
    forged.id = UINT32_MAX - 3; /* no system uses such ids */
    T_EQ(st_os_process_lives(&forged), 0);
    T_EQ(st_os_process_lives(&self), 1);
}

/* ----------------------------------------------------------------------------------------- maps of another one --- */

typedef struct surveyed {
    unsigned count;
    st_os_range range[RANGES];
} surveyed;

static int note(const st_os_range *range, void *arg)
{
    surveyed *s = arg;

    if (s->count == RANGES)
        return 3;
    s->range[s->count++] = *range;
    return 0;
}

static st_os_object make(st_os_folder *folder, const char *name)
{
    st_os_object object;

    T_EQ(st_os_folder_open(t_folder(), folder), 0);
    T_EQ(st_os_object_create(folder, name, UNIT, 0600, true, &object), 0);
    T_EQ(st_os_object_publish(folder, name, &object), 0);
    return object;
}

/* Maps an object twice, once read-only, with reservation after it. */
T_HELPER(mapper)
{
    st_os_folder folder;
    st_os_object object;
    st_os_reservation reservation;
    st_os_identity seen[2];
    st_os_status status;

    T_EQ(st_os_folder_open(t_folder(), &folder), 0);
    T_EQ(st_os_object_open(&folder, t_argument(0), false, &object), 0);
    T_EQ(st_os_reserve(8 * UNIT, &reservation), 0);
    T_EQ(st_os_object_status(&object, &status), 0);
    for (uint64_t i = 0; i < T_COUNT(seen); i++) {
        T_EQ(st_os_view_map(&reservation, i * UNIT, UNIT, &object, i == 1), 0);
        seen[i] = st_os_view_identity(status.identity, reservation.base + i * UNIT);
    }
    t_tell(t_parent(), "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
           (uint64_t)(uintptr_t)reservation.base, seen[0].device, seen[0].number, seen[1].device, seen[1].number);
    t_expect(t_parent(), "end");
    st_os_release(&reservation);
    st_os_object_close(&object);
    st_os_folder_close(&folder);
}

static void maps_of_other_processes(void)
{
    surveyed s = { 0 };
    st_os_folder folder;
    char name[64];
    st_os_object object;
    t_process *helper;
    uint64_t base, id;
    st_os_identity seen[2];

    (void)snprintf(name, sizeof name, "%s", t_name());
    object = make(&folder, name);
    helper = t_start("mapper", "%s", name);
    id = t_process_id(helper);
    t_scan(helper, 5, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &base, &seen[0].device,
           &seen[0].number, &seen[1].device, &seen[1].number);
    T_EQ(st_os_survey_process(id, base + UNIT / 2, 7 * UNIT, note, &s), 0);
    T_EQ(s.count, 3);
    for (unsigned i = 0; i < 2; i++) {
        T_EQ(s.range[i].kind, ST_OS_VIEW);
        T_EQ(s.range[i].identity.device, seen[i].device);
        T_EQ(s.range[i].identity.number, seen[i].number);
        T_EQ(s.range[i].start, base + (i ? UNIT : UNIT / 2));
        T_EQ(s.range[i].length, i ? UNIT : UNIT / 2);
        T_EQ(s.range[i].object_offset, i ? 0 : UNIT / 2);
        T_TRUE(s.range[i].readable && s.range[i].shared);
        T_EQ(s.range[i].writable, i == 0);
    }
    T_EQ(s.range[2].kind, ST_OS_RESERVED);
    T_EQ(s.range[2].start, base + 2 * UNIT);
    T_EQ(st_os_survey_process(id, base, 8 * UNIT, note, &(surveyed){ .count = RANGES }), 3); /* the result of `each` */
    t_stop(helper); /* the other need not take part */
    s.count = 0;
    T_EQ(st_os_survey_process(id, base, 8 * UNIT, note, &s), 0);
    T_EQ(s.count, 3);
    t_continue(helper);
    t_tell(helper, "end");
    t_finish(helper);
    T_EQ(st_os_survey_process(UINT32_MAX - 3, base, UNIT, note, &s), STITCH_ENOENT);
    T_TRUE(st_error_code() != 0);
    T_EQ(st_os_object_remove(&folder, name), 0);
    st_os_object_close(&object);
    st_os_folder_close(&folder);
}

/* ----------------------------------------------------------------------------------------------------- words --- */

typedef struct work {
    st_word *word;
    uint64_t own, times, rounds;
} work;

/* The word holds its owner's number, or 0. Only one can claim it while it is 0. */
static void claim_and_let_go(void *arg)
{
    work *mine = arg;

    for (uint64_t i = 0; i < mine->rounds; i++) {
        if (!st_claim(mine->word, 0, mine->own))
            continue;
        T_EQ(st_load(mine->word), mine->own);
        mine->times++;
        T_TRUE(!st_claim(mine->word, 0, mine->own + 100));
        st_store(mine->word, 0);
    }
}

static void a_word_is_claimed_by_one(void)
{
    static st_word word;
    t_thread *threads[THREADS];
    work parts[THREADS];
    uint64_t times = 0;

    T_TRUE(st_claim(&word, 0, UINT64_MAX));
    T_EQ(st_load(&word), UINT64_MAX);
    T_TRUE(!st_claim(&word, UINT64_MAX - 1, 5));
    T_TRUE(!st_claim(&word, UINT32_MAX, 5)); /* all bits count */
    T_EQ(st_load(&word), UINT64_MAX);
    T_TRUE(st_claim(&word, UINT64_MAX, 0));
    for (unsigned i = 0; i < THREADS; i++) {
        parts[i] = (work){ &word, i + 1, 0, t_rounds(100000) };
        threads[i] = t_thread_start(claim_and_let_go, &parts[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        t_thread_join(threads[i]);
        times += parts[i].times;
    }
    T_TRUE(times > 0);
    T_EQ(st_load(&word), 0);
}

static const struct CMUnitTest tests[] = {
    T_TEST(processes_live_and_die),
    T_STITCHED(maps_of_other_processes),
    T_TEST(a_word_is_claimed_by_one),
};

static const t_helper helpers[] = {
    T_ENTRY(itself),
    T_ENTRY(mapper),
    { NULL, NULL },
};

T_MAIN(tests, helpers)
