/* SPDX-License-Identifier: MIT */
/*
 * error.h - the operating system's own code of a thread's last failure. THIS PROCESS ONLY, one value per thread.
 *
 * Every function of src/os that fails sets it, except where STITCH_EBUSY says it all. Code that undoes something after
 * a failure saves it first and restores it, so that stitch_os_error tells why the call failed and not how the clean-up
 * went.
 */
#ifndef ST_ERROR_H
#define ST_ERROR_H

/* Returns the code: errno on Linux, GetLastError on Windows; 0 if this thread's last failure had none. */
int st_error_code(void);
void st_error_set_code(int code);

#endif
