#!/bin/sh
# SPDX-License-Identifier: MIT
# Produces the whole evidence: every call failed, every step killed, sanitizers, fuzzers, the model, the soak, coverage.
#   scripts/torture.sh [--short] [--seconds N] [--figures] [part...]
#       --short      takes a few minutes in all: fuzzers 20 s, soak 30 s, injection not in full
#       --seconds N  runs each fuzzer and each soak for N seconds; 3600 by default
#       --figures    afterwards copies the figures to docs/evidence/source/ and makes docs/evidence/reliability.md
#       part         suite asan clang-asan tsan valgrind windows fuzz stress stress_asan coverage coverage-windows
#                    check; all by default. suite is every test, with the model and with the command's system calls
#                    failed by strace
# Logs and figures are in build/torture. figures.txt has a line for each "figure: NAME NUMBER" that a part has printed:
# part, name, number, date, commit, separated by tabs. Lines of parts that did not run now stay, so that the parts can
# run one by one. A part that fails leaves no figure.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/terminal.sh
. scripts/setup/packages.sh
export LC_ALL=C
unset STITCH_DIR STITCH_BACKEND

all='suite asan clang-asan tsan valgrind windows fuzz stress stress_asan coverage coverage-windows check'
seconds=3600
short=
publish=
while [ $# -gt 0 ]; do
    case $1 in
        --short)   short=yes; shift ;;
        --seconds) seconds=${2:?}; shift 2 ;;
        --figures) publish=yes; shift ;;
        -h|--help) usage; exit 0 ;;
        -*)        die "there is no option $1; scripts/torture.sh --help lists them" ;;
        *)         break ;;
    esac
done
fuzz=$seconds
soak=$seconds
[ -z "$short" ] || { fuzz=20; soak=30; }
[ -n "$short" ] || export STITCH_TEST_THOROUGH=1

out=build/torture
mkdir -p "$out"
touch "$out/figures.txt"
date=$(date -u +%Y-%m-%d)
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain 2>/dev/null)" ] || commit=$commit+
summary=
failed=0
now() { date +%s; }

# tests preset option...: builds it, runs its tests, and prints the number of cases.
tests() {
    preset=$1
    shift
    folder=build/torture/$preset
    mkdir -p "$folder"
    factor=20
    [ "$preset" = release ] || factor=40
    if ! { cmake --fresh --preset "$preset" -B "$folder" "-DSTITCH_TEST_TIMEOUT_FACTOR=$factor" "$@" &&
           cmake --build "$folder" -j "$(processors)"; } >"$folder/build.log" 2>&1 </dev/null; then
        tail -n 40 "$folder/build.log"
        return 1
    fi
    result=0
    ctest --preset "$preset" --test-dir "$folder" -j "$(processors)" </dev/null || result=$?
    figures "$folder/Testing/Temporary/LastTest.log" "$folder/skipped.log"
    return "$result"
}

# figures log reasons: prints the figures in ctest's log, and the number of cases.
figures() {
    grep '^figure: ' "$1" || true
    awk -v name=cases -v reasons="$2" -f scripts/lib/cases.awk "$1" |
        awk '{ print "figure: cases passed " $2; print "figure: cases skipped " $3; print "figure: cases failed " $4 }'
}

# The tests as Windows programs, in each Wine: test.sh leaves a log for each.
windows() {
    script test windows || return 1
    for log in build/windows-tests/test-*.log build/windows-interlocked/test-*.log; do
        figures "$log" "$out/windows-skipped.log"
    done
}

# The soak: its random choices follow from a seed that it prints.
soak() {
    cmake --preset "$1" -B "build/torture/$1" >/dev/null </dev/null
    cmake --build "build/torture/$1" -j "$(processors)" --target stitch_stress >/dev/null </dev/null
    "build/torture/$1/tests/stress/stitch_stress" --seconds "$soak" </dev/null
    echo "figure: seconds soaked $soak"
}

# script name argument...: runs another script.
script() {
    [ -f "scripts/$1.sh" ] || { echo "there is no scripts/$1.sh"; return 1; }
    name=$1
    shift
    sh "scripts/$name.sh" "$@" </dev/null
}

run() {
    case $1 in
        suite)       tests release ;;
        stress)      soak release ;;
        stress_asan) soak asan ;;
        *asan)       tests "$1" ;;
        tsan)        tests tsan "-DSTITCH_TEST_LAUNCHER=setarch;-R" ;;
        valgrind)    tests valgrind ;;
        windows)     windows ;;
        fuzz)        script fuzz "$fuzz" ;;
        coverage*|check) script "$1" ;;
        *)           echo "there is no part $1; there are: $all"; return 1 ;;
    esac
}

say "packages"
need_packages library command tests long clang valgrind torture

# Word splitting is intended.
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $all
for part in "$@"; do
    log=$out/$part.log
    say "$part (log: $log)"
    begin=$(now)
    # The part has a shell of its own, so that set -e ends the part and not the rest.
    set +e
    (set -e; run "$part") >"$log" 2>&1
    status=$?
    set -e
    if [ "$status" = 0 ]; then
        # A name that comes more than once in a log is summed; a percentage comes once.
        sed -n 's/^.*figure: \(.*[^ ]\)  *\([0-9.][0-9.]*\)$/\1|\2/p' "$log" | tr '|' '\t' |
            awk -F '\t' -v OFS='\t' -v part="$part" -v date="$date" -v commit="$commit" '
                !($1 in sum) { order[++count] = $1 }
                { sum[$1] += $2 }
                END { for (i = 1; i <= count; i++)
                          printf "%s\t%s\t%.15g\t%s\t%s\n", part, order[i], sum[order[i]], date, commit }' \
                >"$out/new.txt"
        awk -F '\t' -v part="$part" '$1 != part' "$out/figures.txt" >"$out/kept.txt"
        cat "$out/kept.txt" "$out/new.txt" | sort >"$out/figures.txt"
        awk -F '\t' '{ print "   " $2 ": " $3 }' "$out/new.txt"
        word=passed
    else
        tail -n 25 "$log"
        word=FAILED
        failed=1
    fi
    summary="$summary$(printf '   %-12s %s in %s s' "$part" "$word" $(($(now) - begin)))
"
done

say "summary"
printf '%s' "$summary"
note "figures: $out/figures.txt"
[ -z "$publish" ] || sh scripts/reliability.sh --figures "$out/figures.txt"
exit "$failed"
