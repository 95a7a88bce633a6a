#!/bin/sh
# SPDX-License-Identifier: MIT
# Formats the C and C++ of the tree as .clang-format says.
#   scripts/format.sh [--check] [FILE...]
# --check changes nothing: it names the files that would change, and fails if there are any. Without FILEs: all of them.
# Other versions of clang-format break lines elsewhere, so only this one counts. CLANG_FORMAT names another program.
# Debian: apt install clang-format-14; elsewhere: pip install clang-format==14.0.6. Without it: status 77.
set -eu
version=14

check=false
if [ "${1-}" = --check ]; then
    check=true
    shift
fi

# The version that a program says it is: "Debian clang-format version 14.0.6" is 14.
major() {
    "$1" --version 2>/dev/null | sed -n 's/.*clang-format version \([0-9]*\).*/\1/p'
}
program=
for candidate in ${CLANG_FORMAT:-clang-format-$version clang-format}; do
    if [ "$(major "$candidate")" = "$version" ]; then
        program=$candidate
        break
    fi
done
if [ -z "$program" ]; then
    found=$(major "${CLANG_FORMAT:-clang-format}")
    echo "skipped: clang-format $version is needed, and ${found:+only version }${found:-none} was found" \
        "(Debian: apt install clang-format-$version; elsewhere: pip install clang-format==14.0.6)" >&2
    exit 77
fi

if [ $# -eq 0 ]; then
    cd "$(dirname "$0")/.."
    # shellcheck disable=SC2046 # a list of names without blanks
    set -- $(find include src tools tests bench examples scripts -type f \
        '(' -name '*.[ch]' -o -name '*.cpp' -o -name '*.hpp' ')' | sort)
fi
if ! $check; then
    exec "$program" -i --style=file "$@"
fi

# One line per file, with the number of places.
changes=$("$program" --style=file --dry-run "$@" 2>&1 | sed -n 's/:[0-9]*:[0-9]*: warning: code should be.*//p' |
    sort | uniq -c)
if [ -n "$changes" ]; then
    echo "scripts/format.sh would change these files in so many places:"
    echo "$changes"
    exit 1
fi
