/* SPDX-License-Identifier: MIT */
/* fail.c - from errno to STITCH_E... */
#include "os/posix/fail.h"

#include <errno.h>

#include <stitch/errors.h>

#include "base/error.h"

int st_posix_fail(int error_number)
{
    st_error_set_code(error_number);
    switch (error_number) {
    case ENOMEM:
        return STITCH_ENOMEM;
    case EEXIST:
        return STITCH_EEXIST;
    case ENOENT:
        return STITCH_ENOENT;
    case EACCES:
    case EPERM:
    case ELOOP: /* O_NOFOLLOW met a link, which stitch never makes */
    case EROFS:
        return STITCH_EACCES;
    case ENOSPC:
    case EDQUOT:
        return STITCH_ENOSPC;
    case EFBIG:
        return STITCH_EFSIZE;
    case EMFILE:
    case ENFILE:
        return STITCH_EMFILE;
    case EISDIR: /* a folder, socket or pipe has the name of an object */
    case ENXIO:
        return STITCH_ECORRUPT;
    case EOPNOTSUPP:
    case ENOSYS:
        return STITCH_ENOTSUP;
    default:
        return STITCH_ESYS;
    }
}
