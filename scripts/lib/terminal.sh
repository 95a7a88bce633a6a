# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by the scripts: words for the terminal. POSIX sh.

# say text...: prints a heading. note text...: prints a line below it. die text...: prints an error and ends the script.
say() { printf '\n== %s\n' "$*"; }
note() { printf '   %s\n' "$*"; }
die() { printf '\n%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Prints the number of processors.
processors() { nproc 2>/dev/null || echo 2; }

# Prints the seconds of wall clock since 1970.
now() { date +%s; }

# need_build_folder: ends the script if nothing can be written to build/.
need_build_folder() {
    if ! mkdir -p build 2>/dev/null || [ ! -w build ]; then
        die "$(pwd)/build cannot be written by $(id -un). Please clone the project to a folder of your own."
    fi
}

# usage: prints the comment at the top of the script that runs, which describes its arguments.
usage() { sed -n -e '1,2d' -e '/^#/!q' -e 's/^# \{0,1\}//p' "$0"; }
