/* SPDX-License-Identifier: MIT */
/* assert.h - checks, in debug builds only, what a function requires of its caller. */
#ifndef ST_ASSERT_H
#define ST_ASSERT_H

#ifdef NDEBUG
#define st_assert(condition) ((void)sizeof(!(condition))) /* compiled but not evaluated: no unused variables */
#else
#include <assert.h>
#define st_assert(condition) assert(condition)
#endif

#endif
