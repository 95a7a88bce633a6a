#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what is missing, builds the benchmark, and runs stitch and its peers in turn: a table on standard output.
#   scripts/bench.sh [option...]      options of stitch-bench: --quick, --json FILE, --work LIST, --max SIZE, --help...
# The build is in build/bench. Without options: regions up to 1 GiB, 3 repetitions, under five minutes on an idle
# machine.
set -eu
here=$(pwd)
cd "$(dirname "$0")/.."
. scripts/packages.sh
export LC_ALL=C
unset STITCH_DIR STITCH_BACKEND

build=build/bench

say "packages"
need_packages <<EOT
cmake           configures the build
make            runs the build
gcc             the compiler
g++             Boost, one of the peers, is in C++
libc6-dev       the C library's headers
uthash-dev      the library's hash table, a header
libjansson-dev  results as JSON
libboost-dev    Boost.Interprocess, one of the peers
EOT

say "build"
mkdir -p "$build"
if ! { cmake --fresh -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DSTITCH_BUILD_BENCH=ON -DSTITCH_BUILD_TESTS=OFF \
           -DSTITCH_BUILD_TOOLS=OFF -DSTITCH_BUILD_EXAMPLES=OFF &&
       cmake --build "$build" -j "$(processors)" --target stitch_bench; } >"$build/build.log" 2>&1 </dev/null; then
    tail -n 40 "$build/build.log" >&2
    die "the build failed; all of it is in $build/build.log"
fi
note "$build/bench/stitch-bench"

say "benchmark"
program=$(pwd)/$build/bench/stitch-bench
cd "$here"
exec "$program" "$@"
