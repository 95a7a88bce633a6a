#!/bin/sh
# SPDX-License-Identifier: MIT
# The shape of the code: who may include and call whom, where the operating system may be named, how long things are.
#   sh layers.sh ROOT [NM OBJECT...]
# layers.txt has the order of the code, layers.awk and shape.awk have the rules. OBJECTs are those of src and tools, as
# CMake names them: their symbols tell the calls. Every fault is printed; one is enough to fail.
set -eu
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)
root=$1
shift
nm=${1-}
[ $# -eq 0 ] || shift

# Names are relative to the root, and without blanks.
list() {
    for folder in include src tools examples tests bench scripts cmake .ci; do
        [ ! -d "$folder" ] || find "$folder" -type f '(' -name '*.[ch]' -o -name '*.cpp' -o -name '*.hpp' \
            -o -name '*.cmake' -o -name CMakeLists.txt -o -name '*.sh' -o -name '*.awk' -o -path .ci/run ')'
    done
    [ ! -f CMakeLists.txt ] || echo CMakeLists.txt
}

symbols() {
    [ $# -eq 0 ] || "$nm" -A "$@" || echo "nm failed"
}

# Objects may be named from where we are called, so nm runs there.
symbols "$@" | (
    cd "$root"
    files=$(list | sort)
    # shellcheck disable=SC2086 # a list of names
    awk -v objects=$# -f "$here/layers.awk" -f "$here/shape.awk" \
        part=order "$here/layers.txt" part=text $files part=symbols -
)
