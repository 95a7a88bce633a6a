#!/bin/sh
# SPDX-License-Identifier: MIT
# Sets up the compiler, the libraries and Wine for Windows, and shows that they work, without the project's own code:
# arguments, exit statuses, skips and ctest -j through Wine, the libraries, and which Wine has placeholders.
#   scripts/windows-check.sh        in build/windows: deps/, wine-10/, wine-8/, check-10/, check-8/
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/terminal.sh
. scripts/setup/packages.sh
export LC_ALL=C

windows=$PWD/build/windows
scripts/setup/windows-deps.sh "$windows/deps"
for version in 10 8; do
    scripts/setup/wine.sh $version "$windows/wine-$version"
done

# check version placeholders: builds and runs the checks; those that skip on purpose are skipped, all others pass.
check() {
    say "checks of Wine $1"
    folder=$windows/check-$1
    mkdir -p "$folder"
    if ! { cmake --fresh -S scripts/lib/windows-check -B "$folder" -DPLACEHOLDERS="$2" \
               -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/toolchain-mingw64.cmake" -DSTITCH_WINDOWS_DEPS="$windows/deps" \
               -DSTITCH_WINE="$windows/wine-$1/bin/wine" && cmake --build "$folder"; } >"$folder/build.log" 2>&1; then
        tail -n 40 "$folder/build.log" >&2
        die "the build failed; all of it is in $folder/build.log"
    fi
    ctest --test-dir "$folder" -j 4 --output-on-failure >"$folder/test.log" 2>&1 </dev/null ||
        { cat "$folder/test.log" >&2; die "Wine $1 fails these checks. Remove build/windows/wine-$1 and try again."; }
    [ "$(grep -c '\*\*\*Skipped' "$folder/test.log")" = 5 ] ||
        die "ctest does not see the tests that are skipped; see $folder/test.log"
    timeout -k 5 30 "$windows/wine-$1/bin/wineserver" -k
    note "$(grep 'tests passed' "$folder/test.log"); placeholders: $2"
}
check 10 yes
check 8 no
