/* SPDX-License-Identifier: MIT */
/* peers.c - the list of peers, and the reports of failures, which all of them use. */
#include "peers/peers.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct peer *const families[] = {
    peer_stitch,  peer_memfd_mremap, peer_memfd_extend, peer_sparse, peer_boost,
    peer_newcopy, peer_realloc,      peer_private,      peer_memset, peer_objects,
};

static char failure[200];

int peer_fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(failure, sizeof failure, format, arguments);
    va_end(arguments);
    return -1;
}

int peer_fail_errno(const char *call)
{
    return peer_fail("%s: %s", call, strerror(errno));
}

const char *peer_failure(void)
{
    return failure;
}

void peer_unique_name(char *name, uint64_t size)
{
    static unsigned counter;

    snprintf(name, (size_t)size, "stitch-bench-%ld-%u", (long)getpid(), ++counter);
}

const struct peer *peer_at(unsigned index)
{
    for (size_t family = 0; family < sizeof families / sizeof families[0]; family++)
        for (const struct peer *peer = families[family]; peer->name; peer++)
            if (index-- == 0)
                return peer;
    return NULL;
}

const char *peers_missing(void)
{
    return peer_boost_missing;
}
