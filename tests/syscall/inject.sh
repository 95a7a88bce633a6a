#!/bin/sh
# SPDX-License-Identifier: MIT
# Every system call of the real command fails, by the kernel's own means: strace makes the n-th call of a kind return an
# error, for n = 1, 2, 3 ... until the command passes undisturbed. This depends neither on the library's table nor on
# test code in C.
#   inject.sh STITCH     the command; STITCH_TEST_THOROUGH=1: every backend, and every error of a call, not one in turn
# After each: the region is as before or as it should be afterwards, to the byte; `stitch verify` says it is sound; if
# the command failed it works when it is made again; and when the region is removed nothing is left in its folder.
# Calls of the loader, before the command looks for the folder, are left alone.
set -eu
export LC_ALL=C
stitch=$1
thorough=${STITCH_TEST_THOROUGH:-}
work=$(mktemp -d "${TMPDIR:-/tmp}/stitch-strace.XXXXXX")
folder=$(mktemp -d /dev/shm/stitch-strace.XXXXXX)
export STITCH_DIR="$folder"
unset STITCH_BACKEND
trap 'rm -rf "$work" "$folder"' EXIT
trap 'exit 1' HUP INT TERM
failed=0
reported=0

die() {
    echo "$at: $*" >&2
    cat "$work/out" >&2
    exit 1
}

# How long a command may take, in seconds, as elsewhere in the tests.
limit=$(awk -v factor="${STITCH_TEST_TIMEOUT_FACTOR:-1}" 'BEGIN { print 60 * factor }')

# The test is skipped if strace may not trace here, or the kernel cannot inject.
if ! strace -o "$work/trace" -e trace=close -e inject=close:error=EIO:when=1 true 2>/dev/null; then
    echo "skipped: strace cannot inject here"
    exit 77
fi

# Errors that a call can have. Calls that are not here have none that matters (brk: the C library then calls mmap).
errors_of() {
    case $1 in
        openat) echo EMFILE ENFILE ENOMEM EACCES ;;
        close) echo EIO EINTR ;;
        fstat | newfstatat | statfs | fstatfs | statx) echo ENOMEM EACCES ;;
        fchmod) echo EPERM EIO ;;
        ftruncate) echo ENOMEM EINTR ;;
        fallocate) echo ENOSPC EINTR ENOMEM EFBIG ;;
        linkat) echo ENOSPC EACCES ENOMEM ENOENT ;;
        unlinkat) echo EACCES ENOMEM EBUSY ;;
        renameat2) echo EACCES ENOMEM ENOSPC ;;
        read | pread64) echo EIO EINTR ;;
        write) echo ENOSPC EIO ;;
        pwrite64) echo ENOSPC ENOMEM EINTR ;;
        lseek) echo EINVAL ;;
        fcntl) echo ENOLCK EINTR EAGAIN ;;
        prlimit64 | getrlimit) echo EPERM ;;
        mmap) echo ENOMEM EAGAIN ENFILE ;;
        mremap) echo ENOMEM EAGAIN ;;
        munmap | mprotect) echo ENOMEM ;;
        madvise) echo EINVAL ENOMEM EBUSY EAGAIN ;;
        getrandom) echo EINTR ENOSYS ;;
        futex) echo EINTR EAGAIN ;;
        getdents64) echo ENOMEM EIO ;;
        readlink) echo ENOENT ENOMEM ;;
        *) ;;
    esac
}

# 3 MiB of bytes that tell their offset, and more of them to put.
seq -w 1 9999999 | head -c 3145728 >"$work/first"
seq -w 5000000 9999999 | head -c 1500000 >"$work/more"
cat "$work/first" "$work/more" >"$work/both"
head -c 1048576 "$work/first" >"$work/less"
{ cat "$work/first"; head -c 2097152 /dev/zero; } >"$work/grown"
head -c 3145728 /dev/zero >"$work/zero"

