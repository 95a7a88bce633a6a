/* SPDX-License-Identifier: MIT */
/* view.h - the porting contract, chapter 3: reservations, views, and the system's map of a process. Rules: os.h. */
#ifndef ST_OS_VIEW_H
#define ST_OS_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "os/object.h"

/* ------------------------------------------------------------------------------------------------ reservations --- */

/* Address space that a handle keeps for its views. */
typedef struct st_os_reservation {
    unsigned char *base;
    uint64_t size;
    void *ballast; /* a mapping that can be given up for a moment where the number of mappings is limited */
    bool holed;    /* An address in it was lost, and may belong to another part of the program now. */
} st_os_reservation;

/*
 * Reserves address space without access. The base is a multiple of ST_OS_UNIT.
 *   Requires: size is a multiple of the page, and not 0.
 *   Returns: 0, STITCH_EADDRSPACE, _EMAPS.
 */
int st_os_reserve(uint64_t size, st_os_reservation *out);

/* Unmaps the reservation with all views in it; *reservation is zero afterwards. Releasing it again does nothing. */
void st_os_release(st_os_reservation *reservation);

/* ------------------------------------------------------------------------------------------------------- views --- */

/*
 * Maps the whole object, `size` bytes, at base + offset, where there is no view. Replaces the reservation there in one
 * step: at no time can another mapping of the process take the addresses. (Where views cannot be stitched, the one view
 * fills the reservation, and mapping it may move the base.)
 *   Requires: [offset, offset + size) is inside the reservation.
 *   Returns: 0, STITCH_EMAPS, _ENOMEM, _EACCES; _EADDRSPACE where views cannot be stitched.
 */
int st_os_view_map(st_os_reservation *reservation, uint64_t offset, uint64_t size, const st_os_object *object,
                   enum st_os_access access);

/* Turns the view at base + offset back into reservation, in one step too. Does not fail for lack of resources. */
void st_os_view_unmap(st_os_reservation *reservation, uint64_t offset, uint64_t size);

/*
 * Changes the size of a reservation that is one view, of the first `size` bytes of the object, and nothing else. It
 * serves regions that save address space. The base may move, and the old view is unmapped last.
 *   Requires: *reservation is zero or was made by this function; size is not 0.
 *   Returns: 0, STITCH_EMAPS, _EADDRSPACE, _ENOMEM, _EACCES. A failure leaves everything as it was. Shrinking cannot
 *   fail: addresses that cannot be unmapped stay (reservation->size tells).
 */
int st_os_view_resize(st_os_reservation *reservation, uint64_t size, const st_os_object *object,
                      enum st_os_access access);

/* Returns the identity by which st_os_survey reports a view at `address` of an object with that identity. */
st_os_identity st_os_view_identity(st_os_identity object, const void *address);

/*
 * Maps the first `size` bytes of an object outside any reservation. It serves objects that were made committed, such
 * as directories.
 *   Returns: 0, STITCH_EMAPS, _EADDRSPACE, _ENOMEM, _EACCES, or _ECORRUPT if the object is not committed and touching
 *   it would fault.
 */
int st_os_map(const st_os_object *object, uint64_t size, enum st_os_access access, void **out);

/* Unmaps what st_os_map has mapped, with the same size. */
void st_os_unmap(void *address, uint64_t size);

/* ------------------------------------------------------------------------------------------------------ survey --- */

enum st_os_kind {
    ST_OS_FREE,     /* nothing is mapped */
    ST_OS_RESERVED, /* address space without access and without object */
    ST_OS_VIEW,     /* a view of an object */
    ST_OS_OTHER     /* any other mapping */
};

/* One range of a process's addresses, as the system's map describes it. */
typedef struct st_os_range {
    uint64_t start, length; /* start is an address */
    enum st_os_kind kind;
    st_os_identity identity; /* of a view: see st_os_view_identity */
    uint64_t object_offset;  /* of a view: the offset in the object at which the range starts */
    uint64_t present;        /* bytes of a view that are committed; ST_OS_UNKNOWN where the map does not tell */
    bool readable, writable, shared;
} st_os_range;

/*
 * Calls `each` with every range in [from, from + length) of this process, in rising order, without gaps, clipped to the
 * limits.
 *   Returns: 0, STITCH_EMFILE, _ENOMEM, _ESYS, or the first result of `each` that is not 0, which ends the calls.
 */
int st_os_survey(const void *from, uint64_t length, int (*each)(const st_os_range *, void *arg), void *arg);

/*
 * Does the same for another process.
 *   Returns: as st_os_survey, and STITCH_EACCES if this process may not ask, STITCH_ENOENT if the other one is gone.
 */
int st_os_survey_process(uint64_t process, uint64_t from, uint64_t length, int (*each)(const st_os_range *, void *arg),
                         void *arg);

#endif
