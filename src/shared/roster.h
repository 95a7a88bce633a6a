/* SPDX-License-Identifier: MIT */
/*
 * roster.h - which handles are attached to a region: one seat for each, in a small shared object of its own, to which
 * read-only handles may write too. ACCOUNTING ONLY: nothing that must be true depends on it, and what is read from it
 * is copied and reported, never followed.
 */
#ifndef ST_ROSTER_H
#define ST_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "os/os.h"

struct st_roster_shared; /* layout.h */

/* This handle's access to the roster. Zeroed: there is none, and every call below does nothing. */
struct st_roster {
    struct st_roster_shared *shared;
    uint64_t length;
    uint64_t seat; /* index of our seat + 1; 0: none */
    uint64_t id;   /* of the process that we have written there */
};

/* A copy of one seat. */
struct st_seat {
    st_os_process process;
    uint64_t flags, generation, mapped, last_id, base, attached;
    bool own;
};

/* Bytes of a roster object in a folder with that page. */
uint64_t st_roster_length(uint64_t page);

/*
 * Maps the object. fresh: it is all zero, and this call fills it. Otherwise it must be the roster of the region with
 * that tag. Returns 0, or STITCH_ECORRUPT, _EMAPS, _EADDRSPACE, _ENOMEM, _EACCES and *out is zeroed.
 */
int st_roster_open(const st_os_object *object, uint64_t page, uint64_t tag, bool fresh, struct st_roster *out);
void st_roster_close(struct st_roster *roster);

/* enroll takes a free seat for this process, if there is one; leave frees it. */
void st_roster_enroll(struct st_roster *roster, uint64_t flags, const void *base, uint64_t now);
void st_roster_leave(struct st_roster *roster);

/* Notes what this handle has mapped: the generation, the bytes, the last segment's id. Three stores. */
void st_roster_note(const struct st_roster *roster, uint64_t generation, uint64_t mapped, uint64_t last_id);

/* The word in which read-only handles announce that they may sleep; NULL without a roster. */
st_word *st_roster_waiting(const struct st_roster *roster);

/* Frees the seats of processes that no longer exist. */
void st_roster_drop_dead(const struct st_roster *roster);

/* Reads seat `index`. Returns 1 and fills *out if it is in use, 0 if it is free, STITCH_ENOENT if index is past the
 * last seat. */
int st_roster_read(const struct st_roster *roster, uint64_t index, struct st_seat *out);

#endif
