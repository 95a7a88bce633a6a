/* SPDX-License-Identifier: MIT */
/*
 * plan.h - what a change will do, in numbers: how large the next segment is, how far memory is committed, what becomes
 * of the record. Pure arithmetic: the stories in src/region carry a plan out.
 */
#ifndef ST_PLAN_H
#define ST_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/directory.h"

/* What the numbers depend on besides the state. */
struct st_rules {
    uint64_t reserve;  /* bytes, a multiple of STITCH_EXTENT_UNIT */
    uint64_t capacity; /* segments that the directory can list */
    uint64_t extent;   /* of every new segment; 0: the sizing rule */
    uint64_t page;     /* granule of commit and give-back */
    uint64_t block;    /* larger granule in which commit is several times faster; equal to page if there is none */
    bool one_segment;  /* the region has one segment for life */
    bool lazy;         /* nothing is committed: the mark is the end of the last extent */
    bool fixed;        /* everything is committed at creation, and stays so */
    bool gives_back;   /* a part of an extent can be given back, and committing it again makes it read zero */
};

/* ------------------------------------------------------------------------------------------------------- grow --- */

/*
 * The extent of a segment that begins at `end` and must hold at least `need` bytes. Requires: need <= reserve - end.
 */
uint64_t st_plan_extent(const struct st_rules *rules, uint64_t end, uint64_t need);

/* How far the last extent of a region is committed. Of lazy and fixed regions both marks are the end of the extent. */
struct st_marks {
    uint64_t best;    /* at most one block ahead of the size */
    uint64_t by_page; /* at most one page ahead: for a folder that has no room for a whole block */
    bool blocks;      /* whole blocks are committed at once */
};

/* The commit marks for a region of `size` bytes whose last extent ends at `end`. */
struct st_marks st_plan_marks(const struct st_rules *rules, uint64_t size, uint64_t end);

/* How the bytes that a region grows over are made to read zero. */
enum st_zeroing {
    ST_ZEROING_NONE,     /* they read zero already */
    ST_ZEROING_STORE,    /* they have memory: store zeros */
    ST_ZEROING_GIVE_BACK /* lazy: give whole pages back, since storing could fault for want of memory */
};

/* Everything that growing to a size takes. */
struct st_growth {
    bool extends;            /* the last extent must be committed further, */
    struct st_marks tail;    /* to here */
    bool adds;               /* another segment is needed, */
    struct st_entry add;     /* at this offset, of this extent; its id is the first one to try; */
    struct st_marks added;   /* and it is committed to here, */
    bool born_whole;         /* unless its object is made with all its memory */
    enum st_zeroing zeroing; /* the bytes from the size now */
    uint64_t zero_to;        /* up to here may hold something */
};

/* Plans growing to `size`, which is not less than now. Returns 0, STITCH_ERESERVE, or STITCH_ESEGMENTS. */
int st_plan_growth(const struct st_rules *rules, const struct st_snapshot *known, uint64_t size, struct st_growth *out);

/* ----------------------------------------------------------------------------------------------------- shrink --- */

/* Where a shrink ends the region: `take` bytes before its end, and at `limit` at most. */
struct st_cut {
    uint64_t take, limit;
};

/* Returns 0 and the size after the cut, or STITCH_EINVAL (there are not that many bytes to take). */
int st_plan_cut(uint64_t size, const struct st_cut *cut, uint64_t *out);

/* The record of a region that shrinks to `size`. Requires: size is less than now. */
void st_plan_shrink(const struct st_rules *rules, const struct st_snapshot *known, uint64_t size,
                    struct st_record *next);

/* The record of a region of which only the first `count` segments, up to `end`, still exist. */
void st_plan_repair(const struct st_record *now, uint64_t count, uint64_t end, struct st_record *next);

#endif
