#!/bin/sh
# SPDX-License-Identifier: MIT
# The guard against slower code: compares the instructions (valgrind) and system calls (strace) of hot calls with the
# figures in tests/cost/*.txt. The tests guard_calls and guard_instructions of a release build do the same.
#   scripts/guard.sh            compares
#   scripts/guard.sh --renew    writes tests/cost/*.txt anew; look at the difference before committing it
# The build is in build/guard.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/terminal.sh
. scripts/setup/packages.sh
export LC_ALL=C
unset STITCH_DIR STITCH_BACKEND

renew=OFF
case "$*" in
    '') ;;
    --renew) renew=ON ;;
    *) die "usage: scripts/guard.sh [--renew]" ;;
esac

say "packages"
need_packages library guard

say "build"
build=build/guard
mkdir -p "$build"
if ! { STITCH_GUARD_RENEW=$renew cmake --fresh -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DSTITCH_BUILD_TOOLS=OFF \
           -DSTITCH_BUILD_EXAMPLES=OFF && cmake --build "$build" -j "$(processors)" --target guard; } \
       >"$build/build.log" 2>&1 </dev/null; then
    tail -n 40 "$build/build.log" >&2
    die "the build failed; all of it is in $build/build.log"
fi

say "guard"
status=0
ctest --test-dir "$build" -R '^guard_' --verbose --no-tests=error >"$build/test.log" 2>&1 </dev/null || status=$?
sed -n -e 's/^[0-9]*: //' -e '/^Test command/d' -e '/^Working/d' -e '/^Test timeout/d' \
    -e '/^--\|^ \|^CMake Error\|^skipped\|tests passed/p' "$build/test.log"
note "the figures: tests/cost/*.txt"
exit "$status"
