#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the packages that are missing (Debian), builds stitch, and runs its tests.
#   scripts/test.sh            the quick tests: shows in minutes that this build works on this machine
#   scripts/test.sh all        every step below
#   scripts/test.sh step...    some of them
#   scripts/test.sh --help     this text
# The builds and logs of a step are in build/STEP. Every step runs, also after one that failed; a summary is at the end.
# STITCH_TEST_TIMEOUT_FACTOR=n in the environment multiplies the timeouts of all tests; without it the machine is
# measured. A test that timed out is run again, alone and with more time: if it passes then, that is a warning.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/terminal.sh
. scripts/setup/packages.sh
. scripts/lib/machine.sh
. scripts/lib/run-tests.sh
. scripts/lib/windows.sh
export LC_ALL=C
unset STITCH_DIR STITCH_BACKEND

# Each step: minutes on the reference machine (machine.sh), purposes of packages, what it proves. "quick" has no part in
# "all": release has all its tests.
step_table() {
    cat <<EOT
quick     3  library,command,tests             the release build works here: every test that is not labelled long
release   7  library,command,tests,long,bench  every test, with the model of the protocol and the guard of its cost
clang     4  library,command,tests,bench,clang the second compiler: no warnings, the same tests
asan      6  library,command,tests             no invalid access, leak or undefined behaviour (ASan, UBSan)
tsan      4  library,command,tests             no data race (ThreadSanitizer)
valgrind  5  library,command,tests,valgrind    no use of uninitialised memory (memcheck)
fuzz      1  library,tests,clang               shared memory with random contents is refused, never followed
windows   9  library,command,tests,mingw,wine  the Windows side, built by mingw-w64, in Wine 10 and in Wine 8
EOT
}

# step_field step field: prints a field of the table; nothing if there is no such step.
step_field() { step_table | awk -v step="$1" -v field="$2" '$1 == step { print $field }'; }

help() {
    usage
    printf '\nThe steps, the minutes of each on two idle processors, and what it proves:\n'
    step_table | awk '{
        step = $1
        minutes = $2
        sub(/^[^ ]+ +[^ ]+ +[^ ]+ +/, "")
        printf "  %-9s %2d  %s\n", step, minutes, $0
    }'
}

steps=
[ $# -gt 0 ] || set -- quick
for argument in "$@"; do
    case $argument in
        -h|--help) help; exit 0 ;;
        all) steps="$steps $(step_table | awk '$1 != "quick" { printf "%s ", $1 }')" ;;
        *)
            [ -n "$(step_field "$argument" 1)" ] ||
                die "there is no step \"$argument\"; scripts/test.sh --help lists the steps"
            steps="$steps $argument" ;;
    esac
done
# Each once, and in the order of the table. The tests of quick are a part of release.
wanted=" $(printf '%s' "$steps" | tr -s ' \n' '  ') "
case $wanted in *' release '*) wanted=$(printf '%s' "$wanted" | sed 's/ quick / /g') ;; esac
steps=$(step_table | awk -v wanted="$wanted" 'index(wanted, " " $1 " ") { printf "%s%s", space, $1; space = " " }')

case ${STITCH_TEST_TIMEOUT_FACTOR:-1} in
    *[!0-9]*|0*|????*)
        die "STITCH_TEST_TIMEOUT_FACTOR must be a whole number from 1 to 999, not \"$STITCH_TEST_TIMEOUT_FACTOR\"" ;;
esac

# Tests wait for other processes during a third of their time, so three run on two processors.
jobs=$(($(processors) * 3 / 2))
summary=
failed=0
builder=

# Ends all that this script has started, on every way out. The sessions' leaders have the numbers of their groups.
clean_up() {
    status=$?
    trap - EXIT INT TERM HUP
    for leader in $running $builder; do
        kill -s TERM -- "-$leader" 2>/dev/null || true
    done
    case " $steps " in *' windows '*) end_wine ;; esac
    exit "$status"
}

# finish step status seconds text: adds a line to the summary.
finish() {
    word=passed
    if [ "$2" != 0 ]; then
        word=FAILED
        failed=1
    fi
    summary="$summary$(printf '   %-9s %s in %s s   %s' "$1" "$word" "$3" "$4")
"
}

# step_folder step: prints the build folder of a step.
step_folder() { [ "$1" = quick ] && echo build/release || echo "build/$1"; }

