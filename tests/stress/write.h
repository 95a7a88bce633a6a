/* SPDX-License-Identifier: MIT */
/*
 * write.h - the steps of a writer of the stress program.
 */
#ifndef STRESS_WRITE_H
#define STRESS_WRITE_H

#include "handle.h"

/* Appends, grows, fills, shrinks or resizes, by chance and by the size of the region. */
void write_step(struct worker *worker);

#endif
