#!/bin/sh
# SPDX-License-Identifier: MIT
# Static analysis of the library, the tool and the examples, for Linux and for Windows: clang-tidy and cppcheck; of the
# scripts: shellcheck.
# It is no part of scripts/test.sh, because the findings of analysers change with their versions.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/terminal.sh
. scripts/setup/packages.sh

say "packages"
need_packages library command check

status=0
folder=build/check
cmake --fresh -S . -B "$folder" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DSTITCH_BUILD_TESTS=OFF >/dev/null

say "clang-tidy"
# Left out are checks of taste, checks that clang-tidy 14 gets wrong (va_list; it does not see that a failure of another
# file's function is never 0, and so calls a variable that is set on success uninitialised), and the macros of uthash.
checks='-*,bugprone-*,clang-analyzer-*'
for check in bugprone-easily-swappable-parameters bugprone-reserved-identifier bugprone-narrowing-conversions \
        bugprone-implicit-widening-of-multiplication-result clang-analyzer-valist.Uninitialized \
        clang-analyzer-core.CallAndMessage clang-analyzer-core.uninitialized.Assign \
        clang-analyzer-core.UndefinedBinaryOperatorResult clang-analyzer-core.uninitialized.UndefReturn \
        clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling \
        clang-analyzer-security.insecureAPI.strcpy; do
    checks="$checks,-$check"
done
tidy() { clang-tidy --quiet --warnings-as-errors='*' --checks="$checks" "$@" 2>/dev/null || status=1; }
for source in src/*/*.c src/os/*/*.c $(find tools examples -name '*.c' | sort); do
    case $source in
        src/handle/segments.c) ;; # uthash
        */windows/*|*_windows.c) tidy "$source" -- --target=x86_64-w64-mingw32 -std=c11 -Iinclude -Isrc -Itools ;;
        *)       tidy -p "$folder" "$source" ;;
    esac
done
# The other half of atomic.h, by a file that uses all of it.
tidy src/shared/directory.c -- --target=x86_64-w64-mingw32 -std=c11 -Iinclude -Isrc -DSTITCH_INTERLOCKED

say "cppcheck"
# Once as each system compiles it; the files of the other system say little without its headers.
look() {
    cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,performance,portability \
        --suppress=missingIncludeSystem --suppress=legacyUninitvar -Iinclude -Isrc -Itools "$@" src tools examples ||
        status=1
}
look --platform=unix64
look --platform=win64 --library=windows -D_WIN32 -D_M_X64

say "shellcheck"
find scripts tests -name '*.sh' -exec shellcheck -x {} + || status=1
shellcheck -x .ci/run || status=1

[ "$status" = 0 ] && note "nothing found"
[ "$status" = 0 ] || note "The findings stand above. Change the code, or say in this script why a check is left out."
exit "$status"
