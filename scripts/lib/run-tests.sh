# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# jobs and factor are test.sh's:
# shellcheck disable=SC2154
# Sourced by test.sh: runs programs that take long and shows how far they have come; runs tests, and tells a test that
# was too slow from one that is wrong. POSIX sh.

running=  # the process that runs, and leads a session of its own
comma=    # between names
slow=     # lines about tests that were only too slow
hung=     # lines about tests that timed out twice

# done_so_far kind log: prints how far a build or the tests with that log have come.
done_so_far() {
    case $1 in
        build) sed -n 's/^\[ *\([0-9]*\)%\].*/\1/p' "$2" 2>/dev/null | tail -n 1 |
                   sed 's/$/ % built, /' ;;
        tests) sed -n 's|^ *\([0-9]*\)/\([0-9]*\) Test  *#.*|\1 of \2 tests, |p' "$2" 2>/dev/null | tail -n 1 ;;
    esac
}

# progress kind pid log [file]: until that process has ended, or the file exists, shows how far it has come and for how
# many seconds: one line, written again each second, on a terminal; a line every ten seconds elsewhere.
progress() {
    progress_begin=$(now)
    shown=0
    while kill -0 "$2" 2>/dev/null && [ ! -e "${4:-/nonexistent/file}" ]; do
        sleep 1
        seconds=$(($(now) - progress_begin))
        if [ -t 1 ]; then
            printf '\r   %s%s s\033[K' "$(done_so_far "$1" "$3")" "$seconds"
        elif [ $((seconds - shown)) -ge 10 ]; then
            shown=$seconds
            note "$(done_so_far "$1" "$3")$seconds s"
        fi
    done
    [ ! -t 1 ] || printf '\r\033[K'
}

# run_watched kind log command...: runs it with its output in the log. Returns its status.
run_watched() {
    kind=$1
    watched_log=$2
    shift 2
    setsid "$@" >"$watched_log" 2>&1 </dev/null &
    running=$!
    progress "$kind" "$running" "$watched_log"
    watched_status=0
    wait "$running" || watched_status=$?
    running=
    return "$watched_status"
}

# not_passed log reason: prints the names of the tests that ctest lists at the log's end for that reason (a pattern).
not_passed() {
    sed -n "/^The following tests FAILED:/,\$s/^[[:space:]]*[0-9][0-9]* - \\([^ ]*\\) ($2).*/\\1/p" "$1"
}

# seconds_of log name: prints the seconds that ctest says the test took.
seconds_of() {
    sed -n "s/^ *[0-9]*\\/[0-9]* Test *#[0-9]*: $2 .* \\([0-9.]*\\) sec.*/\\1/p" "$1" | awk 'END { printf "%.0f", $1 }'
}

# run_tests label folder log setting ctest_option...: runs the tests of a build folder, with a setting of env. A test
# that timed out is run again, alone and with up to four times the time. A test that failed is not repeated. Leaves a
# line about the result in $said, and the output of every test in FOLDER/cases.log. Returns 0 if all passed in the end.
run_tests() {
    label=$1
    folder=$2
    log=$3
    setting=$4
    shift 4
    run_status=0
    rm -f "$folder/cases.log"
    run_watched tests "$log" env "$setting" timeout -k 20 $((1800 * factor)) \
        ctest -j "$jobs" --no-tests=error --output-on-failure "$@" || run_status=$?
    [ ! -e "$folder/Testing/Temporary/LastTest.log" ] || cp "$folder/Testing/Temporary/LastTest.log" "$folder/cases.log"

    all=$(grep -c -E '^ *[0-9]+/[0-9]+ Test +#' "$log" || true)
    skipped=$(grep -c -E '^ *[0-9]+/[0-9]+ Test +#.*\*\*\*Skipped' "$log" || true)
    late=$(not_passed "$log" Timeout)
    wrong=$(not_passed "$log" '[^T][^)]*')
    bad=$(printf '%s' "$wrong" | grep -c . || true)
    if [ "$run_status" = 124 ]; then
        note "The run was stopped after $((1800 * factor)) s."
    elif [ "$run_status" != 0 ] && [ -z "$wrong" ] && [ -n "$late" ]; then
        run_status=0
    fi
    if [ -n "$wrong" ] || { [ "$run_status" != 0 ] && [ -z "$late" ]; }; then
        # The first lines tell most; a test that is broken can say thousands.
        grep -v -E '^ *[0-9]+/[0-9]+ Test +#.*( Passed |Skipped)|^ *Start +[0-9]+:|\(Skipped\)$' "$log" |
            head -n 80 || true
        note "all of it: $log"
    fi
    if [ -n "$late" ]; then
        run_late_again || run_status=1
    fi
    said="$((all - skipped - bad)) tests passed, $skipped skipped, $bad failed"
    for name in $wrong; do
        said="$said${comma:-: }$name"
        comma=', '
    done
    comma=
    note "$said"
    return "$run_status"
}

# For run_tests, whose variables it uses: runs the tests of $late again. Returns 0 when all of them pass.
run_late_again() {
    again_status=0
    again_begin=$(now)
    for name in $late; do
        limit=$(seconds_of "$log" "$name")
        again=$folder/again-$name.log
        # Tests that hang must not keep the others waiting for hours.
        if [ $(($(now) - again_begin)) -gt 1200 ]; then
            hung="$hung   $label: $name reached its limit of $limit s, and was not run again: others took too long
"
            bad=$((bad + 1))
            wrong="$wrong $name"
            again_status=1
            continue
        fi
        # Four times the time, but not more than 20 minutes: a test that hangs would hold up the whole run for hours.
        larger=$((factor * 4))
        while [ "$larger" -gt $((factor + 1)) ] && [ $((limit * larger / factor)) -gt 1200 ]; do
            larger=$((larger - 1))
        done
        cmake "-DSTITCH_TEST_MACHINE_FACTOR=$larger" "$folder" >"$folder/configure.log" 2>&1 </dev/null || return 1
        note "$name reached its limit of $limit s; it runs again, alone, with $((limit * larger / factor)) s"
        if run_watched wait "$again" env "$setting" "STITCH_TEST_TIMEOUT_FACTOR=$larger" \
                ctest --test-dir "$folder" -R "^$name\$" --no-tests=error --output-on-failure; then
            slow="$slow   slow: $name needed $(seconds_of "$again" "$name") s alone, limit $limit s ($label)
"
        else
            cat "$again"
            bad=$((bad + 1))
            wrong="$wrong $name"
            again_status=1
            if [ -n "$(not_passed "$again" Timeout)" ]; then
                longer=$(seconds_of "$again" "$name")
                hung="$hung   $label: $name is hung or far too slow: it reached limits of $limit s and, alone, $longer s
"
            else
                hung="$hung   $label: $name timed out after $limit s, and failed when it ran again
"
            fi
        fi
        # The output of the second run takes the place of the first.
        {
            awk -v name="$name" '/^[0-9]+\/[0-9]+ Testing: / { skip = $3 == name } !skip' "$folder/cases.log"
            cat "$folder/Testing/Temporary/LastTest.log"
        } >"$folder/cases.new" && mv "$folder/cases.new" "$folder/cases.log"
    done
    cmake "-DSTITCH_TEST_MACHINE_FACTOR=$factor" "$folder" >"$folder/configure.log" 2>&1 </dev/null || true
    return "$again_status"
}
