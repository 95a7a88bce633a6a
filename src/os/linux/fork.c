/* SPDX-License-Identifier: MIT */
/* fork.c - words that a forked child reads as 0: a page of this process's own that the kernel empties in each child. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "os/linux/sys.h"
#include "os/os.h"

#define MARK_SIZE 4096

int st_os_fork_mark_open(st_word **out)
{
    void *page = st_sys.mmap(NULL, MARK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return st_sys_refused(ST_SYS_ADDRESS_SPACE);
    if (st_sys.madvise(page, MARK_SIZE, MADV_WIPEONFORK) != 0) {
        int error = errno;

        st_sys.munmap(page, MARK_SIZE);
        return st_posix_fail(error == EINVAL ? ENOSYS : error); /* Linux before 4.14 */
    }
    *out = page;
    for (int i = 0; i < ST_OS_FORK_MARKS; i++)
        st_store(&(*out)[i], 1);
    return 0;
}

void st_os_fork_mark_close(st_word *mark)
{
    if (mark)
        st_sys.munmap(mark, MARK_SIZE);
}
