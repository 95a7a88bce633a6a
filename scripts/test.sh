#!/bin/sh
# SPDX-License-Identifier: MIT
# From a fresh Debian machine: installs what is missing, builds every way that counts, runs every test.
#   scripts/test.sh [step...]      steps: release clang asan tsan valgrind fuzz windows (all of them by default); fuzz is
#                                  scripts/fuzz.sh for a moment, windows is the tests as Windows programs, in Wine
# Build folders and logs are in build/. Every step runs, also after a failure; the summary is at the end.
set -eu
cd "$(dirname "$0")/.."
. scripts/packages.sh
. scripts/test-windows.sh
export LC_ALL=C
unset STITCH_DIR STITCH_BACKEND

steps=${*:-release clang asan tsan valgrind fuzz windows}
jobs=$(processors)
summary=
failed=0

# Seconds of wall clock.
now() { date +%s; }

# finish step status seconds: into the summary.
finish() {
    if [ "$2" = 0 ]; then
        word=passed
    else
        word=FAILED
        failed=1
    fi
    summary="$summary$(printf '   %-9s %s in %s s   %s' "$1" "$word" "$3" "$4")
"
}

# build_and_test step option...: the preset of that name, with warnings as errors; ctest's closing lines, or all it said
# if a test failed.
build_and_test() {
    step=$1
    shift
    begin=$(now)
    folder=build/$step
    mkdir -p "$folder"
    say "$step: build"
    if ! { cmake --fresh --preset "$step" "$@" && cmake --build "$folder" -j "$jobs"; } \
            >"$folder/build.log" 2>&1 </dev/null; then
        tail -n 60 "$folder/build.log"
        finish "$step" 1 $(($(now) - begin)) "the build (all of it in $folder/build.log)"
        return 0
    fi
    note "done in $(($(now) - begin)) s"
    say "$step: tests"
    status=0
    ctest --preset "$step" -j "$jobs" >"$folder/test.log" 2>&1 </dev/null || status=$?
    if [ "$status" = 0 ]; then
        sed -n '/tests passed/,$p' "$folder/test.log"
    else
        cat "$folder/test.log"
    fi
    finish "$step" "$status" $(($(now) - begin)) "$(grep 'tests passed' "$folder/test.log" || echo "no test ran")"
}

# ThreadSanitizer of gcc 12 cannot run where addresses are randomised by more bits than it knows of (its message is
# "unexpected memory mapping"): there the tests run without that.
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

begin_all=$(now)
say "packages"
need_packages <<EOF
cmake           configures the build, runs the tests
make            runs the build
gcc             the first compiler, with its sanitizers
g++             the header is tested in C++, a benchmark is in C++
clang           the second compiler
libclang-rt-dev its libFuzzer and sanitizers
libc6-dev       the C library's headers
pkg-config      the installed library is found by it in a test
valgrind        memory errors in what runs; the guard counts instructions with it
strace          the guard against slower code counts system calls with it
libc6-dbg       valgrind reads the C library's symbols
uthash-dev      the library's hash table, a header
spin            the model checker that verifies tests/model
libcmocka-dev   the tests' framework
libjansson-dev  JSON for the command stitch
libpopt-dev     options for the command stitch
libncurses-dev  the page of stitch top
libboost-dev    what a benchmark compares with
EOF

for step in $steps; do
    case $step in
        release|clang) build_and_test "$step" -DSTITCH_BUILD_BENCH=ON ;;
        asan|valgrind) build_and_test "$step" ;;
        tsan)          build_and_test tsan "-DSTITCH_TEST_LAUNCHER=$(tsan_launcher)" ;;
        fuzz)
            begin=$(now)
            status=0
            scripts/fuzz.sh 20 || status=$?
            finish fuzz "$status" $(($(now) - begin)) "20 s for each target"
            ;;
        windows)       windows ;;
        *)        die "there is no step $step" ;;
    esac
done

say "summary"
printf '%s' "$summary"
if [ "$failed" = 0 ]; then
    note "everything passed in $(($(now) - begin_all)) s"
else
    note "something FAILED, see above; logs are in build/*/*.log"
fi
exit "$failed"
