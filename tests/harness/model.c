/* SPDX-License-Identifier: MIT */
/*
 * model.c - keeps runs of bytes, each with the stamp of its write.
 */
#include "model.h"

enum { BLOCK = 4096 };

uint64_t t_model_word(uint64_t offset, uint64_t stamp)
{
    uint64_t z = (offset ^ stamp << 44) * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    return z ^ (z >> 31);
}

void t_model_fill(unsigned char *bytes, uint64_t offset, uint64_t length, uint64_t stamp)
{
    for (uint64_t done = 0; done < length;) {
        uint64_t word = t_model_word((offset + done) & ~UINT64_C(7), stamp);
        uint64_t skip = (offset + done) & 7, part = 8 - skip;

        if (skip == 0 && length - done >= 8) { /* nearly always */
            memcpy(bytes + done, &word, 8);
            done += 8;
            continue;
        }
        if (part > length - done)
            part = length - done;
        memcpy(bytes + done, (const unsigned char *)&word + skip, (size_t)part);
        done += part;
    }
}

/* Takes [start, end) away from all runs. */
static void cut(t_model *model, uint64_t start, uint64_t end)
{
    size_t kept = 0;
    t_model_run split = { 0 };

    for (size_t i = 0; i < model->count; i++) {
        t_model_run run = model->run[i];

        if (run.start < start && run.end > end)
            split = (t_model_run){ end, run.end, run.stamp };
        if (run.start < start && run.end > start)
            run.end = start;
        else if (run.start >= start && run.start < end)
            run.start = end;
        if (run.start < run.end)
            model->run[kept++] = run;
        if (split.stamp) { /* only one run can be longer than the cut on both sides */
            if (kept == T_MODEL_RUNS)
                T_FAIL("too many runs");
            memmove(&model->run[kept + 1], &model->run[i + 1], (model->count - i - 1) * sizeof model->run[0]);
            model->run[kept++] = split;
            model->count++;
            i++;
            split.stamp = 0;
        }
    }
    model->count = kept;
}

void t_model_resize(t_model *model, uint64_t size)
{
    if (size < model->size)
        cut(model, size, model->size);
    model->size = size;
}

void t_model_write(t_model *model, unsigned char *base, uint64_t offset, uint64_t length)
{
    uint64_t stamp = ++model->stamp;
    size_t at = 0;

    if (length == 0)
        return;
    T_TRUE(offset + length <= model->size && length <= model->size);
    for (uint64_t done = 0; done < length; done += BLOCK) {
        unsigned char block[BLOCK];
        uint64_t part = length - done < BLOCK ? length - done : BLOCK;

        t_model_fill(block, offset + done, part, stamp);
        memcpy(base + offset + done, block, (size_t)part);
    }
    cut(model, offset, offset + length);
    if (model->count == T_MODEL_RUNS)
        T_FAIL("too many runs");
    while (at < model->count && model->run[at].start < offset)
        at++;
    memmove(&model->run[at + 1], &model->run[at], (model->count - at) * sizeof model->run[0]);
    model->run[at] = (t_model_run){ offset, offset + length, stamp };
    model->count++;
}

/*
 * Fills in what [offset, offset + length) should hold, at most BLOCK bytes, from run `from` on. Returns the next run.
 */
static size_t expect(const t_model *model, unsigned char *bytes, uint64_t offset, uint64_t length, size_t from)
{
    memset(bytes, 0, (size_t)length);
    while (from < model->count && model->run[from].end <= offset)
        from++;
    for (size_t i = from; i < model->count && model->run[i].start < offset + length; i++) {
        uint64_t start = model->run[i].start > offset ? model->run[i].start : offset;
        uint64_t end = model->run[i].end < offset + length ? model->run[i].end : offset + length;

        t_model_fill(bytes + (start - offset), start, end - start, model->run[i].stamp);
    }
    return from;
}

void t_model_check(const t_model *model, const unsigned char *base, uint64_t offset, uint64_t length)
{
    unsigned char wanted[BLOCK];
    size_t from = 0;

    for (uint64_t done = 0; done < length; done += BLOCK) {
        uint64_t part = length - done < BLOCK ? length - done : BLOCK, at = 0;

        from = expect(model, wanted, offset + done, part, from);
        if (memcmp(base + offset + done, wanted, (size_t)part) == 0)
            continue;
        while (base[offset + done + at] == wanted[at])
            at++;
        T_FAIL("the byte at offset %" PRIu64 " of %" PRIu64 " is %#x, not %#x", offset + done + at, model->size,
               base[offset + done + at], wanted[at]);
    }
}

/* Adds one block after the other to a sum that depends on the order. */
static uint64_t sum_block(uint64_t sum, const unsigned char *bytes, uint64_t length)
{
    uint64_t word;

    for (uint64_t at = 0; at < length; at += 8) {
        word = 0;
        memcpy(&word, bytes + at, length - at < 8 ? (size_t)(length - at) : 8);
        sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
    }
    return sum;
}

uint64_t t_model_sum(const t_model *model)
{
    unsigned char block[BLOCK];
    uint64_t sum = model->size;
    size_t from = 0;

    for (uint64_t done = 0; done < model->size; done += BLOCK) {
        uint64_t part = model->size - done < BLOCK ? model->size - done : BLOCK;

        from = expect(model, block, done, part, from);
        sum = sum_block(sum, block, part);
    }
    return sum;
}

uint64_t t_model_sum_of(const unsigned char *base, uint64_t size)
{
    uint64_t sum = size;

    for (uint64_t done = 0; done < size; done += BLOCK)
        sum = sum_block(sum, base + done, size - done < BLOCK ? size - done : BLOCK);
    return sum;
}
