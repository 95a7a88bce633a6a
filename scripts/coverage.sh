#!/bin/sh
# SPDX-License-Identifier: MIT
# Which lines and branches of the library the tests run, on Linux, and why the others are not run.
#   scripts/coverage.sh [ctest option...]     -R NAME, say; without, every test but those about the tree
#   scripts/coverage.sh --report              no tests: reports the last run again
# The build is in build/coverage. docs/UNCOVERED.md is made of what was found and of docs/uncovered.txt, which has the
# reasons; a line without a reason is an error, a reason without a line is only told.
set -eu
cd "$(dirname "$0")/.."
. scripts/packages.sh
export LC_ALL=C
unset STITCH_DIR STITCH_BACKEND

build=build/coverage
reasons=docs/uncovered.txt
page=docs/UNCOVERED.md

say "packages"
need_packages <<EOT
cmake           configures the build, runs the tests
make            runs the build
gcc             the compiler, with gcov
libc6-dev       the C library's headers
gcovr           puts together what gcov counts in many processes
uthash-dev      the library's hash table, a header
libcmocka-dev   the tests' framework
libjansson-dev  JSON for the command stitch
libpopt-dev     options for the command stitch
libncurses-dev  the page of stitch top
EOT

if [ "${1:-}" != --report ]; then
    say "build"
    mkdir -p "$build"
    # Many threads and processes count at once: the counters are atomic, and merged when a process ends.
    if ! { cmake --fresh -S . -B "$build" -DCMAKE_BUILD_TYPE=Debug -DSTITCH_TEST_TIMEOUT_FACTOR=6 \
               -DSTITCH_TEST_SLOW=4 -DCMAKE_C_FLAGS="--coverage -fprofile-update=atomic -fprofile-abs-path" \
               -DCMAKE_EXE_LINKER_FLAGS=-Wl,--undefined=__gcov_dump &&
           cmake --build "$build" -j "$(processors)"; } >"$build/build.log" 2>&1 </dev/null; then
        tail -n 40 "$build/build.log" >&2
        die "the build failed; all of it is in $build/build.log"
    fi
    find "$build" -name '*.gcda' -delete
    say "tests"
    status=0
    ctest --test-dir "$build" -j "$(processors)" -E '^(package|layers|symbols|reliability)' "$@" \
        >"$build/test.log" 2>&1 </dev/null || status=$?
    sed -n '/tests passed/,$p' "$build/test.log"
fi

say "report"
gcovr --root . --filter src/ --object-directory "$build" "$build" --txt "$build/lines.txt" \
    --json-summary "$build/summary.json" >"$build/gcovr.log" 2>&1 || { cat "$build/gcovr.log" >&2; die "gcovr failed"; }
# Of everything: the keys are in order, so that those of the files stand between the two.
tr ',' '\n' <"$build/summary.json" | sed 's/[{}]//g' |
    awk -F '[":, ]+' '$2 == "branch_percent" && !branch { branch = $3 }
                      $2 == "line_percent" { line = $3 }
                      END { print "line " line; print "branch " branch }' >"$build/percent.txt"
for kind in line branch; do
    printf 'figure: %s coverage of src on Linux, percent %s\n' "$kind" \
        "$(awk -v kind="$kind" '$1 == kind { print $2 }' "$build/percent.txt")"
done

# gcovr's table: file, lines, run, percent, and the missing ones as 12-14,20; a long name stands on a line of its own.
awk '/^src\// && NF == 1 { file = $1; next }
     /^src\// { file = $1; $1 = "" }
     /%/ && file != "" { print file, $NF ~ /%$/ ? "" : $NF; file = "" }' "$build/lines.txt" |
    awk -v reasons="$reasons" -f scripts/uncovered.awk >"$build/uncovered.md" || bad=1
{
    echo "<!-- Made by scripts/coverage.sh from docs/uncovered.txt. -->"
    echo
    echo "# Lines of src/ that no test runs on Linux, and why"
    echo
    awk '{ print "- " $1 " coverage: " $2 " %" }' "$build/percent.txt"
    echo
    grep -v '^!' "$build/uncovered.md" || true
} >"$build/page.md"
grep '^!' "$build/uncovered.md" || true
! grep -q '^! no reason' "$build/uncovered.md" || die "lines without a reason, see above; reasons are in $reasons"
[ "${bad:-0}" = 0 ] || die "the list could not be made"
[ "${status:-0}" = 0 ] || die "tests failed: see $build/test.log"
cp "$build/page.md" "$page"
note "$page"
