#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the page docs/evidence/reliability.md of the promises in docs/DESIGN.md, the tests in tests/ that hold each by
# their names, and the sources docs/evidence/source/reliability-figures.txt and reliability-faults.md.
#   scripts/reliability.sh                   makes it
#   scripts/reliability.sh --figures FILE    copies the figures of scripts/torture.sh to the source first
#   scripts/reliability.sh --check           writes nothing, and fails if the page is not the one that it would make
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C

figures=docs/evidence/source/reliability-figures.txt
faults=docs/evidence/source/reliability-faults.md
page=docs/evidence/reliability.md
[ "${1:-}" != --figures ] || cp "$2" "$figures"

# "number function file" of every test of a promise; of two promises (promise_2_and_4_...) twice.
promise_tests() {
    for file in tests/*/*.c; do
        sed -n -e 's/^static void promise_\([0-9]*\)_\([a-z0-9_]*\)(void)$/\1 \2/p' \
            -e 's/^ *static void promise_\([0-9]*\)_##id(void) .*/\1 each_operation_of_operations.h/p' "$file" |
            sed -e 's/^\([0-9]*\) and_\([0-9]*\)_\(.*\)$/\1 \3\
\2 \3/' | sed "s|\$| ${file#tests/}|"
    done
}

make_page() {
    cat <<'EOT'
<!-- Made by scripts/reliability.sh from docs/DESIGN.md, tests/, and reliability-figures.txt and reliability-faults.md
     in docs/evidence/source. -->

# Reliability: what holds each promise

[DESIGN.md](../DESIGN.md) says how the promises are kept. This page names the tests that hold them, the figures of the
last runs, and the faults that were found. `scripts/test.sh all` runs every test; `scripts/torture.sh` runs them in
full, with the fuzzers and the soak.

## The tests of each promise

A test named after a promise fails when that promise is broken; many others hold it besides. `_linux` and
`_windows` mean: on that system only.

EOT
    promise_tests >"$work/tests"
    sed -n 's/^| \([0-9][0-9]*\) | \([^|]*\) | .*/\1 \2/p' docs/DESIGN.md | while read -r number promise; do
        printf '**%s. %s** (%s)\n\n' "$number" "$promise" \
            "$(awk -v n="$number" '$1 == n' "$work/tests" | wc -l | tr -d ' ')"
        awk -v n="$number" '
            $1 == n {
                name = $2
                gsub(/_/, " ", name)
                if (!($3 in names))
                    files[++count] = $3
                names[$3] = names[$3] ($3 in names && names[$3] != "" ? "; " : "") name
            }
            END {
                for (i = 1; i <= count; i++)
                    print "- [" files[i] "](../../tests/" files[i] "): " names[files[i]]
                if (!count)
                    print "- no test has its name"
            }' "$work/tests"
        echo
    done
    cat <<'EOT'
## Figures

The figures are those of the last run of each part of `scripts/torture.sh` that passed, at that commit (+: with changes
that were not committed).

| part | what | number | date | commit |
|---|---|---:|---|---|
EOT
    awk -F '\t' '{ print "| " $1 " | " $2 " | " $3 " | " $4 " | " $5 " |" }' "$figures"
    echo
    sed 's|](\.\./\.\./|](../|g' "$faults" # links are relative to a file's own folder
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make_page >"$work/page"
if [ "${1:-}" = --check ]; then
    if ! cmp -s "$work/page" "$page"; then
        diff "$page" "$work/page" || true
        echo "$page does not fit the tree any more: please run scripts/reliability.sh and commit the page" >&2
        exit 1
    fi
    exit 0
fi
cp "$work/page" "$page"
