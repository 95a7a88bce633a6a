/* SPDX-License-Identifier: MIT */
/*
 * roster.h - who is attached to a region: one seat for each handle, in a small shared object of its own, which also
 * read-only handles may write to. ACCOUNTING ONLY: nothing that must be true rests on it, and what is read from it is
 * copied and told, never followed.
 */
#ifndef ST_ROSTER_H
#define ST_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "os/os.h"

struct st_roster_shared; /* layout.h */

/* This handle's side. Zeroed: no roster; every call below then does nothing. */
struct st_roster {
    struct st_roster_shared *shared;
    uint64_t length;
    uint64_t seat; /* index of our seat + 1; 0: none */
    uint64_t id;   /* the process that we have put there */
};

/* What a seat says. */
struct st_seat {
    st_os_process process;
    uint64_t flags, generation, mapped, last_id, base, attached;
    bool own;
};

/* Bytes of a roster object where pages have so many. */
uint64_t st_roster_length(uint64_t page);

/*
 * Map the object. `fresh`: it is all zero, ours to fill. Otherwise it must be a roster of the region with that tag.
 * STITCH_ECORRUPT, _EMAPS, _EADDRSPACE, _ENOMEM, _EACCES; then *out is zeroed.
 */
int st_roster_open(const st_os_object *object, uint64_t page, uint64_t tag, bool fresh, struct st_roster *out);
void st_roster_close(struct st_roster *roster);

/* Take a seat for this process, if there is one; give it up. */
void st_roster_enroll(struct st_roster *roster, uint64_t flags, const void *base, uint64_t now);
void st_roster_leave(struct st_roster *roster);

/* What this handle has mapped: the state, the bytes, the last segment's id. Three stores. */
void st_roster_note(const struct st_roster *roster, uint64_t generation, uint64_t mapped, uint64_t last_id);

/* The word that says that a read-only handle may sleep; NULL without a roster. As st_directory_announce_waiter. */
st_word *st_roster_waiting(const struct st_roster *roster);

/* Free the seats of processes that are no more. */
void st_roster_drop_dead(const struct st_roster *roster);

/* Seat after seat: 1 and *out; 0: nobody sits there; STITCH_ENOENT behind the last. */
int st_roster_read(const struct st_roster *roster, uint64_t index, struct st_seat *out);

#endif
