/* SPDX-License-Identifier: MIT */
/* peers.h - the variants of every peer; each array ends with an entry whose name is NULL. */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include "peers/peer.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct peer peer_stitch[];
extern const struct peer peer_memfd_mremap[];
extern const struct peer peer_memfd_extend[];
extern const struct peer peer_sparse[];
extern const struct peer peer_boost[]; /* boost.cpp, or boost_missing.c, where it is empty */
extern const char *const peer_boost_missing;
extern const struct peer peer_newcopy[];
extern const struct peer peer_realloc[];
extern const struct peer peer_private[];
extern const struct peer peer_memset[];
extern const struct peer peer_objects[];

#ifdef __cplusplus
}
#endif
#endif
