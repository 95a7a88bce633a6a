/* SPDX-License-Identifier: MIT */
/*
 * members.c - who is attached, by the roster, and what each pins: segments that have left the region and that it still
 * has mapped. The roster says so, and the system's map of that process proves it.
 *
 * May call directory, roster, segments, names and os.
 */
#include <stdlib.h>

#include "look/look.h"

/* What the directory lists now, and as which objects. */
struct listed {
    struct st_snapshot state;
    st_os_identity *identities;
};

static void forget(struct listed *listed)
{
    free(listed->state.entries);
    free(listed->identities);
}

static int look(const struct stitch_region *region, struct listed *out)
{
    size_t capacity = (size_t)region->geometry.capacity;
    char name[ST_NAME_SIZE];
    st_os_status status;
    int e;

    *out = (struct listed){ 0 };
    out->state.entries = calloc(capacity, sizeof *out->state.entries);
    out->identities = calloc(capacity, sizeof *out->identities);
    e = out->state.entries && out->identities ? st_directory_snapshot(region->directory, &region->geometry, &out->state)
                                              : STITCH_ENOMEM;
    for (uint64_t i = 0; !e && i < out->state.record.count; i++) {
        st_names_segment(name, region->geometry.tag, out->state.entries[i].id);
        if (st_os_object_status_by_name(&region->folder, name, &status) ==
            0) /* gone since: then it is not listed any more */
            out->identities[i] = status.identity;
    }
    if (e)
        forget(out);
    return e;
}

/* Where the part of a seat's segments ends that is still listed: ids only rise, and segments leave at the end. */
static uint64_t common_end(const struct listed *listed, uint64_t last_id)
{
    uint64_t end = 0;

    for (uint64_t i = 0; i < listed->state.record.count && listed->state.entries[i].id <= last_id; i++)
        end = listed->state.entries[i].offset + listed->state.entries[i].extent;
    return end;
}

struct proof {
    const struct listed *listed;
    uint64_t behind; /* address: where nothing tells objects apart, what is mapped from here on has left */
    uint64_t bytes;
};

static bool is_listed(const struct proof *proof, const st_os_range *range)
{
    const struct listed *listed = proof->listed;

    for (uint64_t i = 0; i < listed->state.record.count; i++) {
        const st_os_identity *identity = &listed->identities[i];

        if (identity->number == 0)
            return range->start < proof->behind;
        if (identity->device == range->identity.device && identity->number == range->identity.number)
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

/* From the map of that process; UINT64_MAX if it may not be asked. */
static uint64_t prove(const struct stitch_region *region, const struct listed *listed, const struct st_seat *seat,
                      uint64_t end)
{
    struct proof proof = { listed, seat->base + end, 0 };

    if (region->geometry.backend == STITCH_BACKEND_REMAP) /* one segment, which never leaves */
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

int st_members_each(struct stitch_region *region, int (*each)(const struct stitch_member *, void *), void *arg)
{
    struct listed listed;
    struct st_seat seat;
    int taken = 0, e;

    if (!region->roster.shared)
        return STITCH_ENOTSUP;
    e = look(region, &listed);
    if (e)
        return e;
    st_roster_drop_dead(&region->roster);
    for (uint64_t i = 0; e == 0 && taken >= 0; i++) {
        taken = st_roster_read(&region->roster, i, &seat);
        if (taken == 1) {
            struct stitch_member member = describe(region, &listed, &seat);

            e = each(&member, arg);
        }
    }
    forget(&listed);
    return e;
}
