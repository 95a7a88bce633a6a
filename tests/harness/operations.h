/* SPDX-License-Identifier: MIT */
/*
 * operations.h - every public operation on a small stage, and the judgement of its effect: for tests that disturb each
 * operation at each of its steps.
 *
 * A stage is one region with up to two handles in this process. Every 64 KiB one byte of it has a mark and is looked
 * at. An operation that reports a failure must have changed nothing that anybody can see (promise 7); one that reports
 * success must have done all of it.
 */
#ifndef T_OPERATIONS_H
#define T_OPERATIONS_H

#include "test.h"
#include "handle/handle.h"

enum {
    T_STEP = 64 << 10,     /* from one marked byte to the next */
    T_STAGE_SEGMENTS = 200 /* segments that the stage's region can list */
};

/* Operations of every system and every backend, in the order of the table in operations.c. */
#define T_OPERATIONS(X)                                                                                                \
    X(create)                                                                                                          \
    X(create_with_a_size)                                                                                              \
    X(attach_making)                                                                                                   \
    X(open)                                                                                                            \
    X(open_to_read)                                                                                                    \
    X(attach_opening)                                                                                                  \
    X(grow_within_the_extent)                                                                                          \
    X(grow_past_the_extent)                                                                                            \
    X(grow_from_nothing)                                                                                               \
    X(grow_over_old_bytes)                                                                                             \
    X(append_within_the_extent)                                                                                        \
    X(append_past_the_extent)                                                                                          \
    X(shrink_within_the_extent)                                                                                        \
    X(shrink_past_the_extent)                                                                                          \
    X(resize_up)                                                                                                       \
    X(resize_down)                                                                                                     \
    X(resize_to_nothing)                                                                                               \
    X(grow_when_behind)                                                                                                \
    X(shrink_when_behind)                                                                                              \
    X(sync_that_maps)                                                                                                  \
    X(sync_that_unmaps)                                                                                                \
    X(sync_of_a_reader)                                                                                                \
    X(shrink_that_is_watched)                                                                                          \
    X(sync_that_is_watched)                                                                                            \
    X(exclusive_grow_within)                                                                                           \
    X(exclusive_grow_past)                                                                                             \
    X(exclusive_shrink)                                                                                                \
    X(discard)                                                                                                         \
    X(close)                                                                                                           \
    X(close_of_the_last)                                                                                               \
    X(list)                                                                                                            \
    X(members)                                                                                                         \
    X(looking)                                                                                                         \
    X(looking_as_a_reader)

/* Operations where objects outlive their users. */
#define T_OPERATIONS_ON_FILES(X)                                                                                       \
    X(create_to_keep)                                                                                                  \
    X(unlink)                                                                                                          \
    X(unlink_of_the_last)                                                                                              \
    X(collect)                                                                                                         \
    X(grow_after_a_fork)                                                                                               \
    X(grow_after_a_death)                                                                                              \
    X(grow_within_after_a_death)                                                                                       \
    X(shrink_after_a_death)

/* Operations where memory can come with the first touch; stitched and single. */
#define T_OPERATIONS_LAZY(X)                                                                                           \
    X(create_lazy)                                                                                                     \
    X(lazy_grow_past)                                                                                                  \
    X(lazy_grow_over_old_bytes)                                                                                        \
    X(lazy_append)                                                                                                     \
    X(lazy_discard)

/*
 * The lines of a test's table: every operation with every backend; those on files with every backend and the lazy ones
 * with those that can be lazy. The test defines T_OPERATION_TEST(id), the name of its case for an operation.
 */
#define T_OPERATION_STITCHED(id) T_STITCHED(T_OPERATION_TEST(id)),
#define T_OPERATION_SINGLE(id)   T_SINGLE(T_OPERATION_TEST(id)),
#define T_OPERATION_FIXED(id)    T_FIXED(T_OPERATION_TEST(id)),
#define T_OPERATION_REMAP(id)    T_REMAP(T_OPERATION_TEST(id)),
#define T_OPERATIONS_TABLE                                                                                             \
    T_OPERATIONS(T_OPERATION_STITCHED)                                                                                 \
    T_OPERATIONS(T_OPERATION_SINGLE)                                                                                   \
    T_OPERATIONS(T_OPERATION_FIXED)                                                                                    \
    T_OPERATIONS(T_OPERATION_REMAP)
