#!/bin/sh
# SPDX-License-Identifier: MIT
# Static analysis of the library and the tool: clang-tidy, cppcheck, and shellcheck for the scripts.
# Not part of scripts/test.sh: what analysers find changes with their versions.
set -eu
cd "$(dirname "$0")/.."
. scripts/packages.sh

say "packages"
need_packages <<EOF
cmake           writes the list of compile commands
make            is what cmake writes it for
gcc             the compiler
libc6-dev       the C library's headers
clang-tidy      analyser
cppcheck        analyser
shellcheck      analyser of the scripts
uthash-dev      the library's hash table, a header
libjansson-dev  JSON for the command stitch
libpopt-dev     options for the command stitch
EOF

status=0
folder=build/check
cmake --fresh -S . -B "$folder" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DSTITCH_BUILD_TESTS=OFF >/dev/null

say "clang-tidy"
# Left out: what is a matter of taste, what clang-tidy 14 gets wrong (va_list; it does not see that a failure of another
# file's function is never 0, and so calls what is set on success uninitialised), and the macros of uthash.
checks='-*,bugprone-*,clang-analyzer-*'
for check in bugprone-easily-swappable-parameters bugprone-reserved-identifier bugprone-narrowing-conversions \
        bugprone-implicit-widening-of-multiplication-result clang-analyzer-valist.Uninitialized \
        clang-analyzer-core.CallAndMessage clang-analyzer-core.uninitialized.Assign \
        clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling; do
    checks="$checks,-$check"
done
for source in src/*.c src/os/*.c tools/*.c; do
    case $source in
        src/segments.c | *win32*) ;;
        *) clang-tidy --quiet -p "$folder" --warnings-as-errors='*' --checks="$checks" "$source" 2>/dev/null ||
               status=1 ;;
    esac
done

say "cppcheck"
cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,performance,portability \
    --suppress=missingIncludeSystem --suppress=legacyUninitvar -Iinclude -Isrc src tools || status=1

say "shellcheck"
shellcheck -x scripts/*.sh .ci/run || status=1

[ "$status" = 0 ] && note "nothing found"
exit "$status"
