# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced: names of the step windows, for building and for testing. POSIX sh.
# shellcheck disable=SC2034 # used by the scripts that source this file

wine_10=build/windows/wine-10
wine_8=build/windows/wine-8
windows_tests=build/windows-tests
windows_interlocked=build/windows-interlocked
# Not every test runs with the Interlocked atomics: only those that depend on the order of loads and stores, and on
# loads from read-only memory.
interlocked_tests='(directory|follow|append_wait|os(_[a-z]+)?|readonly|threads)'
