#!/bin/sh
# SPDX-License-Identifier: MIT
# Verifies the models of the protocol, and that their properties can fail: an assertion must catch every broken variant.
#   model.sh folder [compiler]     works in that folder, about half a minute
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$1
cc=${2:-gcc}
rm -rf "$work"
mkdir -p "$work"
failed=0

# run name level model option... builds (with -Olevel) and runs one verifier; its output is $work/name/out.
run() {
    name=$1
    level=$2
    model=$3
    shift 3
    # Waiters wait for ever, so their waiting at the end is no error.
    standstill=
    [ "$model" != waiting ] || standstill=-E
    mkdir "$work/$name"
    cd "$work/$name"
    # Spin records the path of the model; a bare name is the same everywhere.
    cp "$here/$model.pml" .
    if ! spin -a "$@" "$model.pml" >spin.log 2>&1 ||
            ! $cc -w "-O$level" -DSAFETY -DNOFAIR -DNOBOUNDCHECK -DCOLLAPSE -DMEMLIM=900 -o pan pan.c >cc.log 2>&1; then
        cat spin.log cc.log
        echo "$name: did not build"
        exit 1
    fi
    # shellcheck disable=SC2086 # one option or none
    ./pan $standstill -m200000 >out 2>&1 || true
}

# holds name model option... requires that all states are visited, and no assertion fails.
holds() {
    name=$1
    shift
    run "$name" 2 "$@"
    if grep -q 'errors: 0$' out && ! grep -Eq 'search not completed|max search depth too small' out; then
        states=$(awk '/states, stored/ { print $1 }' out)
        memory=$(awk '/total actual memory usage/ { print $1 }' out)
        echo "figure: states of the model $name $states"
        echo "$name: holds in all of $states states ($memory MiB)"
    else
        cat out
        echo "$name: FAILED"
        failed=1
    fi
}

# caught variant model option... requires that an assertion fails.
caught() {
    variant=$1
    shift
    run "$1-$variant" 0 "$@" "-DBROKEN_$variant"
    if grep -q 'assertion violated' out; then
        echo "$name: caught by$(sed -n 's/.*assertion violated \(.*\) (at.*/ \1/p' out | head -n 1)"
        variants=$((variants + 1))
    else
        cat out
        echo "$name: NOT caught"
        failed=1
    fi
}

variants=0
reader="-DREADER -DWRITERS=1 -DCRASHES=1 -DFAULTS=0"
life="-DLIFE -DWRITERS=2"

holds waiting waiting
# shellcheck disable=SC2086 # lists of options
{
    holds reader protocol $reader -DPUBLICATIONS=4
    holds life protocol $life -DCRASHES=1 -DFAULTS=1 -DPUBLICATIONS=3
    holds life_twice protocol $life -DCRASHES=2 -DFAULTS=0 -DPUBLICATIONS=2

    for broken in STORE_BUFFER ANNOUNCEMENT ONE_LOOK ONE_WORD CLEAR_LATE; do
        caught $broken waiting
    done
    for broken in ORDER ONE_PASS ONE_LOOK ONE_RECORD RELAXED_STORE RELAXED_LOAD ID REMOVE_FIRST KEPT; do
        caught $broken protocol $reader -DPUBLICATIONS=4
    done
    caught TRUST protocol $reader -DPUBLICATIONS=5 # a copy is torn only if two segments are replaced
    for broken in LOCK UNNAMED NO_JOURNAL CLOSE_EARLY APPEND DIRTY_END RUBBISH; do
        caught $broken protocol $life -DCRASHES=1 -DFAULTS=1 -DPUBLICATIONS=3
    done
}
echo "figure: broken variants of the model caught $variants"
exit "$failed"
