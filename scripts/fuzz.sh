#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes the reading of shared memory, with ASan and UBSan: every target of tests/fuzz for that time, all at once.
#   scripts/fuzz.sh [seconds]      60 by default; new inputs are kept in build/fuzz/corpus, crashing ones in build/fuzz
#   scripts/fuzz.sh --build        only builds the targets
# The committed inputs are those of tests/fuzz/corpus.tar (tests/fuzz/corpus.sh packs them).
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/terminal.sh
. scripts/setup/packages.sh
export LC_ALL=C
unset STITCH_DIR STITCH_BACKEND

seconds=${1:-60}
case $seconds in
    --build) ;;
    *[!0-9]*|0*) die "usage: scripts/fuzz.sh [seconds], or scripts/fuzz.sh --build" ;;
esac
targets='snapshot folder live'
need_packages library tests clang

say "fuzz: build"
folder=$PWD/build/fuzz
mkdir -p "$folder"
programs=
for target in $targets; do
    programs="$programs fuzz_$target"
done
# shellcheck disable=SC2086 # a list
if ! { cmake --preset clang -B "$folder" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSTITCH_BUILD_FUZZERS=ON \
        -DSTITCH_BUILD_TOOLS=OFF -DSTITCH_BUILD_EXAMPLES=OFF &&
        cmake --build "$folder" -j "$(processors)" --target $programs; } >"$folder/build.log" 2>&1 </dev/null; then
    tail -n 60 "$folder/build.log"
    die "the build failed; all of it is in $folder/build.log"
fi
[ "$seconds" != --build ] || exit 0

say "fuzz: $seconds s each"
running=
FUZZ_FOLDER=$(mktemp -d /dev/shm/stitch-fuzz-XXXXXX)
export FUZZ_FOLDER
trap 'for entry in $running; do kill "${entry#*:}" 2>/dev/null || true; done; rm -rf "$FUZZ_FOLDER"' EXIT
trap 'exit 1' HUP INT TERM
export ASAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
failed=0
for target in $targets; do
    mkdir -p "$folder/corpus/$target"
    "$folder/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=120 -len_control=0 \
        -timeout=$((20 * ${STITCH_TEST_TIMEOUT_FACTOR:-1})) -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$folder/$target-" \
        "$folder/corpus/$target" "$folder/tests/fuzz/corpus/$target" >"$folder/$target.log" 2>&1 </dev/null &
    running="$running $target:$!"
done
for entry in $running; do
    target=${entry%:*}
    if wait "${entry#*:}"; then
        note "$target: nothing found"
    else
        tail -n 60 "$folder/$target.log"
        note "$target: FAILED, see $folder/$target.log"
        failed=1
    fi
    echo "figure: executions of fuzz_$target $(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/$target.log")"
done
running=
exit "$failed"
