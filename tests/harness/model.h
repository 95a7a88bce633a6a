/* SPDX-License-Identifier: MIT */
/*
 * model.h - the contents that a region should have: its size, and for every byte the write that was the last there.
 *
 * A write has a stamp; the byte at an offset is a function of the offset and the stamp. Bytes that nobody wrote since
 * they were grown are zero.
 */
#ifndef T_MODEL_H
#define T_MODEL_H

#include "test.h"

enum { T_MODEL_RUNS = 2048 };

typedef struct t_model_run {
    uint64_t start, end, stamp;
} t_model_run;

typedef struct t_model {
    uint64_t size, stamp;
    size_t count;
    t_model_run run[T_MODEL_RUNS]; /* in order, not touching each other's bytes */
} t_model;

/* Notes that the region has this size now. */
void t_model_resize(t_model *model, uint64_t size);

/* Writes [offset, offset + length) of the region with a new stamp, and notes that. */
void t_model_write(t_model *model, unsigned char *base, uint64_t offset, uint64_t length);

/* Fails unless every byte of [offset, offset + length) is the right one. */
void t_model_check(const t_model *model, const unsigned char *base, uint64_t offset, uint64_t length);

/* Return a sum of the bytes that should be there; of those that are there. */
uint64_t t_model_sum(const t_model *model);
uint64_t t_model_sum_of(const unsigned char *base, uint64_t size);

/* Returns the aligned word that a write with that stamp puts at `offset`. */
uint64_t t_model_word(uint64_t offset, uint64_t stamp);

/* Fills in `length` bytes as a write with that stamp would put them at `offset`. */
void t_model_fill(unsigned char *bytes, uint64_t offset, uint64_t length, uint64_t stamp);

#endif
