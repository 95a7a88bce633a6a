/* SPDX-License-Identifier: MIT */
/*
 * trial.h - one peer doing one work once: the calls that a work makes, each with a clock around it, and the checks of
 * the data. Functions that return int return 0, or -1 after peer_fail().
 */
#ifndef BENCH_TRIAL_H
#define BENCH_TRIAL_H

#include "peers/peer.h"
#include "stats.h"

#include <stdint.h>

#define PHASES_MAX 4 /* kinds of calls that a work tells apart, at most */

struct settings;

/* The moments at which memory is read, besides before open. */
enum memory_point {
    MEMORY_PEAK, /* at the largest size */
    MEMORY_BACK, /* after shrinking back */
    MEMORY_LEFT, /* after close */
    MEMORY_POINTS
};

struct trial {
    const struct peer *peer;
    const struct settings *settings;
    struct series phase[PHASES_MAX];
    void *self;                    /* the peer's handle, as its open returned it */
    uint64_t before;               /* bytes of memory in use before open */
    int64_t memory[MEMORY_POINTS]; /* bytes in use at each point, less `before` */
    uint64_t moves;                /* how often grow or shrink changed the base */
};

/* Notes the memory in use, then opens the peer. Touches no byte. */
int trial_open(struct trial *trial, uint64_t start, uint64_t max, uint64_t extent);
int trial_open_need(struct trial *trial, const struct peer_need *need);

/* Closes the peer, and notes the memory that it left in use. */
void trial_close(struct trial *trial);

/* Returns the memory in use now, less that before open. */
int64_t trial_memory(const struct trial *trial);

/* Grows or shrinks to `size`, and counts moves of the base. Returns the nanoseconds it took, or a negative number. */
double trial_resize(struct trial *trial, uint64_t size);

/* Stores a word, different everywhere, at the start of each page of [from, to). Returns the nanoseconds it took. */
double trial_touch(struct trial *trial, uint64_t from, uint64_t to);

/* Checks that [0, size) holds the words, and zero at the end of each page if the peer promises zeroes. */
int trial_check(struct trial *trial, uint64_t size);

/* Grows by 1 MiB, checks that these bytes read as zero if the peer promises that, and shrinks again. */
int trial_check_regrown(struct trial *trial);

/* Returns the word that trial_touch stores at `offset`. */
uint64_t trial_word(uint64_t offset);

#endif
