/* SPDX-License-Identifier: MIT */
/* boost_missing.c - replaces boost.cpp where Boost's headers or a C++ compiler are missing. */
#include "peers/peers.h"

const struct peer peer_boost[] = { { 0 } };
const char *const peer_boost_missing =
    "Boost.Interprocess: not in this build (install libboost-dev and a C++ compiler, then configure again)";