# Before the command the folder holds a region with the first bytes, or nothing.
set_up() {
    rm -f "$folder"/*
    [ "$before" = none ] && return 0
    "$stitch" create r --backend="$backend" --reserve=8M --extent=2M >/dev/null
    "$stitch" put r <"$work/first" >/dev/null
}

run() {
    case $command in
        put) timeout "$limit" "$@" "$stitch" put r <"$work/more" ;;
        create) timeout "$limit" "$@" "$stitch" create r --backend="$backend" --reserve=8M --extent=2M --size=3M ;;
        grow) timeout "$limit" "$@" "$stitch" grow r 2M ;;
        shrink) timeout "$limit" "$@" "$stitch" shrink r 2M ;;
        resize) timeout "$limit" "$@" "$stitch" resize r 1M ;;
        ls | gc) timeout "$limit" "$@" "$stitch" "$command" ;;
        *) timeout "$limit" "$@" "$stitch" "$command" r ;;
    esac >"$work/out" 2>&1
}

# Fails unless the region holds exactly the bytes of that file ("none": there is no region), and is sound.
holds() {
    if [ "$1" = none ]; then
        missing=0
        "$stitch" verify r >/dev/null 2>&1 || missing=$?
        [ "$missing" = 3 ]
        return
    fi
    "$stitch" cat r >"$work/now" 2>/dev/null && cmp -s "$work/now" "$work/$1" && "$stitch" verify r >/dev/null 2>&1
}

# Makes one call fail. Returns false if the command ends before that call.
disturb() {
    at="$backend $command, $1 $2 fails with $3"
    set_up
    status=0
    run strace -o "$work/trace" -e trace="$1" -e inject="$1:error=$3:when=$2" || status=$?
    grep -q INJECTED "$work/trace" || return 1
    failed=$((failed + 1))
    [ "$status" -lt 124 ] || die "it ended with $status"
    if [ "$status" = 0 ]; then
        holds "$after" || die "it said that it worked, and it did not"
    else
        reported=$((reported + 1))
        # It may have failed to say what it has done: then it is done.
        if ! holds "$after"; then
            begun || holds "$before" || die "neither as before nor done"
            again
            run || die "it does not work when it is made again"
            holds "$after" || die "made again, it is not done"
        fi
    fi
    [ "$after" = none ] || "$stitch" rm r >/dev/null || die "it cannot be removed"
    "$stitch" gc >/dev/null || die "gc fails"
    [ -z "$(ls -A "$folder")" ] || die "left: $(ls "$folder")"
}

# A put that fails half-way has stored whole parts of 1 MiB, as it is documented.
begun() {
    [ "$command" = put ] && "$stitch" verify r >/dev/null 2>&1 && "$stitch" cat r >"$work/now" 2>/dev/null &&
        head -c "$(wc -c <"$work/now")" "$work/both" | cmp -s - "$work/now" &&
        [ "$(wc -c <"$work/now")" -ge "$(wc -c <"$work/first")" ]
}

again() {
    [ "$command" = put ] && set_up
    return 0
}

# Every kind of call that the command makes from its look for the folder on, and the number of the first of each.
each_call() {
    set_up
    at="$backend $command undisturbed"
    run strace -o "$work/all" || die "it fails"
    awk -v folder="$folder" '
        { name = $0; sub(/\(.*/, "", name); count[name]++ }
        index($0, folder) { begun = 1 }
        begun && !(name in first) { first[name] = count[name] }
        END { for (name in first) print name, first[name] }' "$work/all" >"$work/calls"
    while read -r call first; do
        errors=$(errors_of "$call")
        [ -n "$errors" ] || continue
        n=$first
        # shellcheck disable=SC2086
        while :; do
            set -- $errors
            shift $(((n - first) % $#))
            disturb "$call" "$n" "$1" || break
            for error in ${thorough:+$errors}; do
                [ "$error" = "$1" ] || disturb "$call" "$n" "$error" || break
            done
            n=$((n + 1))
        done
    done <"$work/calls"
}

for backend in stitched ${thorough:+single fixed remap}; do
    for word in create:none:zero put:first:both grow:first:grown shrink:first:less resize:first:less rm:first:none \
        verify:first:first show:first:first ls:first:first gc:first:first; do
        command=${word%%:*}
        after=${word##*:}
        before=${word#*:}
        before=${before%:*}
        each_call
    done
done
echo "figure: calls of the command failed by strace $failed"
echo "figure: calls of the command failed by strace and reported $reported"
[ "$failed" -gt 100 ]
