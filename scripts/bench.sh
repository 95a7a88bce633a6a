#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the packages that are missing, builds the benchmark, and runs stitch and its peers in turn. It prints tables,
# and at the end the aims of stitch with the figures that the run reached.
#   scripts/bench.sh [option...]             options of stitch-bench: --quick, --work LIST, --max SIZE, --help...
#   scripts/bench.sh --publish [option...]   and copies all to docs/evidence/bench
# The build is in build/bench, the results are in build/bench/results: the tables, JSON, lines with tabs, plots (SVG).
# Without options: regions up to 1 GiB, 5 rounds, under ten minutes on an idle machine of two processors.
set -eu
here=$(pwd)
cd "$(dirname "$0")/.."
root=$(pwd)
. scripts/lib/terminal.sh
. scripts/setup/packages.sh
export LC_ALL=C
unset STITCH_DIR STITCH_BACKEND

publish=no
if [ "${1:-}" = --publish ]; then
    publish=yes
    shift
fi
build=build/bench
results=$root/$build/results

say "packages"
need_packages library bench plots

say "build"
mkdir -p "$build" "$results"
if ! { cmake --fresh -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DSTITCH_BUILD_BENCH=ON -DSTITCH_BUILD_TESTS=OFF \
           -DSTITCH_BUILD_TOOLS=OFF -DSTITCH_BUILD_EXAMPLES=OFF &&
       cmake --build "$build" -j "$(processors)" --target stitch_bench; } >"$build/build.log" 2>&1 </dev/null; then
    tail -n 40 "$build/build.log" >&2
    die "the build failed; all of it is in $build/build.log"
fi
note "$build/bench/stitch-bench"

say "benchmark"
rm -f "$results"/*
cd "$here"
# The status of a pipe is that of tee; the program's own goes through a file.
status=0
{ "$root/$build/bench/stitch-bench" --json "$results/results.json" --tsv "$results/results.tsv" "$@" ||
      echo "$?" >"$results/failed"; } | tee "$results/results.txt"
if [ -e "$results/failed" ]; then
    status=$(cat "$results/failed")
    rm -f "$results/failed"
fi
[ -s "$results/results.tsv" ] || exit "$status" # --help, --list

say "plots"
if command -v gnuplot >/dev/null 2>&1; then
    gnuplot -e "results='$results/results.tsv'; folder='$results'" "$root/bench/report/plots.gp"
else
    note "gnuplot is missing, so no plots are drawn"
fi
note "tables, JSON and plots are in $build/results"
if [ "$publish" = yes ] && [ "$status" = 0 ]; then
    { printf 'date          %s\ncommand       scripts/bench.sh --publish%s\ncommit        %s\n' \
          "$(date -u +%Y-%m-%d)" "${*:+ $*}" "$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo '?')"
      cat "$results/results.txt"; } >"$root/docs/evidence/bench/results.txt"
    cp "$results/results.tsv" "$results"/*.svg "$root/docs/evidence/bench/"
    note "published in docs/evidence/bench"
fi
exit "$status"