#define T_OPERATIONS_TABLE_ON_FILES                                                                                    \
    T_OPERATIONS_ON_FILES(T_OPERATION_STITCHED)                                                                        \
    T_OPERATIONS_LAZY(T_OPERATION_STITCHED)                                                                            \
    T_OPERATIONS_ON_FILES(T_OPERATION_SINGLE)                                                                          \
    T_OPERATIONS_LAZY(T_OPERATION_SINGLE)                                                                              \
    T_OPERATIONS_ON_FILES(T_OPERATION_FIXED)                                                                           \
    T_OPERATIONS_ON_FILES(T_OPERATION_REMAP)

#define T_OPERATION_ENUM(id) T_OPERATION_##id,
enum t_operation_id {
    T_OPERATIONS(T_OPERATION_ENUM)          /* */
    T_OPERATIONS_ON_FILES(T_OPERATION_ENUM) /* */
    T_OPERATIONS_LAZY(T_OPERATION_ENUM)     /* */
    T_OPERATION_COUNT
};

typedef struct t_stage t_stage;

typedef struct t_operation {
    const char *name;
    int (*run)(t_stage *s);
    uint64_t flags; /* of the region */
    uint64_t start; /* bytes of the region before the operation */
    uint64_t high;  /* bytes that it had before that; 0: never more */
    uint64_t ahead; /* the other handle then resizes it to this; 0: it does not */
    uint64_t after; /* bytes of the region when the operation has succeeded */
    uint64_t codes; /* errors that stitch.h allows: bit n is error -n */
    bool nobody;    /* there is no region before the operation */
    bool readonly;  /* the handle `mine` is read-only */
    bool alone;     /* there is no other handle */
    bool shrinks;   /* it shrinks, so it cannot fail for lack of a resource */
    bool ends;      /* the name is gone afterwards */
    bool left;      /* nobody is attached */
    bool recovers;  /* it first recovers from a dead writer; that part stays even if the operation fails */
    bool parts;     /* a child's handle first gets its own descriptors; these stay even if the operation fails */
    bool announces; /* it announces a waiter in the directory */
    bool appends;   /* it appends t_stage_to_append */
} t_operation;

struct t_stage {
    const t_operation *operation;
    const char *name;
    stitch_region *mine, *other, *made;
    uint64_t marked; /* bytes below this offset have their marks */
    uint64_t known;  /* the size of `mine` as its watcher has been told it */
    unsigned collected;
};

extern const t_operation t_operations[T_OPERATION_COUNT];

/* Bytes for the operations that append; those at an offset belong at the same offset of the region. */
extern unsigned char t_stage_to_append[3 << 20];

/* All that others can see of a region, and all that its handle shows of it. */
typedef struct t_seen {
    uint64_t size, own_generation;
    void *base;
    struct st_snapshot state;
    struct st_entry entries[T_STAGE_SEGMENTS];
    unsigned char header[0x200]; /* the shared directory up to its records */
    unsigned members;
} t_seen;

struct stitch_options t_stage_options(void);
t_stage t_stage_set_up(const t_operation *o);
/* Closes the stage's handles. Where objects persist, it also collects those that could not be removed. */
void t_stage_tear_down(t_stage *s);
void t_stage_look(const t_stage *s, t_seen *out);

/*
 * Fails unless bytes below `marked` have their marks and the others are zero, as is the end of the page of each mark.
 */
void t_stage_contents(stitch_region *region, uint64_t marked);
/* Returns the bytes that the operation appends, or NULL. */
const unsigned char *t_stage_source(const t_operation *o, uint64_t *length);
/*
 * Returns how many bytes beyond the commit mark the operation itself makes resident, by reading bytes that have left.
 */
uint64_t t_stage_seen(const t_operation *o);
/* Returns the offset up to which there are marks when the operation is done. */
uint64_t t_stage_marked_after(const t_operation *o, uint64_t marked);

/*
 * Judge an operation that has reported failure; that has reported success. `prove` proves that a handle's mapping is
 * sound, as well as the test can at this moment.
 */
void t_stage_unchanged(t_stage *s, const t_seen *before, void (*prove)(stitch_region *));
void t_stage_done(t_stage *s, void (*prove)(stitch_region *));

#endif
