/* SPDX-License-Identifier: MIT */
/*
 * assert.h - invariants that debug builds check. A release build (NDEBUG) does not evaluate the condition at all, so it
 * may be expensive but must have no side effect that anything depends on.
 */
#ifndef ST_ASSERT_H
#define ST_ASSERT_H

#include <assert.h>

#define st_assert(condition) assert(condition)

#endif
