/* SPDX-License-Identifier: MIT */
/*
 * view.c - reservations and the views in them.
 *
 * A reservation is one PROT_NONE mapping. A view replaces part of it, and later the reservation replaces the view, each
 * by one mmap(MAP_FIXED). This is one step for the kernel, so there is never a hole that another mmap of the process
 * could take.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "base/arith.h"
#include "base/assert.h"
#include "os/linux/sys.h"
#include "os/os.h"
#include "os/posix/fail.h"

#define NO_ACCESS     (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
#define BALLAST_SIZE  4096
#define SMALLEST_PAGE 4096

static void check_range(const st_os_reservation *reservation, uint64_t offset, uint64_t size)
{
    st_assert(st_is_multiple(offset, SMALLEST_PAGE) && st_is_multiple(size, SMALLEST_PAGE));
    st_assert(size > 0 && size <= reservation->size && offset <= reservation->size - size);
}

static int protection_of(enum st_os_access access)
{
    return access == ST_OS_READONLY ? PROT_READ : PROT_READ | PROT_WRITE;
}

static void *map_no_access(void *at, uint64_t size, int flags)
{
    return st_sys.mmap(at, (size_t)size, PROT_NONE, NO_ACCESS | flags, -1, 0);
}

/* The ballast is shared, so that it merges with no neighbour and really is one mapping more. */
static void *map_ballast(void)
{
    void *at = st_sys.mmap(NULL, BALLAST_SIZE, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return at == MAP_FAILED ? NULL : at;
}

/* Returns the error of a reservation that was refused. If a small mapping works, their number is not the reason. */
static int refused_reservation(void)
{
    int error = errno;
    void *small = map_ballast();

    errno = error;
    if (error != ENOMEM || !small)
        return st_sys_refused(ST_SYS_ADDRESS_SPACE);
    st_sys.munmap(small, BALLAST_SIZE);
    st_posix_fail(error);
    return STITCH_EADDRSPACE;
}

int st_os_reserve(uint64_t size, st_os_reservation *out)
{
    uint64_t unit = ST_OS_UNIT, head;
    void *ballast = map_ballast();
    unsigned char *at;
    int err;

    st_assert(size > 0 && st_is_multiple(size, SMALLEST_PAGE));
    if (!ballast)
        return st_sys_refused(ST_SYS_ADDRESS_SPACE);
    at = map_no_access(NULL, size + unit, 0);
    if (at == MAP_FAILED) {
        err = refused_reservation();
        st_sys.munmap(ballast, BALLAST_SIZE);
        return err;
    }
    head = (unit - (uintptr_t)at % unit) % unit;
    /*
     * The kernel may have joined the mapping with a neighbour that looks the same. Cutting it off there takes one more
     * mapping, and there may be no room for it. Unmapping all of ours ends where that neighbour begins, so it works.
     */
    if ((head > 0 && st_sys.munmap(at, (size_t)head) != 0) ||
        (head < unit && st_sys.munmap(at + head + size, (size_t)(unit - head)) != 0)) {
        err = st_sys_refused(ST_SYS_MAPPINGS);
        st_sys.munmap(ballast, BALLAST_SIZE);
        st_sys.munmap(at, (size_t)(size + unit));
        return err;
    }
    *out = (st_os_reservation){ .base = at + head, .size = size, .ballast = ballast };
    return 0;
}

void st_os_release(st_os_reservation *reservation)
{
    if (reservation->ballast)
        st_sys.munmap(reservation->ballast, BALLAST_SIZE);
    if (reservation->base)
        st_sys.munmap(reservation->base, (size_t)reservation->size);
    *reservation = (st_os_reservation){ 0 };
}

int st_os_view_map(st_os_reservation *reservation, uint64_t offset, uint64_t size, const st_os_object *object,
                   enum st_os_access access)
{
    /* MAP_NORESERVE: otherwise hugetlbfs would set pages aside for the whole extent, but stitch commits by itself. */
    const int flags = MAP_SHARED | MAP_FIXED | MAP_NORESERVE;
    void *at;

    check_range(reservation, offset, size);
    at = st_sys.mmap(reservation->base + offset, (size_t)size, protection_of(access), flags, st_sys_fd(object), 0);
    return at != MAP_FAILED ? 0 : st_sys_refused(ST_SYS_MAPPINGS); /* a reservation has its address space already */
}

st_os_identity st_os_view_identity(st_os_identity object, const void *address)
{
    (void)address;
    return object;
}

/*
 * At the limit of mappings the kernel refuses every mmap, even this one, which would leave one mapping less. munmap
 * would work, but would leave a hole that others could take. So one mapping, the ballast, is given up first. If another
 * thread is quicker to use that room, the view stays as a mapping without access (which needs no new mapping either),
 * and the next view or unmap at these addresses replaces it.
 */
void st_os_view_unmap(st_os_reservation *reservation, uint64_t offset, uint64_t size)
{
    unsigned char *at = reservation->base + offset;
    void *done;

    check_range(reservation, offset, size);
    done = map_no_access(at, size, MAP_FIXED);
    if (done == MAP_FAILED && reservation->ballast) {
        st_sys.munmap(reservation->ballast, BALLAST_SIZE);
        reservation->ballast = NULL;
        done = map_no_access(at, size, MAP_FIXED);
    }
    if (done == MAP_FAILED)
        st_sys.mprotect(at, (size_t)size, PROT_NONE);
    if (!reservation->ballast)
        reservation->ballast = map_ballast();
}

/*
 * Shrinking unmaps the tail, which needs no further mapping. Growing is one mremap, which does not need address space
 * for both views. Where this is impossible (hugetlbfs, or a view that the program has split) the new view is mapped
 * first, so that a failure loses nothing.
 */
int st_os_view_resize(st_os_reservation *reservation, uint64_t size, const st_os_object *object,
                      enum st_os_access access)
{
    void *at = NULL;
    int err = 0;

    st_assert(size > 0 && st_is_multiple(size, SMALLEST_PAGE));
    if (size <= reservation->size) {
        if (size < reservation->size &&
            st_sys.munmap(reservation->base + size, (size_t)(reservation->size - size)) == 0)
            reservation->size = size;
        return 0;
    }
    if (reservation->base)
        at = st_sys.mremap(reservation->base, (size_t)reservation->size, (size_t)size, MREMAP_MAYMOVE);
    if (!reservation->base || (at == MAP_FAILED && errno != ENOMEM)) {
        err = st_os_map(object, size, access, &at);
        if (!err && reservation->base)
            st_sys.munmap(reservation->base, (size_t)reservation->size);
    } else if (at == MAP_FAILED) {
        err = st_sys_refused(ST_SYS_ADDRESS_SPACE);
    }
    if (err)
        return err;
    *reservation = (st_os_reservation){ .base = at, .size = size };
    return 0;
}

int st_os_map(const st_os_object *object, uint64_t size, enum st_os_access access, void **out)
{
    const int flags = MAP_SHARED | MAP_NORESERVE;
    void *at = st_sys.mmap(NULL, (size_t)size, protection_of(access), flags, st_sys_fd(object), 0);

    if (at == MAP_FAILED)
        return st_sys_refused(ST_SYS_ADDRESS_SPACE);
    *out = at;
    return 0;
}

void st_os_unmap(void *address, uint64_t size)
{
    st_sys.munmap(address, (size_t)size);
}