# built step: waits until the builder has built it. Returns 1 if that failed.
built() {
    say "$1: build (log: build/$1/build.log)"
    # Nothing else runs now, so the builder need not yield any more; only root may say so.
    [ -e "build/$1/build.status" ] || renice -n 0 -g "$builder" >/dev/null 2>&1 || true
    progress build "$builder" "build/$1/build.log" "build/$1/build.status"
    build_status=1
    build_seconds='?'
    [ ! -e "build/$1/build.status" ] || read -r build_status build_seconds <"build/$1/build.status"
    if [ "$build_status" != 0 ]; then
        tail -n 60 "build/$1/build.log"
        return 1
    fi
    note "built in $build_seconds s"
}

# run_step step: runs the tests of a step that is built.
run_step() {
    case $1 in
        windows) test_windows ;;
        fuzz)
            say "fuzz: 20 s for each target (log: build/fuzz/fuzz.log)"
            fuzz_status=0
            run_watched wait build/fuzz/fuzz.log scripts/fuzz.sh 20 || fuzz_status=$?
            grep -E '^   [a-z]+: |^figure: ' build/fuzz/fuzz.log || true
            [ "$fuzz_status" = 0 ] || cat build/fuzz/fuzz.log
            said="20 s for each target"
            return "$fuzz_status" ;;
        quick)
            say "quick: tests (log: build/quick/test.log)"
            run_tests quick build/release build/quick/test.log -uSTITCH_BACKEND --preset release -LE '^long$' ;;
        *)
            say "$1: tests (log: build/$1/test.log)"
            run_tests "$1" "build/$1" "build/$1/test.log" -uSTITCH_BACKEND --preset "$1" ;;
    esac
}

need_build_folder
say "packages for: $steps"
purposes=$(for step in $steps; do step_field "$step" 3; done | tr ',' '\n' | sort -u)
# Word splitting is intended.
# shellcheck disable=SC2086
need_packages $purposes

say "this machine"
if [ -n "${STITCH_TEST_TIMEOUT_FACTOR:-}" ]; then
    percent=100
    factor=$STITCH_TEST_TIMEOUT_FACTOR
    note "Timeouts are multiplied by $factor, as STITCH_TEST_TIMEOUT_FACTOR says."
else
    percent=$(machine_measure)
    factor=$(machine_factor "$percent")
    note "The same work takes $percent % of the reference machine's time now: timeouts are multiplied by $factor."
fi
export STITCH_TEST_TIMEOUT_FACTOR="$factor"
minutes=$(for step in $steps; do step_field "$step" 2; done |
              awk -v processors="$(processors)" '
                  { sum += $1 }
                  END { printf "%d", sum * (processors < 2 ? 2 : processors > 2 ? 2 / 3 : 1) + 0.5 }')
busy=
[ "$percent" -lt 150 ] || busy=" (up to $((minutes * percent / 100)) if the machine stays as slow)"
note "$(processors) processors: this takes about $minutes minutes$busy. Logs: build/STEP/*.log"

begin_all=$(now)
for step in $steps; do
    mkdir -p "build/$step"
    rm -f "build/$step/build.status" "build/$step/build.log" "$(step_folder "$step")/cases.log"
done
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
# Word splitting is intended.
# shellcheck disable=SC2086
setsid sh scripts/lib/build.sh $steps </dev/null &
builder=$!

for step in $steps; do
    begin=$(now)
    said=
    status=0
    if ! built "$step"; then
        finish "$step" 1 $(($(now) - begin)) "the build failed, see build/$step/build.log"
        continue
    fi
    run_step "$step" || status=$?
    finish "$step" "$status" $(($(now) - begin)) "$said"
done
wait "$builder" || true
builder=

say "summary"
printf '%s' "$summary"
if [ -n "$slow" ]; then
    note "WARNING: these tests passed only alone and with more time; the machine is slow or busy:"
    printf '%s' "$slow"
fi
[ -z "$hung" ] || printf '%s' "$hung"
if [ "$failed" = 0 ]; then
    note "Everything passed, in $(($(now) - begin_all)) s."
    [ "$steps" != quick ] || note "stitch works on this machine. Every test in every build: scripts/test.sh all"
else
    note "Something FAILED, see above. If you changed nothing, please report it with the logs, build/*/*.log."
fi
[ "$failed" = 0 ]
