#!/bin/sh
# SPDX-License-Identifier: MIT
# Sets up all that building and testing for Windows needs, and shows that it works, before any of the project's own
# code: arguments, exit statuses, skips and ctest -j through Wine, the libraries, and which Wine has placeholders.
#   scripts/windows-check.sh        in build/windows: deps/, wine-10/, wine-8/, check-10/, check-8/
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/terminal.sh
. scripts/setup/packages.sh
export LC_ALL=C

windows=$PWD/build/windows
scripts/windows-deps.sh "$windows/deps"
for version in 10 8; do
    scripts/wine.sh $version "$windows/wine-$version"
done

# check version placeholders: exactly the tests that are meant to be skipped are, and all others pass.
check() {
    say "what is needed of Wine $1"
    folder=$windows/check-$1
    mkdir -p "$folder"
    if ! { cmake --fresh -S scripts/windows-check -B "$folder" -DPLACEHOLDERS="$2" \
               -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/toolchain-mingw64.cmake" -DSTITCH_WINDOWS_DEPS="$windows/deps" \
               -DSTITCH_WINE="$windows/wine-$1/bin/wine" && cmake --build "$folder"; } >"$folder/build.log" 2>&1; then
        tail -n 40 "$folder/build.log" >&2
        die "the build failed; all of it is in $folder/build.log"
    fi
    ctest --test-dir "$folder" -j 4 --output-on-failure >"$folder/test.log" 2>&1 </dev/null ||
        { cat "$folder/test.log" >&2; die "Wine $1 does not do what is needed"; }
    [ "$(grep -c '\*\*\*Skipped' "$folder/test.log")" = 5 ] || die "ctest does not see what is skipped"
    timeout -k 5 30 "$windows/wine-$1/bin/wineserver" -k
    note "$(grep 'tests passed' "$folder/test.log"); placeholders: $2"
}
check 10 yes
check 8 no
