/* SPDX-License-Identifier: MIT */
/*
 * roles.h - the roles of the processes of the stress program.
 */
#ifndef STRESS_ROLES_H
#define STRESS_ROLES_H

#include "test.h"

enum role {
    ROLE_WRITER,    /* waits for other writers */
    ROLE_IMPATIENT, /* does not wait: STITCH_NOWAIT */
    ROLE_EXCLUSIVE, /* is the one writer, now and then */
    ROLE_OFTEN,     /* reads, and syncs all the time */
    ROLE_RARELY,
    ROLE_NEVER,
    ROLE_WAITER,
    ROLE_EDGE, /* reads the last bytes */
    ROLES
};

const char *role_name(enum role role);

/* The helper of a process. Arguments: region, board, its number, its role, threads, seed. */
void stress_process(void);

/* The helper that reads the last bytes in --edge. Arguments: region, board, its number, 1 if it may write. */
void edge_process(void);
/* The other side of --edge: makes so many rounds with so many readers. */
void edge_test(uint64_t rounds, unsigned readers, t_random *random);

#endif
