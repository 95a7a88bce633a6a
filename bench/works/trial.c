/* SPDX-License-Identifier: MIT */
/* trial.c - the memory of a trial: growing it with a clock around the call, writing to it, checking the data. */
#include "sys.h"
#include "works/work.h"

#include <inttypes.h>
#include <string.h>

#define PAGE UINT64_C(4096)
#define WORD sizeof(uint64_t)

static uint64_t memory_in_use(const struct peer *peer)
{
    struct sys_memory memory;

    sys_read_memory(&memory);
    return peer->flags & PEER_ANON ? memory.anon : memory.shared;
}

int trial_open(struct trial *trial, uint64_t start, uint64_t max, uint64_t extent)
{
    return trial_open_need(trial, &(struct peer_need){ .start = start, .max = max, .extent = extent });
}

int trial_open_need(struct trial *trial, const struct peer_need *need)
{
    trial->before = memory_in_use(trial->peer);
    trial->self = trial->peer->open(trial->peer, need);
    return !trial->self ? -1 : 0;
}

void trial_close(struct trial *trial)
{
    if (trial->self)
        trial->peer->close(trial->self);
    trial->self = NULL;
    trial->memory[MEMORY_LEFT] = trial_memory(trial);
}

int64_t trial_memory(const struct trial *trial)
{
    return (int64_t)(memory_in_use(trial->peer) - trial->before);
}

double trial_resize(struct trial *trial, uint64_t size)
{
    const struct peer *peer = trial->peer;
    char *base = peer->base(trial->self);
    bool larger = size > peer->size(trial->self);
    double begin = sys_now();
    int err = larger ? peer->grow(trial->self, size) : peer->shrink(trial->self, size);
    double end = sys_now();

    if (err != 0)
        return -1;
    if (peer->size(trial->self) != size)
        return peer_fail("the size is %" PRIu64 ", not %" PRIu64, peer->size(trial->self), size);
    trial->moves += peer->base(trial->self) != base;
    return end - begin;
}

uint64_t trial_word(uint64_t offset)
{
    return (offset + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

double trial_touch(struct trial *trial, uint64_t from, uint64_t to)
{
    char *base = trial->peer->base(trial->self);
    double begin = sys_now();

    for (uint64_t offset = (from + PAGE - 1) / PAGE * PAGE; offset + WORD <= to; offset += PAGE) {
        uint64_t word = trial_word(offset);

        memcpy(base + offset, &word, WORD);
    }
    return sys_now() - begin;
}

static uint64_t word_at(const char *base, uint64_t offset)
{
    uint64_t word;

    memcpy(&word, base + offset, WORD);
    return word;
}

int trial_check(struct trial *trial, uint64_t size)
{
    const char *base = trial->peer->base(trial->self);
    bool zeroes = (trial->peer->flags & PEER_ZEROES) != 0;

    for (uint64_t offset = 0; offset + WORD <= size; offset += PAGE) {
        if (word_at(base, offset) != trial_word(offset))
            return peer_fail("wrong data at offset %" PRIu64, offset);
        if (zeroes && offset + PAGE <= size && word_at(base, offset + PAGE - WORD) != 0)
            return peer_fail("not zero at offset %" PRIu64, offset + PAGE - WORD);
    }
    return 0;
}

int trial_check_regrown(struct trial *trial)
{
    uint64_t old = trial->peer->size(trial->self), new = old + (UINT64_C(1) << 20);
    const char *base;

    if (!(trial->peer->flags & PEER_ZEROES))
        return 0;
    if (trial_resize(trial, new) < 0)
        return -1;
    base = trial->peer->base(trial->self);
    for (uint64_t offset = (old + PAGE - 1) / PAGE * PAGE; offset + WORD <= new; offset += PAGE)
        if (word_at(base, offset) != 0)
            return peer_fail("grown again, not zero at offset %" PRIu64, offset);
    return trial_resize(trial, old) < 0 ? -1 : 0;
}
