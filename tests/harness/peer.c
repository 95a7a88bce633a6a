/* SPDX-License-Identifier: MIT */
/* peer.c - the other process, and what the test tells it. */
#include "peer.h"
#include "maps.h"

static t_process *another;

/*
 * Each line "WHAT NAME SIZE MARKED" says how this process must see the region. It is attached from the first look until
 * "leave".
 */
void t_peer_runs(void)
{
    stitch_region *region = NULL, *none;
    const char *line;

    while ((line = t_hear_or_end(t_parent())) != NULL) {
        char what[16], name[64];
        uint64_t size, marked;

        T_EQ(sscanf(line, "%15s %63s %" SCNu64 " %" SCNu64, what, name, &size, &marked), 4);
        if (strcmp(what, "none") == 0) {
            T_GIVES(stitch_open(name, NULL, &none), STITCH_ENOENT);
        } else if (strcmp(what, "leave") == 0) {
            t_close(region);
            region = NULL;
        } else {
            if (!region)
                region = t_open(name);
            if (strcmp(what, "write") == 0)
                T_OK(stitch_grow(region, 0, NULL));
            else
                T_TRUE(stitch_sync(region) >= 0);
            T_EQ(stitch_size(region), size);
            t_stage_contents(region, marked);
            (void)t_prove(region);
        }
        t_tell(t_parent(), "ok");
    }
}

void t_peer_start(const char *helper)
{
    another = t_start_soon(helper, "-");
}

void t_peer_end(void)
{
    t_finish(another);
}

static void ask(const t_stage *s, const char *what, uint64_t size, uint64_t marked)
{
    t_tell(another, "%s %s %" PRIu64 " %" PRIu64, what, s->name, size, marked);
    t_expect(another, "ok");
}

void t_peer_comes(const t_stage *s)
{
    const t_operation *o = s->operation;

    if (!o->nobody && !o->alone)
        ask(s, "see", o->ahead ? o->ahead : o->start, s->marked);
}

void t_peer_leaves(const t_stage *s)
{
    ask(s, "leave", 0, 0);
}

void t_peer_sees_nothing(const t_stage *s, const t_seen *before, bool writes)
{
    const t_operation *o = s->operation;

    if (o->nobody)
        ask(s, "none", 0, 0);
    else if (!o->alone)
        ask(s, writes && !(o->flags & STITCH_EXCLUSIVE) ? "write" : "see", before->state.record.size, s->marked);
}

void t_peer_sees_it_done(const t_stage *s)
{
    if (!s->operation->alone)
        ask(s, "see", s->operation->after, t_stage_marked_after(s->operation, s->marked));
    if (s->operation->ends)
        ask(s, "none", 0, 0);
}
