/* SPDX-License-Identifier: MIT */
/*
 * peer.h - another process that is attached to a stage (operations.h) while an operation is disturbed, and says what it
 * sees of that. One helper serves all stages of a test. It is attached where the stage has two users; where it would be
 * the only one, it looks for the name.
 */
#ifndef T_PEER_H
#define T_PEER_H

#include "operations.h"

/* The helper, for the test's table. It is started, with no region open, under the name that it has there. */
void t_peer_runs(void);
void t_peer_start(const char *helper);
void t_peer_end(void);

/* Attaches it before the operation; lets it leave when all has been seen. */
void t_peer_comes(const t_stage *s);
void t_peer_leaves(const t_stage *s);

/*
 * Prove of the other process what t_stage_unchanged and t_stage_done prove of this one. `writes`: it also becomes the
 * writer, since a writer that failed must have let go of everything.
 */
void t_peer_sees_nothing(const t_stage *s, const t_seen *before, bool writes);
void t_peer_sees_it_done(const t_stage *s);

#endif
