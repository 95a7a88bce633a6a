/* SPDX-License-Identifier: MIT */
/*
 * roster.c - taking a seat, keeping it up to date, reading the others', and freeing those of dead processes.
 *
 * A process takes a seat by putting its id where 0 was, in one step. The seat counts when `started`, which is stored
 * last, is not 0. It is freed by way of FREEING, so that the next process on it never finds the previous `started`. A
 * process killed within these few instructions leaves a seat that is not used again while the region lives: one of 254,
 * and nothing depends on it.
 */
#include "shared/roster.h"

#include <stitch/stitch.h>

#include "base/arith.h"
#include "shared/layout.h"

#define FREEING UINT64_MAX

uint64_t st_roster_length(uint64_t page)
{
    return st_align_up(sizeof(struct st_roster_shared), page);
}

int st_roster_open(const st_os_object *object, uint64_t page, uint64_t tag, bool fresh, struct st_roster *out)
{
    struct st_roster_shared *shared;
    uint64_t length = st_roster_length(page);
    void *at;
    int err = st_os_map(object, length, ST_OS_READWRITE, &at);

    *out = (struct st_roster){ 0 };
    if (err)
        return err;
    shared = at;
    if (fresh) {
        st_store(&shared->tag, tag);
        st_store(&shared->magic, ST_ROSTER_MAGIC);
    } else if (st_load(&shared->magic) != ST_ROSTER_MAGIC || st_load(&shared->tag) != tag) {
        st_os_unmap(at, length);
        return STITCH_ECORRUPT;
    }
    out->shared = shared;
    out->length = length;
    return 0;
}

void st_roster_close(struct st_roster *roster)
{
    if (roster->shared)
        st_os_unmap(roster->shared, roster->length);
    *roster = (struct st_roster){ 0 };
}

/* ------------------------------------------------------------------------------------------------------- seats --- */

static void free_seat(struct st_seat_shared *seat, uint64_t id)
{
    if (!st_claim(&seat->id, id, FREEING))
        return;
    st_store(&seat->started, 0);
    st_store(&seat->id, 0);
}

static bool take_free_seat(struct st_roster *roster, uint64_t id)
{
    for (uint64_t i = 0; i < ST_ROSTER_SEATS; i++) {
        if (st_claim(&roster->shared->seat[i].id, 0, id)) {
            roster->seat = i + 1;
            roster->id = id;
            return true;
        }
    }
    return false;
}

void st_roster_enroll(struct st_roster *roster, uint64_t flags, const void *base, uint64_t now)
{
    struct st_seat_shared *seat;
    st_os_process self;

    roster->seat = 0;
    if (!roster->shared || st_os_process_self(&self) != 0)
        return;
    if (!take_free_seat(roster, self.id)) {
        st_roster_drop_dead(roster);
        if (!take_free_seat(roster, self.id))
            return;
    }
    seat = &roster->shared->seat[roster->seat - 1];
    st_roster_note(roster, 0, 0, 0); /* the seat still holds what the previous handle noted */
    st_store(&seat->space, self.space);
    st_store(&seat->flags, flags);
    st_store(&seat->base, (uintptr_t)base);
    st_store(&seat->attached, now);
    st_store(&seat->started, self.started);
}

void st_roster_leave(struct st_roster *roster)
{
    if (roster->shared && roster->seat)
        free_seat(&roster->shared->seat[roster->seat - 1], roster->id);
    roster->seat = 0;
}

void st_roster_note(const struct st_roster *roster, uint64_t generation, uint64_t mapped, uint64_t last_id)
{
    struct st_seat_shared *seat;

    if (!roster->shared || !roster->seat)
        return;
    seat = &roster->shared->seat[roster->seat - 1];
    st_store(&seat->last_id, last_id);
    st_store(&seat->mapped, mapped);
    st_store(&seat->generation, generation);
}

st_word *st_roster_waiting(const struct st_roster *roster)
{
    return roster->shared ? &roster->shared->waiting : NULL;
}

/* -------------------------------------------------------------------------------------------- the others' seats --- */

int st_roster_read(const struct st_roster *roster, uint64_t index, struct st_seat *out)
{
    const struct st_seat_shared *seat;

    if (!roster->shared || index >= ST_ROSTER_SEATS)
        return STITCH_ENOENT;
    seat = &roster->shared->seat[index];
    *out = (struct st_seat){ .process = { .id = st_load(&seat->id), .started = st_load(&seat->started) } };
    out->process.space = st_load(&seat->space);
    out->flags = st_load(&seat->flags);
    out->generation = st_load(&seat->generation);
    out->mapped = st_load(&seat->mapped);
    out->last_id = st_load(&seat->last_id);
    out->base = st_load(&seat->base);
    out->attached = st_load(&seat->attached);
    out->own = roster->seat == index + 1;
    return out->process.id != 0 && out->process.id != FREEING && out->process.started != 0 &&
           st_load(&seat->id) == out->process.id && st_load(&seat->started) == out->process.started;
}

void st_roster_drop_dead(const struct st_roster *roster)
{
    struct st_seat seat;
    int taken = 0;

    for (uint64_t i = 0; taken >= 0; i++) {
        taken = st_roster_read(roster, i, &seat);
        if (taken == 1 && st_os_process_lives(&seat.process) == 0)
            free_seat(&roster->shared->seat[i], seat.process.id);
    }
}
