/* SPDX-License-Identifier: MIT */
/* works.c - the list of works. */
#include "works/work.h"

static const struct work *const families[] = { work_ladder, work_bytes, work_pingpong, work_sync,
                                               work_attach, work_reads, work_segments, work_follow };

const struct work *work_at(unsigned index)
{
    for (size_t family = 0; family < sizeof families / sizeof families[0]; family++)
        for (const struct work *work = families[family]; work->name; work++)
            if (index-- == 0)
                return work;
    return NULL;
}
