/* SPDX-License-Identifier: MIT */
/*
 * peer.h - another process, that is attached to a stage (operations.h) while an operation is disturbed, and says
 * what it sees of that. One helper for a test's many stages. It is attached where the stage has two users; where it
 * would be the only one, it looks for the name.
 */
#ifndef T_PEER_H
#define T_PEER_H

#include "operations.h"

/* The helper, for the test's table; start it under the name that it has there, with no region open. */
void t_another_runs(void);
void t_another_start(const char *helper);
void t_another_end(void);

/* Before the operation; and when all has been seen. */
void t_another_comes(const t_stage *s);
void t_another_leaves(const t_stage *s);

/*
 * What t_stage_unchanged and t_stage_done say of this process. `writes`: it enters as a writer besides, since a writer
 * who failed must have let go of everything.
 */
void t_another_sees_nothing(const t_stage *s, const t_seen *before, bool writes);
void t_another_sees_it_done(const t_stage *s);

#endif
