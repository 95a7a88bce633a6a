#!/bin/sh
# SPDX-License-Identifier: MIT
# Started by test.sh: builds steps of it, one after the other, while test.sh runs the tests of those that are built.
#   scripts/lib/build.sh step...
# The log of a step is build/STEP/build.log. At its end build/STEP/build.status has "STATUS SECONDS". The environment's
# STITCH_TEST_TIMEOUT_FACTOR is the factor of this machine.
set -eu
cd "$(dirname "$0")/../.."
. scripts/lib/terminal.sh
. scripts/lib/windows-names.sh
export LC_ALL=C

jobs=$(processors)
# Only the first step is waited for from its start; the others yield to the tests of the step before.
politely=

# The compiler's temporary files stay out of a /tmp in memory: a test measures the machine's shared memory.
mkdir -p build/tmp
TMPDIR=$PWD/build/tmp
export TMPDIR

# compile folder target option...: configures and builds. Word splitting of $target is intended.
compile() {
    folder=$1
    target=$2
    shift 2
    cmake --fresh "$@" -B "$folder" "-DSTITCH_TEST_MACHINE_FACTOR=$STITCH_TEST_TIMEOUT_FACTOR" || return 1
    # shellcheck disable=SC2086
    $politely cmake --build "$folder" -j "$jobs" --target $target
}

# ThreadSanitizer of gcc 12 cannot run where addresses are randomised by more bits than it knows of (its message is
# "unexpected memory mapping"). Prints the launcher that switches the randomisation off where that is so.
tsan_launcher() {
    probe=$(mktemp -d)
    echo 'int main(void) { return 0; }' >"$probe/probe.c"
    launcher=
    if ${CC:-cc} -fsanitize=thread "$probe/probe.c" -o "$probe/probe" 2>/dev/null; then
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            "$probe/probe" 2>/dev/null || launcher='setarch;-R'
        done
    fi
    rm -rf "$probe"
    printf '%s' "$launcher"
}

# Sets up mingw-w64 and both Wines, then builds the tests, and those about atomics once more.
build_windows() {
    for setup in windows-deps.sh "wine.sh 10" "wine.sh 8"; do
        # Word splitting is intended.
        # shellcheck disable=SC2086
        timeout -k 20 1800 sh scripts/setup/$setup || return 1
    done
    compile "$windows_tests" all --preset windows "-DSTITCH_WINE=$PWD/$wine_10/bin/wine" || return 1
    set -- --preset windows "-DSTITCH_WINE=$PWD/$wine_10/bin/wine" -DSTITCH_INTERLOCKED=ON -DSTITCH_BUILD_TOOLS=OFF \
        -DSTITCH_BUILD_EXAMPLES=OFF
    cmake --fresh "$@" -B "$windows_interlocked" || return 1
    targets=$(cmake --build "$windows_interlocked" --target help | grep -o -E " test_$interlocked_tests\$" | tr -d '\n')
    [ -n "$targets" ] || { echo "no test is called $interlocked_tests"; return 1; }
    compile "$windows_interlocked" "$targets" "$@"
}

for step in "$@"; do
    begin=$(now)
    mkdir -p "build/$step"
    status=0
    case $step in
        quick)         compile build/release all --preset release ;;
        release|clang) compile "build/$step" all --preset "$step" -DSTITCH_BUILD_BENCH=ON ;;
        asan|valgrind) compile "build/$step" all --preset "$step" ;;
        tsan)          compile build/tsan all --preset tsan "-DSTITCH_TEST_LAUNCHER=$(tsan_launcher)" ;;
        fuzz)          $politely scripts/fuzz.sh --build >build/fuzz/packages.log 2>&1 ;; # it writes build.log itself
        windows)       build_windows ;;
    esac >"build/$step/build.log" 2>&1 </dev/null || status=1
    echo "$status $(($(now) - begin))" >"build/$step/build.status.new"
    mv "build/$step/build.status.new" "build/$step/build.status"
    politely='nice -n 5'
done
