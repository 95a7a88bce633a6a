/* SPDX-License-Identifier: MIT */
/*
 * linux_view.c - reservations and the views in them.
 *
 * A reservation is one PROT_NONE mapping; a view replaces a part of it, and is replaced by it, each by one
 * mmap(MAP_FIXED). That is one step for the kernel, so there is never a hole that another mmap of the process could
 * fall into.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/linux/sys.h"
#include "os/os.h"

#define NO_ACCESS    (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
#define BALLAST_SIZE 4096

static void *map_no_access(void *at, uint64_t size, int flags)
{
    return st_sys.mmap(at, (size_t)size, PROT_NONE, NO_ACCESS | flags, -1, 0);
}

/* Shared, so that it merges with no neighbour and really is one mapping more. */
static void *map_ballast(void)
{
    void *at = st_sys.mmap(NULL, BALLAST_SIZE, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return at == MAP_FAILED ? NULL : at;
}

/* A large one was refused although a small one was not: it is not the number of mappings. */
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
    int e;

    if (!ballast)
        return st_sys_refused(ST_SYS_ADDRESS_SPACE);
    at = map_no_access(NULL, size + unit, 0);
    if (at == MAP_FAILED) {
        e = refused_reservation();
        st_sys.munmap(ballast, BALLAST_SIZE);
        return e;
    }
    head = (unit - (uintptr_t)at % unit) % unit;
    /*
     * The kernel may have joined it with a neighbour that looks the same; to cut it off there is one mapping more, for
     * which there may be no room. All of it together ends where that neighbour begins, and can go.
     */
    if ((head > 0 && st_sys.munmap(at, (size_t)head) != 0) ||
        (head < unit && st_sys.munmap(at + head + size, (size_t)(unit - head)) != 0)) {
        e = st_sys_refused(ST_SYS_MAPPINGS);
        st_sys.munmap(ballast, BALLAST_SIZE);
        st_sys.munmap(at, (size_t)(size + unit));
        return e;
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
                   bool readonly)
{
    int protection = readonly ? PROT_READ : PROT_READ | PROT_WRITE;
    /* MAP_NORESERVE: hugetlbfs would otherwise set pages aside for the whole extent; we commit by ourselves. */
    void *at = st_sys.mmap(reservation->base + offset, (size_t)size, protection, MAP_SHARED | MAP_FIXED | MAP_NORESERVE,
                           (int)object->handle, 0);

    return at != MAP_FAILED ? 0 : st_sys_refused(ST_SYS_MAPPINGS); /* over a reservation there is address space */
}

st_os_identity st_os_view_identity(st_os_identity object, const void *address)
{
    (void)address;
    return object;
}

/*
 * At the limit of mappings the kernel refuses every mmap, also this one, after which there would be one mapping less.
 * munmap would work, but leaves a hole for others. So one mapping is given up first: the ballast. If another
 * thread is quicker to use that, the view stays as a mapping without access (no new mapping needed for that either),
 * and the next view or unmap there replaces it.
 */
void st_os_view_unmap(st_os_reservation *reservation, uint64_t offset, uint64_t size)
{
    unsigned char *at = reservation->base + offset;
    void *done = map_no_access(at, size, MAP_FIXED);

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
 * To less: the tail goes, for which no mapping is needed. To more: in one step, with no address space for both. Where
 * that does not go (hugetlbfs, or a view that the program has split) the new view comes first, so that a failure costs
 * nothing.
 */
int st_os_view_resize(st_os_reservation *reservation, uint64_t size, const st_os_object *object, bool readonly)
{
    void *at = NULL;
    int e = 0;

    if (size <= reservation->size) {
        if (size < reservation->size &&
            st_sys.munmap(reservation->base + size, (size_t)(reservation->size - size)) == 0)
            reservation->size = size;
        return 0;
    }
    if (reservation->base)
        at = st_sys.mremap(reservation->base, (size_t)reservation->size, (size_t)size, MREMAP_MAYMOVE);
    if (!reservation->base || (at == MAP_FAILED && errno != ENOMEM)) {
        e = st_os_map(object, size, readonly, &at);
        if (!e && reservation->base)
            st_sys.munmap(reservation->base, (size_t)reservation->size);
    } else if (at == MAP_FAILED) {
        e = st_sys_refused(ST_SYS_ADDRESS_SPACE);
    }
    if (e)
        return e;
    *reservation = (st_os_reservation){ .base = at, .size = size };
    return 0;
}

int st_os_map(const st_os_object *object, uint64_t size, bool readonly, void **out)
{
    int protection = readonly ? PROT_READ : PROT_READ | PROT_WRITE;
    void *at = st_sys.mmap(NULL, (size_t)size, protection, MAP_SHARED | MAP_NORESERVE, (int)object->handle, 0);

    if (at == MAP_FAILED)
        return st_sys_refused(ST_SYS_ADDRESS_SPACE);
    *out = at;
    return 0;
}

void st_os_unmap(void *address, uint64_t size)
{
    st_sys.munmap(address, (size_t)size);
}
