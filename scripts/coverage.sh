#!/bin/sh
# SPDX-License-Identifier: MIT
# Shows which lines and branches of the library the tests run on Linux, and why the others are not run.
#   scripts/coverage.sh                    runs every test, except those that run no line of src/ beyond the others'
#   scripts/coverage.sh ctest_option...    runs some of them (-R NAME, say), and only prints the lines left out
#   scripts/coverage.sh --report           runs no tests and reports the last run again
# The build is in build/coverage. The page docs/evidence/uncovered.md is made of the findings and of their reasons in
# docs/evidence/source/uncovered-reasons.txt. A line without a reason is an error, and so is a reason without a line.
# The script needs root, as some tests do.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/terminal.sh
. scripts/setup/packages.sh
export LC_ALL=C
unset STITCH_DIR STITCH_BACKEND
unset STITCH_TEST_THOROUGH # it takes long, and runs no other line

build=build/coverage
reasons=docs/evidence/source/uncovered-reasons.txt
page=docs/evidence/uncovered.md

say "packages"
need_packages library command tests coverage

if [ "${1:-}" != --report ]; then
    say "build"
    mkdir -p "$build"
    rm -f "$build/whole"
    # Many threads and processes count at once: the counters are atomic, and merged when a process ends.
    if ! { cmake --fresh -S . -B "$build" -DCMAKE_BUILD_TYPE=Debug -DSTITCH_TEST_TIMEOUT_FACTOR=6 \
               -DCMAKE_C_FLAGS="--coverage -fprofile-update=atomic -fprofile-abs-path" \
               -DCMAKE_EXE_LINKER_FLAGS=-Wl,--undefined=__gcov_dump &&
           cmake --build "$build" -j "$(processors)"; } >"$build/build.log" 2>&1 </dev/null; then
        tail -n 40 "$build/build.log" >&2
        die "the build failed; all of it is in $build/build.log"
    fi
    find "$build" -name '*.gcda' -delete
    say "tests"
    status=0
    ctest --test-dir "$build" -j "$(processors)" -E '^(package|layers|symbols|reliability|model|guard|strace)' "$@" \
        >"$build/test.log" 2>&1 </dev/null || status=$?
    sed -n '/tests passed/,$p' "$build/test.log"
    [ "$status" = 0 ] || die "tests failed: see $build/test.log"
    [ $# -gt 0 ] || touch "$build/whole"
fi

say "report"
gcovr --root . --filter src/ --object-directory "$build" "$build" --xml-pretty --xml "$build/coverage.xml" \
    >"$build/gcovr.log" 2>&1 || { cat "$build/gcovr.log" >&2; die "gcovr failed"; }

# attribute name: of the whole, from the root of gcovr's XML.
attribute() { sed -n "s/.*<coverage .* $1=\"\\([0-9]*\\)\".*/\\1/p" "$build/coverage.xml"; }
# Rounded down: 100 is all of them.
percent() { awk -v part="$1" -v whole="$2" 'BEGIN { printf "%.1f", int(1000 * part / whole) / 10 }'; }
lines=$(attribute lines-valid)
lines_run=$(attribute lines-covered)
branches=$(attribute branches-valid)
branches_run=$(attribute branches-covered)
line_percent=$(percent "$lines_run" "$lines")
branch_percent=$(percent "$branches_run" "$branches")

awk -f scripts/lib/lines.awk "$build/coverage.xml" >"$build/lines.txt"
[ "$(wc -l <"$build/lines.txt")" -eq $((lines - lines_run)) ] ||
    die "the lines in $build/lines.txt are not $lines - $lines_run"
awk -v reasons="$reasons" -f scripts/lib/uncovered.awk "$build/lines.txt" >"$build/uncovered.md"

if [ ! -e "$build/whole" ]; then
    sed -n 's/^! no reason: /   /p' "$build/uncovered.md"
    note "$line_percent % of the lines and $branch_percent % of the branches were run, by some of the tests"
    exit 0
fi
if grep '^!' "$build/uncovered.md"; then
    die "the faults of $reasons stand above"
fi
{
    echo "<!-- Made by scripts/coverage.sh from docs/evidence/source/uncovered-reasons.txt. -->"
    echo
    echo "# Lines of src/ that no test runs on Linux, and why"
    echo
    echo "On Linux the tests run $lines_run of $lines lines ($line_percent %) and $branches_run of $branches branches" \
        "($branch_percent %) of src/, without"
    echo "src/os/windows. The lines that they do not run:"
    echo
    cat "$build/uncovered.md"
} >"$page"
note "$page"
echo "figure: line coverage of src on Linux, percent $line_percent"
echo "figure: branch coverage of src on Linux, percent $branch_percent"
echo "figure: lines of src not run on Linux, each with a reason $((lines - lines_run))"
