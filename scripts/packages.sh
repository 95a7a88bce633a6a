# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by the other scripts: packages, and words for the terminal. POSIX sh.

# say text...: a heading. note text...: a line under it.
say() { printf '\n== %s\n' "$*"; }
note() { printf '   %s\n' "$*"; }
die() { printf '\n%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# as_root command...: as root, or through sudo; without a terminal (or with CI=true) sudo must not ask for a password.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif [ -n "${CI:-}" ] || [ ! -t 0 ]; then
        sudo -n "$@"
    else
        sudo "$@"
    fi
}

can_be_root() {
    [ "$(id -u)" = 0 ] && return 0
    command -v sudo >/dev/null 2>&1 || return 1
    [ -z "${CI:-}" ] && [ -t 0 ] && return 0
    sudo -n true 2>/dev/null
}

# need_packages: reads lines "package  what it is for" and installs those that are missing. Nothing is fetched, and
# nobody needs to be root, when all are there.
need_packages() {
    list=$(cat)
    if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
        note "This is not a Debian system. What is needed, by its Debian names:"
        printf '%s\n' "$list" | sed 's/^/     /'
        note "Going on; what is missing will be named below."
        return 0
    fi
    missing=
    while read -r package purpose; do
        case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) in
            *' installed') ;;
            *) missing="$missing $package"
               note "missing: $package ($purpose)" ;;
        esac
    done <<EOF
$list
EOF
    if [ -z "$missing" ]; then
        note "All packages are there."
        return 0
    fi
    can_be_root || die "these packages are missing, and neither root nor sudo is at hand to install them; ask for:
  apt-get install$missing"
    note "installing them with apt-get"
    log=$(mktemp)
    # Word splitting of $missing is meant.
    # shellcheck disable=SC2086
    if as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >"$log" 2>&1 </dev/null &&
       as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing \
           >>"$log" 2>&1 </dev/null; then
        rm -f "$log"
    else
        tail -n 25 "$log" >&2
        rm -f "$log"
        die "apt-get could not install:$missing"
    fi
}

# The number of processors to build with.
processors() { nproc 2>/dev/null || echo 2; }
