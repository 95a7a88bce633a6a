/* SPDX-License-Identifier: MIT */
/*
 * os.h - the porting contract: everything that stitch needs from an operating system.
 *
 * Five chapters declare the primitives. Each system has a folder here that implements them, with one file per topic;
 * os/posix holds what Unix systems share. The build picks the folders. docs/PORTING.md has rules for porters.
 *
 * Rules for all primitives
 *   - Result pointers are never NULL. Addresses, offsets and sizes are multiples of the folder's page unless stated.
 *   - An int result is 0 or a STITCH_E... code; the system's own code is kept for stitch_os_error (base/error.h).
 *     `Returns:` lists the codes that callers must expect; STITCH_ESYS is always possible.
 *   - A primitive that fails has changed nothing. A primitive that returns void cannot fail in a way that matters.
 *   - Primitives print nothing and call nothing of the layers above, except the callbacks that are passed to them.
 *   - They do not block indefinitely, except the lock and wait functions that are documented to.
 *   - They raise no signal: a call that would raise one (SIGXFSZ) is refused beforehand.
 *   - They work on their arguments only and may be called from any thread. Callers hold the locks that protect these
 *     arguments.
 *   - Differences between systems are data (the fields of st_os_folder). Callers branch on these, not on the system.
 *   - `Requires:` is the caller's duty. Debug builds assert the lines that are cheap to check (base/assert.h).
 *
 * The structs hold the system's own handles: a descriptor, a pointer or a HANDLE fits an intptr_t. -1 means closed.
 */
#ifndef ST_OS_H
#define ST_OS_H

#include <stitch/errors.h>

#include "base/error.h"
#include "os/memory.h"
#include "os/object.h"
#include "os/process.h"
#include "os/sync.h"
#include "os/view.h"

#endif
