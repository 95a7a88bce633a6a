# SPDX-License-Identifier: MIT
# Counts test cases in ctest's LastTest.log: awk -v name=WHAT -v reasons=FILE -f scripts/lib/cases.awk LastTest.log
# Prints a line of a table: name, passed, skipped, failed. Writes program, case and reason of skipped cases to FILE.
# ctest counts programs; cmocka names their cases, and names those again that were skipped or failed. A program that
# names none counts as one, and so does a program that failed without naming the case.

function case_of(line) {
    sub(/^\[[^]]*\] /, "", line)
    return program ": " line
}

function skip(what) {
    skipped++
    print what ": " reason > reasons
}

function close_program() {
    if (program == "")
        return
    if (missing || (result == "Failed" && !case_failed))
        failed++
    else if (!named && reason != "")
        skip(program)
    else if (!named)
        passed++
    program = ""
}

/^[0-9]+\/[0-9]+ Testing: / {
    close_program()
    program = $3
    missing = not_found
    named = case_failed = not_found = 0
    result = reason = ""
}
/^Unable to find executable: / { not_found = 1 }
/^Test (Passed|Failed)\.$/ { result = substr($2, 1, 6) }
/^skipped: / { reason = substr($0, 10) }
/^\[       OK \] / {
    named = 1
    passed++
}
/^\[  (SKIPPED|FAILED ) \] / && !/ listed below:$/ && !(case_of($0) in seen) {
    seen[case_of($0)]
    named = 1
    if ($2 == "SKIPPED") {
        skip(case_of($0))
    } else {
        case_failed = 1
        failed++
    }
}
END {
    close_program()
    printf "   %-36s %6d %8d %7d\n", name, passed, skipped, failed
}
