# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# jobs, steps, factor and running are test.sh's:
# shellcheck disable=SC2154
# Sourced by test.sh: its step windows. Programs built by mingw-w64 run their tests in Wine 10 with segments and
# without, and in Wine 8, which cannot have any. POSIX sh.
#
# Downloads and builds are in build/windows, and are used again the next time. Nothing here can hang: every test has its
# timeout, and so has every command that can take long.

. scripts/lib/windows-names.sh

# Ends the programs that run in our Wines, on every way out. Each Wine has a server of its own, so other users' Wines go
# on.
end_wine() {
    for wine in $wine_10 $wine_8; do
        [ ! -x "$wine/bin/wineserver" ] || timeout -k 5 30 "$wine/bin/wineserver" -k >/dev/null 2>&1 || true
    done
}

# cases name log reasons: prints a line of the table, and writes the reasons of skipped cases to a file.
cases() {
    rm -f "$3"
    awk -v name="$1" -v reasons="$3" -f scripts/lib/cases.awk "$2"
}

# Prints a name as a part of a file's name.
dashes() { printf '%s' "$1" | tr -s ' ,' '--'; }

# windows_run title folder wine divisor setting ctest_option...: runs the tests of that build folder in that Wine, with
# that setting of env and that STITCH_TEST_SLOW, and adds a line to the table.
windows_run() {
    title=$1
    folder=$2
    wine=$3
    divisor=$4
    setting=$5
    shift 5
    log=$folder/test-$(dashes "$title").log
    say "windows: $title (log: $log)"
    rm -f "$folder/Testing/Temporary/LastTest.log"
    if ! cmake "-DSTITCH_WINE=$PWD/$wine/bin/wine" "-DSTITCH_TEST_SLOW=$divisor" "$folder" \
            >"$folder/configure.log" 2>&1 </dev/null; then
        tail -n 20 "$folder/configure.log"
        windows_status=1
        return 0
    fi
    run_tests "windows, $title" "$folder" "$log" "$setting" --test-dir "$folder" "$@" || windows_status=1
    # The log of every case takes the place of ctest's own; torture.sh counts the cases in it.
    [ ! -e "$folder/cases.log" ] || cp "$folder/cases.log" "$log"
    [ ! -e "$folder/cases.log" ] || table="$table$(cases "$title" "$log" "$folder/skipped-$(dashes "$title").log")
"
}

# test_windows: as the other steps of test.sh do, leaves its result in the summary.
test_windows() {
    table=
    windows_status=0
    # The cases with one segment run in the first as well, where a system can have more: fewer rounds in the others.
    windows_run "Wine 10 stitched" $windows_tests $wine_10 4 -uSTITCH_BACKEND
    windows_run "Wine 10 single" $windows_tests $wine_10 8 STITCH_BACKEND=single -LE '^first-build$'
    windows_run "Wine 8 single" $windows_tests $wine_8 8 -uSTITCH_BACKEND -LE '^first-build$'
    windows_run "Wine 10 stitched interlocked" $windows_interlocked $wine_10 4 -uSTITCH_BACKEND \
        -R "^$interlocked_tests\$"
    end_wine

    say "windows: test cases in each (reasons for the skipped ones: build/windows-*/skipped-*.log)"
    printf '   %-36s %6s %8s %7s\n' '' passed skipped failed
    case " $steps " in
        *' release '*) [ ! -e build/release/cases.log ] ||
                           cases "Linux, release" build/release/cases.log build/release/skipped.log ;;
        *)             note "Linux, release: not in this run (scripts/test.sh release windows)" ;;
    esac
    printf '%s' "$table"
    # shellcheck disable=SC2034 # test.sh reads it
    said="the table is above"
    return "$windows_status"
}
