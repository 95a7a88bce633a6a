# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# jobs and steps are test.sh's:
# shellcheck disable=SC2154
# Sourced by test.sh: its step windows. Programs built by mingw-w64 run their tests in Wine 10 with segments and
# without, and in Wine 8, which cannot have any. POSIX sh.
#
# What is fetched and made for it lies in build/windows, and is there the next time. Nothing here can hang: every test
# has its timeout, and so has every command that is not quick by nature.

wine_10=build/windows/wine-10
wine_8=build/windows/wine-8
# Not the whole of it twice: what rests on the order of loads and stores, and loads from read-only memory.
interlocked_tests='directory follow append_wait os readonly threads'

# Ends what runs in our Wines, on any way out. Others' Wines are none of our business: each has a server of its own.
end_wine() {
    for wine in $wine_10 $wine_8; do
        [ ! -x "$wine/bin/wineserver" ] || timeout -k 5 30 "$wine/bin/wineserver" -k >/dev/null 2>&1 || true
    done
}

# cases name folder: a line of the table, and the reasons for what was skipped.
cases() {
    reasons=$2/skipped-$(dashes "$1").log
    rm -f "$reasons"
    awk -v name="$1" -v reasons="$reasons" -f scripts/cases.awk "$2/Testing/Temporary/LastTest.log"
}

# A name as part of a file's.
dashes() { printf '%s' "$1" | tr -s ' ,' '--'; }

# windows_run name folder wine slow setting ctest_option...: the tests of that build folder in that Wine, with that
# setting of env and STITCH_TEST_SLOW. Leaves a line of the table.
windows_run() {
    name=$1
    folder=$2
    wine=$3
    slow=$4
    setting=$5
    shift 5
    log=$folder/test-$(dashes "$name").log
    say "windows: $name"
    rm -f "$folder/Testing/Temporary/LastTest.log"
    if ! cmake --preset windows -B "$folder" -DSTITCH_WINE="$PWD/$wine/bin/wine" -DSTITCH_TEST_SLOW="$slow" \
            >>"$folder/build.log" 2>&1 </dev/null; then
        tail -n 20 "$folder/build.log"
        windows_status=1
        return 0
    fi
    status=0
    env "$setting" timeout -k 20 900 ctest --test-dir "$folder" -j "$jobs" --no-tests=error --output-on-failure "$@" \
        >"$log" 2>&1 </dev/null || status=$?
    if [ "$status" = 0 ]; then
        grep 'tests passed' "$log"
    else
        cat "$log"
        [ "$status" != 124 ] || note "it was stopped after 900 s"
        windows_status=1
    fi
    if [ -e "$folder/Testing/Temporary/LastTest.log" ]; then
        cp "$folder/Testing/Temporary/LastTest.log" "$log"
        table="$table$(cases "$name" "$folder")
"
    fi
}

# windows_build folder target cmake_option...
windows_build() {
    folder=$1
    target=$2
    shift 2
    mkdir -p "$folder"
    # Word splitting of $target is meant.
    # shellcheck disable=SC2086
    if ! { cmake --fresh --preset windows -B "$folder" -DSTITCH_WINE="$PWD/$wine_10/bin/wine" "$@" &&
           timeout 900 cmake --build "$folder" -j "$jobs" --target $target; } >"$folder/build.log" 2>&1 </dev/null; then
        tail -n 60 "$folder/build.log"
        note "all of it in $folder/build.log"
        return 1
    fi
}

# As steps of test.sh do: the result goes into the summary.
windows() {
    begin=$(now)
    say "windows: what it needs"
    mkdir -p build/windows
    for setup in windows-deps.sh "wine.sh 10" "wine.sh 8"; do
        # Word splitting is meant.
        # shellcheck disable=SC2086
        if ! timeout -k 20 1800 sh scripts/$setup >build/windows/setup.log 2>&1 </dev/null; then
            cat build/windows/setup.log
            finish windows 1 $(($(now) - begin)) "scripts/$setup could not set up what is needed, see above"
            return 0
        fi
        sed -n 's/^   //p' build/windows/setup.log | tail -n 1 | sed 's/^/   /'
    done

    say "windows: build"
    built=$(now)
    targets=$(printf 'test_%s\n' "$interlocked_tests" | sed 's/ / test_/g')
    if ! windows_build build/windows-tests all ||
       ! windows_build build/windows-interlocked "$targets" -DSTITCH_INTERLOCKED=ON \
             -DSTITCH_BUILD_TOOLS=OFF -DSTITCH_BUILD_EXAMPLES=OFF; then
        finish windows 1 $(($(now) - begin)) "the build"
        return 0
    fi
    note "done in $(($(now) - built)) s"

    table=
    windows_status=0
    trap end_wine EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    # The cases with one segment run in the first as well, where a system can have more: fewer rounds in the others.
    windows_run "Wine 10 stitched" build/windows-tests $wine_10 4 -uSTITCH_BACKEND
    windows_run "Wine 10 single" build/windows-tests $wine_10 8 STITCH_BACKEND=single -LE '^once$'
    windows_run "Wine 8 single" build/windows-tests $wine_8 8 -uSTITCH_BACKEND -LE '^once$'
    windows_run "Wine 10 stitched interlocked" build/windows-interlocked $wine_10 4 -uSTITCH_BACKEND \
        -R "^($(printf '%s' "$interlocked_tests" | tr ' ' '|'))\$"
    end_wine
    trap - EXIT INT TERM HUP

    say "windows: test cases in each (reasons for what was skipped: build/windows-*/skipped-*.log)"
    printf '   %-36s %6s %8s %7s\n' '' passed skipped failed
    case " $steps " in
        *' release '*) cases "Linux, release" build/release 2>/dev/null || true ;;
        *)             note "Linux, release: not in this run (scripts/test.sh release windows)" ;;
    esac
    printf '%s' "$table"
    finish windows "$windows_status" $(($(now) - begin)) "the table is above"
}
