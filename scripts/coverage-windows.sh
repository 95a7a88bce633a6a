#!/bin/sh
# SPDX-License-Identifier: MIT
# Shows which lines of the library the tests run as Windows programs, in Wine 10 and in Wine 8 (which has no
# placeholders), and checks that they include the lines that docs/evidence/uncovered.md leaves to Windows.
#   scripts/coverage-windows.sh            builds, runs the tests, reports
#   scripts/coverage-windows.sh --report   reports the last run again
# The build is in build/coverage-windows. scripts/coverage.sh makes docs/evidence/uncovered.md, which must belong to
# this tree. A process that is killed leaves no counts.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/terminal.sh
. scripts/setup/packages.sh
export LC_ALL=C
unset STITCH_DIR STITCH_BACKEND STITCH_TEST_THOROUGH

build=build/coverage-windows
gcov=x86_64-w64-mingw32-gcov

say "packages"
need_packages mingw coverage

end_wine() {
    for version in 10 8; do
        wineserver=build/windows/wine-$version/bin/wineserver
        [ ! -x "$wineserver" ] || timeout -k 5 30 "$wineserver" -k >/dev/null 2>&1 || true
    done
}

configure() {
    cmake --preset windows -B "$build" -DSTITCH_WINE="$PWD/build/windows/wine-$1/bin/wine" -DCMAKE_BUILD_TYPE=Debug \
        -DSTITCH_TEST_SLOW=16 -DSTITCH_TEST_TIMEOUT_FACTOR=8 -DSTITCH_BUILD_TOOLS=OFF -DSTITCH_BUILD_EXAMPLES=OFF \
        -DCMAKE_C_FLAGS="--coverage -fprofile-update=atomic"
}

if [ "${1:-}" != --report ]; then
    mkdir -p "$build" build/windows
    for setup in windows-deps.sh "wine.sh 10" "wine.sh 8"; do
        # Word splitting is intended.
        # shellcheck disable=SC2086
        timeout -k 20 1800 sh scripts/setup/$setup >"$build/setup.log" 2>&1 </dev/null ||
            { cat "$build/setup.log" >&2; die "scripts/setup/$setup failed for the reason above"; }
    done
    say "build"
    if ! { configure 10 && cmake --build "$build" -j "$(processors)"; } >"$build/build.log" 2>&1 </dev/null; then
        tail -n 40 "$build/build.log" >&2
        die "the build failed; all of it is in $build/build.log"
    fi
    find "$build" -name '*.gcda' -delete
    trap end_wine EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    for version in 10 8; do
        say "tests in Wine $version"
        configure "$version" >>"$build/build.log" 2>&1 </dev/null
        status=0
        timeout -k 20 1800 ctest --test-dir "$build" -j "$(processors)" \
            -E '^(package|layers|symbols|reliability|stress)' >"$build/test-$version.log" 2>&1 </dev/null || status=$?
        grep 'tests passed' "$build/test-$version.log" || true
        [ "$status" = 0 ] || die "tests failed: see $build/test-$version.log"
    done
fi

say "report"
objects=$build/src/CMakeFiles/stitch_testing.dir # the library as the tests have it
gcovr --root . --filter src/ --gcov-executable "$gcov" --object-directory "$objects" "$objects" --xml-pretty \
    --xml "$build/coverage.xml" >"$build/gcovr.log" 2>&1 || { cat "$build/gcovr.log" >&2; die "gcovr failed"; }
awk -v all=1 -f scripts/lib/lines.awk "$build/coverage.xml" >"$build/lines.txt"

# Turns the page's rows "| file | `function` | 12-14, 20 | Windows...: why |" into lines "file line".
awk -F ' *[|] *' '$5 ~ /^Windows/ { ranges = split($4, range, ", *")
                                    for (r = 1; r <= ranges; r++) {
                                        ends = split(range[r], end, "-")
                                        for (line = end[1] + 0; line <= end[ends] + 0; line++)
                                            print $2, line
                                    } }' docs/evidence/uncovered.md >"$build/wanted.txt"
[ -s "$build/wanted.txt" ] || die "docs/evidence/uncovered.md leaves no line to Windows; please run scripts/coverage.sh"
awk 'FILENAME == ARGV[1] { hits[$1 " " $2] = $3; next }
     !hits[$1 " " $2]    { print "   not run: " $1 ":" $2; missing = 1 }
     END                 { exit missing }' "$build/lines.txt" "$build/wanted.txt" ||
    die "docs/evidence/uncovered.md leaves these lines to Windows, and no test runs them there"
note "all $(wc -l <"$build/wanted.txt" | tr -d ' ') lines that the page leaves to Windows are run there"
note "not run in src/os/windows:"
awk '$1 !~ /^src\/os\/windows\// || $3 { next }
     $1 != file                        { printf "%s   %s", file ? "\n" : "", file = $1 }
                                       { printf " %s", $2 }
     END                               { print "" }' "$build/lines.txt" | fold -s -w 116
awk '$1 ~ /^src\/os\/windows\// { all++; run += $3 > 0 }
     END { printf "figure: line coverage of src/os/windows in Wine, percent %.1f\n", int(1000 * run / all) / 10 }' \
    "$build/lines.txt"
