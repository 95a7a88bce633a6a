/* SPDX-License-Identifier: MIT */
/* fail.h - from errno to STITCH_E... */
#ifndef ST_POSIX_FAIL_H
#define ST_POSIX_FAIL_H

/* Keeps errno for stitch_os_error and returns the code for it. The same errno can mean other things in other calls. */
int st_posix_fail(int error_number);

#endif
