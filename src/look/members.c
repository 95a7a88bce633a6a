/* SPDX-License-Identifier: MIT */
/*
 * members.c - stitch_members: which handles are attached, and what each pins, that is, segments that have left the
 * region and that it still has mapped. The roster says so, and the system's map of that process proves it.
 */
#include <stitch/inspect.h>

#include <stdlib.h>

#include "handle/state.h"

/* The published state, and the identities of the objects that it lists; 0 for one that is gone. */
struct listed {
    struct st_snapshot state;
    st_os_identity *identities;
};

static void forget(struct listed *listed)
{
    st_state_free(&listed->state);
    free(listed->identities);
}

static int look(const struct stitch_region *region, struct listed *out)
{
    st_os_status status;
    int err;

    *out = (struct listed){ 0 };
    err = st_state_copy(region, &out->state);
    if (!err) {
        out->identities = calloc((size_t)region->geometry.capacity, sizeof *out->identities);
        err = out->identities ? 0 : STITCH_ENOMEM;
    }
    for (uint64_t i = 0; !err && i < out->state.record.count; i++)
        if (st_store_segment_status(&region->store, out->state.entries[i].id, &status) == 0)
            out->identities[i] = status.identity;
    if (err)
        forget(out);
    return err;
}

/* Where the segments end that a seat has mapped and that are still listed. Ids only rise; segments leave at the end. */
static uint64_t common_end(const struct listed *listed, uint64_t last_id)
{
    uint64_t count = 0;

    while (count < listed->state.record.count && listed->state.entries[count].id <= last_id)
        count++;
    return st_snapshot_end(&listed->state, count);
}

struct proof {
    const struct listed *listed;
    uint64_t end; /* address: where nothing tells objects apart, segments mapped at or past it have left */
    uint64_t bytes;
};

static bool is_listed(const struct proof *proof, const st_os_range *range)
{
    const struct listed *listed = proof->listed;

    for (uint64_t i = 0; i < listed->state.record.count; i++) {
        const st_os_identity *identity = &listed->identities[i];

        if (identity->number == 0)
            return range->start < proof->end;
        if (st_os_identity_is(*identity, range->identity))
            return true;
    }
    return false;
}

static int add_proof(const st_os_range *range, void *arg)
{
    struct proof *proof = arg;

    if (range->kind == ST_OS_VIEW && !is_listed(proof, range))
        proof->bytes += range->length;
    return 0;
}

/* Asks for the map of that process. Returns UINT64_MAX if it may not be asked. */
static uint64_t prove(const struct stitch_region *region, const struct listed *listed, const struct st_seat *seat,
                      uint64_t end)
{
    struct proof proof = { listed, seat->base + end, 0 };

    if (st_handle_is(region, STITCH_BACKEND_REMAP)) /* one segment, which never leaves */
        return 0;
    if (st_os_process_lives(&seat->process) != 1 || seat->base > UINT64_MAX - region->geometry.reserve ||
        st_os_survey_process(seat->process.id, seat->base, region->geometry.reserve, add_proof, &proof) != 0)
        return UINT64_MAX;
    return proof.bytes;
}

static struct stitch_member describe(const struct stitch_region *region, const struct listed *listed,
                                     const struct st_seat *seat)
{
    uint64_t end = common_end(listed, seat->last_id);

    return (struct stitch_member){
        .pid = seat->process.id,
        .started = seat->process.started,
        .space = seat->process.space,
        .flags = seat->flags & (STITCH_READONLY | STITCH_EXCLUSIVE),
        .generation = seat->generation,
        .base = seat->base,
        .mapped = seat->mapped,
        .retired = seat->mapped > end ? seat->mapped - end : 0,
        .proved = prove(region, listed, seat, end),
        .attached = seat->attached,
        .self = seat->own,
    };
}

static int tell_all(const struct stitch_region *region, const struct listed *listed,
                    int (*each)(const struct stitch_member *, void *), void *arg)
{
    struct st_seat seat;
    int taken = 0, err = 0;

    for (uint64_t i = 0; err == 0 && taken >= 0; i++) {
        taken = st_roster_read(&region->roster, i, &seat);
        if (taken == 1) {
            struct stitch_member member = describe(region, listed, &seat);

            err = each(&member, arg);
        }
    }
    return err;
}

int stitch_members(stitch_region *region, int (*each)(const struct stitch_member *, void *), void *arg)
{
    struct listed listed;
    int err;

    st_error_set_code(0);
    if (!region || !each)
        return STITCH_EINVAL;
    if (!region->roster.shared)
        return STITCH_ENOTSUP;
    err = look(region, &listed);
    if (err)
        return err;
    st_roster_drop_dead(&region->roster);
    err = tell_all(region, &listed, each, arg);
    forget(&listed);
    return err;
}
