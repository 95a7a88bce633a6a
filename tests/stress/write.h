/* SPDX-License-Identifier: MIT */
/*
 * write.h - what a writer of the stress program does in one step.
 */
#ifndef STRESS_WRITE_H
#define STRESS_WRITE_H

#include "handle.h"

/* Any of appending, growing, filling, shrinking, resizing, by chance and by how large the region is. */
void write_step(struct worker *worker);

#endif
