/* SPDX-License-Identifier: MIT */
/*
 * killpoints.h - ends this process at one of its steps: before a system call of the library, or before a store to the
 * pages that processes share (directory and roster).
 *
 * Nothing in the library knows of it. Calls pass through the library's table; stores are found by taking away the right
 * to write to these pages: each store faults, which is a step, and then goes on for one instruction. Where a processor
 * cannot do that, only the first store after each call is a step. Nobody else can see what a process does between two
 * steps, so dying after a step is the same as dying before the next.
 */
#ifndef T_KILLPOINTS_H
#define T_KILLPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "handle/handle.h"

/* Counts steps from 0 and dies before that one (UINT64_MAX: never). Watches each directory of so many bytes once it is
 * mapped. */
void t_steps_begin(uint64_t last, uint64_t directory_length);
void t_steps_watch(stitch_region *region);                /* watches a region that was mapped before */
void t_steps_watch_source(const void *at, size_t length); /* the first read of some of these pages is a step, too */
uint64_t t_steps_end(void);                               /* returns how many steps there were */

/* For killpoints_<system>.c: what it tells killpoints.c, and what killpoints.c needs of it. */
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
