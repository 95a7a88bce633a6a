/* SPDX-License-Identifier: MIT */
/* errors.h - every error of stitch. Included by stitch.h. */
#ifndef STITCH_ERRORS_H
#define STITCH_ERRORS_H

/*
 * Every error, once: name, value, sentence for programs, sentence for the shell.
 *
 * Values never change and are the same on every system. Each sentence says what happened and what to do. The first is
 * what stitch_strerror returns; the second is what the command prints, in terms of commands and options. "" means that
 * the first one serves for both.
 */
#define STITCH_ERRORS(X)                                                                                               \
    X(EINVAL, -1, "an argument is out of its range; the call's comment in stitch.h gives the range",                   \
      "a value is out of its range; --help gives the ranges")                                                          \
    X(ENOMEM, -2, "the system has no memory left; free some, or ask for less", "")                                     \
    X(EEXIST, -3, "a region of that name exists; open it, or unlink it first",                                         \
      "a region of that name exists; use it as it is, or remove it first with stitch rm")                              \
    X(ENOENT, -4, "no region of that name exists in this folder; create it first",                                     \
      "no region of that name exists in this folder; stitch ls shows which do, stitch create makes one")               \
    X(EACCES, -5,                                                                                                      \
      "not permitted: the region or its folder belongs to somebody else; ask its owner, or attach read-only with "     \
      "STITCH_OTHER_OWNER",                                                                                            \
      "not permitted: the region or its folder belongs to somebody else; ask its owner, or only look at the region "   \
      "with --other-owner")                                                                                            \
    X(EREADONLY, -6, "this handle is attached read-only; open the region without STITCH_READONLY",                     \
      "this command may only read the region")                                                                         \
    X(ECORRUPT, -7,                                                                                                    \
      "the region's directory is damaged or was not made by stitch; unlink the region, or remove the file if that is " \
      "refused too",                                                                                                   \
      "the region's directory is damaged or was not made by stitch; remove the region with stitch rm, or remove the "  \
      "file if that is refused too")                                                                                   \
    X(EVERSION, -8, "the region was made by a stitch with another layout; use that version, or unlink the region",     \
      "the region was made by a stitch with another layout; use that version, or remove the region with stitch rm")    \
    X(ENOSPC, -9,                                                                                                      \
      "the folder of the region is full; free memory in it, or enlarge it (mount -o remount,size=...,nr_inodes=...), " \
      "or choose another (STITCH_DIR)",                                                                                \
      "the folder of the region is full; free memory in it, or enlarge it (mount -o remount,size=...,nr_inodes=...), " \
      "or choose another with --folder")                                                                               \
    X(EFSIZE, -10, "the process's file size limit is too low; raise RLIMIT_FSIZE (ulimit -f)",                         \
      "the file size limit is too low; raise it with ulimit -f")                                                       \
    X(EMFILE, -11, "the limit of open descriptors is reached; raise RLIMIT_NOFILE (ulimit -n), or fs.file-max",        \
      "the limit of open files is reached; raise it with ulimit -n, or sysctl fs.file-max")                            \
    X(EMAPS, -12, "the limit of mappings is reached; raise vm.max_map_count (sysctl), or use larger extents",          \
      "the limit of mappings is reached; raise it with sysctl vm.max_map_count, or create the region with a larger "   \
      "--extent")                                                                                                      \
    X(ERESERVE, -13, "the region's reserve is used up; create it with a larger reserve",                               \
      "the region's reserve is used up; create it with a larger --reserve")                                            \
    X(EADDRSPACE, -14,                                                                                                 \
      "no address space for the reserve; raise RLIMIT_AS (ulimit -v), or create the region with a smaller reserve",    \
      "no address space for the reserve; raise the limit with ulimit -v, or create the region with a smaller "         \
      "--reserve")                                                                                                     \
    X(ESEGMENTS, -15, "the region's directory has no free entry; create it with more segments or larger extents",      \
      "the region can have no more segments; create it with a larger --segments or --extent")                          \
    X(EGONE, -16,                                                                                                      \
      "a segment that the region lists no longer exists; on Windows the next writing call cuts the region back to "    \
      "what is whole, elsewhere unlink the region",                                                                    \
      "a segment that the region lists no longer exists; on Windows the next change cuts the region back to what is "  \
      "whole, elsewhere remove the region with stitch rm")                                                             \
    X(EBUSY, -17, "another handle is changing the region, or holds it by STITCH_EXCLUSIVE; try again",                 \
      "another process is changing the region, or holds it alone; try again")                                          \
    X(ETIMEDOUT, -18, "nothing changed within the time given; wait again, or longer", "")                              \
    X(ENOTSUP, -19, "this system, folder or backend cannot do that; docs/DESIGN.md says what each needs",              \
      "this system, folder or backend cannot do that")                                                                 \
    X(EUNSOUND, -20, "the mapping is not what the directory says; the report tells where",                             \
      "the region is not mapped as its directory says; stitch verify tells where")                                     \
    X(ESYS, -21, "the operating system refused; stitch_os_error has its own code", "the operating system refused")     \
    X(EPRIVILEGE, -22,                                                                                                 \
      "creating in Global needs the right to create global objects (SeCreateGlobalPrivilege: services and "            \
      "administrators have it); ask for it, or create the region in Local",                                            \
      "creating in Global needs the right to create global objects (SeCreateGlobalPrivilege: services and "            \
      "administrators have it); ask for it, or create the region with --folder Local")

enum stitch_error {
    STITCH_OK = 0,
#define STITCH_ERROR_ENUM(name, value, sentence, shell) STITCH_##name = (value),
    STITCH_ERRORS(STITCH_ERROR_ENUM)
#undef STITCH_ERROR_ENUM
};

#endif
