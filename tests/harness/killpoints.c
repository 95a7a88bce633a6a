/* SPDX-License-Identifier: MIT */
/* killpoints.c - keeps the watched pages, and counts the steps. */
#include "killpoints.h"

#include "test.h"

enum { WATCHED = 16, PAGE = 4096, PAGES_OF_A_SOURCE = 4 };

struct watched {
    unsigned char *at;
    size_t length;
    bool source;
};

static struct {
    bool on;
    uint64_t taken, last, directory_length;
    struct watched watched[WATCHED];
    size_t count;
    struct watched *open; /* writable for one instruction */
} steps;

static void step(void)
{
    if (steps.taken++ == steps.last)
        t_steps_die();
}

static void watch(void *at, size_t length, bool source)
{
    T_TRUE(steps.count < WATCHED);
    steps.watched[steps.count++] = (struct watched){ at, length, source };
    t_steps_protect(at, length, source ? T_STEP_NONE : T_STEP_READ);
}

static struct watched *find(uintptr_t address)
{
    for (size_t i = 0; i < steps.count; i++)
        if (address - (uintptr_t)steps.watched[i].at < steps.watched[i].length)
            return &steps.watched[i];
    return NULL;
}

static void forget(struct watched *which)
{
    *which = steps.watched[--steps.count];
}

void t_steps_begin(uint64_t last, uint64_t directory_length)
{
    memset(&steps, 0, sizeof steps);
    steps.last = last;
    steps.directory_length = directory_length;
    t_steps_hook(true);
    steps.on = true;
}

void t_steps_watch(stitch_region *region)
{
    if (!region || region->readonly)
        return;
    watch(region->directory, (size_t)region->geometry.length, false);
    if (region->roster.shared)
        watch(region->roster.shared, (size_t)region->roster.length, false);
}

/* Watches the first whole page and some others, up to the last. */
void t_steps_watch_source(const void *at, size_t length)
{
    unsigned char *first = (unsigned char *)(((uintptr_t)at + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
    size_t pages = length / PAGE - 1;

    for (size_t i = 0; i < PAGES_OF_A_SOURCE && length > 0; i++)
        watch(first + pages * i / PAGES_OF_A_SOURCE * PAGE, PAGE, true);
}

uint64_t t_steps_end(void)
{
    steps.on = false;
    t_steps_hook(false);
    while (steps.count > 0) {
        t_steps_protect(steps.watched[0].at, steps.watched[0].length, T_STEP_ALL);
        forget(&steps.watched[0]);
    }
    return steps.taken;
}

enum t_step_fault t_steps_fault(uintptr_t address)
{
    struct watched *which = steps.on ? find(address) : NULL;

    if (!which)
        return T_STEP_NOT_OURS;
    step();
    t_steps_protect(which->at, which->length, T_STEP_ALL);
    if (!which->source) {
        steps.open = which;
        return T_STEP_ONE_INSTRUCTION;
    }
    forget(which);
    return T_STEP_GO_ON;
}

void t_steps_trap(void)
{
    if (steps.open)
        t_steps_protect(steps.open->at, steps.open->length, T_STEP_READ);
    steps.open = NULL;
}

void t_steps_call(void)
{
    if (steps.on)
        step();
    t_steps_trap(); /* where single instructions cannot be stepped */
}

void t_steps_mapped(void *at, size_t length)
{
    if (steps.on && (length == steps.directory_length || length == st_roster_length(PAGE)))
        watch(at, length, false);
}

void t_steps_unmapped(const void *at)
{
    struct watched *which = find((uintptr_t)at);

    if (which)
        forget(which);
}
