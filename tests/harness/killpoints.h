/* SPDX-License-Identifier: MIT */
/*
 * killpoints.h - this process, ended at one of its steps: before a call that the library makes of the system, or before
 * a store to what processes share (directory and roster).
 *
 * Nothing in the library knows of it. Calls pass through its table; stores are found by taking away the right to write
 * to those pages: each store is a fault, which is a step, and then goes on by itself for one instruction. Where a
 * processor cannot do that, only the first store after each call is a step. What one process does between two steps
 * nobody else can see, so dying behind a step is dying before the next.
 */
#ifndef T_KILLPOINTS_H
#define T_KILLPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "handle/handle.h"

/* Count from 0; die before that step (UINT64_MAX: never). Directories of so many bytes are watched once they are
 * mapped. */
void t_steps_begin(uint64_t last, uint64_t directory_length);
void t_steps_watch(stitch_region *region);                /* which was mapped before */
void t_steps_watch_source(const void *at, size_t length); /* its first read of some of these pages, too */
uint64_t t_steps_end(void);                               /* so many there were */

/* For steps_<system>.c: what a fault or a call is to this file, and what this file needs. */
enum t_step_fault { T_STEP_NOT_OURS, T_STEP_ONE_INSTRUCTION, T_STEP_GO_ON };
enum t_step_fault t_steps_fault(uintptr_t address);
void t_steps_trap(void);
void t_steps_call(void);
void t_steps_mapped(void *at, size_t length);
void t_steps_unmapped(const void *at);

enum t_step_access { T_STEP_ALL, T_STEP_READ, T_STEP_NONE };
void t_steps_hook(bool on);
void t_steps_protect(void *at, size_t length, enum t_step_access access);
_Noreturn void t_steps_die(void);

#endif
